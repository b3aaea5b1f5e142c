"""Leaves a process TCP and local sockets alone, by a seccomp filter that cannot be undone.

Landlock knows TCP only: without this a notebook could send datagrams (UDP, and so DNS), speak
multipath TCP or SCTP, which Landlock does not hold back, or open sockets by io_uring, past any
filter of system calls. The filter looks at the arguments of ``socket`` and answers what it refuses
with "permission denied". Children inherit it.

Source of the numbers: ``linux/seccomp.h``, ``linux/filter.h``, ``linux/audit.h`` and the tables of
system calls of both architectures.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct
import sys
from typing import Final

_PR_SET_SECCOMP, _FILTER = 22, 2
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EACCES
# Offsets in the struct that a filter reads; arguments have 64 bits, of which the low come first.
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND, _THIRD = 0, 4, 16, 24, 32
_LOAD, _EQUAL, _GREATER, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
# Audit's number of the architecture, and the number of ``socket`` there.
_MACHINES: Final = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_IO_URING_SETUP: Final = 425
_OTHER_CALLS: Final = 0x40000000
"""From this number on calls are those of another interface (x32)."""
_TYPE_BITS: Final = 0xF
_UNIX, _INET, _INET6, _NETLINK = socket.AF_UNIX, socket.AF_INET, 10, 16
_STREAM: Final = 1
_PROTOCOLS: Final = (0, 6)


def stop_other_protocols() -> bool:
    """Refuse every socket but TCP's and local ones, for good; False where the kernel cannot.

    The process must have given up new privileges before.
    """
    machine = _MACHINES.get(platform.machine())
    if machine is None or not sys.platform.startswith("linux"):
        return False
    program = _program(*machine)
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog: the number of instructions, then, aligned, where they are.
    filters = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    return int(libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.c_char_p(filters), 0, 0)) == 0


def _program(architecture: int, socket_call: int) -> bytes:
    """The filter as machine code of the kernel's packet filter."""
    # Each step: code, number, and the labels to go to if it holds and if not; None is the next.
    steps: list[tuple[int, int, str | None, str | None] | str] = [
        (_LOAD, _ARCHITECTURE, None, None),
        (_EQUAL, architecture, None, "refuse"),
        (_LOAD, _NUMBER, None, None),
        (_GREATER, _OTHER_CALLS, "refuse", None),
        (_EQUAL, _IO_URING_SETUP, "refuse", None),
        (_EQUAL, socket_call, None, "allow"),
        (_LOAD, _FIRST, None, None),
        (_EQUAL, _UNIX, "allow", None),
        (_EQUAL, _NETLINK, "allow", None),
        (_EQUAL, _INET, "stream", None),
        (_EQUAL, _INET6, "stream", "refuse"),
        "stream",
        (_LOAD, _SECOND, None, None),
        (_AND, _TYPE_BITS, None, None),
        (_EQUAL, _STREAM, None, "refuse"),
        (_LOAD, _THIRD, None, None),
        *((_EQUAL, protocol, "allow", None) for protocol in _PROTOCOLS),
        "refuse",
        (_RETURN, _REFUSE, None, None),
        "allow",
        (_RETURN, _ALLOW, None, None),
    ]
    places: dict[str, int] = {}
    for step in steps:
        if isinstance(step, str):
            places[step] = sum(not isinstance(one, str) for one in steps[: steps.index(step)])
    code = b""
    for place, step in enumerate(one for one in steps if not isinstance(one, str)):
        kind, number, yes, no = step
        jumps = [places[label] - place - 1 if label else 0 for label in (yes, no)]
        code += struct.pack("HBBI", kind, *jumps, number)
    return code
