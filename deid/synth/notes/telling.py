"""The slots of one note: what a production may ask for, each written anew at every place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from random import Random

from deid.synth.notes import days, surroundings
from deid.synth.notes.facts import FOLLOW_UP, SCORES, TERMS, VITALS
from deid.synth.notes.grammar import Grammar
from deid.synth.notes.mentions import Mentions
from deid.synth.notes.text import Mark, Pieces
from deid.synth.people import Household
from deid.synth.streams import happens, one_of
from deid.synth.visits import Form, Prescription, Visit

_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DECIMALS = {"BODY_TEMPERATURE": 1, "BODY_WEIGHT": 1, "BMI": 1, "HBA1C": 1, "CREATININE_MASS": 2}
_OTHERWISE_SAID = frozenset({"FOLLOW_UP_CLASS", "DRUG_ADHERENCE", "NEXT_FOLLOW_UP"})
"""Answers that have a place of their own in the grammar."""
_MOST_ANSWERS, _MOST_PROBLEMS = 9, 3
Slot = str | Mark | Pieces


class Telling(Mapping[str, Slot]):
    """Slots over one form. Items of a list are written by productions named after their key.

    ``reading.HBA1C`` says a reading, ``answer.SMOKING_STATUS.NEVER_SMOKER`` an answer; where the
    grammar has no such production, ``reading`` or ``answer`` says it with the vocabulary's name.
    """

    def __init__(
        self,
        stream: Random,
        grammar: Grammar,
        mentions: Mentions,
        facts: Collection[str],
        household: Household,
        visit: Visit,
        form: Form,
        prior: Visit | None,
    ) -> None:
        self._stream, self._grammar, self._mentions = stream, grammar, mentions
        self._facts = frozenset(facts)
        self._household, self._visit, self._form, self._prior = household, visit, form, prior
        self._chinese = mentions.chinese
        self._said: dict[str, Slot] = {}
        self.days = 2 + int(stream.random() * 13)
        self._separator = self._draw_separator()
        self._title: str | None = None

    def __getitem__(self, slot: str) -> Slot:
        said = self._said.get(slot)
        return said if said is not None else SLOTS[slot](self)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(SLOTS)

    def __len__(self) -> int:
        return len(SLOTS)

    def tell(self, production: str, **said: Slot) -> list[str | Mark]:
        """A production's text, with slots of its own."""
        before = self._said
        self._said = said
        pieces = self._grammar.expand(production, self._stream, self, self._facts)
        self._said = before
        return pieces

    @property
    def title(self) -> str:
        """The form's title in this note."""
        if self._title is None:
            kind = f"title.{self._form.kind.replace(' ', '_')}"
            self._title = "".join(str(piece) for piece in self.tell(kind))
        return self._title

    # Lists

    def _draw_separator(self) -> str:
        facts = self._facts
        if "fields" in facts:
            return "\n"
        if "bullets" in facts:
            return "\n"
        choices: tuple[str, ...]
        choices = ("，", "，", "；", "，") if self._chinese else (", ", ", ", "; ", ". ", "  ")
        if "terse" in facts:
            choices = ("，", " ", "、") if self._chinese else (", ", " ", "  ", " / ")
        return one_of(self._stream, choices)

    def _joined(self, items: Iterable[Sequence[str | Mark]], separator: str) -> Pieces:
        out: list[str | Mark] = []
        for item in items:
            if out:
                out.append(separator)
            out += item
        return tuple(out)

    def _reading(self, key: str, value: float) -> list[str | Mark]:
        production = f"reading.{key}"
        if key == "SYSTOLIC_BP":
            low = self._spoken("DIASTOLIC_BP")
            return self.tell(production, n=_number(value, 0), low=_number(low or 0, 0))
        if key == "BP_LEFT_SYSTOLIC":
            low = self._spoken("BP_LEFT_DIASTOLIC")
            return self.tell(production, n=_number(value, 0), low=_number(low or 0, 0))
        number = _number(value, _DECIMALS.get(key))
        if production not in self._grammar:
            return self.tell("reading", n=number, label=self._name(key))
        other = ""
        if key == "BODY_TEMPERATURE":
            other = _number(value * 9 / 5 + 32, 1)
        elif key == "BODY_WEIGHT" or key == "BIRTH_WEIGHT":
            other = _number(value * 2.20462, 0)
        elif key in {"BODY_HEIGHT", "WAIST_CIRCUMFERENCE", "HEAD_CIRCUMFERENCE"}:
            other = _number(value / 2.54, 0)
        return self.tell(production, n=number, other=other)

    def _spoken(self, key: str) -> float | None:
        return self._form.spoken.get(key, self._form.readings.get(key))

    def _readings(self, keys: Iterable[str]) -> Pieces:
        items = [
            self._reading(key, self._form.spoken.get(key, self._form.readings[key]))
            for key in keys
            if key not in {"DIASTOLIC_BP", "BP_LEFT_DIASTOLIC"}
        ]
        return self._joined(items, self._separator)

    def vitals(self) -> Pieces:
        """Readings of the body."""
        return self._readings(key for key in self._form.readings if key in VITALS)

    def labs(self) -> Pieces:
        """Readings of the laboratory."""
        return self._readings(key for key in self._form.readings if key not in VITALS)

    def scores(self) -> Pieces:
        """Scores of questionnaires."""
        amounts = self._form.amounts
        return self._amounts({key: amounts[key] for key in amounts if key in SCORES})

    def habits(self) -> Pieces:
        """Other amounts: some of them, if they are many."""
        amounts = {
            key: value
            for key, value in self._form.amounts.items()
            if key not in SCORES and key not in _OTHERWISE_SAID
        }
        return self._amounts(self._some(amounts))

    def _amounts(self, amounts: Mapping[str, float]) -> Pieces:
        items = []
        for key, value in amounts.items():
            name, _, about = key.partition(":")
            production = f"amount.{name}" if f"amount.{name}" in self._grammar else "amount"
            said = {"n": _number(value), "label": self._name(name), "about": self._name(about)}
            items.append(self.tell(production, **said))
        return self._joined(items, self._separator)

    def _some(self, found: dict[str, float]) -> dict[str, float]:
        if self._form.kind not in FOLLOW_UP or "fields" in self._facts:
            return found
        return {key: value for key, value in found.items() if happens(self._stream, 0.35)}

    def answers(self) -> Pieces:
        """Answers to the form's questions; a few of them where there are many."""
        keys = [key for key in self._form.answers if key not in _OTHERWISE_SAID]
        if len(keys) > _MOST_ANSWERS and "fields" not in self._facts:
            keys = [key for key in keys if happens(self._stream, _MOST_ANSWERS / len(keys))]
        items = [self._answer(key, self._form.answers[key]) for key in keys]
        return self._joined([item for item in items if item], self._separator)

    def _answer(self, key: str, answer: str) -> list[str | Mark]:
        question, _, about = key.partition(":")
        production = f"answer.{question}.{answer}"
        if production in self._grammar:
            return self.tell(production)
        said = ("、" if self._chinese else ", ").join(self._name(a) for a in answer.split("|"))
        label = self._name(question) + (f" {self._name(about)}" if about else "")
        return self.tell("answer", label=label, n=said)

    def texts(self) -> Pieces:
        """Answers in words; a day among them is an identifier."""
        items = []
        for key, text in self._form.texts.items():
            question, _, about = key.partition(":")
            said: Slot = text
            if _ISO_DAY.fullmatch(text):
                said = self._mentions.on(date.fromisoformat(text), year=True)
            elif f"word.{text}" in self._grammar:
                said = tuple(self.tell(f"word.{text}"))
            production = f"text.{question}"
            if production not in self._grammar:
                production = "text"
            label = self._name(question)
            items.append(self.tell(production, label=label, n=said, about=self._name(about)))
        return self._joined(items, self._separator)

    def hints(self) -> Pieces:
        """What the form gives the note alone to say."""
        items = []
        for key, hint in self._form.hints.items():
            name, _, about = key.partition(":")
            production = f"hint.{name}.{hint.replace(' ', '_')}"
            if production not in self._grammar:
                production = f"hint.{name}"
            if production in self._grammar:
                items.append(self.tell(production, n=self._name(hint), about=self._name(about)))
        return self._joined(items, "" if self._chinese else " ")

    def named(self) -> Pieces:
        """People and places that the form gives the note alone to name."""
        items = []
        for key, identifier in self._form.identifiers.items():
            mark: Slot = Mark(identifier.text, identifier.type)
            if identifier.type == "DATE" and _ISO_DAY.fullmatch(identifier.text):
                mark = self._mentions.on(date.fromisoformat(identifier.text))
            production = f"named.{key}"
            if production not in self._grammar:
                production = f"named.{identifier.type}"
            items.append(self.tell(production, n=mark, label=self._name(key.upper())))
        return self._joined(items, "" if self._chinese else " ")

    def symptoms(self) -> Pieces:
        """What the patient complains of."""
        items = []
        for symptom in self._form.symptoms:
            production = f"symptom.{symptom.replace(' ', '_')}"
            said = (
                [self._name(symptom)] if production not in self._grammar else self.tell(production)
            )
            items.append(said)
        if self._chinese:
            return self._joined(items, one_of(self._stream, ("、", "、", "，", "伴")))
        return self._joined(items, one_of(self._stream, (", ", " and ", ", ", " + ")))

    def diagnoses(self) -> Pieces:
        """What is found."""
        items = [self._diagnosis(key) for key in self._form.diagnoses[:6]]
        between = one_of(self._stream, ("；", "，", "、") if self._chinese else ("; ", ", ", ", "))
        if "bullets" in self._facts or (len(items) > 1 and happens(self._stream, 0.35)):
            numbered = [[f"{i}. " if not self._chinese else f"{i}.", *item]
                        for i, item in enumerate(items, 1)]  # fmt: skip
            return self._joined(numbered, "；" if self._chinese else "  ")
        return self._joined(items, between)

    def diagnosis(self) -> Pieces:
        """What is found first."""
        return tuple(self._diagnosis(self._form.diagnoses[0])) if self._form.diagnoses else ("",)

    def _diagnosis(self, key: str) -> list[str | Mark]:
        production = f"diagnosis.{key}"
        return self.tell(production) if production in self._grammar else [self._name(key)]

    def problems(self) -> Pieces:
        """Some of what the patient has besides, with the year since when."""
        resident, day = self._visit.resident, self._visit.day
        others = [
            key
            for key in resident.problems
            if resident.has(key, day) and key not in self._form.diagnoses and key in TERMS
        ]
        items = []
        for key in others[-_MOST_PROBLEMS:]:
            year = str(resident.problems[key].year)
            items.append(self.tell("problem", what=tuple(self._diagnosis(key)), n=year))
        return self._joined(
            items, one_of(self._stream, ("，", "、") if self._chinese else (", ", "; "))
        )

    def event(self) -> Pieces:
        """A complication or other thing that is new."""
        return tuple(self._diagnosis(self._form.event or ""))

    def drugs(self) -> Pieces:
        """All drugs with dose and how often."""
        between = one_of(self._stream, ("；", "，", "、") if self._chinese else ("; ", ", ", ", "))
        if "bullets" in self._facts and not self._chinese:
            between = "\n- "
        return self._joined([self._drug(drug) for drug in self._form.drugs], between)

    def last_drug(self) -> Pieces:
        """The drug that was added last."""
        return tuple(self._drug(self._form.drugs[-1])) if self._form.drugs else ("",)

    def _drug(self, drug: Prescription) -> list[str | Mark]:
        production = f"drug.{drug.drug}"
        name: Slot = (
            tuple(self.tell(production))
            if production in self._grammar
            else self._drug_name(drug.drug)
        )
        dose = (
            drug.dose.replace(" ", "") if self._chinese or happens(self._stream, 0.3) else drug.dose
        )
        often = tuple(self.tell(f"often.{min(drug.times_a_day, 4)}"))
        return self.tell("drug", what=name, n=dose, often=often)

    def _drug_name(self, key: str) -> str:
        name = self._name(key)
        if self._chinese:
            return re.split(r"片|胶囊|\d", name)[0]
        return re.split(r" \d| Oral", name)[0].split(" hydrochloride")[0]

    def vaccines(self) -> Pieces:
        """Vaccines given."""
        items = [
            self.tell(f"vaccine.{key}") if f"vaccine.{key}" in self._grammar else [self._name(key)]
            for key in self._form.vaccines
        ]
        return self._joined(items, "、" if self._chinese else ", ")

    def procedures(self) -> Pieces:
        """What was done."""
        items = [
            self.tell(f"procedure.{key}") if f"procedure.{key}" in self._grammar
            else [self._name(key)]
            for key in self._form.procedures
        ]  # fmt: skip
        return self._joined(items, "、" if self._chinese else ", ")

    def _name(self, key: str) -> str:
        term = TERMS.get(key)
        if term is None:
            return "" if not key else key.replace("_", " ").lower()
        if self._chinese:
            return term.zh
        name = re.sub(r"\s*[\[(].*?[\])]", "", term.en)
        return name if name[:2].isupper() else name[:1].lower() + name[1:]

    # Earlier and later days

    def prior(self) -> Mark:
        """Day of the visit before."""
        day = self._prior.day if self._prior is not None else self._visit.day
        return self._mentions.on(day)

    def prior_pressure(self) -> str:
        """The pressure of the visit before."""
        assert self._prior is not None
        readings = next(f.readings for f in self._prior.forms if "SYSTOLIC_BP" in f.readings)
        return f"{readings['SYSTOLIC_BP']:.0f}/{readings['DIASTOLIC_BP']:.0f}"

    def next(self) -> Pieces:
        """Day of the next visit."""
        day = self._form.next_day or self._visit.day
        draw = self._stream.random()
        if not self._chinese and draw < 0.06 and 0 < (day - self._visit.day).days < 28:
            return ("the ", Mark(days.ordinal_en(day.day), "DATE"))
        return (self._mentions.on(day),)

    def some_weeks(self) -> str:
        """How long until the next visit."""
        gap = ((self._form.next_day or self._visit.day) - self._visit.day).days
        weeks = max(1, round(gap / 7))
        if self._chinese:
            return f"{weeks}周" if weeks < 9 else f"{round(gap / 30)}个月"
        return (
            f"{weeks} week{'s' if weeks > 1 else ''}" if weeks < 9 else f"{round(gap / 30)} months"
        )

    def onset(self) -> Mark:
        """The day on which the trouble began."""
        return self._mentions.on(self._visit.day - timedelta(days=self.days))

    def weeks_ago(self) -> Mark:
        """Some day in the weeks before."""
        return self._mentions.on(
            self._visit.day - timedelta(days=8 + int(self._stream.random() * 40))
        )

    def years_ago(self) -> Mark:
        """A month or day some years before, after the patient's birth."""
        resident, day = self._visit.resident, self._visit.day
        age = max((day - resident.birth).days - 30, 1)
        when = day - timedelta(days=min(age, 200 + int(self._stream.random() * 4000)))
        if happens(self._stream, 0.5):
            return Mark(days.month_of(self._stream, when, self._chinese), "DATE")
        return Mark(days.full_day(self._stream, when, self._chinese), "DATE")

    def month_ago(self) -> Mark:
        """A month before, by its name."""
        when = self._visit.day - timedelta(days=40 + int(self._stream.random() * 250))
        if self._chinese:
            return Mark(days.month_of(self._stream, when, True), "DATE")
        return Mark(days.MONTHS[when.month - 1], "DATE")

    def day_range(self) -> Mark:
        """A few days in a row, before the visit."""
        last = self._visit.day - timedelta(days=1 + int(self._stream.random() * 9))
        first = last - timedelta(days=2 + int(self._stream.random() * 4))
        return Mark(days.range_of(self._stream, first, last, self._chinese), "DATE")

    def feast(self) -> Mark:
        """The last holiday or solar term."""
        name, _ = days.feast_before(self._visit.day, self._chinese)
        return Mark(name, "DATE", "HOLIDAY")

    def lunar(self) -> Mark:
        """A day of the lunar calendar, some weeks before."""
        return Mark(days.lunar_before(self._stream, self._visit.day), "DATE", "LUNAR")

    def last_weekday(self) -> Mark:
        """A weekday of last week."""
        return Mark(days.weekday_before(self._stream, self._visit.day)[0], "DATE", "WEEKDAY")

    def weekday(self) -> Mark:
        """The weekday of the visit, beside its date."""
        return Mark(days.weekday_of(self._visit.day), "DATE", "WEEKDAY")

    def ordinal(self) -> Mark:
        """``18th``: a day of this month or the last."""
        when = self._visit.day - timedelta(days=2 + int(self._stream.random() * 12))
        return Mark(days.ordinal_en(when.day), "DATE")

    def spoken_date(self) -> Mark:
        """The day of the visit as dictated."""
        return Mark(days.spoken_day(self._visit.day), "DATE")

    def admitted(self) -> Mark:
        """First day of a stay."""
        return self._mentions.on(self._visit.day, year=True)

    def discharged(self) -> Mark:
        """Last day of a stay."""
        return self._mentions.on(self._visit.end or self._visit.day, year=True)

    def nights(self) -> str:
        """Length of a stay in days."""
        return str(max(1, ((self._visit.end or self._visit.day) - self._visit.day).days))

    def query_day(self) -> Mark:
        """A day in the months before, always with its year, or its month."""
        when = self._visit.day - timedelta(days=int(self._stream.random() * 300))
        if happens(self._stream, 0.15):
            return Mark(days.month_of(self._stream, when, self._chinese), "DATE")
        return self._mentions.on(when, year=True)

    def query_drug(self) -> Pieces:
        """The name of a drug that was given, or of another common one."""
        if self._form.drugs:
            production = f"drug.{self._form.drugs[0].drug}"
            if production in self._grammar:
                return tuple(self.tell(production))
            return (self._drug_name(self._form.drugs[0].drug),)
        common = ("二甲双胍", "阿托伐他汀", "布洛芬") if self._chinese else (
            "metformin", "atorvastatin", "ibuprofen", "sertraline")  # fmt: skip
        return (one_of(self._stream, common),)

    def hospital_here(self) -> Mark:
        """Where the visit takes place."""
        site = self._visit.site or self._household.site
        return Mark(site.centre.name, "LOCATION", "HOSPITAL")


