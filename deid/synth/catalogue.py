"""Every number of the model as one table: name, conditions, value, unit, source, and its check.

Made from all files of ``deid/synth/data``. ``checked.csv`` says which sources were compared with a
text of the publication or its abstract: ``source`` as it stands in the other tables, ``address``
of that text, and ``found``, the figures read there. A source without a line there was cited from
memory.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from functools import cache
from typing import Literal

from deid.synth.parameters import DATA, read_lines

Kind = Literal["published", "adapted", "assumption", "computed"]
"""``published``: the figure of a publication, rounded; ``adapted``: such a figure, changed by an
assumption that its source names; ``assumption``: a plausible value; ``computed``: follows from
other numbers of the model."""

CITED = ("published", "adapted")
BEGIN, END = "<!-- parameters: begin -->", "<!-- parameters: end -->"
_CHECK_COLUMNS = ("source", "address", "found")


@dataclass(frozen=True)
class Entry:
    """One number; ``address`` and ``found`` are empty for what was not checked."""

    file: str
    name: str
    conditions: str
    value: str
    unit: str
    kind: Kind
    source: str
    address: str
    found: str


@dataclass(frozen=True)
class Value:
    """A column of numbers; ``source`` where the table's own column does not speak for it."""

    column: str
    unit: str
    source: str = ""


@dataclass(frozen=True)
class Table:
    """How a data file is read: every column is part of the name, a condition, a value or words."""

    file: str
    names: tuple[str, ...]
    conditions: tuple[str, ...]
    values: tuple[Value, ...]
    words: tuple[str, ...] = ()


