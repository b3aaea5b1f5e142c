"""Our own format, ``.ccase``: a zip with case, lesson, report, and a manifest of their digests.

``read_package(write_package(x)) == x``, and writing again gives the same bytes: entries stand in
one order, without times, and every document is canonical JSON. Reading touches no disk and refuses
whatever :func:`write_package` would not have written. The digests find damage; they do not prove
who wrote the file.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from casebank import documents
from casebank.errors import CaseFormatError, PackageRefused
from casebank.exports.archives import zip_of
from casebank.lesson import Lesson
from casebank.model import Case, Sources

FORMAT = "care-commons-package/1"
SUFFIX = ".ccase"
LARGEST_PACKAGE = 8 << 20
LARGEST_ENTRY = 32 << 20
TERMS = (
    "For teaching only. The record is a real resident's, de-identified: nobody may try to find out "
    "whose it is, join it with other data, or pass it on to people who have not accepted this.",
    "仅供教学使用。本病例来自真实居民的去标识化记录：不得尝试识别其身份，"
    "不得与其他数据关联，不得转交给未接受本条款的人。",
)
LICENCE = "All rights reserved by the institution that published the case."

_MANIFEST, _CASE, _LESSON, _REPORT = "manifest.json", "case.json", "lesson.json", "report.json"
_ENTRIES = (_MANIFEST, _CASE, _LESSON, _REPORT)


# What Python's own reader raises for a zip that is none, or a damaged one.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError,
    struct.error)  # fmt: skip


@dataclass(frozen=True)
class Package:
    """What travels together. ``report`` is what the publication gate found, as JSON."""

    case: Case
    lesson: Lesson | None = None
    report: Mapping[str, Any] = field(default_factory=dict)
    licence: str = LICENCE
    terms: tuple[str, ...] = TERMS

    def __post_init__(self) -> None:
        if self.lesson is not None:
            self.lesson.check_fits(self.case)

    def for_outside(self) -> Package:
        """Without what leads back to the release: sources, counts, and where a report names them.

        Only this may leave the institution.
        """
        report = self.report
        if self.case.sources is not None:
            report = _without(dict(report), _Traces.of(self.case.sources))
        return replace(self, case=self.case.for_student(), report=report)


def write_package(package: Package) -> bytes:
    """The package as the bytes of a zip."""
    contents = _contents(package)
    manifest = {
        "format": FORMAT,
        "licence": package.licence,
        "terms": list(package.terms),
        "with_sources": package.case.sources is not None,
        "files": {
            name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in contents.items()
        },
    }
    contents[_MANIFEST] = documents.to_bytes(manifest)
    return zip_of({name: contents[name] for name in _ENTRIES if name in contents})


def read_package(data: bytes) -> Package:
    """What :func:`write_package` wrote.

    Raises:
        PackageRefused: if it is no such zip, is too large, damaged, of another version, or holds
            anything else; the message names the file in it, never its content.
    """
    contents = _unpacked(data)
    manifest = _document(contents, _MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise PackageRefused(
            f"{_MANIFEST}: the format is not {FORMAT}, the one that is known here; "
            "a newer installation may have written it"
        )
    _check_manifest(manifest, contents)
    try:
        case = Case.from_json(contents[_CASE])
        lesson = Lesson.from_json(contents[_LESSON]) if _LESSON in contents else None
        report = _document(contents, _REPORT)
        if not isinstance(report, dict):
            raise PackageRefused(f"{_REPORT}: not an object")
        package = Package(case, lesson, report, manifest["licence"], tuple(manifest["terms"]))
    except CaseFormatError as error:
        raise PackageRefused(str(error)) from None
    if manifest["with_sources"] != (case.sources is not None):
        raise PackageRefused(f"{_MANIFEST}: says wrongly whether the case has its sources")
    for name, written in _contents(package).items():
        # A document of an earlier schema was brought to the present one, and is written as that.
        if contents[name] != written and _schema(contents[name]) == _schema(written):
            raise PackageRefused(f"{name}: not in the canonical form that an export has")
    return package


def _contents(package: Package) -> dict[str, bytes]:
    contents = {_CASE: package.case.to_json(), _REPORT: documents.to_bytes(dict(package.report))}
    if package.lesson is not None:
        contents[_LESSON] = package.lesson.to_json()
    return contents


def _schema(document: bytes) -> object:
    found = documents.from_bytes(document)
    return found.get("schema") if isinstance(found, dict) else None


def _unpacked(data: bytes) -> dict[str, bytes]:
    if len(data) > LARGEST_PACKAGE:
        raise PackageRefused(f"the file is larger than {LARGEST_PACKAGE >> 20} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            unknown = [name for name in names if name not in _ENTRIES]
            if unknown:
                raise PackageRefused("the file holds something that no package of ours has")
            if len(set(names)) != len(names):
                raise PackageRefused("the file holds an entry twice")
            missing = [name for name in (_MANIFEST, _CASE, _REPORT) if name not in names]
            if missing:
                raise PackageRefused(f"{missing[0]} is missing")
            return {entry.filename: _content(archive, entry) for entry in entries}
    except _UNREADABLE:
        raise PackageRefused("the file is not a zip, or it is damaged") from None


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.flag_bits & 0x1:
        raise PackageRefused(f"{entry.filename}: is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise PackageRefused(f"{entry.filename}: packed in a way that no export uses")
    # What an entry says of its size is not believed: reading stops one byte after the limit.
    with archive.open(entry) as stream:
        content = stream.read(LARGEST_ENTRY + 1)
    if len(content) > LARGEST_ENTRY:
        raise PackageRefused(f"{entry.filename}: larger than {LARGEST_ENTRY >> 20} MB")
    return content


def _document(contents: Mapping[str, bytes], name: str) -> Any:
    try:
        return documents.from_bytes(contents[name])
    except CaseFormatError as error:
        raise PackageRefused(f"{name}: {error}") from None


_MANIFEST_FIELDS = {"format": str, "licence": str, "terms": list, "with_sources": bool,
    "files": dict}  # fmt: skip


def _check_manifest(manifest: dict[str, Any], contents: Mapping[str, bytes]) -> None:
    if set(manifest) != set(_MANIFEST_FIELDS) or any(
        type(manifest[name]) is not kind for name, kind in _MANIFEST_FIELDS.items()
    ):
        raise PackageRefused(f"{_MANIFEST}: does not have the fields of {FORMAT}")
    if any(type(line) is not str for line in manifest["terms"]):
        raise PackageRefused(f"{_MANIFEST}: the terms are not a list of texts")
    files = manifest["files"]
    if set(files) != set(contents) - {_MANIFEST}:
        raise PackageRefused(f"{_MANIFEST}: does not list the files that are there")
    for name, said in files.items():
        found = {
            "bytes": len(contents[name]),
            "sha256": hashlib.sha256(contents[name]).hexdigest(),
        }
        if said != found:
            raise PackageRefused(f"{name}: its digest is not the one in the manifest")


@dataclass(frozen=True)
class _Traces:
    """What in a report would lead back to the release."""

    release: str
    numbers: frozenset[int]
    texts: frozenset[str]

    @classmethod
    def of(cls, sources: Sources) -> _Traces:
        rows = (source.row_id for each in sources.data.values() for source in each)
        numbers = frozenset((sources.person_id, *rows))
        return cls(sources.release, numbers, frozenset(map(str, numbers)))

    def found_in(self, value: object) -> bool:
        if isinstance(value, str):
            return self.release in value or value in self.texts
        # Small numbers are counts and days: ids of a release are random over 63 bits.
        return type(value) is int and value > 1 << 31 and value in self.numbers


def _without(value: Any, traces: _Traces) -> Any:
    if isinstance(value, dict):
        return {
            key: _without(item, traces)
            for key, item in value.items()
            if not traces.found_in(key) and not traces.found_in(item)
        }
    if isinstance(value, list | tuple):
        return [_without(item, traces) for item in value if not traces.found_in(item)]
    return value
