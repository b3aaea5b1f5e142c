"""Documents that people give: PDF or PNG by what they hold, whatever their name says."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from typing import Final

from sqlalchemy.orm import Session

from app.db.models import PrivateDocument
from app.errors import BadInput

MOST_BYTES: Final = 1_000_000
PDF, PNG = "application/pdf", "image/png"
SUFFIXES: Final = {PDF: "pdf", PNG: "png"}
_PNG_BEGIN: Final = b"\x89PNG\r\n\x1a\n"
_LONGEST_SIDE: Final = 20_000
# What a PDF can do rather than show: PDF 2.0 (ISO 32000-2), 12.6.4 actions, 7.11.4 embedded files.
_ACTIVE: Final = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)\b")


def kind_of_document(content: bytes) -> str:
    """The media type, by the content.

    Raises:
        BadInput: if it is empty, too large, or neither a whole PDF without active parts nor a PNG.
    """
    if not content:
        raise BadInput("Choose a file first.")
    if len(content) > MOST_BYTES:
        raise BadInput("The file is larger than 1 MB; scan it in grey or with fewer dots.")
    if re.match(rb"%PDF-[12]\.\d", content) and b"%%EOF" in content[-1024:]:
        if _ACTIVE.search(content):
            raise BadInput("The PDF holds scripts or attachments; print it to a new PDF.")
        return PDF
    if content.startswith(_PNG_BEGIN) and _is_whole_png(content):
        return PNG
    raise BadInput("Only PDF and PNG files are taken, and they have to be whole.")


def keep_document(session: Session, owner_id: int, content: bytes) -> PrivateDocument:
    """Keep a document of a user's.

    Raises:
        BadInput: as :func:`kind_of_document`.
    """
    document = PrivateDocument(
        owner_id=owner_id,
        media_type=kind_of_document(content),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )
    session.add(document)
    session.flush()
    return document


def _is_whole_png(content: bytes) -> bool:
    """Whether every chunk has its checksum, from a header of some size to exactly the end."""
    place, first = len(_PNG_BEGIN), True
    while place + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        kind, end = content[place + 4 : place + 8], place + 12 + length
        if end > len(content):
            return False
        (checksum,) = struct.unpack_from(">I", content, end - 4)
        if zlib.crc32(content[place + 4 : end - 4]) != checksum:
            return False
        if first:
            if kind != b"IHDR" or length != 13:
                return False
            width, height = struct.unpack_from(">II", content, place + 8)
            if not (0 < width <= _LONGEST_SIDE and 0 < height <= _LONGEST_SIDE):
                return False
            first = False
        if kind == b"IEND":
            return end == len(content)
        place = end
    return False
