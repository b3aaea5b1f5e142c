"""Reads the family of a record: relatives of the release, and what the person's forms say of them.

Diseases and deaths of relatives after the first contact are statements of their own, dated to the
year of the record: by the day they would tell which family it is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from casebank import relations, rules
from casebank.family.coarsening import Kin, coarsen, ten_year_band
from casebank.family.diseases import Disease, disease_of
from casebank.family.life_cycle import life_cycle
from casebank.family.wording import relation_text
from casebank.family_model import (
    GENERATION,
    INDEX,
    ApgarItem,
    Family,
    FamilyProblem,
    Member,
    Place,
)
from casebank.kinship import FATHER, MOTHER, relation_of, sex_of, split_kin
from casebank.ledger import Ledger
from casebank.model import Language, Source, Statement
from casebank.record import Event, Record, Relative

YEAR_DAYS = 365
PREGNANCY_DAYS = 280
ADULT = 18
FAMILY_HISTORY = r"family history|家族史"
_HOUSEHOLD = r"how many people are living|household size|同住人数|家庭人口"
_MARITAL = r"marital status|婚姻状况"
_PREGNANT = r"\bpregnan(t|cy)\b|妊娠|怀孕"
_NO_PREGNANCY = r"history|test|visit|guidance|number of|not pregnant|outcome|未孕|孕次|妊娠结局"
_DELIVERED = r"live ?birth|liveborn|delivery|outcome of a pregnancy|分娩|活产|妊娠结局"
_APGAR = (
    ("adaptation", r"apgar.*adaptation|适应度"),
    ("partnership", r"apgar.*partnership|合作度"),
    ("growth", r"apgar.*growth|成长度"),
    ("affection", r"apgar.*affection|情感度"),
    ("resolve", r"apgar.*resolve|亲密度"),
)


@dataclass(frozen=True)
class FamilyRead:
    """The family, the statements about its relatives, and how much was coarsened by which rule."""

    family: Family
    statements: tuple[Statement, ...]
    left_out: dict[str, int]


def build_family(
    record: Record, ledger: Ledger, language: Language, index_age: str = ""
) -> FamilyRead:
    """The family of ``record``; statements of the person's own forms keep the ids they have.

    ``index_age`` is the band of the person's age as the profile states it.
    """
    end = record.last_day
    raw = [found for one in record.relatives if (found := _kin(one, record, end)) is not None]
    kin, counts = coarsen(raw, sex_of(record.sex_concept_id))
    kin.sort(key=_by_age)
    keys = {row: f"m{place}" for place, one in enumerate(kin, 1) for row in one.rows}
    keys[record.person_id] = INDEX
    writer = _Writer(record, ledger, language)
    members = [writer.member(one, keys) for one in kin]
    members = _with_history(members, record, ledger, counts)
    members += _partner_of_status(members, record, ledger)
    members += _pregnancy(record, ledger)
    counted = _household(record)
    within = _in_household(kin, counted) if counted is not None else None
    if within is not None:
        members = [replace(m, in_household=m.key in {keys[r] for r in within}) for m in members]
    sex = sex_of(record.sex_concept_id)
    person = record.person_id
    family = Family(
        members=tuple(members),
        sex=sex,
        sex_data=ledger.id((Source("person", person, "gender_concept_id"),))
        if sex != "unknown"
        else "",
        age=index_age,
        age_data=ledger.id((Source("person", person, "year_of_birth"),)) if index_age else "",
        apgar=_apgar(record, ledger),
        life_cycle=life_cycle(kin, [keys[one.rows[0]] for one in kin], members, record),
        household=_size(counted) if counted is not None else None,
        household_data=ledger.event(counted).id if counted is not None else "",
        index_in_household=within is not None,
    )
    return FamilyRead(family, tuple(writer.statements), dict(counts))


def year_of(day: date, record: Record) -> int:
    """The year of the record that ``day`` is known by: 0 until the first contact."""
    return max(0, -(-(day - record.first_day).days // YEAR_DAYS))


def _kin(relative: Relative, record: Record, end: date) -> Kin | None:
    """A relative as known on the record's last day."""
    relation = relation_of(relative.named or relative.relationship, relative.inverse)
    if relation is None:
        return None
    lasting: dict[str, tuple[Disease, Event, int]] = {}
    for event in relative.conditions:
        disease = disease_of(event.name)
        families = relations.families("problem", event.name)
        if disease is None or event.start > end or not families & rules.CHRONIC_FAMILIES:
            continue
        lasting.setdefault(disease.code, (disease, event, year_of(event.start, record)))
    death = relative.death if relative.death is not None and relative.death <= end else None
    at_death = None
    if death is not None and relative.born is not None:
        at_death = relative.born.ages(death.year)[1]
    return Kin(
        relation=relation,
        sex=sex_of(relative.sex_concept_id),
        born=relative.born,
        rows=(relative.row_id,),
        parents=relative.parents,
        diseases=tuple(lasting.values()),
        dead=year_of(death, record) if death is not None else None,
        oldest_at_death=at_death,
    )


