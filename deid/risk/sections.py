"""The parts of ``risk.html`` that tell measured risks; each takes its part of ``risk.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from deid.risk import charts
from deid.risk.charts import Mark, Row, Spread
from deid.risk.html import count, figure, number, percent, section, table

LEVELS = (Mark(0.05, "0.05"), Mark(0.09, "0.09"), Mark(0.2, "0.2"))
_GROUPS = {"sex": "sex", "age": "age", "area": "area"}


def linkage(risk: Mapping[str, Any], quasi_identifiers: Sequence[str]) -> str:
    """Prosecutor, journalist and marketer."""
    rows = (
        ("greatest, known to be in the release (prosecutor)", risk["prosecutor_max"]),
        ("mean (prosecutor)", risk["prosecutor_average"]),
        ("greatest, known to be in the population (journalist)", risk["journalist_max"]),
        ("mean (journalist)", risk["journalist_average"]),
        ("share of all matched rightly (marketer)", risk["marketer"]),
    )
    short = (
        "prosecutor, greatest",
        "prosecutor, mean",
        "journalist, greatest",
        "journalist, mean",
        "marketer",
    )
    return section(
        "linkage",
        "Can somebody be found by year of birth, sex, origin and region?",
        f"<p>{risk['people']:,} people fall into {risk['classes']:,} classes that look alike in "
        f"{escape(', '.join(quasi_identifiers))}. The smallest class has "
        f"{risk['smallest_class']:,} people, so somebody who knows all of this about a person "
        f"picks the right record with a chance of at most {number(risk['prosecutor_max'])}, and "
        f"{number(risk['prosecutor_average'])} on average. The population of the journalist's risk "
        f"is {escape(risk['population'])} ({risk['population_people']:,} people).</p>",
        figure(
            "Chance of finding the right person, beside the levels 0.05, 0.09 and 0.2",
            charts.bars(
                "Chance of finding the right person",
                ("chance",),
                [Row(label, (value,)) for label, (_, value) in zip(short, rows, strict=True)],
                LEVELS,
                0.25,
            ),
        ),
        table(("measure", "value"), ((label, number(value)) for label, value in rows)),
        table(
            ("people with a risk above", "prosecutor", "journalist"),
            (
                (level, number(share), number(risk["journalist_share_above"][level]))
                for level, share in risk["share_above"].items()
            ),
        ),
        figure(
            "People by the size of their class (limits in use: 5, 11, 20)",
            charts.bars(
                "People by the size of their class",
                ("people",),
                [Row(size, (n,)) for size, n in risk["people_by_class_size"].items()],
            ),
        ),
        table(
            ("people alike", "people in such classes"),
            ((size, f"{n:,}") for size, n in risk["people_by_class_size"].items()),
        ),
    )


def known_events(risk: Mapping[str, Any] | None) -> str:
    """k^m: one, two or three events."""
    title = "Can somebody be found by events that others know of?"
    if risk is None:
        return section("events", title, "<p>The release holds no events.</p>")
    lines = risk["known"]
    return section(
        "events",
        title,
        f"<p>Somebody knows the demographics of a person and one, two or three events with the "
        f"time between them. <em>Roughly</em> means concepts {risk['levels']} step(s) up the "
        f"hierarchy and distances in periods of {risk['days']} days; <em>as recorded</em> means "
        f"exact concepts and days. A person stands out if fewer than {risk['k']} people of the "
        f"same class match. Of {risk['people_with_events']:,} people with events, the whole "
        f"history of {percent(risk['whole_history_unique'])} is unique: dates are shifted, but "
        "distances are kept for research. That is why these data are analysed inside the "
        "workspace and never handed out, and why this is stated and not gated unless the policy "
        "says so.</p>",
        figure(
            "Share of people who stand out by what is known",
            charts.bars(
                "Share of people who stand out by what is known",
                ("most telling events", "events at random"),
                [
                    Row(f"{r['events']} event(s), {r['knowledge']}", (r["worst"], r["random"]))
                    for r in lines
                ],
                top=1.0,
            ),
        ),
        table(
            (
                "known",
                "events",
                "people",
                "looked at",
                "worst case (95 % interval)",
                "at random",
                "unique, worst case",
                "unique, at random",
            ),
            (
                (
                    r["knowledge"],
                    str(r["events"]),
                    f"{r['people']:,}",
                    f"{r['sampled']:,}",
                    f"{number(r['worst'])} ({number(r['low'])} to {number(r['high'])})",
                    number(r["random"]),
                    number(r["unique_worst"]),
                    number(r["unique_random"]),
                )
                for r in lines
            ),
        ),
    )


def background(risk: Mapping[str, Any]) -> str:
    """Visit count, follow-up, family, and uniqueness in a population."""
    k, families = risk["k"], risk["families"]
    rows = risk["risks"]
    return section(
        "background",
        "Who stands out by what neighbours know?",
        "<p>Visit counts come in bands that double, follow-up in whole years, the family as the "
        f"sex and year of birth of all its members. A small class has fewer than {k} people.</p>",
        figure(
            "Share of people in small classes, and alone",
            charts.bars(
                "Share of people in small classes, and alone",
                (f"in classes under {k}", "alone"),
                [Row(r["known"], (r["few"], r["unique"])) for r in rows],
                top=1.0,
            ),
        ),
        table(
            ("known", "classes", "smallest class", f"in classes under {k}", "alone", "mean risk"),
            (
                (
                    r["known"],
                    f"{r['classes']:,}",
                    f"{r['smallest_class']:,}",
                    number(r["few"]),
                    number(r["unique"]),
                    number(r["average"]),
                )
                for r in rows
            ),
        ),
        _families(families, k),
        "<h3>Unique in a population, too?</h3>"
        "<p>Share of the release's people who are unique in a population of so many people, "
        "estimated from the sizes of the classes (Pitman's sampling formula after Hoshino 2001 for "
        "samples of up to a tenth of the population, Zayatz 1991 for greater ones). Where the "
        "policy names no population, several sizes are tried; with the release's own size the "
        "figure is counted, not estimated. Both methods tend to estimate too much.</p>",
        _populations(rows),
    )


def _families(families: Mapping[str, Any], k: int) -> str:
    if not families["families"]:
        return "<p>The release joins nobody to a family.</p>"
    return (
        f"<p>{families['people']:,} people are joined to {families['families']:,} families "
        f"(mean size {number(families['mean_size'])}, largest {families['largest']:,}): whoever "
        "finds one member finds all. "
        f"{percent(families['few'])} of all people are in a family whose make-up fewer than {k} "
        f"families have, {percent(families['unique'])} in one that no other has.</p>"
    )


def _populations(risks: Sequence[Mapping[str, Any]]) -> str:
    told = [risk for risk in risks if risk["unique"]]
    if not told:
        return "<p>Nobody is alone in the release, so nobody is estimated to be.</p>"
    return table(
        ("known", *(f"{p['population']:,}" for p in told[0]["in_population"])),
        (
            (
                risk["known"],
                *(f"{number(p['of_release'])} ({p['method']})" for p in risk["in_population"]),
            )
            for risk in told
        ),
    )


def disclosure(diversity: Mapping[str, Any] | None, rare: Sequence[Mapping[str, Any]]) -> str:
    """What is told without finding anybody, and what is rare."""
    parts = []
    if diversity is not None:
        parts.append(
            f"<p>Each of {diversity['diseases']:,} diseases (rolled up) is compared between a "
            f"class and {escape(diversity['reference'])}: the greatest difference of shares (t) "
            f"is {number(diversity['t'])}. In {diversity['one_value_classes']:,} classes everybody "
            f"has some disease, which tells it of {percent(diversity['told_people'])} of all "
            "people to whoever knows that they are in the release.</p>"
        )
    return section(
        "attributes",
        "What is told without finding anybody, and what is rare?",
        *parts,
        table(
            ("rule", "fewer people than", "values", "rare values", "share of people with one"),
            (
                (
                    r["rule"],
                    f"{r['below']:,}",
                    f"{r['values']:,}",
                    f"{r['rare']:,}"
                    + "".join(f"; {name}: {n:,}" for name, n in r["by_column"].items()),
                    number(r["share"]),
                )
                for r in rare
            ),
        ),
    )


def attacks(results: Sequence[Mapping[str, Any]]) -> str:
    """Attacks that were carried out on the release, as their results say it themselves."""
    title = "Which attacks were tried, and how far did they get?"
    if not results:
        return section("attacks", title, "<p>No attack was run on this release.</p>")
    return section(
        "attacks",
        title,
        "<p>Each attack was carried out on the files of this release. What counts is how far it "
        "gets beyond chance.</p>",
        figure(
            "Success of each attack beside chance",
            charts.intervals(
                "Success of each attack beside chance",
                [
                    Spread(r["name"], r["success"], r["low"], r["high"], r["baseline"])
                    for r in results
                ],
            ),
        ),
        table(
            ("attack", "what the attacker knows", "tries", "success (95 %)", "chance", "meaning"),
            (
                (
                    r["name"],
                    r["attacker"],
                    f"{r['n']:,}",
                    f"{number(r['success'])} ({number(r['low'])} to {number(r['high'])})",
                    number(r["baseline"]),
                    r["explanation"],
                )
                for r in results
            ),
        ),
    )


def missing(people: Mapping[str, Any], k: int) -> str:
    """What was generalised, who was left out, and who is blurred more than others."""
    blurred = [
        Row(
            f"{_GROUPS[g['by']]}: {g['group']}",
            (
                None if g["blurred"] is None else g["blurred"] / g["in_vault"],
                g["events_lost"] or 0.0,
            ),
        )
        for g in people["groups"]
    ]
    return section(
        "missing",
        "What was generalised or left out, and who is thereby missing?",
        f"<p>{people['suppressed']:,} of {people['in_vault']:,} people were left out because "
        "their class stayed too small.</p>",
        table(("step", "people"), ((step, count(n, k)) for step, n in people["generalised"])),
        "<p>Share of information lost in each column (0 as it was, 1 nothing left):</p>",
        table(
            ("column", "lost"),
            ((name, number(loss)) for name, loss in sorted(people["losses"].items())),
        ),
        "<p>Values that too few people share were taken out of rows that stay:</p>",
        table(
            ("column", "rows with a value in the vault", "taken out"),
            ((t["column"], f"{t['rows']:,}", f"{t['taken_out']:,}") for t in people["taken_out"]),
        ),
        "<p>Generalising is not neutral: small groups lose more. Groups by age at the end of the "
        "data; counts under "
        f"{k} are hidden, and one more where a hidden one would follow from the sum.</p>",
        figure(
            "Share of each group that was generalised beyond the rest, and of its events lost",
            charts.bars(
                "Share generalised, and events lost, by group",
                ("people generalised", "events lost"),
                blurred,
                top=1.0,
            ),
        ),
        table(
            (
                "by",
                "group",
                "people in the vault",
                "left out",
                "generalised beyond the rest",
                "share of events lost",
            ),
            (
                (
                    _GROUPS[g["by"]],
                    g["group"],
                    f"{g['in_vault']:,}",
                    count(g["left_out"], k),
                    count(g["blurred"], k),
                    number(g["events_lost"]),
                )
                for g in people["groups"]
            ),
        ),
    )


def leaks(found: Mapping[str, Any], canaries: Mapping[str, Any] | None, withheld: int) -> str:
    """Identifiers of the vault in the output, canaries and withheld notes."""
    planted = ""
    if canaries is not None:
        survived = sum(canaries["surviving"].values())
        planted = (
            f"<p>{canaries['planted']:,} invented identifiers were planted into copies of notes "
            f"before they were scrubbed; {survived:,} survived.</p>"
        )
    return section(
        "leaks",
        "Is an identifier of the vault in the release?",
        f"<p>{found['forms']:,} names, numbers, telephones, addresses and e-mail addresses of the "
        f"vault were looked for in {found['values_read']:,} values of text columns and "
        f"{found['notes_read']:,} notes, by a program that shares nothing with the one that "
        "replaced them.</p>",
        table(
            ("found", "times"),
            (
                ("identifiers (column: kind)", f"{sum(found['strong'].values()):,}"),
                *((place, f"{n:,}") for place, n in found["strong"].items()),
                (
                    "notes that kept a word that is a name of their own person",
                    f"{found['own_names']:,}",
                ),
                (
                    "words that are also a name of somebody else or of a place, invented names "
                    "included",
                    f"{found['ambiguous']:,}",
                ),
            ),
        ),
        planted,
        f"<p>{withheld:,} notes could not be scrubbed: their text was withheld.</p>",
    )
