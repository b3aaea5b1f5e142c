"""Compares a policy with the tables and columns a vault really has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deid.errors import PolicyError, UncoveredColumn
from deid.policy.model import Policy


def check_coverage(policy: Policy, vault: Mapping[str, Sequence[str]]) -> None:
    """Check that every table and column of the vault is named, and none that it has not.

    Args:
        policy: the policy.
        vault: columns by table, as the vault has them now.

    Raises:
        UncoveredColumn: the vault has a table or column without a treatment.
        PolicyError: the policy names a table or column that the vault has not.
    """
    for table in sorted(vault):
        if table in policy.dropped:
            continue
        if table not in policy.tables:
            raise UncoveredColumn(
                f"policy {policy.name} ({policy.source}) does not name table {table} of the "
                f'vault; nothing leaves without a treatment: write {table} = "why" under '
                f"[dropped], or a treatment for each column under [tables.{table}]"
            )
        for column in vault[table]:
            if column not in policy.tables[table]:
                raise UncoveredColumn(
                    f"policy {policy.name} ({policy.source}) has no treatment for column "
                    f'{table}.{column}; write {column} = "drop" under [tables.{table}], or '
                    "another treatment"
                )
    for table, columns in sorted(policy.tables.items()):
        if table not in vault:
            raise PolicyError(f"policy {policy.name} names table {table}, which the vault has not")
        for column in columns:
            if column not in vault[table]:
                raise PolicyError(
                    f"{policy.origin(f'tables.{table}.{column}')}: policy {policy.name} names "
                    f"column {table}.{column}, which the vault has not"
                )
    for table in sorted(policy.dropped):
        if table not in vault:
            raise PolicyError(
                f"{policy.origin(f'dropped.{table}')}: policy {policy.name} drops table {table}, "
                "which the vault has not"
            )
