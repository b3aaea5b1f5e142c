"""A family is what the record says of it, and nothing that its members would know it by."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebank import Case
from casebank.family import ApgarItem, Family, Member
from casebank.family.building import FamilyRead, build_family
from casebank.family.coarsening import BAND, Kin, coarsen, ten_year_band
from casebank.family.diseases import DISEASES, disease, disease_of
from casebank.family.wording import apgar_text, stage_text
from casebank.family_model import Relation
from casebank.kinship import relation_of
from casebank.ledger import Ledger
from casebank.record import FEMALE, MALE, BirthYears, Event, Record, Relative
from casebank.rules import SCORE_RULES

START = date(2015, 3, 2)


def event(
    name: str, value: float | str | None = None, day: date = START, table: str = "observation"
) -> Event:
    number = value if isinstance(value, float) else None
    text = value if isinstance(value, str) else ""
    return Event(
        table, abs(hash((name, value, day))) % 10**6, 1, name, "observation_concept_id", day,
        "observation_date", value=number, value_text=text, shown_value=text,
        value_column="value_as_concept_id",
    )  # fmt: skip


def relative(
    named: str,
    row: int,
    sex: int = MALE,
    born: int | None = 1940,
    *,
    diseases: tuple[Event, ...] = (),
    death: date | None = None,
    parents: tuple[int, ...] = (),
) -> Relative:
    years = BirthYears(born, born) if born is not None else None
    return Relative(named, False, row, sex, years, diseases, named, death, parents)


def record(*relatives: Relative, events: tuple[Event, ...] = (), born: int = 1965) -> Record:
    first, last = event("Pulse", 70.0), event("Pulse", 71.0, date(2020, 3, 2))
    return Record(
        "r", 1, "en", FEMALE, BirthYears(born, born), (), (first, *events, last), (),
        tuple(relatives), None, "", {},
    )  # fmt: skip


def family_of(what: Record) -> FamilyRead:
    return build_family(what, Ledger(what, "en"), "en")


def hypertension(day: date = START) -> Event:
    return event("Essential hypertension", day=day, table="condition_occurrence")


def test_relationships_are_read_from_either_side_and_in_both_languages() -> None:
    assert relation_of("Parent of", inverse=False) == "parent"
    assert relation_of("Parent of", inverse=True) == "child"
    assert relation_of("祖父母或外祖父母", inverse=False) == "grandparent"
    assert relation_of("Grandchild of", inverse=True) == "grandparent"
    assert relation_of("父母", inverse=False) == "parent"
    assert relation_of("Mother-in-law", inverse=False) is None
    assert relation_of("", inverse=False) is None


def test_what_relatives_came_down_with_later_is_said_of_a_year_and_not_of_a_day() -> None:
    read = family_of(
        record(
            relative(
                "Parent of", 2, diseases=(hypertension(date(2017, 5, 9)),), death=date(2018, 6, 1)
            )
        )
    )
    assert [(s.day, s.text) for s in read.statements] == [
        (0, "Father, 70–79"),
        (1095, "Father: Essential hypertension (by year 3 of the record)"),
        (1460, "Father: died (by year 4 of the record)"),
    ]
    (father,) = read.family.members
    assert [(p.code, p.year) for p in father.problems] == [("HTN", 3)]


def test_an_attempt_shows_a_disease_and_a_death_no_earlier_than_their_statements() -> None:
    read = family_of(
        record(
            relative(
                "Parent of", 2, diseases=(hypertension(date(2017, 5, 9)),), death=date(2018, 6, 1)
            )
        )
    )
    first, later, death = (one.id for one in read.statements)
    (father,) = read.family.disclosed({first}).members
    assert (father.problems, father.dead) == ((), "")
    assert read.family.disclosed({later, death}).members == ()
    assert read.family.disclosed({first, later, death}).members == read.family.members


def test_large_families_second_marriages_and_early_deaths_are_not_recognisable() -> None:
    children = [relative("Child of", 10 + n, born=1990 + n, parents=(1,)) for n in range(5)]
    read = family_of(
        record(
            *children,
            relative("Spouse of", 20, born=1960, death=date(2016, 1, 1)),
            relative("Spouse of", 21, born=1962),
            relative("Sibling of", 30, born=1980, death=date(2014, 1, 1)),
        )
    )
    (group,) = read.family.of("child")
    assert (group.count, group.sex, group.parents) == (4, "unknown", ("index",))
    (spouse,) = read.family.of("spouse")
    assert spouse.age == "50–59"
    assert not spouse.dead
    (sibling,) = read.family.of("sibling")
    assert not sibling.dead
    assert read.left_out == {
        "relatives of a large family, shown as one symbol": 5,
        "further marriages": 1,
        "early deaths in the family": 1,
    }


def test_sensitive_diseases_of_relatives_are_never_told() -> None:
    read = family_of(
        record(
            events=(
                event("Family history of a condition", "Schizophrenia and depression (father)"),
                event("Family history of a condition", "Asthma (mother)"),
            )
        )
    )
    (mother,) = read.family.members
    assert [p.code for p in mother.problems] == ["AST"]
    assert read.left_out == {"sensitive diseases of relatives": 1}


def test_a_history_is_not_placed_where_it_would_tell_a_withheld_sex() -> None:
    history = (event("Family history of a condition", "Asthma (mother)"),)
    read = family_of(record(relative("Parent of", 2, sex=0), events=history))
    (parent,) = read.family.members
    assert (parent.sex, parent.problems) == ("unknown", ())
    assert sum(read.left_out.values()) == 1


def test_who_lives_together_is_told_only_where_the_number_leaves_one_reading() -> None:
    spouse = relative("Spouse of", 2, born=1963)
    child = relative("Child of", 3, born=2005, parents=(1, 2))
    grown = relative("Child of", 4, born=1985, parents=(1, 2))

    def loop(size: float, *kin: Relative) -> tuple[bool, set[Relation]]:
        question = event("How many people are living or staying at this address [#]", size)
        family = family_of(record(*kin, events=(question,))).family
        inside = {m.relation for m in family.members if m.in_household}
        return family.index_in_household, inside

    assert loop(3.0, spouse, child) == (True, {"spouse", "child"})
    assert loop(1.0, spouse, child) == (True, set())
    assert loop(2.0, spouse, grown) == (True, {"spouse"})
    assert loop(4.0, spouse, child) == (False, set())


def test_the_life_cycle_names_every_stage_that_the_bands_leave_possible() -> None:
    spouse = relative("Spouse of", 2, born=1963)

    def stage(*kin: Relative, born: int = 1965) -> str:
        return stage_text(family_of(record(*kin, born=born)).family, "en")

    assert stage(spouse) == "married, no children"
    assert stage(spouse, relative("Child of", 3, born=2005)) == "school children"
    assert stage(relative("Child of", 3, born=1975), born=1940) == "ageing family"
    assert stage() == ""


def test_marital_status_alone_tells_of_a_dead_or_former_partner() -> None:
    (partner,) = family_of(record(events=(event("Marital status", "Widowed"),))).family.members
    assert (partner.relation, bool(partner.dead)) == ("spouse", True)
    (partner,) = family_of(record(events=(event("Marital status", "Divorced"),))).family.members
    assert partner.relation == "former spouse"


def test_the_family_apgar_has_a_total_only_of_five_answers_of_one_day() -> None:
    names = ("adaptation", "partnership", "growth", "affection", "resolve")
    asked = tuple(event(f"Family APGAR item: {name}", 1.0) for name in names)
    assert family_of(record(events=asked)).family.apgar_total == 5
    assert family_of(record(events=asked[:4])).family.apgar == ()
    assert [apgar_text(n, "en").split()[0] for n in (7, 6, 4, 3)] == [
        "functional",
        "moderately",
        "moderately",
        "severely",
    ]


def test_an_item_of_the_family_apgar_is_not_taken_for_its_score() -> None:
    (rule,) = (one for one in SCORE_RULES if one.name == "apgar<=6")
    assert rule.fits("Family APGAR score (Smilkstein 1978)", 6.0)
    assert rule.fits("家庭关怀度指数", 6.0)
    assert not rule.fits("Family APGAR item: resolve", 2.0)
    assert not rule.fits("家庭关怀度指数：亲密度", 2.0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("parent", "spouse", "sibling", "child", "grandchild", "grandparent")),
            st.sampled_from(("male", "female", "unknown")),
            st.integers(1920, 2010),
            st.booleans(),
        ),
        max_size=14,
    ),
    st.sampled_from(("male", "female", "unknown")),
)
def test_no_family_leaves_the_coarsening_with_a_rare_structure(kin, index_sex) -> None:  # type: ignore[no-untyped-def]
    raw = [
        Kin(
            relation,
            sex,
            BirthYears(born, born),
            (n,),
            dead=1 if dead else None,
            oldest_at_death=70,
        )
        for n, (relation, sex, born, dead) in enumerate(kin)
    ]
    shown, counts = coarsen(raw, index_sex)
    for relation, most in (("sibling", 3), ("child", 3), ("grandchild", 3), ("spouse", 1),
                           ("parent", 2)):  # fmt: skip
        assert sum(one.relation == relation for one in shown) <= most
    assert all(
        one.sex != index_sex or one.sex == "unknown" for one in shown if one.relation == "spouse"
    )
    gone = {row for one in raw for row in one.rows} - {row for one in shown for row in one.rows}
    assert bool(gone) <= bool(counts)


@given(st.integers(1900, 2020), st.integers(0, 40), st.integers(2010, 2030))
def test_an_age_band_holds_every_possible_age_and_is_no_narrower_than_ten_years(
    first: int, width: int, year: int
) -> None:
    born = BirthYears(first, first + width)
    band = ten_year_band(born, year)
    low, _, high = band.replace("+", "–200").partition("–")
    assert all(int(low) <= age <= int(high) for age in born.ages(year))
    assert int(low) % BAND == 0
    assert int(high) - int(low) >= BAND - 1


def test_every_disease_has_its_own_code_and_is_found_by_its_names() -> None:
    assert len({one.code for one in DISEASES}) == len(DISEASES)
    for one in DISEASES:
        assert disease(one.code) is one
        assert disease_of(one.en) == disease_of(one.zh) == one
    assert disease_of("Herpangina") is None


def test_a_family_round_trips_and_a_case_from_before_has_none(farmer: Case) -> None:
    assert farmer.background.family_tree.members
    assert Case.from_json(farmer.to_json()) == farmer
    before = json.loads(farmer.to_json())
    del before["background"]["family_tree"]
    read = Case.from_json(json.dumps(before).encode())
    assert read.background == replace(farmer.background, family_tree=Family())


def test_a_family_that_contradicts_itself_cannot_be_built() -> None:
    one = Member("m1", "child", "male", "", "d1")
    with pytest.raises(ValueError, match="one key"):
        Family((one, one))
    with pytest.raises(ValueError, match="descends"):
        Family((replace(one, parents=("m9",)),))
    with pytest.raises(ValueError, match="points"):
        ApgarItem("growth", 3, "d1")