def _number(value: float, decimals: int | None = None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:g}" if value < 100_000 else f"{value:.0f}"


def _sexed(man: str, woman: str) -> Callable[[Telling], Slot]:
    return lambda t: man if t._visit.resident.sex == "M" else woman


def _of_people() -> dict[str, Callable[[Telling], Slot]]:
    return {
        "patient": lambda t: t._mentions.patient(),
        "patient_listed": lambda t: t._mentions.patient_listed(),
        "patient_family": lambda t: t._mentions.patient_family(),
        "patient_given": lambda t: t._mentions.patient_given(),
        "patient_initials": lambda t: t._mentions.patient_initials(),
        "patient_wrapped": lambda t: t._mentions.patient_wrapped(),
        "patient_query": lambda t: t._mentions.patient_query(),
        "patient_short": lambda t: t._mentions.patient_short(),
        "kin": lambda t: t._mentions.kin_said(),
        "kin_word": lambda t: t._mentions.kin_word(),
        "kin_name": lambda t: t._mentions.kin_name(),
        "kin_phone": lambda t: t._mentions.kin_phone(),
        "doctor": lambda t: t._mentions.doctor(),
        "doctor_name": lambda t: t._mentions.doctor_name(),
        "colleague": lambda t: t._mentions.colleague(),
        "stranger": lambda t: t._mentions.stranger(),
        "specialist": lambda t: t._mentions.specialist(),
        "age": lambda t: t._mentions.age(),
        "he": _sexed("he", "she"), "his": _sexed("his", "her"), "him": _sexed("him", "her"),
        "man_zh": _sexed("男", "女"), "ta": _sexed("他", "她"), "sex": _sexed("male", "female"),
        "mf": _sexed("M", "F"), "mr": _sexed("Mr.", "Ms."),
        "person": lambda t: _person(t),
    }  # fmt: skip


