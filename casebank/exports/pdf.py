"""A case on paper, and as PDF/UA for those who have it read to them.

The bytes are a PDF 1.7 of variant PDF/UA-1 with tags, language, title, alternative texts and every
font embedded. A character that no installed font has stops the export: a page with a hole in it is
not handed out.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from importlib import resources
from typing import Any

from casebank.errors import ExportImpossible
from casebank.exports.printed import Edition, Exporter, printed_document
from casebank.lesson import Lesson
from casebank.model import Case, Language

__all__ = ["Edition", "Exporter", "to_pdf"]

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
            libraries are missing, or if no installed font has a character of the case.
    """
    try:
        import weasyprint
        from weasyprint.urls import URLFetcher
    except (ImportError, OSError):
        raise ExportImpossible(
            "PDF needs the package weasyprint and Pango's libraries, on Debian `libpango-1.0-0` "
            "and `libpangoft2-1.0-0`"
        ) from None
    html = printed_document(case, lesson, edition, exporter, language or case.language)
    style = resources.files("casebank.exports").joinpath("print.css").read_text("utf-8")
    # Nothing is fetched: pictures are in the document itself, as data: addresses.
    fetcher = URLFetcher(allowed_protocols=("data",), fail_on_errors=True)
    with _Holes() as holes:
        document = weasyprint.HTML(string=html, url_fetcher=fetcher).render(
            stylesheets=[weasyprint.CSS(string=style, url_fetcher=fetcher)]
        )
        _date(document.metadata, exporter.at)
        data: bytes = document.write_pdf(pdf_variant="pdf/ua-1")
    if holes.count:
        raise ExportImpossible(
            f"{holes.count} characters of the case are in no font that is installed; {_FONTS}"
        )
    return data


def _date(metadata: Any, at: datetime) -> None:
    metadata.created = metadata.modified = at.strftime("%Y-%m-%dT%H:%M:%SZ")


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
