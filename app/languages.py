"""The two languages that readers are spoken to in, and the words of the Chinese one.

English is written in the templates and modules and is the key of each message. The Chinese words
stand in catalogues of their own for each area of the portal (``portal/translations/AREA/zh/...``),
which are read into memory when somebody first needs Chinese. Pages say what they say by
:mod:`app.portal.translation`, mail by :func:`say`.

Services know no language: they speak plain English sentences, some with values in them. Such a
sentence is its own key: :func:`say` looks for it as it is and then for the message whose places
(``{0}``, ``{1}`` ...) the values stand in.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from casebank.model import Language

LANGUAGES: Final[dict[Language, str]] = {"en": "English", "zh": "中文"}
LOCALES: Final[dict[Language, str]] = {"en": "en", "zh": "zh_Hans_CN"}
CATALOGUES: Final = Path(__file__).parent / "portal" / "translations"
PHRASES: Final = frozenset(
    {"cohorts/editing/outline", "cohorts/plain_language", "cohorts/wording", "cohorts/words"}
)
"""Areas whose messages are parts of sentences. They are told by themselves (:func:`tell`) and then
put together: no sentence is ever taken apart into them."""
_PLACE = re.compile(r"\{(\d+)\}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@lru_cache(maxsize=4096)
def say(text: str, language: Language) -> str:
    """A sentence of a service in a language; as it is where it is no message.

    A value in it may be a message of its own, such as the name of a state, or a day
    (``2026-11-22``), which is written as the language writes days.
    """
    if _DAY.fullmatch(text):
        with suppress(ValueError):
            return say_day(date.fromisoformat(text), language)
    whole = tell(text, language)
    if whole != text:
        return whole
    for start, pattern, message in _sentences():
        if text.startswith(start) and (found := pattern.fullmatch(text)):
            values = [say(value, language) for value in found.groups()]
            by_place = dict(zip(_PLACE.findall(message), values, strict=True))
            return _filled(tell(message, language), by_place)
    return text


def say_day(day: date, language: Language) -> str:
    """``2026-11-22`` as ``22 Nov 2026``, in Chinese ``2026年11月22日``."""
    return format_date(day, "d MMM y" if language == "en" else "long", LOCALES[language])


def tell(message: str, language: Language) -> str:
    """A message in a language, with its places left to be filled."""
    return str(chinese().ugettext(message)) if language == "zh" else message


def _filled(text: str, by_place: dict[str, str]) -> str:
    return _PLACE.sub(lambda place: by_place.get(place[1], ""), text)


@cache
def _sentences() -> list[tuple[str, re.Pattern[str], str]]:
    """Messages with places, those that say most first: beginning, pattern, message."""
    found = []
    areas = (area for area in _read_catalogues() if area not in PHRASES)
    for message in frozenset().union(*map(_messages, areas)):
        parts = _PLACE.split(message)
        literal = parts[::2]
        if len(literal) > 1 and any(part.strip() for part in literal):
            pattern = "(.+?)".join(re.escape(part) for part in literal)
            found.append((literal[0], re.compile(pattern, re.DOTALL), message))
    return sorted(found, key=lambda one: (-len(_PLACE.sub("", one[2])), one[2]))


@cache
def chinese() -> Translations:
    """All catalogues as one."""
    whole: Translations | None = None
    for catalogue in _read_catalogues().values():
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        part = Translations(compiled)
        whole = part if whole is None else whole.merge(part)
    return whole if whole is not None else Translations()


@cache
def messages_in_chinese() -> frozenset[str]:
    """Every message that has a translation."""
    return frozenset().union(*map(_messages, _read_catalogues()))


def _messages(area: str) -> set[str]:
    """The messages of an area that have a translation."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]
        for message in _read_catalogues()[area]
        if message.id and message.string
    }


@cache
def _read_catalogues() -> dict[str, Catalog]:
    """The catalogue of each area, by its name."""
    read = {}
    for path in catalogue_files():
        with path.open("rb") as file:
            area = path.parents[2].relative_to(CATALOGUES).as_posix()
            read[area] = read_po(file, locale="zh")
    return read


def catalogue_files() -> list[Path]:
    """The catalogue of each area."""
    return sorted(CATALOGUES.glob("**/zh/LC_MESSAGES/messages.po"))
