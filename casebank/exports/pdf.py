"""A case on paper, and as PDF/UA for those who have it read to them.

The bytes are a PDF 1.7 of variant PDF/UA-1 with tags, language, title, alternative texts and every
font embedded. A character that no installed font has stops the export: a page with a hole in it is
not handed out.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from importlib import resources
from typing import Any

from casebank.errors import ExportImpossible
from casebank.exports.printed import Edition, Exporter, printed_document
from casebank.lesson import Lesson
from casebank.model import Case, Language

__all__ = ["Edition", "Exporter", "to_pdf"]

# Printing 500 contacts takes 14 seconds of a core: more at once would only slow down everybody.
_AT_ONCE = threading.BoundedSemaphore(2)
_PATIENCE = 30.0

_FONTS = "install fonts for Chinese, on Debian `fonts-noto-cjk`"


def to_pdf(
    case: Case,
    lesson: Lesson | None,
    edition: Edition,
    exporter: Exporter,
    language: Language | None = None,
) -> bytes:
    """The edition as PDF/UA-1; ``language`` of the wording, by default that of the record.

    Raises:
        ExportImpossible: if the edition needs a lesson and there is none, if WeasyPrint or its
            libraries are missing, if no installed font has a character of the case, or if too
            many others are printing.
    """
    try:
        import weasyprint

        from casebank.exports.pdf_tags import complete_tags
    except (ImportError, OSError):
        raise ExportImpossible(
            "PDF needs the package weasyprint and Pango's libraries, on Debian `libpango-1.0-0` "
            "and `libpangoft2-1.0-0`"
        ) from None
    html = printed_document(case, lesson, edition, exporter, language or case.language)
    if not _AT_ONCE.acquire(timeout=_PATIENCE):
        raise ExportImpossible("many people are printing just now; try again in a minute")
    try:
        data, holes = _rendered(weasyprint, complete_tags, html, exporter.at)
    finally:
        _AT_ONCE.release()
    if holes:
        raise ExportImpossible(
            f"{holes} characters of the case are in no font that is installed; {_FONTS}"
        )
    return data


def _rendered(
    library: Any, complete_tags: Callable[..., None], html: str, at: datetime
) -> tuple[bytes, int]:
    """The PDF, and how many characters have no glyph."""
    style = resources.files("casebank.exports").joinpath("print.css").read_text("utf-8")
    # Nothing is fetched: pictures are in the document itself, as data: addresses.
    fetcher = library.urls.URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    with _Holes() as holes:
        document = library.HTML(string=html, url_fetcher=fetcher).render(
            stylesheets=[library.CSS(string=style, url_fetcher=fetcher)]
        )
        moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        document.metadata.created = document.metadata.modified = moment
        data: bytes = document.write_pdf(pdf_variant="pdf/ua-1", finisher=complete_tags)
    return data, holes.count


class _Holes(logging.Handler):
    """Counts characters without a glyph, which WeasyPrint only logs; of this thread alone."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0
        self._thread = threading.get_ident()
        self._logger = logging.getLogger("weasyprint")

    def emit(self, record: logging.LogRecord) -> None:
        """One message of WeasyPrint."""
        if record.thread == self._thread and ".notdef" in str(record.msg):
            self.count += 1

    def __enter__(self) -> _Holes:
        self._logger.addHandler(self)
        return self

    def __exit__(self, *error: object) -> None:
        self._logger.removeHandler(self)
