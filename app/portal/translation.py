"""Which of the portal's two languages a reader gets, and pages that speak it.

The words stand in :mod:`app.languages`. Templates say them by ``_()`` and ``ngettext()``, sentences
of services by the filter ``t`` (:func:`translate`). See :mod:`app.portal.translation_sources`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from babel import Locale
from babel.support import NullTranslations
from flask import Flask, has_request_context, request
from flask_babel import Babel, Domain, force_locale, get_locale

from app import languages
from app.languages import LANGUAGES, LOCALES, chinese, say
from app.portal.cookies import cookie_name
from casebank.model import Language
from cohorts.disclosure import SafeCount

TAGS: Final[dict[Language, str]] = {"en": "en", "zh": "zh-CN"}
LANGUAGE_COOKIE: Final = "care_commons_language"


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


@contextmanager
def speaking(one: Language) -> Iterator[None]:
    """Within it, templates and sentences are in that language: for mail to somebody else."""
    with force_locale(LOCALES[one]):
        yield


def translate(text: object) -> str:
    """A sentence of a service in the reader's language; as it is where it has no translation."""
    said = str(text)
    return say(said, language()) if said else said


def tell(message: str) -> str:
    """A part of a sentence in the reader's language, with its places left to be filled."""
    return languages.tell(message, language())


def _said(value: object) -> object:
    """What a template writes of a value: a count in the reader's language."""
    return translate(value) if isinstance(value, SafeCount) else value


class _Catalogues(Domain):
    def get_translations(self) -> NullTranslations:
        return chinese() if language() == "zh" else NullTranslations()
