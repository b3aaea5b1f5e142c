"""``carecommons policy``: list, explain, compare and check de-identification policies."""

from __future__ import annotations

import json
from pathlib import Path

import click

from deid.policy import check_coverage, load_policy, load_policy_file, shipped_policies


@click.group()
def policy() -> None:
    """List, explain, compare and check de-identification policies."""


@policy.command("list")
def list_() -> None:
    """List the shipped policies."""
    for name in shipped_policies():
        item = load_policy(name)
        click.echo(f"{name} (version {item.version}): {item.description}")


@policy.command()
@click.argument("name")
@click.option("--table", help="Show this table only.")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="How to write it.",
)
def explain(name: str, table: str | None, shape: str) -> None:
    """Say what policy NAME does to every table and column, by which rule, and where that is said.

    NAME is a shipped policy or a file ending in .toml.
    """
    from deid.policy import explaining

    item = load_policy(name)
    if table is not None and table not in item.tables and table not in item.dropped:
        raise click.UsageError(f"policy {name} knows no table {table}")
    explanation = explaining.explain(item, table)
    if shape == "json":
        click.echo(explaining.as_json(explanation))
        return
    lines = explaining.as_markdown if shape == "markdown" else explaining.as_text
    for line in lines(explanation):
        click.echo(line)


@policy.command()
@click.argument("first")
@click.argument("second")
def diff(first: str, second: str) -> None:
    """Say what policy SECOND does otherwise than FIRST: columns, thresholds, steps, settings.

    Wording, comments and layout do not count.
    """
    from deid.policy.difference import as_text

    for line in as_text(load_policy(first), load_policy(second)):
        click.echo(line)


@policy.command()
def schema() -> None:
    """Write the JSON Schema of policy files, for editors that know TOML."""
    from deid.policy.form import json_schema

    click.echo(json.dumps(json_schema(), indent=1, ensure_ascii=False))


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
