"""What a release of invented residents holds, and what it must not hold."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from deid.build.evidence import read_evidence
from deid.build.pipeline import build_release
from deid.errors import ConfigurationError, GateRefused, ReleaseAlreadyExists, UncoveredColumn
from deid.policy import load_policy, parse_policy
from deid.pseudonyms import Pseudonymiser
from deid.release import Release, list_releases
from deid.vault.store import open_vault
from tests.integration.release.residents import (
    FIRST,
    fixed_keyring,
    full_name,
    phone,
    record_number,
    residents,
    settings_for,
)
from tests.integration.release.vaults import ON_EACH_DATABASE, PostgresVaults, SqliteVaults

Vaults = SqliteVaults | PostgresVaults

PEOPLE = range(1, 61)


def pseudonym(domain: str, identifier: int, name: str = "county-v1") -> int:
    key = fixed_keyring().derive("release", name, "pseudonyms")
    return int(Pseudonymiser(key).ids(domain, np.array([identifier], dtype=np.int64))[0])


def column(release: Release, table: str, name: str) -> list:
    return release.read(table)[name].to_pylist()


@pytest.fixture(scope="module")
def moved(published: Release) -> dict[int, list[tuple[dt.date, dt.date]]]:
    """For each person the visits that stayed: date in the vault, date in the release."""
    found = dict(
        zip(
            column(published, "visit_occurrence", "visit_occurrence_id"),
            column(published, "visit_occurrence", "visit_start_date"),
            strict=True,
        )
    )
    pairs: dict[int, list[tuple[dt.date, dt.date]]] = {person: [] for person in PEOPLE}
    for row in residents(notes=False)["visit_occurrence"]:
        released = found.get(pseudonym("visit_occurrence", row["visit_occurrence_id"]))
        if released is not None:
            pairs[row["person_id"]].append((row["visit_start_date"], released))
    return pairs


def test_no_identifier_of_the_vault_is_in_any_byte_of_the_release(published: Release) -> None:
    values = {
        str(value)
        for person in PEOPLE
        for value in (
            full_name(person),
            phone(person),
            record_number(person),
            f"{person + 100} Larkspur Terrace",
            f"SRC-{7_700_000 + person}",
        )
    } | {"Wilhelmina Fotheringay", "Ambrose Nightingale", "1093817465", "Rosehill Clinic"}
    texts = [
        value
        for table in published.tables
        for values_of in published.read(table).to_pydict().values()
        for value in values_of
        if isinstance(value, str)
    ]
    documents = [
        path.read_text(encoding="utf-8") for path in published.path.iterdir() if path.is_file()
    ]
    whole = "\n".join([*texts, *documents])
    assert [value for value in sorted(values) if value in whole] == []


def test_no_id_of_the_vault_is_in_the_release(published: Release) -> None:
    for table in ("person", "visit_occurrence", "condition_occurrence", "note"):
        for name, values in published.read(table).to_pydict().items():
            if name.endswith("_id") and not name.endswith("concept_id"):
                assert all(value is None or value > 10_000 for value in values), (table, name)


def test_intervals_weekdays_and_order_are_kept(
    moved: dict[int, list[tuple[dt.date, dt.date]]],
) -> None:
    assert sum(len(pairs) > 1 for pairs in moved.values()) > 30
    for pairs in moved.values():
        assert len({released - before for before, released in pairs}) <= 1
        assert all(released.weekday() == before.weekday() for before, released in pairs)


def test_a_household_shares_one_offset_and_households_differ(
    moved: dict[int, list[tuple[dt.date, dt.date]]],
) -> None:
    offsets = {person: pairs[0][1] - pairs[0][0] for person, pairs in moved.items() if pairs}
    together = [(p, p + 1) for p in range(1, 61, 2) if p in offsets and p + 1 in offsets]
    assert len(together) > 10
    assert all(offsets[one] == offsets[other] for one, other in together)
    assert len(set(offsets.values())) > 10
    assert dt.timedelta(0) not in offsets.values()


def test_every_date_lies_in_the_window_and_the_rest_is_counted(published: Release) -> None:
    start, end = (dt.date.fromisoformat(day) for day in published.manifest.data_window)
    for table, name in [
        ("visit_occurrence", "visit_start_date"),
        ("visit_occurrence", "visit_end_date"),
        ("condition_occurrence", "condition_start_date"),
        ("condition_occurrence", "condition_end_date"),
        ("observation_period", "observation_period_start_date"),
        ("observation_period", "observation_period_end_date"),
        ("note", "note_date"),
    ]:
        values = column(published, table, name)
        assert all(start <= value <= end for value in values if value is not None), name
    for entry in published.manifest.tables.values():
        assert entry.rows_in == entry.rows_out + sum(entry.left_out.values())
    assert published.manifest.tables["note"].left_out["outside the data window"] > 0


def test_dates_inside_notes_move_with_the_person(published: Release) -> None:
    for row in published.read("note").to_pylist():
        day = row["note_date"]
        chinese = rf"{day.year}年0?{day.month}月0?{day.day}日"
        assert re.search(rf"{day:%m/%d/%Y}|{chinese}", row["note_text"])


def test_clinical_words_of_a_note_are_kept(published: Release) -> None:
    texts = column(published, "note", "note_text")
    assert all("/80" in t and ("hypertension" in t or "继续口服降压药" in t) for t in texts)


def test_people_are_in_classes_of_at_least_five(published: Release) -> None:
    with published.connect() as connection:
        sizes = connection.execute(
            "SELECT count(*) FROM person JOIN person_birth_years USING (person_id) GROUP BY "
            "first_year, last_year, gender_concept_id, race_concept_id, ethnicity_concept_id, "
            "location_id"
        ).fetchall()
    assert min(size for (size,) in sizes) >= 5
    assert published.risk["linkage"]["smallest_class"] == min(size for (size,) in sizes)
    assert set(column(published, "person", "gender_source_value")) == {None}
    assert set(column(published, "person", "day_of_birth")) == {None}


def test_a_released_year_of_birth_is_the_middle_of_a_band_that_is_told(published: Release) -> None:
    with published.connect() as connection:
        rows = connection.execute(
            "SELECT year_of_birth, first_year, last_year FROM person "
            "LEFT JOIN person_birth_years USING (person_id)"
        ).fetchall()
    assert all(year == (first + last) // 2 for year, first, last in rows)
    assert {column.name for column in published.dictionary.of_table("person_birth_years")} == {
        "person_id",
        "first_year",
        "last_year",
    }


def test_free_values_that_few_share_or_that_name_somebody_are_removed(published: Release) -> None:
    assert set(column(published, "condition_occurrence", "stop_reason")) == {None, "resolved"}
    # Fifty-nine people share the code; it stays only because the vocabulary knows it.
    assert set(column(published, "condition_occurrence", "condition_source_value")) == {
        None,
        "38341003",
    }
    # Everybody was seen by the same doctor: shared by many, and still a name.
    assert set(column(published, "observation", "value_as_string")) == {None, "Never smoker"}


def test_links_between_rows_hold_and_links_to_missing_rows_are_empty(published: Release) -> None:
    visits = set(column(published, "visit_occurrence", "visit_occurrence_id"))
    for table in ("condition_occurrence", "note", "observation"):
        assert {v for v in column(published, table, "visit_occurrence_id") if v} <= visits
    preceding = column(published, "visit_occurrence", "preceding_visit_occurrence_id")
    assert {v for v in preceding if v} <= visits
    people = set(column(published, "person", "person_id"))
    assert set(column(published, "fact_relationship", "fact_id_1")) <= people
    assert len(column(published, "provider", "provider_id")) == 1


def test_an_id_whose_table_a_concept_names_points_to_the_same_row(published: Release) -> None:
    conditions = set(column(published, "condition_occurrence", "condition_occurrence_id"))
    rows = {row["observation_id"]: row for row in published.read("observation").to_pylist()}
    pointed = 0
    for original in residents(notes=False)["observation"]:
        row = rows.get(pseudonym("observation", original["observation_id"]))
        condition = pseudonym("condition_occurrence", original["observation_event_id"])
        if row is None:
            continue
        if original["person_id"] % 2 and condition in conditions:
            assert row["observation_event_id"] == condition
            pointed += 1
        else:
            # The concept beside it names no table that we know: a guess would be worse.
            assert row["observation_event_id"] is None
    assert pointed > 30


def test_a_note_that_cannot_be_scrubbed_is_withheld_counted_and_listed_by_its_id(
    vaults: Vaults, tmp_path: Path
) -> None:
    rows = residents()
    rows["note"][101]["note_text"] = f"{full_name(26)} " * 400_000
    # The forms of a name grow with its square: the person's and the household's notes stay behind.
    rows["person_identity"][58]["full_name"] = f"{full_name(59)}, {'of the Marsh ' * 100}"
    one, *others = (note for note in rows["note"] if note["person_id"] in (59, 60))
    rows["note"] = [note for note in rows["note"] if note not in others]
    url = vaults.new(rows)
    settings = settings_for(tmp_path, url, processes=2)
    policy = parse_policy(
        """
