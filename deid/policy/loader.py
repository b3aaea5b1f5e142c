"""Reads policies from TOML, strictly: a mistake stops with file, line and key.

A policy may extend another one, and speak of a whole kind of column at once. What a column gets is
decided by, in this order: the column's own line in the nearest file, else in the file it extends,
and so on; then the line of its kind, in the same order of files.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from deid.errors import PolicyError
from deid.policy import positions
from deid.policy.columns import Column, classification
from deid.policy.consistency import contradictions
from deid.policy.draft import Draft, RiskDraft
from deid.policy.form import SECTIONS, mistakes_of_form, section_of
from deid.policy.model import (
    ColumnRule,
    DateRule,
    GeneralisationStep,
    KnowledgeRule,
    Origin,
    PlaceRule,
    Policy,
    PopulationRule,
    RareRule,
    RareScope,
    RiskRule,
    TextRule,
    Treatment,
)

_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")


def shipped_policies() -> tuple[str, ...]:
    """Names of the policies that come with the software, sorted."""
    folder = resources.files("deid.policy.policies")
    return tuple(
        sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if _is_toml(item.name))
    )


def load_policy(name: str) -> Policy:
    """A shipped policy by its name, or a file if ``name`` ends in ``.toml``.

    Raises:
        PolicyError: naming file, line and key of each mistake.
    """
    if _is_toml(name):
        return load_policy_file(Path(name))
    return parse_policy(_shipped_text(name), f"{name}.toml")


def load_policy_file(path: Path) -> Policy:
    """A policy in a file of one's own.

    Raises:
        PolicyError: as :func:`load_policy`.
    """
    return parse_policy(_file_text(path), str(path))


def parse_policy(text: str, source: str) -> Policy:
    """Parse TOML; ``source`` names it in errors, and files that it extends lie beside it.

    Raises:
        PolicyError: as :func:`load_policy`.
    """
    layers = _layers(text, source)
    origins: dict[str, Origin] = {}
    values = {section: dict(_plain(layers, section, origins)) for section in SECTIONS}
    draft = _draft(layers, values, origins)
    _refuse(_told_once(draft))
    return _policy(layers[-1], values, draft)


def _told_once(draft: Draft) -> Iterator[str]:
    """Each contradiction; what a line on a kind makes wrong in many columns is told once."""
    paths: dict[tuple[Origin, str], list[str]] = {}
    for path, reason in contradictions(draft):
        paths.setdefault((draft.origin(path), reason), []).append(path)
    for (origin, reason), (first, *others) in paths.items():
        more = f" (and {len(others)} more)" if others else ""
        yield f"{origin}: {first}{more} {reason}"


@dataclass(frozen=True)
class _Layer:
    """One file, well formed."""

    source: str
    document: Mapping[str, Any]
    lines: Mapping[positions.Path, int] = field(repr=False)

    def origin(self, *path: str, kind: str | None = None) -> Origin:
        """Where a key of the file stands."""
        return Origin(self.source, positions.line_of(self.lines, path), kind)


def _layers(text: str, source: str) -> list[_Layer]:
    """The file and all that it extends, the root first."""
    layers = [_read(text, source)]
    while (parent := layers[0].document.get("extends")) is not None:
        here = layers[0]
        try:
            above = _parent(parent, here.source)
        except PolicyError as error:
            raise PolicyError(f"{here.origin('extends')}: extends {error}") from None
        if above[1] in {layer.source for layer in layers}:
            raise PolicyError(f"{here.origin('extends')}: extends goes round in a circle")
        layers.insert(0, _read(*above))
    return layers


def _parent(name: str, source: str) -> tuple[str, str]:
    if _is_toml(name):
        path = Path(source).parent / name
        return _file_text(path), str(path)
    return _shipped_text(name), f"{name}.toml"


def _read(text: str, source: str) -> _Layer:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(_syntax(text, source, str(error))) from None
    layer = _Layer(source, document, positions.line_positions(text))
    found = list(mistakes_of_form(document))
    _refuse(f"{layer.origin(*path)}: {'.'.join(path)} {reason}" for path, reason in found)
    return layer


def _syntax(text: str, source: str, message: str) -> str:
    """The parser's message, with the key of the line that it names."""
    at = _AT_LINE.search(message)
    if at is None:
        return f"{source}: {message}"
    line = text.splitlines()[int(at[1]) - 1 :][:1]
    key = line[0].split("=")[0].strip() if line else ""
    what = _AT_LINE.sub("", message)
    if what.startswith("Cannot overwrite") or what.startswith("Cannot declare"):
        what = "is given twice; keep one of the two"
    return f"{source}:{at[1]}: {key}{' ' if key else ''}{what}"


def _refuse(lines: Iterable[str]) -> None:
    found = list(lines)
    if found:
        raise PolicyError("\n".join(found))


Values = Mapping[str, Mapping[str, Any]]
"""Plain values by section, those of the nearest file that says them."""