def _person(telling: Telling) -> str:
    """``man``, ``girl``."""
    child = telling._visit.resident.age_on(telling._visit.day) < 18
    if telling._visit.resident.sex == "M":
        return "boy" if child else "man"
    return "girl" if child else "woman"


def _of_surroundings() -> dict[str, Callable[[Telling], Slot]]:
    return {
        "hospital": lambda t: surroundings.hospital(t._stream, t._chinese),
        "school": lambda t: surroundings.school(t._stream, t._chinese),
        "firm": lambda t: surroundings.firm(t._stream, t._chinese),
        "agency": lambda t: surroundings.agency(t._stream, t._chinese),
        "pharmacy": lambda t: surroundings.pharmacy(t._stream, t._chinese),
        "insurer": lambda t: surroundings.insurer(t._stream, t._chinese),
        "elsewhere": lambda t: surroundings.elsewhere(t._stream, t._chinese),
        "street": lambda t: surroundings.street(t._stream, t._chinese),
        "plate": lambda t: surroundings.plate(t._stream, t._chinese),
        "device": lambda t: surroundings.device(t._stream),
        "accession": lambda t: surroundings.accession(t._stream, t._visit.day.year, t._chinese),
        "licence": lambda t: surroundings.licence(t._stream, t._chinese),
        "url": lambda t: surroundings.url(t._stream, t._chinese),
        "ip": lambda t: surroundings.ip(t._stream),
        "employer": lambda t: Mark(t._visit.resident.employer or "", "ORGANIZATION", "EMPLOYER"),
        "address": lambda t: t._mentions.address(), "town": lambda t: t._mentions.town(),
        "site": lambda t: t._mentions.site(), "phone": lambda t: t._mentions.own_phone(),
        "site_phone": lambda t: t._mentions.site_phone(),
        "spelt_phone": lambda t: t._mentions.spelt_phone(),
        "record": lambda t: t._mentions.record(), "card": lambda t: t._mentions.card(),
        "old_card": lambda t: t._mentions.old_card(),
        "insurance": lambda t: t._mentions.insurance(), "email": lambda t: t._mentions.email(),
        "handle": lambda t: t._mentions.handle(), "qq": lambda t: t._mentions.qq(),
        "date": lambda t: t._mentions.date(), "birth": lambda t: t._mentions.birth(),
    }  # fmt: skip


