"""Confines this process, and all it starts, to one project by Landlock, the kernel's own sandbox.

Landlock (Linux 5.13 and later) lets a process give up rights without being root, and root is bound
by it as well. After :func:`confine` nothing outside the given folders can be read or written, no
TCP connection can be made, only the given port can be served on, and no process outside can be
signalled, whatever runs in a notebook. There is no way back: children inherit it.

Landlock knows TCP only; :mod:`app.lab.protocols` stops UDP and all else beside it.
What it does not stop: use of memory and processor, and what a person reads from the screen.

Source of the numbers: ``include/uapi/linux/landlock.h`` and the kernel's page on Landlock.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.lab.protocols import stop_other_protocols
from deid.errors import CareCommonsError

# The three system calls have these numbers on every architecture since Linux 5.13.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH, _RULE_PORT = 1, 2
_PR_SET_NO_NEW_PRIVS: Final = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEVICE = 1 << 14, 1 << 15
_READING: Final = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEVICE
# Rights over files that each version of the interface knows: 13, then refer, truncate, ioctl.
_FILE_RIGHTS: Final = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_NETWORK_SINCE, _SCOPE_SINCE = 4, 6
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1 << 0, 1 << 1
_ETC: Final = (
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "localtime", "timezone"),
    *("passwd", "group", "nsswitch.conf", "hosts", "host.conf", "hostname", "mime.types"),
    *("ssl", "fonts", "jupyter", "ipython", "matplotlibrc", "debian_version", "os-release"),
)
_PROC: Final = (
    *("self", "cpuinfo", "meminfo", "stat", "loadavg", "uptime", "version", "filesystems"),
    *("devices", "sys"),
)
_DEVICES: Final = (*("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm"),)


class ConfinementUnavailable(CareCommonsError):
    """The kernel cannot confine a process, so the lab is not opened without being told to."""

    code = "lab.confinement_unavailable"
    public = True


@dataclass(frozen=True)
class Confinement:
    """What may be reached: folders to read, to write, to list only, and the port to serve on."""

    readable: tuple[Path, ...]
    writable: tuple[Path, ...]
    port: int
    listable: tuple[Path, ...] = (Path("/proc"),)


def landlock_version() -> int:
    """Version of the kernel's interface; 0 if there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    found = _libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    return max(int(found), 0)


def check_available() -> None:
    """Refuse unless files and connections can be confined.

    Raises:
        ConfinementUnavailable: with what can be done.
    """
    if landlock_version() < _NETWORK_SINCE:
        raise ConfinementUnavailable(
            "this kernel cannot confine the lab to its project (Landlock of Linux 6.7 or later is "
            "needed); with --unconfined it opens all the same, and notebooks can then read "
            "whatever your account can"
        )


def confine(confinement: Confinement) -> bool:
    """Confine this process for good. Paths that do not exist are passed over.

    Gives whether connections other than TCP are stopped as well: seccomp is not there everywhere.

    Raises:
        ConfinementUnavailable: if the kernel cannot, or refuses.
    """
    check_available()
    version = landlock_version()
    files = max(rights for since, rights in _FILE_RIGHTS.items() if since <= version)
    network = _BIND_TCP | _CONNECT_TCP
    scope = _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if version >= _SCOPE_SINCE else 0
    attributes = struct.pack("QQQ", files, network, scope)
    size = len(attributes) if scope else 16
    ruleset = _call(_CREATE_RULESET, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path in confinement.listable:
            _allow_path(ruleset, path, _READ_DIR)
        for path in confinement.readable:
            _allow_path(ruleset, path, _READING & files)
        for path in confinement.writable:
            _allow_path(ruleset, path, files)
        rule = struct.pack("QQ", _BIND_TCP, confinement.port)
        _call(_ADD_RULE, ruleset, _RULE_PORT, rule, 0)
        if _libc().prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
            raise ConfinementUnavailable("the kernel does not let this process give up rights")
        _call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return stop_other_protocols()


def system_paths() -> tuple[Path, ...]:
    """What programs of this machine and this Python read; none of it is data of residents.

    Of ``/etc`` only what programs need to start: root's own files there stay closed. Of ``/proc``
    only what tells of the machine and of this process: the kernel lets an account read the
    environments of all its processes there, and the portal's may hold a password.
    """
    own = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent}
    folders = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "opt", "sys")
    return (
        *(Path("/", name) for name in folders),
        *(Path("/proc", name) for name in _PROC),
        *(Path("/etc", name) for name in _ETC),
        *sorted(own),
    )


def devices() -> tuple[Path, ...]:
    """Devices that programs write to; shared memory is what processes of one program share."""
    return tuple(Path("/dev", name) for name in _DEVICES)


def _allow_path(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _OF_A_FILE
        # struct landlock_path_beneath_attr is packed: 64 bits of rights, a 32-bit descriptor.
        _call(_ADD_RULE, ruleset, _RULE_PATH, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: object) -> int:
    converted = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    found = int(_libc().syscall(ctypes.c_long(number), *converted))
    if found < 0:
        reason = os.strerror(ctypes.get_errno())
        raise ConfinementUnavailable(f"the kernel refused to confine the lab: {reason}")
    return found


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
