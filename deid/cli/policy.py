"""``carecommons policy``: list, explain and check de-identification policies."""

from __future__ import annotations

from pathlib import Path

import click

from deid.build.dictionary import treatment_text
from deid.policy import Policy, check_coverage, load_policy, load_policy_file, shipped_policies


@click.group()
def policy() -> None:
    """List and explain de-identification policies."""


@policy.command("list")
def list_() -> None:
    """List the shipped policies."""
    for name in shipped_policies():
        item = load_policy(name)
        click.echo(f"{name} (version {item.version}): {item.description}")


@policy.command()
@click.argument("name")
@click.option("--table", help="Show this table only.")
def explain(name: str, table: str | None) -> None:
    """Say what policy NAME does to every table and column, and by which rule."""
    item = load_policy(name)
    if table is not None and table not in item.tables and table not in item.dropped:
        raise click.UsageError(f"policy {name} knows no table {table}")
    if table is None:
        _explain_whole(item)
    for dropped, reason in sorted(item.dropped.items()):
        if table in {None, dropped}:
            click.echo(f"{dropped}: dropped as a whole: {reason}")
    for shown, columns in sorted(item.tables.items()):
        if table not in {None, shown}:
            continue
        click.echo(shown)
        for column, rule in columns.items():
            line = f"  {column}: {treatment_text(rule)}"
            click.echo(f"{line} - {rule.rule}" if rule.rule else line)


@policy.command()
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Check a policy FILE: its form, and that it covers every table and column of the vault."""
    from deid.vault.schema import metadata

    item = load_policy_file(file)
    vault = {name: [c.name for c in table.columns] for name, table in metadata.tables.items()}
    check_coverage(item, vault)
    columns = sum(len(rules) for rules in item.tables.values())
    click.echo(
        f"{file}: policy {item.name} {item.version} covers all {len(vault)} tables "
        f"({columns} columns treated, {len(item.dropped)} tables dropped); "
        f"fingerprint {item.fingerprint}"
    )


def _explain_whole(item: Policy) -> None:
    dates, risk = item.dates, item.risk
    click.echo(f"{item.name}, version {item.version}: {item.title}")
    click.echo(item.description)
    for what in ("purpose", "recipient", "adversary"):
        click.echo(f"{what}: {getattr(item, what) or 'not stated'}")
    click.echo(
        f"dates: one secret offset a household, at most {dates.max_weeks} weeks either way "
        f"(at most {dates.max_share:.0%} of the length of the data, at least {dates.min_weeks} "
        f"weeks); time of day: {dates.time_of_day}"
    )
    click.echo(f"ages over {item.pool_ages_over} are pooled")
    click.echo(f"people: classes of at least {risk.k} in {', '.join(risk.quasi_identifiers)}")
    click.echo(
        "steps for smaller classes: " + ", ".join(f"{s.column}:{s.level}" for s in risk.steps)
    )
    click.echo(
        f"rare: diseases of fewer than {risk.rare.diseases_below} people, areas of fewer than "
        f"{risk.rare.areas_below}; events are roughly known {risk.knowledge.levels} level(s) up, "
        f"in periods of {risk.knowledge.days} days"
    )
    if risk.population is not None:
        click.echo(f"population: {risk.population.name}, {risk.population.people:,} people")
    for name, limit in sorted(risk.thresholds.items()):
        click.echo(f"threshold {name}: {limit:g}")