_BY_METHOD = (
    "vitals", "labs", "scores", "habits", "answers", "texts", "hints", "named", "symptoms",
    "diagnoses", "diagnosis", "problems", "event", "drugs", "last_drug", "vaccines",
    "procedures", "prior", "prior_pressure", "next", "some_weeks", "onset", "weeks_ago",
    "years_ago", "month_ago",
    "day_range", "feast", "lunar", "last_weekday", "weekday", "ordinal", "spoken_date", "admitted",
    "discharged", "nights", "hospital_here", "query_day", "query_drug",
)  # fmt: skip
_OF_FACTS: dict[str, Callable[[Telling], Slot]] = {
    "title": lambda t: t.title,
    "title_up": lambda t: t.title.upper(),
    "days": lambda t: str(t.days),
    "lot": lambda t: f"{one_of(t._stream, 'ABCDEFHK')}{t._stream.randrange(1000, 99999)}",
    "small": lambda t: str(t._stream.randrange(2, 10)),
    "minutes": lambda t: str(5 * t._stream.randrange(2, 10)),
    "clock": lambda t: f"{t._stream.randrange(8, 18)}:{5 * t._stream.randrange(12):02d}",
    "cigarettes": lambda t: str(t._visit.resident.cigarettes),
    "liang": lambda t: f"{t._visit.resident.liang:g}",
}
_LOCAL = ("n", "low", "other", "label", "what", "often", "about")
"""Slots that only a production for an item of a list has."""
SLOTS: dict[str, Callable[[Telling], Slot]] = {
    **_of_people(),
    **_of_surroundings(),
    **_OF_FACTS,
    **{name: getattr(Telling, name) for name in _BY_METHOD},
    **dict.fromkeys(_LOCAL, lambda _: ""),
}
