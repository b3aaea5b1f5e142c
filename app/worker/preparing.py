"""From an order to a written extract: run, judge the calendar, measure, shift, compare, write."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

import cohorts
from app.worker.gate import (
    RISK_FILE,
    ExtractRisk,
    check_extract,
    measure_extract,
    measure_records,
    passing_columns,
)
from app.worker.orders import Order
from app.worker.queue import Hold
from app.worker.risk_page import RISK_PAGE, render_risk
from app.worker.workshop import JobRefused, Workshop
from cohorts.access import hidden_folder
from cohorts.calendar import CalendarResult, has_calendar_limits, run_on_true_dates
from cohorts.changes import (
    CHANGES_FILE,
    CHANGES_PAGE,
    Changes,
    changes_page,
    compare_deliveries,
)
from cohorts.disclosure import DisclosureRule, safe_count
from cohorts.errors import QueryCancelled
from cohorts.extract import Extract, write_extract
from cohorts.extract_files import EXTRACTS, MANIFEST_FILE, ExtractManifest
from cohorts.extract_rows import person_ids
from cohorts.frozen import Frozen, freeze
from cohorts.model import CohortDefinition
from cohorts.result import CohortResult
from cohorts.selection import check_selection
from cohorts.shift import DateShift, shift_cohort
from deid.build.line import line_of
from deid.build.offsets import ALONE, OFFSETS_FILE, Offsets, read_offsets
from deid.errors import GateRefused
from deid.keys import Keyring
from deid.pseudonyms import Pseudonymiser
from deid.release import Release, has_the_same_ids, open_release
from deid.structured.dates import shift_days

STEPS: Final = 5
"""How many steps :func:`prepare` tells of."""
PROJECT_WEEKS: Final = 4
"""The greatest further shift of a project's dates: what is cut off at each end of the data."""
LEAST_FITTING: Final = 8
"""Of so many possible shifts at least a delivery by calendar limits must leave each to be true."""


@dataclass(frozen=True)
class Prepared:
    """A written extract, what it was made from, and what it changes."""

    extract: Extract
    frozen: Frozen
    changes: Changes | None = None


@dataclass(frozen=True)
class _Series:
    """The deliveries that share pseudonyms: the first one's name and key, and the one before."""

    name: str
    keyring: Keyring
    before: Path | None = None
    shifted: bool = True

    def key(self, project: str, use: str) -> bytes:
        return self.keyring.derive("project", project, self.name, use)


def prepare(
    workshop: Workshop,
    order: Order,
    destination: Path,
    hold: Hold,
    repeats: ExtractManifest | None = None,
) -> Prepared:
    """Write the extract of ``order`` below ``destination``, the project root or a place to compare.

    ``repeats`` is the delivery that is made again, with the key and the shift of then.

    Raises:
        JobLost, JobCancelled: if the job was lost or cancelled meanwhile.
        JobRefused: if the delivery that it continues is of another line.
        GateRefused: if its risk is too great.
        ExtractAlreadyExists, SelectionError, ...: as :func:`cohorts.extract.write_extract`.
    """
    release = open_release(workshop.release_root, order.release)
    definition = cohorts.load(order.expression)
    selection = check_selection(release, order.columns)
    series = _repeated(workshop, repeats) if repeats else _series(workshop, order, release)
    offsets = _offsets(workshop, release)
    hold.step("finding the cohort")
    try:
        result, calendar = _run(definition, release, offsets, hold.stop)
    except QueryCancelled:
        hold.check()
        raise
    hold.step("measuring the risk")
    shift = _project_shift(order, release, offsets, series)
    if series.before is not None and series.shifted and shift is None:
        raise JobRefused("its dates could not be those of the delivery that it continues")
    delivered = person_ids(shift_cohort(result, shift) if shift else result)
    risk = measure_extract(release, delivered, selection.tables, workshop.minimum_people)
    risk = replace(risk, calendar=_told(calendar))
    _check(release, delivered, risk)
    hold.step("noting what it is made from")
    frozen = freeze(release, definition, result)
    rule = DisclosureRule.with_minimum(workshop.minimum_people)
    found: list[Changes] = []

    def check(staged: Path) -> dict[str, bytes]:
        hold.step("measuring what was written")
        measured = measure_records(risk, staged)
        documents = {
            RISK_FILE: measured.to_json(),
            RISK_PAGE: render_risk(order.title, measured),
        }
        if series.before is not None:
            names = (order.continues, order.extract)
            found.append(compare_deliveries(series.before, staged, names, rule))
            documents[CHANGES_FILE] = found[0].to_json()
            documents[CHANGES_PAGE] = changes_page(order.title, found[0])
        return documents

    hold.step("writing the tables")
    extract = write_extract(
        release,
        result,
        order.columns,
        Pseudonymiser(series.key(order.project, "pseudonyms")).ids,
        destination,
        project=order.project,
        extract=order.extract,
        definition=definition,
        title=order.title,
        purpose=order.purpose,
        ethics_number=order.ethics_number,
        expires_on=order.end_date.isoformat(),
        key_id=series.keyring.key_id,
        series=series.name if order.continues else "",
        continues=order.continues,
        window=order.window,
        rows_of=order.rows_of,
        frozen=frozen,
        shift=shift,
        notes=_notes(definition, calendar, rule),
        check=check,
    )
    return Prepared(extract, frozen, found[0] if found else None)