format = "care-commons-policy/1"
name = "patient"
version = "1"
title = "Patient"
description = "Two notes of two hundred may be withheld."
extends = "limited-research"
[risk.thresholds]
withheld_notes_share = 0.02
""",
        "patient.toml",
    )
    released = build_release(settings, fixed_keyring(), url, policy, "r", "R")
    texts = released.connect().execute("SELECT note_text FROM note").fetchall()
    assert texts.count(("[withheld]",)) == 2
    assert released.risk["withheld_notes"] == 2
    found = read_evidence(settings.evidence_root, "r", url, fixed_keyring())
    assert set(found.withheld) == {rows["note"][101]["note_id"], one["note_id"]}
    assert "longer than" in found.withheld[rows["note"][101]["note_id"]]
    assert "more than 1,000 characters" in found.withheld[one["note_id"]]
    assert sum(count.spans for count in found.counts) > len(texts)


def test_evidence_stays_on_the_vaults_side_and_quotes_nothing(
    vaults: Vaults, tmp_path: Path
) -> None:
    url = vaults.new(residents())
    settings = settings_for(tmp_path, url)
    policy = load_policy("limited-research")
    released = build_release(settings, fixed_keyring(), url, policy, "r", "R")
    assert not list(released.path.rglob("*evidence*")) + list(released.path.rglob("spans*"))
    assert settings.evidence_root.stat().st_mode & 0o777 == 0o700
    spans = pq.read_table(settings.evidence_root / "r" / "spans.parquet")
    names = ["note_id", "start", "end", "type", "detectors", "confidence"]
    assert spans.schema.names == names
    notes = released.connect().execute("SELECT note_id FROM note").fetchall()
    assert set(spans["note_id"].to_pylist()) <= {note_id for (note_id,) in notes}


def test_too_many_withheld_notes_stop_the_build(vaults: Vaults, tmp_path: Path) -> None:
    rows = residents()
    for note in rows["note"][:3]:
        note["note_text"] = "x" * 4_000_001
    url = vaults.new(rows)
    settings = settings_for(tmp_path, url)
    with pytest.raises(GateRefused, match="withheld_notes_share"):
        build_release(settings, fixed_keyring(), url, load_policy("limited-research"), "r", "R")
    assert list(settings.release_root.iterdir()) == []


def test_the_release_describes_itself(published: Release) -> None:
    published.check_files()
    manifest = published.manifest
    assert manifest.policy["name"] == "limited-research"
    assert manifest.policy["sha256"] == load_policy("limited-research").fingerprint
    assert set(manifest.language_packs) >= {"pack.en", "pack.zh"}
    entry = published.dictionary.of_table("person")[0]
    assert (entry.name, entry.treatment) == ("person_id", "pseudonym (person)")
    documented = {(c.table, c.name) for c in published.dictionary.columns}
    written = {(t, n) for t, e in manifest.tables.items() for n, _ in e.columns}
    assert documented == written
    assert published.risk["canaries"]["surviving"] == {}
    assert published.risk["canaries"]["planted"] > 100
    assert "not anonymous" in published.risk_report


def test_every_chart_of_the_risk_report_stands_by_itself_and_before_a_table(
    published: Release,
) -> None:
    report = published.risk_report
    figures = re.findall(r"<figure>.*?(<svg.*?</svg>)</figure>(.{6})", report, re.DOTALL)
    assert len(figures) == 6
    for chart, following in figures:
        assert len(list(ElementTree.fromstring(chart).iter("rect"))) > 3
        assert following == "<table"
    assert not re.search(r"(src|href)=.?(https?:|//)", report)
    assert "prosecutor_max" in report
    assert "person_id" in report


@pytest.mark.parametrize("processes", [1, 2])
def test_equal_inputs_give_equal_bytes_in_any_folder_with_any_number_of_processes(
    published: Release, vault_url: str, tmp_path: Path, processes: int
) -> None:
    settings = settings_for(tmp_path / f"{processes}", vault_url, processes)
    policy = load_policy("limited-research")
    again = build_release(settings, fixed_keyring(), vault_url, policy, "county-v1", "A county")
    files = {p.relative_to(again.path): p.read_bytes() for p in again.path.rglob("*.*")}
    before = {p.relative_to(published.path): p.read_bytes() for p in published.path.rglob("*.*")}
    assert files.keys() == before.keys()
    assert [str(name) for name in files if files[name] != before[name]] == []


def test_two_releases_of_one_vault_share_no_pseudonym_and_no_text(
    published: Release, vault_url: str, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, vault_url)
    other = build_release(
        settings, fixed_keyring(), vault_url, load_policy("teaching"), "county-v2", "Teaching"
    )
    for table, name in [("person", "person_id"), ("visit_occurrence", "visit_occurrence_id")]:
        assert not set(column(published, table, name)) & set(column(other, table, name))
    assert set(column(other, "person", "location_id")) == {None}
    moments = column(other, "visit_occurrence", "visit_start_datetime")
    assert {moment.time() for moment in moments} == {dt.time(0)}
    texts = set(column(published, "note", "note_text"))
    assert not texts & set(column(other, "note", "note_text"))


def test_intermediate_files_are_private_and_gone_afterwards(
    small_vault_url: str, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, small_vault_url)
    seen: list[tuple[str, int]] = []

    def look(_line: str) -> None:
        for path in settings.work_root.iterdir():
            seen.append((path.name, path.stat().st_mode & 0o777))

    build_release(
        settings, fixed_keyring(), small_vault_url, load_policy("teaching"), "r", "R", say=look
    )
    assert ("build-r", 0o700) in seen
    assert settings.work_root.stat().st_mode & 0o777 == 0o700
    assert list(settings.work_root.iterdir()) == []


def test_a_name_is_used_once(published: Release, vault_url: str) -> None:
    settings = settings_for(published.path.parent.parent, vault_url)
    with pytest.raises(ReleaseAlreadyExists, match="never changes"):
        build_release(
            settings, fixed_keyring(), vault_url, load_policy("teaching"), "county-v1", "Again"
        )


@ON_EACH_DATABASE
def test_a_column_without_a_treatment_stops_the_build(small_vault_url: str, tmp_path: Path) -> None:
    engine = open_vault(small_vault_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE person ADD COLUMN blood_group TEXT"))
    engine.dispose()
    settings = settings_for(tmp_path, small_vault_url)
    with pytest.raises(UncoveredColumn, match=r"person\.blood_group"):
        build_release(settings, fixed_keyring(), small_vault_url, load_policy("teaching"), "r", "R")
    assert not settings.release_root.exists() or list(settings.release_root.iterdir()) == []


def test_too_few_people_are_refused_by_the_gate_with_every_threshold(
    vaults: Vaults, tmp_path: Path
) -> None:
    url = vaults.new(residents(people=4, notes=False))
    settings = settings_for(tmp_path, url)
    with pytest.raises(GateRefused) as refusal:
        build_release(settings, fixed_keyring(), url, load_policy("limited-research"), "r", "R")
    assert "REFUSED suppressed_share: 1" in str(refusal.value)
    assert "REFUSED smallest_class" in str(refusal.value)
    assert list_releases(settings.release_root) == []
    assert list(settings.release_root.iterdir()) == []
    assert list(settings.work_root.iterdir()) == []


def test_an_identifier_in_a_column_that_a_policy_keeps_is_found_and_refused(
    small_vault_url: str, tmp_path: Path
) -> None:
    careless = parse_policy(
        """
