"""What is asked for beside what definition and reasons need."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cohorts.cdm import cdm_columns
from cohorts.column_uses import CORE, MAIN_CONCEPTS, WORDS, Weight, definition_columns, weight_of
from cohorts.minimisation import definition_reach, weigh
from cohorts.row_limits import sets_read
from cohorts.schema import CRITERIA_TABLES
from cohorts.templates import list_templates, load_template
from cohorts.window import TimeWindow
from tests.unit.cohorts.definitions import condition, definition, expression

DIABETES = load_template("type_2_diabetes_adults")
ASKED = {
    "person": ["person_id", "year_of_birth", "gender_concept_id", "race_concept_id"],
    "measurement": [
        "measurement_id",
        "measurement_concept_id",
        "measurement_date",
        "measurement_datetime",
        "value_as_number",
        "value_source_value",
    ],
}


def needed(columns: dict[str, list[str]], reasons: dict[str, str], **more: object) -> set[str]:
    found = weigh(columns, reasons, **more)  # type: ignore[arg-type]
    return {column.name for column in found.columns if column.needed}


def test_ids_that_only_join_rows_are_not_counted() -> None:
    names = {column.name for column in weigh(ASKED, {}).columns}
    assert not names & {"person.person_id", "measurement.measurement_id"}


def test_what_the_definition_reads_is_needed() -> None:
    assert "person.year_of_birth" in needed(ASKED, {}, definition=DIABETES)
    assert "person.year_of_birth" not in needed(
        ASKED, {}, definition=definition(expression(condition()))
    )


def test_a_reason_calls_for_the_columns_it_names_and_what_any_use_of_the_table_needs() -> None:
    found = needed(ASKED, {"person": "Age and sex adjust the models.", "measurement": "HbA1c"})
    assert found == {
        "person.year_of_birth",
        "person.gender_concept_id",
        "measurement.measurement_concept_id",
        "measurement.measurement_date",
        "measurement.value_as_number",
    }


def test_reasons_in_chinese_are_understood_too() -> None:
    assert needed({"person": ["year_of_birth", "gender_concept_id"]}, {"person": "年龄和性别"}) == {
        "person.year_of_birth",
        "person.gender_concept_id",
    }


def test_free_text_is_needed_only_with_a_reason_of_its_own() -> None:
    note = {"observation": ["observation_concept_id", "value_as_string"]}
    reason = {"observation": "the free text of value_as_string"}
    assert "observation.value_as_string" not in needed(note, reason)
    own = {("observation", "value_as_string"): "Living conditions are only written here."}
    assert "observation.value_as_string" in needed(note, reason, own_reasons=own)


def test_the_sentence_names_what_is_most_telling_first() -> None:
    found = weigh(ASKED, {"person": "age, sex", "measurement": "glucose"})
    assert [column.name for column in found.highest] == [
        "measurement.value_source_value",
        "person.race_concept_id",
        "measurement.measurement_datetime",
    ]
    assert found.summary.startswith("8 columns asked for; the definition and the reasons use 5.")
    assert "measurement.value_source_value, person.race_concept_id" in found.summary


def test_a_column_without_values_is_never_needed_and_suggested_first() -> None:
    found = weigh(ASKED, {"person": "age"}, empty={("person", "year_of_birth")})
    assert not next(c for c in found.columns if c.column == "year_of_birth").needed
    assert found.reductions[0].columns == ("person.year_of_birth",)


def test_carrying_out_the_last_suggestion_gives_the_full_score() -> None:
    reasons = {"person": "age, sex", "measurement": "glucose"}
    found = weigh(ASKED, reasons)
    assert found.score is not None
    assert 0 < found.score < 100
    gone = set(found.reductions[-1].columns)
    less = {t: [c for c in names if f"{t}.{c}" not in gone] for t, names in ASKED.items()}
    assert weigh(less, reasons).score == 100
    assert weigh(less, reasons).reductions == ()


def test_time_beyond_what_the_definition_looks_at_is_told_and_can_be_narrowed() -> None:
    before, after = definition_reach(DIABETES)
    whole = weigh(ASKED, {}, definition=DIABETES, window=TimeWindow())
    assert (before, after) == (0, 0)
    assert "no days before or after" in whole.time
    narrow = whole.reductions[-1].window
    assert narrow is not None
    assert narrow.before is not None
    assert narrow.before >= before
    again = weigh(ASKED, {}, definition=DIABETES, window=TimeWindow(before, after))
    assert "no longer than that" in again.time


def test_every_concept_of_a_table_that_the_definition_reads_in_part_counts_as_not_needed() -> None:
    table = "condition_occurrence"
    sets = sets_read(DIABETES)[table]
    asked = {table: [MAIN_CONCEPTS[table]]}
    reasons = {table: "the course of the disease"}
    every = weigh(asked, reasons, definition=DIABETES)
    (suggestion,) = every.reductions
    assert suggestion.rows == (table, sets)
    assert suggestion.action == f"{table}={'+'.join(map(str, sets))}"
    limited = weigh(asked, reasons, definition=DIABETES, rows_of={table: sets})
    assert limited.score == 100
    assert "only rows of" in limited.rows[0].limit
    assert (every.score or 0) < 100
    whole = {table: "all diagnoses, for comorbidity"}
    assert weigh(asked, whole, definition=DIABETES).score == 100


def test_nothing_asked_for_has_no_score() -> None:
    assert weigh({}, {}).score is None
    assert weigh({"person": ["person_id"]}, {}).score is None


@given(
    st.dictionaries(
        st.sampled_from(["person", "measurement", "drug_exposure", "visit_occurrence"]),
        st.text(max_size=40),
    )
)
def test_more_reasons_never_lower_the_score(reasons: dict[str, str]) -> None:
    columns = cdm_columns()
    asked = {
        t: [name for name, _ in columns[t]]
        for t in ("person", "measurement", "drug_exposure", "visit_occurrence")
    }
    assert (weigh(asked, reasons).score or 0) >= (weigh(asked, {}).score or 0)


def test_the_tables_of_uses_name_columns_that_the_cdm_has() -> None:
    columns = {table: {name for name, _ in fields} for table, fields in cdm_columns().items()}
    for table, name in MAIN_CONCEPTS.items():
        assert name in columns[table]
    for table, names in CORE.items():
        assert names <= columns[table]
    everywhere = set().union(*columns.values())
    assert set(WORDS) <= everywhere


def test_what_templates_read_is_in_the_cdm_and_covers_every_criterion() -> None:
    columns = {(table, name) for table, fields in cdm_columns().items() for name, _ in fields}
    for name in list_templates():
        template = load_template(name)
        read = definition_columns(template)
        assert read <= columns, sorted(read - columns)
        tables = {table for table, _ in read}
        assert {CRITERIA_TABLES[kind] for kind in template.criteria_types} <= tables


def test_every_column_of_a_person_weighs_more_than_a_plain_value() -> None:
    for name, _ in cdm_columns()["person"]:
        if name != "person_id":
            assert weight_of("person", name) > Weight.LOW
