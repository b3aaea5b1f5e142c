"""The reading face of a release: the only part of the engine that other packages import."""

from deid.release.birth_years import BIRTH_YEARS, BIRTH_YEARS_SCHEMA
from deid.release.certificate import Certificate
from deid.release.dictionary import ColumnEntry, Dictionary
from deid.release.manifest import FileEntry, Manifest, TableEntry
from deid.release.reader import (
    Release,
    check_release_name,
    has_the_same_ids,
    is_continued,
    list_releases,
    open_release,
    survey_releases,
)

__all__ = [
    "BIRTH_YEARS",
    "BIRTH_YEARS_SCHEMA",
    "Certificate",
    "ColumnEntry",
    "Dictionary",
    "FileEntry",
    "Manifest",
    "Release",
    "TableEntry",
    "check_release_name",
    "has_the_same_ids",
    "is_continued",
    "list_releases",
    "open_release",
    "survey_releases",
]
