"""A release in Croissant 1.0 of MLCommons: its tables as record sets, its files with their hashes.

Nothing of it can be fetched: the files are named as they lie in the release, for who has been given
it. A release tells neither a day of publication nor sizes in bytes, so none is said; readers that
insist on ``datePublished`` warn of its absence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.services.citation import Citation, covered, describe_release
from cohorts.release_profile import ReleaseProfile
from deid.release import Release

CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.0"
_TERMS: Final = (
    *("citeAs", "column", "extract", "field", "fileProperty", "fileSet", "fileObject", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet"),
    *("references", "regex", "repeated", "replace", "separator", "source", "subField"),
    "transform",
)
CONTEXT: Final[Mapping[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS},
}
# Types of DuckDB, by how they begin.
_TYPES: Final = (
    ("BOOL", "sc:Boolean"),
    ("TIMESTAMP", "sc:DateTime"),
    ("DATE", "sc:Date"),
    ("TIME", "sc:Time"),
    ("DOUBLE", "sc:Float"),
    ("FLOAT", "sc:Float"),
    ("DECIMAL", "sc:Float"),
    ("NUMERIC", "sc:Float"),
)
PARQUET: Final = "application/vnd.apache.parquet"


def croissant(
    citation: Citation, release: Release, profile: ReleaseProfile | None, licence: str
) -> dict[str, Any]:
    """The release as JSON-LD; ``licence`` is the address of the terms it is given under."""
    window = covered(release, profile)
    tables = sorted(release.manifest.tables)
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "@id": citation.address or f"urn:sha256:{citation.sha256}",
        "conformsTo": CONFORMS_TO,
        "name": citation.title,
        "description": describe_release(release, profile),
        "version": citation.version,
        "url": citation.link or f"urn:sha256:{citation.sha256}",
        "license": licence,
        "creator": {"@type": "sc:Organization", "name": citation.publisher},
        "publisher": {"@type": "sc:Organization", "name": citation.publisher},
        "citeAs": citation.bibtex(),
        "temporalCoverage": f"{window[0]}/{window[1]}",
        "isLiveDataset": False,
        "distribution": [one for table in tables for one in _files(release, table)],
        "recordSet": [_record_set(release, table) for table in tables],
    }


def _files(release: Release, table: str) -> list[dict[str, Any]]:
    files = [
        {
            "@type": "cr:FileObject",
            "@id": file.path,
            "name": file.path,
            "contentUrl": file.path,
            "encodingFormat": PARQUET,
            "sha256": file.sha256,
        }
        for file in release.manifest.tables[table].files
    ]
    all_parts = {
        "@type": "cr:FileSet",
        "@id": f"{table}-files",
        "name": f"{table}-files",
        "description": f"All files of the table {table}.",
        "encodingFormat": PARQUET,
        "includes": f"{table}/*.parquet",
    }
    return [*files, all_parts]


def _record_set(release: Release, table: str) -> dict[str, Any]:
    meanings = {column.name: column.meaning for column in release.dictionary.of_table(table)}
    return {
        "@type": "cr:RecordSet",
        "@id": table,
        "name": table,
        "description": release.dictionary.tables.get(table, table),
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{table}/{name}",
                "name": name,
                "description": meanings.get(name, name),
                "dataType": _data_type(kind),
                "source": {"fileSet": {"@id": f"{table}-files"}, "extract": {"column": name}},
            }
            for name, kind in release.manifest.tables[table].columns
        ],
    }


def _data_type(kind: str) -> str:
    upper = kind.upper()
    if "INT" in upper:
        return "sc:Integer"
    return next((known for begins, known in _TYPES if upper.startswith(begins)), "sc:Text")
