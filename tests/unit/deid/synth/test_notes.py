"""Notes tell what the rows tell, and their gold spans are the identifiers and nothing else."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import duckdb
import pytest

from deid.synth import Span
from tests.unit.deid.synth.conftest import Population

TYPES = {"NAME", "DATE", "ID", "LOCATION", "PHONE", "ORGANIZATION", "EMAIL", "AGE_OVER_89"}


def test_every_note_has_gold_and_all_gold_is_of_a_note(population: Population) -> None:
    tables, gold = population
    texts = dict(
        zip(*(tables["note"][c].to_pylist() for c in ("note_id", "note_text")), strict=True)
    )
    assert {note.note_id: note.text for note in gold} == texts
    assert all(note.spans for note in gold)


def test_spans_are_sorted_apart_within_the_text_and_of_a_known_type(
    population: Population,
) -> None:
    for note in population[1]:
        before = Span(0, 0, "NAME")
        for span in note.spans:
            assert before.end <= span.start < span.end <= len(note.text)
            assert span.type in TYPES
            assert note.text[span.start : span.end].strip() == note.text[span.start : span.end]
            before = span


def _identities(population: Population) -> dict[int, dict[str, list[str]]]:
    """Of each person: what a note about them may name, by type."""
    tables = population[0]
    known: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in tables["person_identity"].to_pylist():
        known[row["person_id"]]["NAME"] += [row["full_name"], row["family_name"], row["given_name"]]
        known[row["person_id"]]["NAME"] += (row["other_names"] or "").split("\n")
    for row in tables["relative"].to_pylist():
        known[row["person_id"]]["NAME"] += [row["full_name"], row["full_name"].split(" ")[0]]
        known[row["person_id"]]["PHONE"].append(row["phone"] or "")
    for row in tables["identifier"].to_pylist():
        known[row["person_id"]]["ID"].append(row["value"])
    for row in tables["contact"].to_pylist():
        known[row["person_id"]]["PHONE" if row["kind"] == "phone" else "EMAIL"].append(row["value"])
    for row in tables["address"].to_pylist():
        parts = [row["full_text"], row["line"], row["village"], row["township"]]
        known[row["person_id"]]["LOCATION"] += [*parts, row["village"] + row["line"]]
    return known


def test_every_identifier_of_patient_and_relatives_in_a_note_is_within_a_span(
    population: Population,
) -> None:
    known = _identities(population)
    person_of = dict(
        zip(*(population[0]["note"][c].to_pylist() for c in ("note_id", "person_id")), strict=True)
    )
    met: Counter[str] = Counter()
    for note in population[1]:
        covered = [False] * len(note.text)
        for span in note.spans:
            covered[span.start : span.end] = [True] * (span.end - span.start)
        for kind, values in known[person_of[note.note_id]].items():
            for value in set(values):
                if len(value) < 2 or (kind == "NAME" and len(value) < 5 and value.isascii()):
                    continue
                pattern = rf"\b{re.escape(value)}\b" if value.isascii() else re.escape(value)
                for match in re.finditer(pattern, note.text):
                    met[kind] += 1
                    assert all(covered[match.start() : match.end()]), (note.note_id, kind)
    assert min(met[kind] for kind in ("NAME", "ID", "PHONE", "EMAIL", "LOCATION")) > 10


def test_marked_numbers_phones_and_mails_are_those_of_the_identity_tables(
    population: Population,
) -> None:
    known = _identities(population)
    sites = {re.sub(r"\D", "", p) for p in _site_phones(population)}
    person_of = dict(
        zip(*(population[0]["note"][c].to_pylist() for c in ("note_id", "person_id")), strict=True)
    )
    for note in population[1]:
        mine = known[person_of[note.note_id]]
        phones = {re.sub(r"\D", "", phone) for phone in mine["PHONE"]} | sites
        for span in note.spans:
            text = note.text[span.start : span.end]
            if span.type in {"ID", "EMAIL"}:
                assert text in mine[span.type]
            if span.type == "PHONE":
                digits = re.sub(r"\D", "", text).removeprefix("86")
                assert any(phone.endswith(digits) for phone in phones)


def _site_phones(population: Population) -> set[str]:
    """A centre's own number stands in for people without one; it is not in an identity table."""
    from deid.synth.care_sites import build_care_sites
    from deid.synth.people import LOCALES
    from deid.synth.rows import RowStore

    return {site.phone for loc in LOCALES for site in build_care_sites(20, loc, RowStore())}


