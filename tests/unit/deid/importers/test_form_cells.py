"""Laws of cells: however an answer is written, it is read as the same answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine

from deid.forms import Choice, Field, load_forms
from deid.forms.model import SEVERAL
from deid.forms.words import terms_by_key, word_for
from deid.importers.forms.cells import reader_of
from deid.importers.forms.meanings import Meanings
from deid.vault.schema import metadata
from deid.vocabulary import load_terms

CHOSEN = [field for form in load_forms() for field in form.fields if field.choices]
WAYS = (
    lambda choice: str(choice.number),
    lambda choice: choice.zh,
    lambda choice: choice.en.upper(),
    lambda choice: choice.key,
)
ITEMS = next(field for form in load_forms() for field in form.fields if field.kind == "items")
DIAGNOSES = next(
    field for form in load_forms() for field in form.fields if field.kind == "diagnoses"
)
CONDITIONS = [term for term in load_terms() if term.domain_id == "Condition"]
MEASURED = [term for term in load_terms() if term.domain_id == "Measurement"]


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    """A vault without vocabulary: only the shipped terms are known."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


@pytest.fixture(scope="module")
def meanings(connection: Connection) -> Meanings:
    return Meanings(connection)


@given(field=st.sampled_from(CHOSEN), data=st.data())
def test_a_choice_is_read_alike_by_number_word_or_key(field: Field, data: st.DataObject) -> None:
    choice: Choice = data.draw(st.sampled_from(field.choices))
    cells = [way(choice) for way in WAYS]
    read = reader_of(field, None)  # type: ignore[arg-type]
    said = [tuple(read(cell)) for cell in cells]
    assert len(set(said)) == 1
    assert all(one.fault is None for one in said[0])


@given(
    field=st.sampled_from([field for field in CHOSEN if field.kind in SEVERAL]),
    data=st.data(),
    separator=st.sampled_from([",", "，", "/", "、", ";", "； ", " | "]),
)
def test_several_choices_are_read_one_by_one(
    field: Field, data: st.DataObject, separator: str
) -> None:
    offered = [choice for choice in field.choices if choice.key not in {"NONE", "OTHER"}]
    chosen = data.draw(st.lists(st.sampled_from(offered), min_size=1, max_size=4, unique=True))
    read = reader_of(field, None)  # type: ignore[arg-type]
    cell = separator.join(data.draw(st.sampled_from(WAYS))(choice) for choice in chosen)
    apart = [said for choice in chosen for said in read(choice.zh)]
    assert list(read(cell)) == list(dict.fromkeys(apart))


@given(text=st.text(max_size=30))
def test_any_text_is_read_or_told_as_a_fault_and_never_fails(text: str) -> None:
    for kind in ("answer", "answers", "symptoms"):
        field = next(field for field in CHOSEN if field.kind == kind)
        assert all(
            said.fault or said.value_id
            for said in reader_of(field, None)(text)  # type: ignore[arg-type]
        )


@given(terms=st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=4, unique=True))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_conditions_by_name_are_those_conditions(
    meanings: Meanings, language: str, terms: list[object]
) -> None:
    keys = [term.key for term in terms]  # type: ignore[attr-defined]
    cell = "; ".join(word_for(key, language, "Condition", "Observation") for key in keys)  # type: ignore[arg-type]
    said = list(reader_of(DIAGNOSES, meanings)(cell))
    assert [one.concept_id for one in said] == [terms_by_key()[key].concept_id for key in keys]


@given(
    term=st.sampled_from(MEASURED),
    number=st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: round(number, 3)),
)
def test_a_measured_item_keeps_its_number_and_unit(
    meanings: Meanings, term: object, number: float
) -> None:
    key = term.key  # type: ignore[attr-defined]
    (said,) = reader_of(ITEMS, meanings)(f"{key}={number!r}")
    assert (said.slot, said.number) == ("measurement", number)
    assert said.unit_id == terms_by_key()[key].unit_concept_id
