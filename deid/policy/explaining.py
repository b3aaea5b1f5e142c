"""What a policy does, line by line, with the source that asks for it and where it is said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from deid.policy.columns import classification
from deid.policy.model import ColumnRule, Policy, RareScope, Treatment
from deid.policy.standards import cited, standards

WORDS = {
    Treatment.DROP: "left empty",
    Treatment.KEEP: "as it is",
    Treatment.PSEUDONYM: "a number of this release alone",
    Treatment.SHIFT_DATE: "moved by the household's secret weeks",
    Treatment.SHIFT_DATETIME: "moved by the household's secret weeks",
    Treatment.YEAR_ONLY: "1 January of its year",
    Treatment.YEAR_OF_BIRTH: "year or band of years, the oldest pooled",
    Treatment.GENERALISE: "made coarser until enough people share it",
    Treatment.SCRUB_TEXT: "identifiers found and replaced",
    Treatment.SUPPRESS_RARE: "only values that enough people share",
    Treatment.CONSTANT: "one value for all rows",
}
"""Each treatment in short words."""


@dataclass(frozen=True)
class Line:
    """One decision. ``clauses`` are the cited clauses in short words."""

    name: str
    treatment: str
    words: str
    rule: str
    clauses: tuple[str, ...]
    origin: str


@dataclass(frozen=True)
class TableLines:
    """The decisions on one table; ``dropped`` is the reason if it does not leave at all."""

    table: str
    dropped: str | None
    origin: str
    columns: tuple[Line, ...]


@dataclass(frozen=True)
class Explanation:
    """A whole policy, explained."""

    name: str
    version: str
    title: str
    description: str
    fingerprint: str
    files: tuple[str, ...]
    settings: tuple[Line, ...]
    tables: tuple[TableLines, ...]


def explain(policy: Policy, table: str | None = None) -> Explanation:
    """Explain a policy, or one table of it."""
    chosen = [name for name in sorted({*policy.tables, *policy.dropped}) if table in {None, name}]
    files = dict.fromkeys(origin.source for origin in policy.origins.values())
    return Explanation(
        policy.name,
        policy.version,
        policy.title,
        policy.description,
        policy.fingerprint,
        tuple(files),
        tuple(_settings(policy)),
        tuple(_table(policy, name) for name in chosen),
    )


def treatment_text(rule: ColumnRule) -> str:
    """The treatment with its option, such as ``suppress-rare (local-concepts)``."""
    option = rule.domain or rule.domain_from or rule.hierarchy
    if rule.treatment is Treatment.SUPPRESS_RARE and rule.scope is not RareScope.ALL:
        option = rule.scope.value
    return f"{rule.treatment.value} ({option})" if option else rule.treatment.value


def _settings(policy: Policy) -> Iterator[Line]:
    dates, risk, text = policy.dates, policy.risk, policy.text
    offset = (
        f"one secret offset a household, at most {dates.max_weeks} weeks either way (at most "
        f"{dates.max_share:.0%} of the length of the data, at least {dates.min_weeks} weeks)"
        if dates.shift == "household"
        else "none: real years, and nothing finer than a year"
    )
    yield _setting(policy, "dates.shift", dates.shift, offset)
    yield _setting(policy, "dates.time_of_day", dates.time_of_day, "time of day of moments")
    yield _setting(policy, "pool_ages_over", str(policy.pool_ages_over), "older people are pooled")
    in_notes = {"shift": "moved with the household", "year": "replaced by their years"}
    yield _setting(policy, "text.dates", text.dates, f"dates in notes: {in_notes[text.dates]}")
    ages = f"in bands of {text.age_band} years" if text.age_band else "kept under 90"
    yield _setting(policy, "text.ages", text.ages, f"ages in notes: {ages}")
    listed = policy.places.zip3_over_20000
    if listed or any(rule.hierarchy == "zip3-or-000" for _, rule in _rules(policy)):
        yield _setting(
            policy,
            "places.zip3_over_20000",
            ", ".join(listed) or "none",
            "first three digits of ZIP codes that are shown; others become 000",
        )
    yield _setting(policy, "risk.k", str(risk.k), "people in each class, at least")
    names = ", ".join(risk.quasi_identifiers)
    yield _setting(policy, "risk.quasi_identifiers", names, "what makes a class")
    band = str(risk.birth_year_band)
    yield _setting(policy, "risk.birth_year_band", band, "years of birth shown as one, at first")
    steps = ", ".join(f"{step.column}:{step.level}" for step in risk.steps)
    yield _setting(policy, "risk.steps", steps or "none", "for people in smaller classes, in turn")
    for name, limit in sorted(risk.thresholds.items()):
        yield _setting(policy, f"risk.thresholds.{name}", f"{limit:g}", "threshold of the gate")
    yield from _of_risk(policy)
    for claim in policy.claims:
        yield _setting(policy, "claims", claim, f"{standards()[claim].title}: checked on reading")


def _of_risk(policy: Policy) -> Iterator[Line]:
    rare, knowledge, population = policy.risk.rare, policy.risk.knowledge, policy.risk.population
    below = "people; a disease of fewer is rare"
    yield _setting(policy, "risk.rare.diseases_below", str(rare.diseases_below), below)
    below = "people; an area of fewer is small"
    yield _setting(policy, "risk.rare.areas_below", str(rare.areas_below), below)
    words = "steps above a concept that an acquaintance knows"
    yield _setting(policy, "risk.knowledge.levels", str(knowledge.levels), words)
    words = "days that an acquaintance knows an interval to"
    yield _setting(policy, "risk.knowledge.days", str(knowledge.days), words)
    if population is not None:
        name = "risk.population"
        words = "population that an intruder looks through"
        yield _setting(policy, name, f"{population.name}: {population.people:,}", words)
    for name in ("purpose", "recipient", "adversary"):
        value = getattr(policy, name) or "not stated"
        yield _setting(policy, name, value, "stands in the certificate")


def _rules(policy: Policy) -> Iterator[tuple[str, ColumnRule]]:
    for columns in policy.tables.values():
        yield from columns.items()


def _setting(policy: Policy, name: str, value: str, words: str) -> Line:
    said = policy.origins.get(name) or next(
        (origin for path, origin in policy.origins.items() if path.startswith(f"{name}.")), None
    )
    return Line(name, value, words, "", (), str(said or "by default"))


def _table(policy: Policy, table: str) -> TableLines:
    if table in policy.dropped:
        origin = str(policy.origin(f"dropped.{table}"))
        return TableLines(table, policy.dropped[table], origin, ())
    columns = tuple(
        Line(
            column,
            treatment_text(rule),
            WORDS[rule.treatment],
            rule.rule,
            tuple(
                clause.words + (" (heading only)" if clause.known == "heading" else "")
                for clause in cited(rule.rule)
            ),
            str(policy.origin(f"tables.{table}.{column}")),
        )
        for column, rule in policy.tables[table].items()
    )
    return TableLines(table, None, "", columns)


def as_json(explanation: Explanation) -> str:
    """The explanation as JSON, sorted and indented."""
    return json.dumps(asdict(explanation), indent=1, sort_keys=True, ensure_ascii=False)


def as_text(explanation: Explanation) -> Iterator[str]:
    """Lines for a terminal: columns in line, the clause in the source's short words."""
    yield from _head(explanation)
    yield ""
    for line in explanation.settings:
        yield f"{line.name} = {line.treatment}  ({line.words})  [{line.origin}]"
    for table in explanation.tables:
        yield ""
        if table.dropped is not None:
            yield f"{table.table}: dropped as a whole: {table.dropped}  [{table.origin}]"
            continue
        yield table.table
        yield from (
            "  " + line
            for line in _aligned(
                (line.name, line.treatment, line.words, _why(line), line.origin)
                for line in table.columns
            )
        )
    cited_here = {
        clause.name: clause.words
        for table in explanation.tables
        for line in table.columns
        for clause in cited(line.rule)
    }
    if cited_here:
        yield ""
        yield "Sources in short words"
        yield from ("  " + line for line in _aligned(sorted(cited_here.items())))


