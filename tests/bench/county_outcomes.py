"""Deaths by age and cause, and stays in hospital, beside published figures."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from deid.synth.people import LOCALES, Locale
from deid.synth.society.mortality import life_expectancy, rate_at
from deid.vocabulary import load_terms, names

PUBLISHED = Path(__file__).parent / "published_outcomes.csv"
COUNTY = {"zh_CN": "Chinese county", "en_US": "American county"}
LANGUAGE: dict[Locale, str] = {"zh_CN": "zh-CN", "en_US": "en-US"}
EXPECTED_YEARS = {("en_US", "M"): 76.3, ("en_US", "F"): 81.4, ("zh_CN", "M"): 75.37,
                  ("zh_CN", "F"): 80.88}  # fmt: skip
"""Life expectancy at birth: Arias 2022 National Vital Statistics Reports 70(19), 2019; census of
China 2020."""

AGES = ((0, 19), (20, 39), (40, 59), (60, 69), (70, 79), (80, 120))
KEY_OF = {term.concept_id: term.key for term in load_terms()}


@dataclass
class Outcomes:
    """Years lived, deaths, causes and stays of one county, by completed year of age."""

    years: Counter[int] = field(default_factory=Counter)
    expected: Counter[int] = field(default_factory=Counter)
    deaths: Counter[int] = field(default_factory=Counter)
    stays: Counter[int] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)


def measure(county: duckdb.DuckDBPyConnection, locale: Locale) -> Outcomes:
    """Counts over all residents and all days of their records."""
    found = Outcomes()
    lived = county.execute(
        "SELECT CASE gender_concept_id WHEN $1 THEN 'M' ELSE 'F' END AS sex, year - birth AS age, "
        "sum(1 + date_diff('day', greatest(first, make_date(year, 1, 1)), "
        "least(last, make_date(year, 12, 31)))) / 365.25 FROM ("
        "SELECT gender_concept_id, year_of_birth AS birth, observation_period_start_date AS first, "
        "observation_period_end_date AS last, unnest(range(year(observation_period_start_date), "
        "year(observation_period_end_date) + 1)) AS year FROM observation_period "
        "JOIN person USING (person_id) JOIN person_identity USING (person_id) WHERE language = $2"
        ") GROUP BY ALL",
        [names.MALE, LANGUAGE[locale]],
    ).fetchall()
    for sex, age, years in lived:
        found.years[age] += years
        # Who is of this age by calendar years is half a year younger or older.
        found.expected[age] += years * (
            (rate_at(locale, sex, age - 1) + rate_at(locale, sex, age)) / 2
        )
    of_age = "year({day}) - year_of_birth"
    for age, cause in county.execute(
        f"SELECT {of_age.format(day='death_date')}, cause_concept_id FROM death JOIN person "
        "USING (person_id) JOIN person_identity USING (person_id) WHERE language = $1",
        [LANGUAGE[locale]],
    ).fetchall():
        found.deaths[age] += 1
        found.causes[KEY_OF.get(cause, "")] += 1
    for age, stays in county.execute(
        f"SELECT {of_age.format(day='visit_start_date')}, count(*) FROM visit_occurrence JOIN "
        "person USING (person_id) JOIN person_identity USING (person_id) WHERE language = $1 "
        "AND visit_end_date > visit_start_date GROUP BY 1",
        [LANGUAGE[locale]],
    ).fetchall():
        found.stays[age] += stays
    return found


def tables(county: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Markdown: mortality by age, causes of death, stays."""
    found = {locale: measure(county, locale) for locale in LOCALES}
    yield _mortality(found)
    yield _beside(found, "cause", "Causes of death", "share of deaths, %")
    yield _beside(found, "stays", "Stays in hospital", "per 1,000 residents and year")


def _mortality(found: dict[Locale, Outcomes]) -> str:
    lines = [
        "## Mortality",
        "",
        "Deaths per 1,000 residents and year, here / by the life table that the county is set to.",
        "",
        "| age | " + " | ".join(COUNTY[locale] for locale in LOCALES) + " |",
        "|---|---|---|",
    ]
    for low, high in AGES:
        cells = []
        for outcomes in (found[locale] for locale in LOCALES):
            years, deaths, expected = (
                sum(count for age, count in counter.items() if low <= age <= high)
                for counter in (outcomes.years, outcomes.deaths, outcomes.expected)
            )
            cells.append(f"{1000 * deaths / years:.1f} / {1000 * expected / years:.1f}")
        lines.append(f"| {_label(low, high)} | " + " | ".join(cells) + " |")
    years = ", ".join(
        f"{COUNTY[locale]} {'men' if sex == 'M' else 'women'} "
        f"{life_expectancy(locale, sex):.1f} / {EXPECTED_YEARS[locale, sex]}"
        for locale in LOCALES
        for sex in ("M", "F")
    )
    lines += ["", f"Years of life at birth by that table / published: {years}."]
    return "\n".join(lines)


def _beside(found: dict[Locale, Outcomes], measured: str, title: str, unit: str) -> str:
    lines = [
        f"## {title}",
        "",
        f"| {unit} | who | here | published | source |",
        "|---|---|---|---|---|",
    ]
    with PUBLISHED.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == measured]
    for row in rows:
        outcomes = found[row["locale"]]  # type: ignore[index]
        low, high = int(row["from_age"]), int(row["to_age"])
        if measured == "cause":
            here = 100 * sum(outcomes.causes[key] for key in row["keys"].split())
            here /= sum(outcomes.causes.values())
        else:
            years, stays = (
                sum(count for age, count in counter.items() if low <= age <= high)
                for counter in (outcomes.years, outcomes.stays)
            )
            here = 1000 * stays / years
        who = COUNTY[row["locale"]] + ("" if low < 2 else f", {_label(low, high)}")
        lines.append(f"| {row['what']} | {who} | {here:.1f} | {row['value']} | {row['source']} |")
    return "\n".join(lines)


def _label(low: int, high: int) -> str:
    return f"{low} and over" if high == 120 else f"{low} to {high}"
