"""The portal's two languages: which one a reader gets, and the words of it.

English is written in the templates and modules and is the key of each message. The Chinese words
stand in catalogues of their own for each area of the portal (``translations/AREA/zh/...``), which
are read into memory when somebody first asks for Chinese.

Services know no language: they speak plain English sentences, some with values in them. Such a
sentence is its own key: :func:`translate` looks for it as it is and then for the message whose
places (``{0}``, ``{1}`` ...) the values stand in. See :mod:`app.portal.translation_sources`.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain, get_locale

from app.portal.cookies import cookie_name
from cohorts.disclosure import SafeCount

Language = Literal["en", "zh"]
LANGUAGES: Final[dict[Language, str]] = {"en": "English", "zh": "中文"}
LOCALES: Final[dict[Language, str]] = {"en": "en", "zh": "zh_Hans_CN"}
TAGS: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}
LANGUAGE_COOKIE: Final = "care_commons_language"
CATALOGUES: Final = Path(__file__).parent / "translations"
_PLACE = re.compile(r"\{(\d+)\}")


def init_translation(app: Flask) -> None:
    """Let templates speak both languages: ``_()``, ``ngettext()`` and the filter ``t``."""
    babel = Babel(app, locale_selector=lambda: LOCALES[_chosen()])
    # The catalogues of all areas together, in place of one compiled file.
    babel.domain_instance = _Catalogues()
    app.jinja_env.filters["t"] = translate
    app.jinja_env.finalize = _said
    app.jinja_env.globals.update(
        page_language=language, language_tag=lambda: TAGS[language()], portal_languages=LANGUAGES
    )


def _chosen() -> Language:
    """What the reader switched to, else what the browser asks for, else English."""
    kept = request.cookies.get(cookie_name(LANGUAGE_COOKIE))
    if kept in LANGUAGES:
        return "zh" if kept == "zh" else "en"
    best = request.accept_languages.best_match(["en", "zh", "zh-CN", "zh-Hans"], default="en")
    return "zh" if best.startswith("zh") else "en"


def language() -> Language:
    """The language of the page that is being made; English where no page is."""
    locale = get_locale() if has_request_context() else None
    return "zh" if isinstance(locale, Locale) and locale.language == "zh" else "en"


def _said(value: object) -> object:
    """What a template writes of a value: a count in the reader's language."""
    return translate(value) if isinstance(value, SafeCount) else value


def translate(text: object) -> str:
    """A sentence of a service in the reader's language; as it is where it has no translation."""
    said = str(text)
    return _in_chinese(said) if language() == "zh" and said else said


@lru_cache(maxsize=4096)
def _in_chinese(said: str) -> str:
    catalogue = chinese()
    whole = catalogue.ugettext(said)
    if whole != said:
        return str(whole)
    for start, pattern, message in _sentences():
        if said.startswith(start) and (found := pattern.fullmatch(said)):
            # A value may be a word that has a translation, such as the name of a state.
            values = [_in_chinese(value) for value in found.groups()]
            by_place = dict(zip(_PLACE.findall(message), values, strict=True))
            return _filled(str(catalogue.ugettext(message)), by_place)
    return said


def _filled(text: str, by_place: dict[str, str]) -> str:
    return _PLACE.sub(lambda place: by_place.get(place[1], ""), text)


@cache
def _sentences() -> list[tuple[str, re.Pattern[str], str]]:
    """Messages with places, those that say most first: beginning, pattern, message."""
    found = []
    for message in messages_in_chinese():
        parts = _PLACE.split(message)
        literal = parts[::2]
        if len(literal) > 1 and any(part.strip() for part in literal):
            pattern = "(.+?)".join(re.escape(part) for part in literal)
            found.append((literal[0], re.compile(pattern, re.DOTALL), message))
    return sorted(found, key=lambda one: -len(_PLACE.sub("", one[2])))


class _Catalogues(Domain):
    def get_translations(self) -> NullTranslations:
        return chinese() if language() == "zh" else NullTranslations()


@cache
def chinese() -> Translations:
    """All catalogues as one."""
    whole: Translations | None = None
    for catalogue in _read_catalogues():
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        part = Translations(compiled)
        whole = part if whole is None else whole.merge(part)
    return whole if whole is not None else Translations()


@cache
def messages_in_chinese() -> frozenset[str]:
    """Every message that has a translation."""
    found = set()
    for catalogue in _read_catalogues():
        for message in catalogue:
            if message.id and message.string:
                one = message.id
                found.add(one if isinstance(one, str) else one[0])
    return frozenset(found)


@cache
def _read_catalogues() -> list[Catalog]:
    read = []
    for path in catalogue_files():
        with path.open("rb") as file:
            read.append(read_po(file, locale="zh"))
    return read


def catalogue_files() -> list[Path]:
    """The catalogue of each area."""
    return sorted(CATALOGUES.glob("**/zh/LC_MESSAGES/messages.po"))