def _why(line: Line) -> str:
    return line.rule or "no identifier"


def as_markdown(explanation: Explanation) -> Iterator[str]:
    """The same as Markdown tables."""
    name, *rest = _head(explanation)
    yield f"# {name}"
    yield ""
    yield from rest
    yield ""
    yield from _markdown_table(
        ("setting", "value", "meaning", "said in"),
        ((line.name, line.treatment, line.words, line.origin) for line in explanation.settings),
    )
    for table in explanation.tables:
        yield ""
        yield f"## {table.table}"
        yield ""
        if table.dropped is not None:
            yield f"Dropped as a whole: {table.dropped} ({table.origin})."
            continue
        yield from _markdown_table(
            ("column", "treatment", "what happens", "rule", "the source in short", "said in"),
            (
                (
                    line.name,
                    line.treatment,
                    line.words,
                    _why(line),
                    "; ".join(line.clauses),
                    line.origin,
                )
                for line in table.columns
            ),
        )


def _head(explanation: Explanation) -> Iterator[str]:
    columns = sum(len(table.columns) for table in explanation.tables)
    dropped = sum(table.dropped is not None for table in explanation.tables)
    yield f"{explanation.name}, version {explanation.version}: {explanation.title}"
    yield explanation.description
    yield (
        f"{columns} columns treated, {dropped} tables dropped; "
        f"said in {', '.join(explanation.files)}; fingerprint {explanation.fingerprint}"
    )


def _aligned(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    table = [tuple(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        yield "  ".join(
            f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)
        ).rstrip()


def _markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def kind_of(table: str, column: str) -> str:
    """The kind of a column, or ``other``."""
    kind = classification().kind(table, column)
    return kind.name if kind else "other"