_ASSUMED = "assumption"
TABLES = (
    Table("age_area", ("locale",), ("area", "from_age"), (Value("share", "share of people"),)),
    Table("age_sex", ("locale",), ("sex", "age"), (Value("thousands", "thousands of people"),)),
    Table(
        "causes", ("cause",), ("locale", "low", "high"), (Value("share", "share of deaths"),)
    ),
    Table(
        "complaints",
        ("diagnosis",),
        ("age_from", "age_to", "season", "sex", "needs"),
        (
            Value("weight", "relative frequency", _ASSUMED),
            Value("times", "ratio in season", _ASSUMED),
            Value("fever", "share with fever", _ASSUMED),
            Value("remedies_at_most", "drugs", _ASSUMED),
        ),
        ("symptoms", "remedies", "about", "procedures", "found_en", "found_zh", "cause_en",
         "cause_zh"),
    ),
    Table(
        "fertility",
        ("locale",),
        ("age",),
        (Value("births_per_thousand", "births per 1000 women and year"),),
    ),
    Table("findings", ("problem", "question"), ("answer",), (Value("share", "share of the ill"),)),
    Table(
        "frailty",
        ("problem",),
        (),
        (Value("at_once", "grades of help"), Value("yearly", "grades of help a year")),
    ),
    Table(
        "growth",
        ("measure",),
        ("sex", "months"),
        (
            Value("l", "power (LMS)"),
            Value("m", "median, kg or cm"),
            Value("s", "coefficient of variation"),
        ),
    ),
    Table(
        "heredity",
        ("problem",),
        (),
        (
            Value("heritability", "share of variance of liability"),
            Value("shared", "share of variance of liability", _ASSUMED),
        ),
    ),
    Table(
        "household_kinds",
        ("kind",),
        ("locale", "area", "age"),
        (
            Value(
                "share",
                "share of households",
                "computed: deid.synth.society.calibration, so that age_sex and age_area come out",
            ),
        ),
    ),
    Table(
        "influences",
        ("cause", "effect"),
        (),
        (
            Value("ratio", "rate or odds ratio"),
            Value("lag_days", "days", _ASSUMED),
            Value("lasts_days", "days", _ASSUMED),
            Value("exposed", "share of time at risk", "computed: measured over generated people"),
        ),
    ),
    Table(
        "lethality",
        ("problem",),
        (),
        (
            Value("ratio", "rate ratio"),
            Value("excess", "deaths per patient and year"),
            Value("causes", "cause:share of deaths", _ASSUMED),
        ),
    ),
    Table(
        "levels",
        ("group", "test"),
        (),
        (
            Value("mean", "unit of the test"),
            Value("sd", "unit of the test"),
            Value("low", "unit of the test"),
            Value("high", "unit of the test"),
        ),
        ("decimals",),
    ),
    Table(
        "limits",
        ("problem", "test"),
        (),
        (Value("low", "unit of the test"), Value("high", "unit of the test")),
    ),
    Table("mixes", ("mix",), ("answer",), (Value("share", "share of answers"),)),
    Table(
        "mortality",
        ("locale",),
        ("sex", "age"),
        (Value("per_thousand", "deaths per 1000 and year"),),
    ),
    Table(
        "remedies",
        ("name",),
        ("age_from", "age_to"),
        (
            Value("times", "a day", _ASSUMED),
            Value("days", "days", _ASSUMED),
            Value("mg_per_kg", "mg per kg and dose", _ASSUMED),
            Value("mg_at_most", "mg a dose", _ASSUMED),
        ),
        ("drug", "dose"),
    ),
    Table(
        "remission",
        ("problem",),
        (),
        (Value("ends", "share that ends"), Value("median_days", "days")),
    ),
    Table(
        "shares",
        ("question", "answer"),
        ("locale", "area", "sex", "low", "high"),
        (Value("share", "share of the group"),),
    ),
    Table(
        "stays",
        ("name",),
        ("when", "age_from", "age_to", "sex", "season"),
        (
            Value("at_most", "stays", _ASSUMED),
            Value("nights_zh", "nights, from-to", _ASSUMED),
            Value("nights_en", "nights, from-to", _ASSUMED),
            Value("emergency", "share", _ASSUMED),
            Value("systolic", "mmHg more", _ASSUMED),
            Value("fever", "share with fever", _ASSUMED),
            Value("tests", "test:mean:sd:low:high", _ASSUMED),
        ),
        ("diagnosis", "department", "problem", "symptoms", "procedures", "drugs", "advice"),
    ),
    Table(
        "therapies",
        ("problem", "drug"),
        ("slot",),
        (
            Value("times", "a day"),
            Value("share_en", "share of the ill"),
            Value("share_zh", "share of the ill"),
            Value("after_days", "days"),
            Value("lasts_days", "days"),
        ),
        ("dose_en", "dose_zh"),
    ),
    Table("symptoms", ("problem",), ("symptom",), (Value("share", "per visit"),)),
)  # fmt: skip
"""Tables of one shape; ``parameters`` and ``diseases`` have their own."""

WORDS = frozenset({"phrases", "voices", "checked", "diagnoses"})
"""Files without numbers of the model."""


@dataclass(frozen=True)
class Check:
    """What a source says by a text of it."""

    address: str
    found: str


@cache
def read_checks() -> dict[str, Check]:
    """The checks by source.

    Raises:
        ValueError: for the first fault, with file and line: a source twice, an address that is
            none, an empty field, a source of no number.
    """
    used = {source for *_, source in _rows()}
    found: dict[str, Check] = {}
    for place, line in read_lines(DATA / "checked.csv", _CHECK_COLUMNS):
        source, address = line["source"], line["address"]
        if source in found or source not in used:
            raise ValueError(f"{place}: {source!r} is there already, or is the source of nothing")
        if not re.fullmatch(r"https?://\S+", address) or not line["found"]:
            raise ValueError(f"{place}: needs an address and what was found there")
        found[source] = Check(address, line["found"])
    return found


def entries() -> Iterator[Entry]:
    """Every number of the model, in the order of files and lines.

    Raises:
        ValueError: for a number without a source, or a fault of ``checked.csv``.
    """
    checks = read_checks()
    for file, name, conditions, value, unit, source in _rows():
        if not source or not unit:
            raise ValueError(f"{file}.csv: {name} needs a unit and a source")
        check = checks.get(source, Check("", ""))
        yield Entry(
            file, name, conditions, value, unit, kind_of(source), source, check.address, check.found
        )