format = "care-commons-policy/1"
name = "careless"
version = "1"
title = "Careless"
description = "Keeps what it must not keep."
extends = "limited-research"
[tables.visit_occurrence]
visit_source_value = "keep"
""",
        "careless.toml",
    )
    settings = settings_for(tmp_path, small_vault_url)
    with pytest.raises(GateRefused) as refusal:
        build_release(settings, fixed_keyring(), small_vault_url, careless, "r", "R")
    message = str(refusal.value)
    assert "visit_occurrence.visit_source_value: number" in message
    assert "MRN-" not in message
    assert list(settings.release_root.iterdir()) == []


def test_a_recogniser_that_is_not_there_stops_the_build_before_anything_is_read(
    tmp_path: Path,
) -> None:
    settings = replace(settings_for(tmp_path, "sqlite:///nowhere.db"), recognisers=("spacey",))
    with pytest.raises(ConfigurationError, match="no recogniser 'spacey'; there are onnx"):
        build_release(
            settings, fixed_keyring(), settings.vault_url, load_policy("teaching"), "v", "v"
        )
    assert list(tmp_path.iterdir()) == []


@ON_EACH_DATABASE
def test_an_empty_vault_is_refused(vaults: Vaults, tmp_path: Path) -> None:
    url = vaults.new({"location": [{"location_id": 1}]})
    settings = settings_for(tmp_path, url)
    with pytest.raises(GateRefused, match="no dated record"):
        build_release(settings, fixed_keyring(), url, load_policy("teaching"), "r", "R")


def test_old_diseases_do_not_lay_open_the_day_on_which_the_records_begin(
    vaults: Vaults, tmp_path: Path
) -> None:
    rows = residents(visits=40, notes=False)
    begin = min(row["visit_start_date"] for row in rows["visit_occurrence"])
    for number, row in enumerate(rows["visit_occurrence"]):
        day = begin + dt.timedelta(days=number % 40 * 90 + row["person_id"] % 7)
        row.update(visit_start_date=day, visit_start_datetime=None, visit_end_date=day)
    rows["condition_occurrence"] = [
        row | {"condition_start_date": dt.date(1955 + row["person_id"], 3, 1)}
        for row in rows["condition_occurrence"][::40]
    ]
    for row in rows["observation_period"]:
        row["observation_period_end_date"] = begin + dt.timedelta(days=39 * 90)
    del rows["observation"]
    made = vaults.new(rows)
    policy = load_policy("limited-research")
    release = build_release(settings_for(tmp_path, made), fixed_keyring(), made, policy, "r", "R")
    reach = dt.timedelta(weeks=50)
    assert min(column(release, "condition_occurrence", "condition_start_date")) < begin - 2 * reach
    assert min(column(release, "visit_occurrence", "visit_start_date")) >= FIRST + reach
    starts = column(release, "observation_period", "observation_period_start_date")
    assert len(set(starts)) == 1
    left_out = release.manifest.tables["visit_occurrence"].left_out
    assert left_out["near the day on which the records begin"] > 0