def _draft(layers: list[_Layer], values: Values, origins: dict[str, Origin]) -> Draft:
    """The merged files; every value fits on its own."""
    leaf = layers[-1]
    risk = values["risk"]
    for name in ("k", "quasi_identifiers"):
        if name not in risk:
            raise PolicyError(
                f"{leaf.origin('risk')}: risk.{name} is missing; write it under [risk], or "
                "extend a policy that has it"
            )
    tables, dropped = _columns(layers, origins)
    thresholds: dict[str, float] = {}
    for layer in layers:
        for name, value in layer.document.get("risk", {}).get("thresholds", {}).items():
            thresholds[name] = float(value)
            origins[f"risk.thresholds.{name}"] = layer.origin("risk", "thresholds", name)
    try:
        return Draft(
            tables=tables,
            dropped=dropped,
            claims=values[""].get("claims", ()),
            dates=DateRule(**values["dates"]),
            text=TextRule(**values["text"]),
            risk=RiskDraft(
                k=risk["k"],
                quasi_identifiers=risk["quasi_identifiers"],
                birth_year_band=risk.get("birth_year_band", 1),
                steps=tuple(
                    GeneralisationStep(*step.split(":", 1)) for step in risk.get("steps", ())
                ),
                thresholds=thresholds,
                parts={
                    section.removeprefix("risk."): values[section]
                    for section in values
                    if section.startswith("risk.")
                },
            ),
            source=leaf.source,
            origins=MappingProxyType(origins),
        )
    except PolicyError as error:
        section, _, reason = str(error).partition(": ")
        said = [origin for path, origin in origins.items() if path.startswith(f"{section}.")]
        raise PolicyError(f"{said[-1] if said else leaf.source}: {section}: {reason}") from None


def _policy(leaf: _Layer, values: Values, draft: Draft) -> Policy:
    """The policy that a consistent draft is."""
    top, parts = values[""], draft.risk.parts
    population = parts["population"]
    return Policy(
        name=leaf.document["name"],
        version=leaf.document["version"],
        title=leaf.document["title"],
        description=leaf.document["description"],
        pool_ages_over=top.get("pool_ages_over", 89),
        dates=draft.dates,
        risk=RiskRule(
            k=draft.risk.k,
            quasi_identifiers=draft.risk.quasi_identifiers,
            birth_year_band=draft.risk.birth_year_band,
            steps=draft.risk.steps,
            thresholds=draft.risk.thresholds,
            rare=RareRule(**parts["rare"]),
            knowledge=KnowledgeRule(**parts["knowledge"]),
            population=PopulationRule(**population) if population else None,
        ),
        text=draft.text,
        purpose=top.get("purpose", ""),
        recipient=top.get("recipient", ""),
        adversary=top.get("adversary", ""),
        places=PlaceRule(**values["places"]),
        claims=draft.claims,
        dropped=draft.dropped,
        tables=draft.tables,
        source=draft.source,
        origins=draft.origins,
    )


def _plain(
    layers: list[_Layer], section: str, origins: dict[str, Origin]
) -> Iterator[tuple[str, Any]]:
    """Plain values of a section; those of a nearer file come later. Lists become tuples."""
    for layer in layers:
        for key, value in section_of(layer.document, section).items():
            if isinstance(value, dict):
                continue
            path = (*section.split("."), key) if section else (key,)
            origins[".".join(path)] = layer.origin(*path)
            for number in range(len(value) if isinstance(value, list) else 0):
                origins[".".join((*path, str(number)))] = layer.origin(*path, str(number))
            yield key, tuple(value) if isinstance(value, list) else value


def _columns(
    layers: list[_Layer], origins: dict[str, Origin]
) -> tuple[dict[str, dict[str, ColumnRule]], dict[str, str]]:
    """The rule of each column, and the reasons of dropped tables."""
    own: dict[str, dict[str, tuple[Any, Origin]]] = {}
    kinds: dict[str, tuple[Any, Origin]] = {}
    dropped: dict[str, str] = {}
    for layer in layers:
        for kind, rule in layer.document.get("kinds", {}).items():
            kinds[kind] = rule, layer.origin("kinds", kind, kind=kind)
        for table, columns in layer.document.get("tables", {}).items():
            dropped.pop(table, None)
            for column, rule in columns.items():
                origin = layer.origin("tables", table, column)
                own.setdefault(table, {})[column] = rule, origin
        for table, reason in layer.document.get("dropped", {}).items():
            dropped[table] = reason
            own.pop(table, None)
            origins[f"dropped.{table}"] = layer.origin("dropped", table)
    known = classification().columns
    tables: dict[str, dict[str, ColumnRule]] = {}
    for table in [*known, *(name for name in own if name not in known)]:
        if table in dropped:
            continue
        said = {
            **{
                column: kinds[entry.kind]
                for column, entry in known.get(table, {}).items()
                if entry.kind in kinds
            },
            **own.get(table, {}),
        }
        if said:
            tables[table] = {
                column: _rule(rule, known.get(table, {}).get(column), origin)
                for column, (rule, origin) in said.items()
            }
            for column, (_, origin) in said.items():
                origins[f"tables.{table}.{column}"] = origin
    return tables, dropped


def _rule(rule: Any, column: Column | None, origin: Origin) -> ColumnRule:
    options = {"treatment": rule} if isinstance(rule, str) else dict(rule)
    treatment = Treatment(options.pop("treatment"))
    if treatment is Treatment.PSEUDONYM and not {"domain", "domain_from"} & set(options):
        if column is None or not (column.domain or column.domain_from):
            raise PolicyError(
                f'{origin}: a pseudonym needs the table that the ids are of; write domain = "..."'
            )
        options |= {"domain": column.domain, "domain_from": column.domain_from}
    if "scope" in options:
        options["scope"] = RareScope(options["scope"])
    return ColumnRule(treatment=treatment, **options)


def _shipped_text(name: str) -> str:
    if name not in shipped_policies():
        raise PolicyError(f"no policy named {name}; shipped are {', '.join(shipped_policies())}")
    return (resources.files("deid.policy.policies") / f"{name}.toml").read_text(encoding="utf-8")


def _file_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PolicyError(f"{path}: not UTF-8") from None


def _is_toml(name: str) -> bool:
    return name.endswith(".toml")
