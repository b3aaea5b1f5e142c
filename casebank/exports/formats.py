"""The formats that a case leaves in, by name: what each is for, and the function that writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from casebank.errors import ExportImpossible
from casebank.exports.characters import readable
from casebank.exports.fhir import to_fhir
from casebank.exports.mvp import to_mvp
from casebank.exports.package import SUFFIX, Package, write_package
from casebank.exports.pdf import Edition, to_pdf
from casebank.exports.printed import Exporter
from casebank.exports.qti import to_qti
from casebank.model import Language


@dataclass(frozen=True)
class ExportOrder:
    """Who exports and when, and in which language, by default that of the record."""

    exporter: Exporter
    language: Language | None = None


@dataclass(frozen=True)
class Format:
    """One way out. ``leaves`` says that nothing in it leads back to the release."""

    name: str
    label: str
    purpose: str
    suffix: str
    media_type: str
    needs_lesson: bool
    leaves: bool
    has_language: bool
    write: Callable[[Package, ExportOrder], bytes]


def export_case(package: Package, name: str, order: ExportOrder) -> bytes:
    """The case in the format of that name.

    Raises:
        KeyError: if there is no such format.
        ExportImpossible: if the case lacks what the format needs.
    """
    chosen = FORMATS[name]
    if chosen.needs_lesson and package.lesson is None:
        raise ExportImpossible(f"{chosen.label} needs stages and questions; the case has none yet")
    if chosen.leaves:
        package = package.for_outside()
    # Our own format alone can hold any character.
    return chosen.write(package if chosen.write is _packed else readable(package), order)


def _printed(edition: Edition) -> Callable[[Package, ExportOrder], bytes]:
    def write(package: Package, order: ExportOrder) -> bytes:
        return to_pdf(package.case, package.lesson, edition, order.exporter, order.language)

    return write


def _packed(package: Package, order: ExportOrder) -> bytes:
    return write_package(package)


def _fhir(package: Package, order: ExportOrder) -> bytes:
    return to_fhir(package.case, order.exporter.at, order.language)


def _qti(package: Package, order: ExportOrder) -> bytes:
    assert package.lesson is not None
    return to_qti(package.case, package.lesson, order.language)


def _mvp(package: Package, order: ExportOrder) -> bytes:
    assert package.lesson is not None
    return to_mvp(package.case, package.lesson, order.language)


_PDF, _ZIP = "application/pdf", "application/zip"
FORMATS: Final[dict[str, Format]] = {
    one.name: one
    for one in (
        Format(
            "pdf-student",
            "PDF, student edition",
            "stages and questions with room to write, no answers",
            "-student.pdf",
            _PDF,
            True,
            True,
            True,
            _printed("student"),
        ),
        Format(
            "pdf-teacher",
            "PDF, teacher edition",
            "the same with keys and the whole record",
            "-teacher.pdf",
            _PDF,
            True,
            True,
            True,
            _printed("teacher"),
        ),
        Format(
            "pdf-reading",
            "PDF, whole record",
            "problems, contacts, pictures and outcome to read",
            "-record.pdf",
            _PDF,
            False,
            True,
            True,
            _printed("reading"),
        ),
        Format(
            "package",
            "Care Commons case (.ccase)",
            "another installation imports it; nothing in it leads back to the release",
            SUFFIX,
            _ZIP,
            False,
            True,
            False,
            _packed,
        ),
        Format(
            "fhir",
            "FHIR R4 document",
            "the record as a Bundle for other systems; time is told in days",
            "-fhir.json",
            "application/fhir+json",
            False,
            True,
            True,
            _fhir,
        ),
        Format(
            "qti",
            "QTI 3 questions",
            "questions with scoring for another test system; it holds the keys",
            "-qti.zip",
            _ZIP,
            True,
            True,
            True,
            _qti,
        ),
        Format(
            "mvp",
            "MedBiquitous virtual patient",
            "stages and questions for another virtual patient system; it holds the keys",
            "-mvp.zip",
            _ZIP,
            True,
            True,
            True,
            _mvp,
        ),
        Format(
            "package-inside",
            "Care Commons case with its sources",
            "a copy for this institution: every sentence still names its row of the release",
            f"-inside{SUFFIX}",
            _ZIP,
            False,
            False,
            False,
            _packed,
        ),
    )
}
