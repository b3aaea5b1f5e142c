"""How a release is cited and described for machines: text, BibTeX, CITATION.cff, JSON-LD.

Everything comes from the release and from the installation's settings; a release tells no day of
publication, so none is cited. The name of a release and the hash of its manifest fix its version.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.services.duo import DUO_TERMS
from cohorts.release_profile import ReleaseProfile
from deid.release import Release

DUO_IRI: Final = "http://purl.obolibrary.org/obo/"
_TEX: Final = str.maketrans({char: "\\" + char for char in "&%$#_{}"})
_NOT_IN_KEY: Final = re.compile(r"[^A-Za-z0-9:-]+")


@dataclass(frozen=True)
class Citation:
    """What a reference to a release says. ``address`` is that of its page; both may be empty."""

    title: str
    version: str
    publisher: str
    sha256: str
    doi: str = ""
    address: str = ""

    @property
    def link(self) -> str:
        """The DOI as an address, or the page's."""
        return f"https://doi.org/{self.doi}" if self.doi else self.address

    def text(self) -> str:
        """One sentence, in the order of DataCite: creator, title, version, kind, identifier."""
        parts = [self.publisher, self.title, f"Version {self.version}", "Data set"]
        return ". ".join([*parts, self.link or f"SHA-256 {self.sha256}"])

    def bibtex(self) -> str:
        """An entry for BibLaTeX, which has data sets."""
        fields = {
            "author": "{" + self.publisher.translate(_TEX) + "}",
            "title": self.title.translate(_TEX),
            "version": self.version.translate(_TEX),
            "note": f"SHA-256 of the manifest: {self.sha256}",
            **({"doi": self.doi} if self.doi else {}),
            **({"url": self.address} if self.address else {}),
        }
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        return f"@dataset{{{_NOT_IN_KEY.sub('-', self.version)},\n{lines}\n}}\n"

    def cff(self) -> str:
        """A CITATION.cff (format 1.2.0); texts are written as JSON, which YAML reads."""
        fields: dict[str, Any] = {
            "cff-version": "1.2.0",
            "message": "If you use these data, please cite them as below.",
            "type": "dataset",
            "title": self.title,
            "version": self.version,
            "authors": [{"name": self.publisher}],
            **({"doi": self.doi} if self.doi else {}),
            **({"url": self.address} if self.address else {}),
        }
        return "".join(
            f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items()
        )


def cite(release: Release, publisher: str, doi: str = "", address: str = "") -> Citation:
    """The citation of a release."""
    return Citation(
        release.manifest.title or release.name,
        release.name,
        publisher,
        release.certificate.statement["manifest_sha256"],
        doi,
        address,
    )


def describe_release(release: Release, profile: ReleaseProfile | None) -> str:
    """A release in a paragraph, from what it says of itself and from shown numbers."""
    manifest = release.manifest
    first, last = covered(release, profile)
    people = (
        f" of {profile.people} people"
        if profile is not None and profile.people.shown is not None
        else ""
    )
    return (
        f"Pseudonymised resident health records{people} as {len(release.tables)} tables of the "
        f"OMOP Common Data Model {manifest.cdm_version}, de-identified by the policy "
        f"{manifest.policy['name']} {manifest.policy['version']}; records "
        f"from {first} to {last}."
    )


def covered(release: Release, profile: ReleaseProfile | None) -> tuple[str, str]:
    """First and last year in which enough people are on record; without them the window."""
    years = [year for year, count in profile.years if count.shown] if profile else []
    if not years:
        return release.manifest.data_window
    return str(years[0]), str(years[-1])


def schema_org(
    citation: Citation,
    release: Release,
    profile: ReleaseProfile | None,
    data_use: tuple[str, ...],
) -> dict[str, Any]:
    """The release as a ``Dataset`` of schema.org, as search engines for data read it."""
    window = covered(release, profile)
    document: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": citation.title,
        "description": describe_release(release, profile),
        "version": citation.version,
        "identifier": citation.link or f"sha256:{citation.sha256}",
        "creator": {"@type": "Organization", "name": citation.publisher},
        "publisher": {"@type": "Organization", "name": citation.publisher},
        "citation": citation.text(),
        "temporalCoverage": f"{window[0]}/{window[1]}",
        "isAccessibleForFree": False,
        "conditionsOfAccess": "On request: purpose, people, ethics approval and agreement are "
        "reviewed; data are analysed in the workspace of the project.",
        "measurementTechnique": "OMOP Common Data Model " + release.manifest.cdm_version,
        "variableMeasured": [
            {"@type": "PropertyValue", "name": table, "description": meaning}
            for table, meaning in sorted(release.dictionary.tables.items())
        ],
    }
    if citation.address:
        document["@id"] = document["url"] = citation.address
    if data_use:
        document["usageInfo"] = [_duo_iri(code) for code in data_use]
    return document


_DCAT_CONTEXT: Final[Mapping[str, Any]] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "adms": "http://www.w3.org/ns/adms#",
    "obo": DUO_IRI,
}


def dcat_dataset(
    citation: Citation,
    release: Release,
    profile: ReleaseProfile | None,
    data_use: tuple[str, ...],
) -> dict[str, Any]:
    """The release as a ``dcat:Dataset`` (DCAT 3), to stand in a catalogue."""
    window = covered(release, profile)
    document: dict[str, Any] = {
        "@id": citation.address or f"urn:sha256:{citation.sha256}",
        "@type": "dcat:Dataset",
        "dct:title": citation.title,
        "dct:description": describe_release(release, profile),
        "dct:identifier": citation.link or f"sha256:{citation.sha256}",
        "dcat:version": citation.version,
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": citation.publisher},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@value": window[0], "@type": _kind(window[0])},
            "dcat:endDate": {"@value": window[1], "@type": _kind(window[1])},
        },
        "dct:accessRights": {
            "@id": "http://publications.europa.eu/resource/authority/access-right/RESTRICTED"
        },
    }
    if data_use:
        document["dct:conformsTo"] = [{"@id": _duo_iri(code)} for code in data_use]
    return document


def dcat_catalogue(publisher: str, address: str, datasets: list[dict[str, Any]]) -> dict[str, Any]:
    """All releases as a ``dcat:Catalog``, with its own context: nothing is fetched to read it."""
    return {
        "@context": _DCAT_CONTEXT,
        "@id": address or "urn:care-commons:catalogue",
        "@type": "dcat:Catalog",
        "dct:title": f"Releases of {publisher}",
        "dct:publisher": {"@type": "foaf:Agent", "foaf:name": publisher},
        "dcat:dataset": datasets,
    }


def terms_of_use(data_use: tuple[str, ...]) -> list[tuple[str, str]]:
    """Code and name of each term of the Data Use Ontology."""
    return [(code, DUO_TERMS.get(code, "")) for code in data_use]


def _kind(moment: str) -> str:
    return "xsd:gYear" if len(moment) == 4 else "xsd:date"


def _duo_iri(code: str) -> str:
    return DUO_IRI + code.replace(":", "_")
