"""What changed between two versions of a line: tables, columns, treatments, policy, vocabularies.

A count that differs by a few people would tell of them. So the people of a later version are told
only if nobody or at least the minimum came, and nobody or at least the minimum left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cohorts.disclosure import DisclosureRule, SafeCount, safe_count
from deid.release import ColumnEntry, Release


@dataclass(frozen=True)
class Change:
    """One difference; an empty side means that it was not there."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class ReleaseChanges:
    """Differences of a later version from an earlier one, by subject."""

    tables: tuple[Change, ...]
    columns: tuple[Change, ...]
    treatments: tuple[Change, ...]
    making: tuple[Change, ...]
    people: tuple[SafeCount, SafeCount] | None

    @property
    def any(self) -> bool:
        """Whether anything but people differs."""
        return bool(self.tables or self.columns or self.treatments or self.making)


def line_of(release: Release) -> str:
    """Name of the line: that of its first release."""
    return release.manifest.line or release.name


def versions_of(release: Release, releases: list[Release]) -> list[Release]:
    """Releases of the same line, each after the one it continues."""
    line = [one for one in releases if line_of(one) == line_of(release)]
    depth: dict[str, int] = {}
    for _ in line:
        for one in line:
            depth[one.name] = depth.get(one.manifest.continues, -1) + 1
    return sorted(line, key=lambda one: (depth[one.name], one.name))


def changes_between(earlier: Release, later: Release, rule: DisclosureRule) -> ReleaseChanges:
    """What is different in ``later``."""
    before, after = _columns(earlier), _columns(later)
    both = sorted(set(before) & set(after))
    return ReleaseChanges(
        _sets(set(earlier.tables), set(later.tables)),
        _sets({name for name in before if name.split(".")[0] in later.tables},
              {name for name in after if name.split(".")[0] in earlier.tables}),
        tuple(
            Change(name, _treated(before[name]), _treated(after[name]))
            for name in both
            if _treated(before[name]) != _treated(after[name])
        ),
        _pairs(_making(earlier), _making(later)),
        people_of_both(earlier, later, rule),
    )  # fmt: skip


def people_of_both(
    earlier: Release, later: Release, rule: DisclosureRule
) -> tuple[SafeCount, SafeCount] | None:
    """People of both versions; the later number is the earlier one where the difference is small.

    People of a line keep their pseudonyms, so who came and who left is known exactly, and both
    have to be nobody or enough.
    """
    if "person" not in earlier.tables or "person" not in later.tables:
        return None
    before, after = _ids(earlier), _ids(later)
    first = safe_count(len(before), rule)
    came, left = np.setdiff1d(after, before), np.setdiff1d(before, after)
    if any(0 < len(moved) < rule.minimum_cell for moved in (came, left)):
        return first, first
    return first, safe_count(len(after), rule)


def _ids(release: Release) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    with release.connect() as connection:
        found = connection.sql("SELECT DISTINCT person_id FROM person").fetchnumpy()
    return np.asarray(found["person_id"], dtype=np.int64)


def _columns(release: Release) -> dict[str, ColumnEntry]:
    return {f"{one.table}.{one.name}": one for one in release.dictionary.columns}


def _treated(column: ColumnEntry) -> str:
    return f"{column.treatment} ({column.type})"


def _sets(before: set[str], after: set[str]) -> tuple[Change, ...]:
    return tuple(
        Change(name, name if name in before else "", name if name in after else "")
        for name in sorted(before ^ after)
    )


def _pairs(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(
        Change(name, before.get(name, ""), after.get(name, ""))
        for name in sorted(set(before) | set(after))
        if before.get(name, "") != after.get(name, "")
    )


def _making(release: Release) -> dict[str, str]:
    manifest = release.manifest
    found = {
        "policy": f"{manifest.policy['name']} {manifest.policy['version']}",
        "policy fingerprint": manifest.policy["sha256"],
        "engine": manifest.engine_version,
        "OMOP CDM": manifest.cdm_version,
        "first day of the data": manifest.data_window[0],
        "last day of the data": manifest.data_window[1],
        "dates are shown by": manifest.date_resolution,
    }
    for pack, version in manifest.language_packs.items():
        found[f"text, {pack}"] = version
    if "vocabulary" in release.tables:
        with release.connect() as connection:
            rows = connection.execute(
                "SELECT vocabulary_id, vocabulary_version FROM vocabulary"
            ).fetchall()
        found |= {f"vocabulary {name}": version or "" for name, version in rows}
    return found