def find_delivery(project_root: Path, project: str, extract: str) -> Path:
    """The folder of a delivery, open or out of sight.

    Raises:
        JobRefused: if it is gone.
    """
    for folder in (
        project_root / project / EXTRACTS / extract,
        hidden_folder(project_root, project, extract),
    ):
        if (folder / MANIFEST_FILE).is_file():
            return folder
    raise JobRefused(f"the delivery {extract} is no longer there")


def _series(workshop: Workshop, order: Order, release: Release) -> _Series:
    if not order.continues:
        return _Series(order.extract, workshop.keyring)
    folder = find_delivery(workshop.project_root, order.project, order.continues)
    before = ExtractManifest.from_json((folder / MANIFEST_FILE).read_bytes())
    earlier = open_release(workshop.release_root, before.release)
    if not has_the_same_ids(workshop.release_root, release, earlier.name):
        raise JobRefused(
            f"release {release.name} does not continue release {earlier.name}; its people have "
            "other ids and dates"
        )
    keyring = workshop.keyring.of(before.key_id or earlier.manifest.key_id)
    return _Series(before.pseudonym_series, keyring, folder, before.shifted_days_max > 0)


def _repeated(workshop: Workshop, manifest: ExtractManifest) -> _Series:
    keyring = workshop.keyring.of(manifest.key_id)
    return _Series(manifest.pseudonym_series, keyring, None, manifest.shifted_days_max > 0)


def _offsets(workshop: Workshop, release: Release) -> Offsets | None:
    """The release's offsets; ``None`` for a release of before they were kept."""
    root = workshop.evidence_root
    if root is None or not (root / release.name / OFFSETS_FILE).exists():
        return None
    line = line_of(release.manifest, workshop.keyring)
    return read_offsets(root, release.name, line.name, line.keyring)


def _run(
    definition: CohortDefinition,
    release: Release,
    offsets: Offsets | None,
    lost: threading.Event,
) -> tuple[CohortResult, CalendarResult | None]:
    """The cohort; where it has calendar limits and the offsets are known, by the true dates."""
    shifted = offsets is not None and offsets.window.max_weeks > 0
    if not shifted or not has_calendar_limits(definition):
        return cohorts.run(definition, release, cancel=lost), None
    assert offsets is not None
    weeks = [w for w in range(-offsets.window.max_weeks, offsets.window.max_weeks + 1) if w]
    people = person_ids(release.read("person")["person_id"])
    found = run_on_true_dates(
        definition,
        release,
        people,
        offsets.of(people),
        [7 * week for week in weeks],
        max(2, min(LEAST_FITTING, len(weeks) // 4)),
        lost,
    )
    if found.left_out and not found.result.rows.num_rows:
        raise GateRefused(
            "the calendar limits are so narrow that they would tell by how much the dates of "
            "everybody found were shifted; widen them, or use days between events instead"
        )
    return found.result, found


def _project_shift(
    order: Order, release: Release, offsets: Offsets | None, series: _Series
) -> DateShift | None:
    """The project's own further shift; none where it would contradict what else is delivered.

    Notes hold dates in their text, which only the release can shift; and where a release shows
    years or true dates, weeks make no sense.
    """
    if offsets is None or not series.shifted or "note" in order.columns:
        return None
    if offsets.window.max_weeks == 0 or release.manifest.date_resolution != "day":
        return None
    key = series.key(order.project, "dates")
    held = offsets

    def days_of(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        households = held.households_of(ids)
        together = shift_days(key, "household", households, PROJECT_WEEKS)
        alone = shift_days(key, "person", ids, PROJECT_WEEKS)
        return np.where(households == ALONE, alone, together)

    window = offsets.window
    return DateShift(days_of, window.start, window.end, 7 * PROJECT_WEEKS, window.blind)


def _check(release: Release, people: npt.NDArray[np.int64], risk: ExtractRisk) -> None:
    try:
        check_extract(risk)
    except GateRefused as refused:
        if risk.people < risk.minimum_people or risk.linkage is None:
            raise
        gone = passing_columns(release, people, risk.quasi_identifiers)
        if gone is None:
            raise
        raise GateRefused(f"{refused}: without {' and '.join(gone)} it would pass") from None


def _told(calendar: CalendarResult | None) -> dict[str, Any] | None:
    if calendar is None:
        return None
    return {
        "possible": calendar.possible,
        "least": calendar.least,
        "fewest": calendar.fewest,
    }


def _notes(
    definition: CohortDefinition, calendar: CalendarResult | None, rule: DisclosureRule
) -> tuple[str, ...]:
    if calendar is not None:
        told = (
            "Calendar limits of the definition were judged on the true dates; the dates here are "
            "shifted, so they need not lie within the limits. Periods are not cut to a calendar "
            "window."
        )
        if calendar.left_out:
            left = safe_count(calendar.left_out, rule)
            told += (
                f" Left out, because limits and shown dates together would have told by how much "
                f"their dates were shifted: {left} people."
            )
        return (told,)
    if has_calendar_limits(definition):
        return (
            "Calendar limits of the definition were judged on shifted dates and are approximate: "
            "the offsets of this release are not known here.",
        )
    return ()
