"""The synthetic county beside published figures: tables and plots of docs/synthetic-county.md.

Writes the part of the page between its markers, and the plots; run it after the generator changed.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb

from deid.synth import LOCALES
from deid.synth.society.pyramid import reference_day
from deid.synth.spool import spool_population
from deid.vocabulary import load_terms, names
from tests.bench.county_outcomes import tables

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "synthetic-county.md"
RESIDENTS, SEED, UNTIL = 8000, 1, date(2025, 12, 31)
DAY = reference_day(UNTIL)
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
LANGUAGE = {"zh_CN": "zh-CN", "en_US": "en-US"}
COUNTY = {"zh_CN": "Chinese county", "en_US": "American county"}
TERMS = {term.key: term for term in load_terms()}
FEW = 30
"""Shares of fewer people are left out: they would be noise."""
AGES = Path(__file__).parent / "standard_ages.csv"
"""Grown people by age, by which a prevalence is put on the ages of its publication."""


def main() -> None:
    """Generate, measure, write page and plots."""
    with tempfile.TemporaryDirectory() as folder:
        spool_population(Path(folder), RESIDENTS, SEED, until=UNTIL)
        with _opened(Path(folder)) as county:
            pyramid = list(_pyramid(county))
            diseases = list(_diseases(county))
            outcomes = list(tables(county))
    parts = [
        f"{RESIDENTS:,} residents, seed {SEED}, records until {UNTIL:%d %B %Y}, counted on "
        f"{DAY:%d %B %Y}: those who live in the county on that day.",
        "## Age and sex\n\n" + _pyramid_table(pyramid),
        "![Age and sex of both counties beside published figures](images/county-age.svg)",
        "## Diseases and habits\n\n" + _disease_table(diseases),
        "![Hypertension by age beside published figures](images/county-hypertension.svg)",
        *outcomes,
    ]
    text = PAGE.read_text(encoding="utf-8")
    block = f"{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}"
    PAGE.write_text(
        re.sub(f"{BEGIN}.*{END}", lambda _: block, text, flags=re.DOTALL), encoding="utf-8"
    )
    _plot_pyramid(pyramid, DOCS / "images" / "county-age.svg")
    _plot_hypertension(diseases, DOCS / "images" / "county-hypertension.svg")
    print("\n\n".join(parts))


def _opened(folder: Path) -> duckdb.DuckDBPyConnection:
    """The population with ``alive``: who lives in the county on the day, with age and sex."""
    connection = duckdb.connect()
    for path in sorted(folder.glob("*.parquet")):
        connection.execute(f"CREATE VIEW {path.stem} AS FROM '{path}'")
    connection.execute(
        "CREATE TABLE alive AS SELECT p.person_id, i.language, "
        f"CASE gender_concept_id WHEN {names.MALE} THEN 'M' ELSE 'F' END AS sex, "
        "date_sub('year', make_date(year_of_birth, month_of_birth, day_of_birth), $1::DATE) AS age "
        "FROM person p JOIN person_identity i USING (person_id) WHERE person_id IN "
        "(SELECT person_id FROM observation_period WHERE $1::DATE "
        "BETWEEN observation_period_start_date AND observation_period_end_date)",
        [DAY.isoformat()],
    )
    return connection


def _pyramid(county: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, int, float, float]]:
    """Locale, sex, first age of ten years, share here, share published (0 to 1, within sex)."""
    published = list(_csv(Path(__file__).parents[2] / "deid/synth/data/age_sex.csv"))
    for locale in LOCALES:
        for sex in ("M", "F"):
            rows = [r for r in published if (r["locale"], r["sex"]) == (locale, sex)]
            total = sum(float(r["thousands"]) for r in rows)
            for age in range(0, 90, 10):
                wanted = sum(
                    float(r["thousands"])
                    for r in rows
                    if age <= int(r["age"]) and (int(r["age"]) < age + 10 or age == 80)
                )
                (here,) = county.execute(
                    "SELECT avg((age >= $3 AND (age < $3 + 10 OR $3 = 80))::INT) FROM alive "
                    "WHERE language = $1 AND sex = $2",
                    [LANGUAGE[locale], sex, age],
                ).fetchall()[0]
                yield locale, sex, age, float(here), wanted / total


def _diseases(
    county: duckdb.DuckDBPyConnection,
) -> Iterator[tuple[dict[str, str], int, float, float]]:
    """Published row, people here, share here, half the width of its 95 % interval."""
    for row in _csv(Path(__file__).parent / "published.csv"):
        concept = TERMS[row["what"]].concept_id
        ill = (
            f"SELECT person_id FROM condition_occurrence WHERE condition_concept_id = {concept} "
            f"AND condition_start_date <= '{DAY}'"
            if TERMS[row["what"]].icd10
            else "SELECT person_id FROM (SELECT person_id, arg_max(value_as_concept_id, "
            "observation_date) AS answer FROM observation WHERE observation_concept_id = "
            f"{names.SMOKING_STATUS} GROUP BY 1) WHERE answer = {concept}"
        )
        asked = "" if TERMS[row["what"]].icd10 else (
            "AND person_id IN (SELECT person_id FROM observation WHERE observation_concept_id = "
            f"{names.SMOKING_STATUS})"
        )  # fmt: skip
        standard = [s for s in _csv(AGES) if s["standard"] == row["ages"]]
        found = []
        for ages in standard or [row | {"millions": "1"}]:
            people, share = county.execute(
                f"SELECT count(*), avg((person_id IN ({ill}))::INT) FROM alive WHERE language = $1 "
                f"AND age BETWEEN $2 AND $3 AND ($4 = '' OR sex = $4) {asked}",
                [LANGUAGE[row["locale"]], int(ages["from_age"]), int(ages["to_age"]), row["sex"]],
            ).fetchall()[0]
            found.append((float(ages["millions"]), people, float(share or 0)))
        total, everybody = sum(w for w, _, _ in found), sum(n for _, n, _ in found)
        if everybody >= FEW:
            share = sum(w * p for w, _, p in found) / total
            spread = sum((w / total) ** 2 * p * (1 - p) / max(n, 1) for w, n, p in found)
            yield row, everybody, share, 1.96 * spread**0.5


def _pyramid_table(pyramid: list[tuple[str, str, int, float, float]]) -> str:
    lines = [
        "Share of each sex by age, here / published (%).",
        "",
        "| age | " + " | ".join(f"{COUNTY[loc]}, {s}" for loc in LOCALES for s in ("men", "women")),
        "|---|" + "---|" * 4,
    ]
    lines[2] += " |"
    for age in range(0, 90, 10):
        cells = [
            f"{100 * here:.1f} / {100 * wanted:.1f}"
            for locale in LOCALES
            for sex in ("M", "F")
            for loc, s, a, here, wanted in pyramid
            if (loc, s, a) == (locale, sex, age)
        ]
        label = "80 and over" if age == 80 else f"{age} to {age + 9}"
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _disease_table(diseases: list[tuple[dict[str, str], int, float, float]]) -> str:
    lines = [
        "Share of the living who ever had it, in % with 95 % interval; habits as last answered.",
        "",
        "| what | who | people | here | published | source |",
        "|---|---|---|---|---|---|",
    ]
    for row, people, share, half in diseases:
        last = "and over" if row["to_age"] == "120" else f"to {row['to_age']}"
        sex = {"": "", "M": ", men", "F": ", women"}[row["sex"]]
        sex += f", at the ages of {row['ages']}" if row["ages"] else ""
        lines.append(
            f"| {TERMS[row['what']].en} | {COUNTY[row['locale']]}, {row['from_age']} {last}{sex} "
            f"| {people:,} | {100 * share:.1f} ± {100 * half:.1f} "
            f"| {100 * float(row['share']):.1f} | {row['source']} |"
        )
    return "\n".join(lines)


def _figure(columns: int):  # type: ignore[no-untyped-def]
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "carecommons"
    from matplotlib import pyplot

    return pyplot.subplots(1, columns, figsize=(5 * columns, 4), layout="constrained")


def _plot_pyramid(pyramid: list[tuple[str, str, int, float, float]], path: Path) -> None:
    figure, axes = _figure(2)
    for axis, locale in zip(axes, LOCALES, strict=True):
        for sex, sign, colour in (("M", -1, "#4c78a8"), ("F", 1, "#e07b39")):
            rows = [row for row in pyramid if row[0] == locale and row[1] == sex]
            ages = [row[2] + 5 for row in rows]
            label = {"M": "men", "F": "women"}[sex]
            axis.barh(ages, [sign * 100 * r[3] for r in rows], 8, color=colour, label=label)
            axis.plot([sign * 100 * r[4] for r in rows], ages, "k.--", linewidth=1)
        axis.set_title(COUNTY[locale])
        axis.set_xlabel("share of the sex, % (dashed: published)")
        axis.set_ylabel("age")
        axis.legend(loc="upper right", frameon=False)
    figure.savefig(path, metadata={"Date": None})


def _plot_hypertension(
    diseases: list[tuple[dict[str, str], int, float, float]], path: Path
) -> None:
    figure, axes = _figure(2)
    for axis, locale in zip(axes, LOCALES, strict=True):
        asked = (locale, "ESSENTIAL_HYPERTENSION")
        rows = [d for d in diseases if (d[0]["locale"], d[0]["what"]) == asked]
        labels = [
            f"{r['from_age']}+" if r["to_age"] == "120" else f"{r['from_age']}–{r['to_age']}"
            for r, *_ in rows
        ]
        places = range(len(rows))
        axis.bar(places, [100 * d[2] for d in rows], 0.6, yerr=[100 * d[3] for d in rows],
                 color="#4c78a8", label="here")  # fmt: skip
        axis.plot(places, [100 * float(d[0]["share"]) for d in rows], "ko--", label="published")
        axis.set_xticks(list(places), labels)
        axis.set_title(f"Hypertension, {COUNTY[locale]}")
        axis.set_ylabel("% of the age")
        axis.legend(loc="upper left", frameon=False)
    figure.savefig(path, metadata={"Date": None})


def _csv(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        yield from csv.DictReader(file)