def _by_age(one: Kin) -> tuple[int, int, int, str]:
    """By generation, then by released years of birth; sex, not the id, decides what these leave."""
    born = one.born
    return (
        GENERATION[one.relation],
        born.first + born.last if born is not None else 10_000,
        one.dead if one.dead is not None else -1,
        one.sex,
    )


class _Writer:
    """Makes members, with the statements that say them."""

    def __init__(self, record: Record, ledger: Ledger, language: Language) -> None:
        self._record = record
        self._ledger = ledger
        self._zh = language == "zh"
        self._language = language
        self.statements: list[Statement] = []

    def member(self, kin: Kin, keys: dict[int, str]) -> Member:
        who = relation_text(kin.relation, kin.sex, kin.count, self._language)
        who = who[0].upper() + who[1:]
        age = ten_year_band(kin.born, self._record.first_day.year)
        first = [found for found in kin.diseases if found[2] == 0]
        words = [who, age + "岁" if age and self._zh else age]
        words.append(("已故" if self._zh else "dead") if kin.dead == 0 else "")
        text = ("，" if self._zh else ", ").join(word for word in words if word)
        if first:
            text += "：" if self._zh else ": "
            text += ("、" if self._zh else ", ").join(self._ledger.name(e) for _, e, _ in first)
        sources = [Source("person", row, "gender_concept_id") for row in kin.rows]
        sources += [Source("person", row, "year_of_birth") for row in kin.rows if age]
        sources += [Source("death", row, "death_date") for row in kin.rows if kin.dead == 0]
        sources += [Source(e.table, e.row_id, e.name_column) for _, e, _ in first]
        said = self._say(text, 0, tuple(sources))
        problems = [FamilyProblem(d.code, self._ledger.name(e), 0, said) for d, e, _ in first]
        for found, event, year in kin.diseases:
            if year:
                name = self._ledger.name(event)
                source = Source(event.table, event.row_id, event.name_column)
                data = self._say(self._later(who, name, year), year, (source,))
                problems.append(FamilyProblem(found.code, name, year, data))
        dead = said if kin.dead == 0 else ""
        if kin.dead:
            words_of_death = "去世" if self._zh else "died"
            deaths = tuple(Source("death", row, "death_date") for row in kin.rows)
            dead = self._say(self._later(who, words_of_death, kin.dead), kin.dead, deaths)
        return Member(
            key=keys[kin.rows[0]],
            relation=kin.relation,
            sex=kin.sex,
            age=age,
            data=said,
            problems=tuple(problems),
            dead=dead,
            count=kin.count,
            place=_place(kin, self._record),
            parents=tuple(sorted({keys[row] for row in kin.parents if row in keys})),
        )

    def _say(self, text: str, year: int, sources: tuple[Source, ...]) -> str:
        day = min(year * YEAR_DAYS, self._ledger.day(self._record.last_day))
        statement = self._ledger.statement(text, day, sources)
        self.statements.append(statement)
        return statement.id

    def _later(self, who: str, what: str, year: int) -> str:
        if self._zh:
            return f"{who}：{what}（至记录第{year}年）"
        return f"{who}: {what} (by year {year} of the record)"


def _place(kin: Kin, record: Record) -> Place:
    if kin.relation != "sibling" or kin.count > 1 or kin.born is None or record.born is None:
        return ""
    if kin.born.last < record.born.first:
        return "older"
    return "younger" if kin.born.first > record.born.last else ""