def test_names_are_written_in_several_ways(population: Population) -> None:
    spellings = defaultdict(set)
    person_of = dict(
        zip(*(population[0]["note"][c].to_pylist() for c in ("note_id", "person_id")), strict=True)
    )
    for note in population[1]:
        for span in note.spans:
            if span.type == "NAME":
                spellings[person_of[note.note_id]].add(note.text[span.start : span.end])
    assert sum(len(names) >= 4 for names in spellings.values()) > 0.7 * len(spellings)


@pytest.mark.parametrize("kind", ["hypertension", "diabetes", "examination"])
def test_the_pressure_in_the_note_is_that_of_the_rows(
    sql: duckdb.DuckDBPyConnection, kind: str
) -> None:
    rows = sql.execute(
        """
        SELECT note_text,
               max(value_as_number) FILTER (measurement_concept_id = 3004249)::INT,
               max(value_as_number) FILTER (measurement_concept_id = 3012888)::INT
        FROM note JOIN measurement USING (visit_occurrence_id)
        WHERE note_source_value = ? GROUP BY note_id, note_text
        """,
        [kind],
    ).fetchall()
    assert len(rows) > 50
    for text, systolic, diastolic in rows:
        assert f"{systolic}/{diastolic}" in text


def test_the_class_and_the_prescribed_drugs_in_the_note_are_those_of_the_rows(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    rows = sql.execute(
        """
        SELECT note_text, string_agg(DISTINCT value_source_value, ','),
               list(DISTINCT drug_source_value)
        FROM note JOIN observation USING (visit_occurrence_id)
        LEFT JOIN drug_exposure USING (visit_occurrence_id)
        WHERE note_source_value = 'hypertension' AND observation_source_value = 'FOLLOW_UP_CLASS'
          AND language_concept_id <> 4180186
        GROUP BY note_id, note_text
        """
    ).fetchall()
    words = {"控制满意": "CLASS_CONTROLLED", "控制不满意": "CLASS_UNCONTROLLED",
             "控制不佳（控制不满意）": "CLASS_UNCONTROLLED", "不良反应": "CLASS_ADVERSE_REACTION",
             "并发症": "CLASS_COMPLICATION"}  # fmt: skip
    drugs = {"氨氯地平": "C08CA01", "厄贝沙坦": "C09CA04", "氢氯噻嗪": "C03AA03",
             "缬沙坦": "C09CA03", "依那普利": "C09AA02", "比索洛尔": "C07AB07"}  # fmt: skip
    assert len(rows) > 100
    for text, classes, codes in rows:
        (written,) = re.findall(r"此次随访分类：([^。]+)。", text)
        assert words[written] in classes.split(",")
        for name, code in drugs.items():
            if name in text.split("用药：")[-1] and "用药：" in text:
                assert code in codes


def test_notes_of_a_visit_are_dated_by_it_and_in_the_language_of_the_person(
    sql: duckdb.DuckDBPyConnection,
) -> None:
    wrong = sql.execute(
        """
        SELECT count(*) FROM note JOIN visit_occurrence USING (visit_occurrence_id)
        JOIN person_identity ON note.person_id = person_identity.person_id
        WHERE note_date <> visit_end_date
           OR (language = 'en-US') <> (language_concept_id = 4180186)
        """
    ).fetchone()
    assert wrong == (0,)


def test_relatives_who_are_dead_or_small_children_do_not_come_along(
    population: Population,
) -> None:
    tables, gold = population
    day_of = {row["note_id"]: row for row in tables["note"].to_pylist()}
    death_of = {row["person_id"]: row["death_date"] for row in tables["death"].to_pylist()}
    dead_kin = defaultdict(list)
    for row in tables["relative"].to_pylist():
        if row["relative_person_id"] in death_of:
            dead_kin[row["person_id"]].append(
                (row["full_name"], death_of[row["relative_person_id"]])
            )
    for note in gold:
        row = day_of[note.note_id]
        for name, died in dead_kin[row["person_id"]]:
            assert row["note_date"] < died or name not in note.text


def test_no_sentence_makes_up_more_than_a_twentieth_of_all(population: Population) -> None:
    skeletons: Counter[str] = Counter()
    for note in population[1]:
        text = note.text
        for span in reversed(note.spans):
            text = f"{text[: span.start]}#{text[span.end :]}"
        for sentence in re.split(r"[\n。]|(?<=[a-z#])\.\s", text):
            if len(sentence) > 12:
                skeletons[re.sub(r"\d+(\.\d+)?", "9", sentence).strip()] += 1
    total = sum(skeletons.values())
    assert skeletons.most_common(1)[0][1] < 0.05 * total
    assert len(skeletons) > 1000


def test_neither_notes_nor_gold_show_their_text_in_a_representation(
    population: Population,
) -> None:
    note = population[1][0]
    assert repr(note) == f"GoldNote({note.note_id})"
