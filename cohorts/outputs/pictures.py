"""Reads a PNG by its own rules, without decoding it: nothing hidden in it, and no bomb.

A picture can carry more than is seen: text chunks, an attached file after its end, pixels that
unpack to gigabytes. Source of the format: PNG, third edition (W3C), sections 5, 10 and 11.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from cohorts.errors import OutputRefused

MOST_PIXELS: Final = 40_000_000
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# Chunks that only say how pixels look.
_SEEN: Final = frozenset(
    {
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"pHYs",
        b"sBIT",
        b"bKGD",
    }
)
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


@dataclass(frozen=True)
class Picture:
    """Size in pixels."""

    width: int
    height: int


def check_png(name: str, content: bytes) -> Picture:
    """Check a PNG from its first to its last byte.

    matplotlib's note of its own version (``tEXt`` *Software*) is let pass.

    Raises:
        OutputRefused: if it is damaged, carries anything beside its pixels, or is too large.
    """
    if not content.startswith(_SIGNATURE):
        raise OutputRefused(f"{name}: not a PNG")
    at, picture, bits, interlaced = len(_SIGNATURE), None, 0, False
    pixels = bytearray()
    while True:
        if at + 12 > len(content):
            raise OutputRefused(f"{name}: the picture is cut off")
        (length,) = struct.unpack_from(">I", content, at)
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        at += 12 + length
        if len(body) != length or at > len(content):
            raise OutputRefused(f"{name}: the picture is cut off")
        if zlib.crc32(kind + body) != struct.unpack_from(">I", content, at - 4)[0]:
            raise OutputRefused(f"{name}: the picture is damaged")
        if kind not in _SEEN and not (kind == b"tEXt" and body.startswith(b"Software\0")):
            raise OutputRefused(
                f"{name}: carries more than its pixels; save it again with "
                "fig.savefig(..., metadata={})"
            )
        if kind == b"IHDR":
            picture, bits, interlaced = _header(name, body)
        elif kind == b"IDAT":
            pixels += body
        elif kind == b"IEND":
            break
    if at != len(content):
        raise OutputRefused(f"{name}: something is attached behind the picture")
    if picture is None or not pixels:
        raise OutputRefused(f"{name}: not a whole picture")
    _check_pixels(name, bytes(pixels), picture, bits, interlaced)
    return picture


def _header(name: str, body: bytes) -> tuple[Picture, int, bool]:
    if len(body) != 13:
        raise OutputRefused(f"{name}: the picture is damaged")
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", body)
    if not 0 < width * height <= MOST_PIXELS or colour not in _CHANNELS:
        raise OutputRefused(f"{name}: more than {MOST_PIXELS:,} pixels, or of an unknown kind")
    return Picture(width, height), depth * _CHANNELS[colour], bool(interlace)


def _check_pixels(name: str, packed: bytes, picture: Picture, bits: int, interlaced: bool) -> None:
    """The pixels unpack to exactly what the header says; no more is ever unpacked."""
    expected = picture.height * (1 + (picture.width * bits + 7) // 8)
    limit = expected if not interlaced else 2 * expected + 8 * picture.height
    stream, unpacked = zlib.decompressobj(), 0
    try:
        piece = stream.decompress(packed, 1 << 20)
        while piece:
            unpacked += len(piece)
            if unpacked > limit:
                break
            piece = stream.decompress(stream.unconsumed_tail, 1 << 20)
    except zlib.error:
        raise OutputRefused(f"{name}: the picture is damaged") from None
    whole = unpacked == expected or (interlaced and unpacked <= limit)
    if not whole or not stream.eof or stream.unused_data:
        raise OutputRefused(f"{name}: its pixels are not what its header says")
