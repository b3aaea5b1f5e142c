"""Class lists as files: what encoding they are in, and what each line means, before it counts."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import User
from app.errors import BadInput
from app.permissions import Permission, can
from app.services.accounts import actor_of

LONGEST_LIST: Final = 1000
"""Lines of one list."""
SIGN_IN_HEADS: Final = frozenset(
    {
        "email",
        "e-mail",
        "mail",
        "sign-in name",
        "account",
        "user",
        "邮箱",
        "电子邮箱",
        "账号",
        "登录名",
    }
)
_DELIMITERS: Final = (",", ";", "\t", "，")

Verdict = Literal["good", "already", "twice", "unknown", "closed", "no student", "no name"]
ADVICE: Final[dict[Verdict, str]] = {
    "good": "is added",
    "already": "is in the class already",
    "twice": "stands in the list before; counts once",
    "unknown": "nobody signs in with this name. Ask an administrator to add the account, "
    "then load the list again",
    "closed": "the account is closed. Ask an administrator to open it",
    "no student": "the account does not read cases. Ask an administrator to make it a student's",
    "no name": "the line holds no sign-in name (name@place.org)",
}


@dataclass(frozen=True)
class ListLine:
    """A line of a class list: ``number`` as in the file, what stands there, what becomes of it."""

    number: int
    text: str
    verdict: Verdict
    user_id: int | None = None
    name: str = ""

    @property
    def advice(self) -> str:
        """The verdict in words, with what to do."""
        return ADVICE[self.verdict]


def decode_list(data: bytes) -> tuple[str, str]:
    """The text of an uploaded list, and the encoding that it was in.

    Raises:
        BadInput: if it is neither UTF-8, UTF-16 with its mark, nor GB18030.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        # Almost no text in GB18030 is well-formed UTF-8, while every UTF-8 text could be read as
        # GB18030: the order decides.
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, {"utf-8-sig": "UTF-8", "utf-16": "UTF-16"}.get(encoding, "GB18030")
    raise BadInput("This file is no text. Save the list as CSV, in UTF-8 or GB18030.")


def read_list(session: Session, text: str, members: Collection[int]) -> list[ListLine]:
    """What becomes of each line that says something; ``members`` are in the class already.

    Raises:
        BadInput: if the list is empty or too long.
    """
    rows = _rows(text)
    if not rows:
        raise BadInput("The list is empty. Give one sign-in name (name@place.org) on each line.")
    if len(rows) > LONGEST_LIST:
        raise BadInput(f"A list has up to {LONGEST_LIST} lines; this one has {len(rows)}.")
    wanted = {address for _, _, address in rows if address}
    query = select(User).where(User.email.in_(wanted))
    users = {user.email: user for user in session.scalars(query)}
    seen: set[str] = set()
    lines = []
    for number, shown, address in rows:
        user = users.get(address)
        verdict = _verdict(address, user, seen, members)
        seen.add(address)
        lines.append(
            ListLine(
                number,
                shown,
                verdict,
                user.id if user is not None and verdict == "good" else None,
                user.name if user is not None else "",
            )
        )
    return lines


def _verdict(
    address: str, user: User | None, seen: Collection[str], members: Collection[int]
) -> Verdict:
    if not address:
        return "no name"
    if address in seen:
        return "twice"
    if user is None:
        return "unknown"
    if user.id in members:
        return "already"
    if not user.active:
        return "closed"
    return "good" if can(actor_of(user), Permission.READ_CASES) else "no student"


def _rows(text: str) -> list[tuple[int, str, str]]:
    """Number, text and sign-in name of the lines; a first line of headings only names columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error:
        raise BadInput("This file is no list. Save it as CSV.") from None
    filled = [(number, cells) for number, cells in rows if any(cells)]
    if not filled:
        return []
    heads = [cell.casefold() for cell in filled[0][1]]
    column = next((place for place, head in enumerate(heads) if head in SIGN_IN_HEADS), None)
    if column is not None or (len(filled) > 1 and not any("@" in cell for cell in filled[0][1])):
        filled = filled[1:]
    return [(number, _shown(cells), _address(cells, column)) for number, cells in filled]


def _shown(cells: Sequence[str]) -> str:
    return ", ".join(cell for cell in cells if cell)[:200]


def _address(cells: Sequence[str], column: int | None) -> str:
    if column is not None:
        candidates: Sequence[str] = cells[column : column + 1]
    else:
        candidates = cells
    found = next((cell for cell in candidates if "@" in cell and " " not in cell), "")
    return found.casefold()[:255]