def kind_of(source: str) -> Kind:
    """What a source is, by its first word."""
    if source.startswith("assumption"):
        return "assumption"
    if source.startswith("computed"):
        return "computed"
    return "adapted" if "assumption" in source else "published"


def as_csv() -> str:
    """All entries as one CSV table with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(Entry)])
    writer.writerows(astuple(entry) for entry in entries())
    return text.getvalue()


def render_page(page: str) -> str:
    """A page whose part between the marks counts entries by file and kind of source."""
    return re.sub(f"{BEGIN}.*{END}", lambda _: f"{BEGIN}\n\n{_summary()}\n\n{END}", page,
                  flags=re.DOTALL)  # fmt: skip


def _summary() -> str:
    found = list(entries())
    of = Counter(e.kind for e in found)
    cited = [e for e in found if e.kind in CITED]
    compared = [e for e in cited if e.address]
    lines = [
        f"{len(found):,} numbers: {of['published']:,} with a publication, {of['adapted']:,} with "
        f"one that was adapted; {len(compared):,} of these compared with a text of it; "
        f"{of['assumption']:,} assumptions; {of['computed']:,} computed from the others. "
        f"{len({e.source for e in cited})} different sources, "
        f"{len({e.source for e in compared})} of them compared.",
        "",
        "| file | numbers | published | adapted | compared | assumed | computed |",
        "|---|---|---|---|---|---|---|",
    ]
    for file in dict.fromkeys(e.file for e in found):
        lines.append(_counted(file, [e for e in found if e.file == file]))
    return "\n".join(lines)


def _counted(file: str, found: list[Entry]) -> str:
    of = Counter(e.kind for e in found)
    compared = sum(e.kind in CITED and e.address != "" for e in found)
    return (
        f"| {file}.csv | {len(found):,} | {of['published']:,} | {of['adapted']:,} | {compared:,} "
        f"| {of['assumption']:,} | {of['computed']:,} |"
    )


def _rows() -> Iterator[tuple[str, str, str, str, str, str]]:
    """File, name, conditions, value, unit, source."""
    for line in _lines("parameters"):
        yield "parameters", line["name"], "", line["value"], line["unit"], line["source"]
    for line in _lines("diseases"):
        yield from _disease(line)
    for table in TABLES:
        for line in _lines(table.file):
            yield from _values(table, line)


def _disease(line: dict[str, str]) -> Iterator[tuple[str, str, str, str, str, str]]:
    problem = line["problem"]
    for pair in line["curve"].split():
        age, _, share = pair.partition(":")
        yield ("diseases", f"{problem} prevalence", f"age {age}", share, "share ever ill",
               line["source"])  # fmt: skip
    groups = ("men", "women", "urban", "rural", "en_US", "zh_CN")
    ratios = [(group, line[group]) for group in groups]
    for pair in line["after"].split():
        cause, _, ratio = pair.partition(":")
        ratios.append((f"after {cause}", ratio))
    for condition, ratio in ratios:
        if ratio:
            yield ("diseases", f"{problem} ratio", condition, ratio, "risk ratio",
                   line["ratios_source"])  # fmt: skip


def _values(table: Table, line: dict[str, str]) -> Iterator[tuple[str, str, str, str, str, str]]:
    name = " ".join(line[column] or "none" for column in table.names)
    conditions = "; ".join(f"{c} {line[c]}" for c in table.conditions if line[c])
    for value in table.values:
        source = value.source or line["source"]
        for number in _parts(value.column, line[value.column]):
            full = name if len(table.values) == 1 else f"{name} {value.column}"
            yield table.file, full, conditions, number, value.unit, source


def _parts(column: str, text: str) -> Iterable[str]:
    if column == "tests":
        return [part for part in text.split("|") if part]
    return [text] if text else []


def _lines(file: str) -> list[dict[str, str]]:
    text = (DATA / f"{file}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