def _with_history(
    members: list[Member], record: Record, ledger: Ledger, counts: Counter[str]
) -> list[Member]:
    """Family history of father and mother, beside what their own records say.

    Where a parent's sex was not released, the history is not placed: it would tell the sex.
    """
    found = list(members)
    for event in record.of("observation"):
        if not rules.matches(FAMILY_HISTORY, event.name):
            continue
        name, whose = split_kin(event.value_text)
        named = f"{event.name} {whose or name}"
        disease = disease_of(name) or disease_of(event.name)
        if disease is None:
            continue
        if rules.sensitive_categories(name):
            counts["sensitive diseases of relatives"] += 1
            continue
        data = ledger.event(event).id
        shown = split_kin(event.shown_value)[0] or ledger.name(event)
        problem = FamilyProblem(disease.code, shown, year_of(event.start, record), data)
        for sex, pattern in (("male", FATHER), ("female", MOTHER)):
            if not rules.matches(pattern, named):
                continue
            parents = [one for one in found if one.relation == "parent"]
            mine = [one for one in parents if one.sex == sex]
            if mine:
                here = found.index(mine[0])
                if disease.code not in {p.code for p in mine[0].problems if p.year <= problem.year}:
                    kept = [p for p in mine[0].problems if p.code != disease.code]
                    found[here] = replace(mine[0], problems=(*kept, problem))
            elif any(one.sex == "unknown" for one in parents) or len(parents) == 2:
                counts["family history that fits no relative of known sex"] += 1
            else:
                key = "father" if sex == "male" else "mother"
                found.append(Member(key, "parent", sex, "", data, (problem,)))  # type: ignore[arg-type]
    return found


def _latest(record: Record, pattern: str) -> Event | None:
    found = [e for e in record.of("observation") if rules.matches(pattern, e.name)]
    return found[-1] if found else None


def _partner_of_status(members: list[Member], record: Record, ledger: Ledger) -> list[Member]:
    """A partner that only the marital status tells of: dead, or parted from."""
    status = _latest(record, _MARITAL)
    if status is None or any(m.relation in {"spouse", "former spouse"} for m in members):
        return []
    data = ledger.event(status).id
    if rules.matches(r"widow|丧偶", status.value_text):
        return [Member("partner", "spouse", "unknown", "", data, dead=data)]
    if rules.matches(r"divorc|离婚|离异", status.value_text):
        return [Member("partner", "former spouse", "unknown", "", data)]
    if rules.matches(r"^married|^已婚", status.value_text):
        return [Member("partner", "spouse", "unknown", "", data)]
    return []


def _pregnancy(record: Record, ledger: Ledger) -> list[Member]:
    """One that began within forty weeks of the last day, with no birth or end since."""
    last = record.last_day
    if record.born is None or record.born.ages(last.year)[0] < ADULT:
        return []
    begun = [
        event
        for event in record.of("condition_occurrence")
        if rules.matches(_PREGNANT, event.name)
        and not rules.matches(_NO_PREGNANCY, event.name)
        and (last - event.start).days <= PREGNANCY_DAYS
    ]
    if not begun:
        return []
    ended = any(
        event.start >= begun[0].start
        and (rules.matches(_DELIVERED, event.name) or rules.sensitive_categories(event.name))
        for event in record.events
    )
    if ended:
        return []
    data = ledger.event(begun[0]).id
    return [Member("pregnancy", "pregnancy", "unknown", "", data, parents=(INDEX,))]


def _household(record: Record) -> Event | None:
    """The latest number of people at the address."""
    event = _latest(record, _HOUSEHOLD)
    return event if event is not None and event.value is not None and event.value >= 1 else None


def _size(counted: Event) -> int:
    return round(counted.value or 0)


def _in_household(kin: list[Kin], counted: Event) -> set[int] | None:
    """Rows of those who live with the index person, if the number counted leaves one reading.

    That is: alone, or with exactly the spouse and the children under age. None if it leaves more.
    """
    size = _size(counted)
    if size == 1:
        return set()
    within: set[int] = set()
    for one in kin:
        if one.relation == "spouse" and one.dead is None:
            within.update(one.rows)
        elif one.relation == "child":
            if one.born is None:
                return None
            youngest, oldest = one.born.ages(counted.start.year)
            if oldest < ADULT and one.dead is None:
                within.update(one.rows)
            elif youngest < ADULT:
                return None
    return within if len(within) + 1 == size else None


def _apgar(record: Record, ledger: Ledger) -> tuple[ApgarItem, ...]:
    """The latest answers; none if the latest five are not of one day."""
    items = []
    days = set()
    for name, pattern in _APGAR:
        event = _latest(record, pattern)
        if event is None or event.value not in {0.0, 1.0, 2.0}:
            return ()
        days.add(event.start)
        items.append(ApgarItem(name, round(event.value), ledger.event(event).id))  # type: ignore[arg-type]
    return tuple(items) if len(days) == 1 else ()
