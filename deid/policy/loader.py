"""Reads policies from TOML, strictly: an unknown key stops with file, line and key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, NoReturn

from deid.errors import PolicyError
from deid.policy.model import (
    OPTIONS,
    POLICY_FORMAT,
    THRESHOLDS,
    ColumnRule,
    DateRule,
    GeneralisationStep,
    KnowledgeRule,
    Policy,
    PopulationRule,
    RareRule,
    RareScope,
    RiskRule,
    TextRule,
    Treatment,
)

_TOP = {
    "format",
    "name",
    "version",
    "title",
    "description",
    "extends",
    "purpose",
    "recipient",
    "adversary",
    "pool_ages_over",
    "dates",
    "risk",
    "text",
    "dropped",
    "tables",
}
_DATES = {"max_weeks", "min_weeks", "max_share", "time_of_day"}
_TEXT = {"ages", "age_band_years"}
_RISK_PARTS: dict[str, tuple[set[str], type]] = {
    "rare": ({"diseases_below", "areas_below"}, RareRule),
    "knowledge": ({"levels", "days"}, KnowledgeRule),
    "population": ({"name", "people"}, PopulationRule),
}
_RISK = {"k", "quasi_identifiers", "birth_year_band", "steps", "thresholds", *_RISK_PARTS}
_INTENT = ("purpose", "recipient", "adversary")
_HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(#.*)?$")


def shipped_policies() -> tuple[str, ...]:
    """Names of the policies that come with the software, sorted."""
    folder = resources.files("deid.policy.policies")
    return tuple(
        sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if _is_toml(item.name))
    )


def load_policy(name: str) -> Policy:
    """A shipped policy by its name, or a file if ``name`` ends in ``.toml``.

    Raises:
        PolicyError: naming file, line and key of the first mistake.
    """
    if _is_toml(name):
        return load_policy_file(Path(name))
    if name not in shipped_policies():
        raise PolicyError(f"no policy named {name}; shipped are {', '.join(shipped_policies())}")
    file = resources.files("deid.policy.policies") / f"{name}.toml"
    return parse_policy(file.read_text(encoding="utf-8"), f"{name}.toml")


def load_policy_file(path: Path) -> Policy:
    """A policy in a file of one's own.

    Raises:
        PolicyError: as :func:`load_policy`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PolicyError(f"{path}: not UTF-8") from None
    return parse_policy(text, str(path))


def parse_policy(text: str, source: str) -> Policy:
    """Parse TOML; ``source`` names it in errors.

    Raises:
        PolicyError: as :func:`load_policy`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{source}: {error}") from None
    return _Reader(text, source).policy(document)


class _Reader:
    """Turns one parsed document into a policy, and knows on which line each key stands."""

    def __init__(self, text: str, source: str) -> None:
        self._lines = text.splitlines()
        self._source = source

    def policy(self, document: dict[str, Any]) -> Policy:
        self._known("", document, _TOP)
        if document.get("format") != POLICY_FORMAT:
            self._fail("", "format", f'must be "{POLICY_FORMAT}"')
        parent = self._parent(document)
        tables = dict(parent.tables) if parent else {}
        dropped = dict(parent.dropped) if parent else {}
        for table, columns in self._table("", document, "tables").items():
            rules = self._columns(table, columns)
            tables[table] = {**tables.get(table, {}), **rules}
            dropped.pop(table, None)
        for table, reason in self._table("", document, "dropped").items():
            if not isinstance(reason, str) or not reason.strip():
                self._fail("dropped", table, "needs the reason as text")
            if table in document.get("tables", {}):
                self._fail("dropped", table, "is treated under [tables] as well")
            dropped[table] = reason
            tables.pop(table, None)
        pool = document.get("pool_ages_over", parent.pool_ages_over if parent else 89)
        if not isinstance(pool, int) or not 1 <= pool <= 89:
            self._fail("", "pool_ages_over", "must be a number from 1 to 89")
        return self._whole(
            name=self._text(document, "name"),
            version=self._text(document, "version"),
            title=self._text(document, "title"),
            description=self._text(document, "description"),
            pool_ages_over=pool,
            dates=self._dates(document, parent),
            risk=self._risk(document, parent),
            text=self._text_rule(document, parent),
            **{
                name: self._text(document, name)
                if name in document
                else (getattr(parent, name) if parent else "")
                for name in _INTENT
            },
            dropped=dropped,
            tables=tables,
            source=self._source,
        )

    def _whole(self, **parts: Any) -> Policy:
        try:
            return Policy(**parts)
        except PolicyError as error:
            self._fail("", "risk", str(error))

    def _parent(self, document: dict[str, Any]) -> Policy | None:
        name = document.get("extends")
        if name is None:
            return None
        if name == document.get("name") or name not in shipped_policies():
            self._fail("", "extends", "must name another shipped policy")
        return load_policy(name)

    def _columns(self, table: str, columns: Any) -> dict[str, ColumnRule]:
        section = f"tables.{table}"
        if not isinstance(columns, dict) or not columns:
            self._fail("tables", table, "must be a table of columns")
        return {name: self._rule(section, name, value) for name, value in columns.items()}

    def _rule(self, section: str, column: str, value: Any) -> ColumnRule:
        options = {"treatment": value} if isinstance(value, str) else dict(value)
        try:
            treatment = Treatment(options.pop("treatment", ""))
        except ValueError:
            known = ", ".join(item.value for item in Treatment)
            self._fail(section, column, f"needs a treatment, one of {known}")
        for option in options:
            if option != "rule" and option not in OPTIONS[treatment]:
                self._fail(section, column, f"{treatment.value} has no option {option}")
        try:
            if "scope" in options:
                options["scope"] = RareScope(options["scope"])
            return ColumnRule(treatment=treatment, **options)
        except ValueError:
            known = ", ".join(item.value for item in RareScope)
            self._fail(section, column, f"scope must be one of {known}")
        except PolicyError as error:
            self._fail(section, column, str(error))

    def _dates(self, document: dict[str, Any], parent: Policy | None) -> DateRule:
        given = self._table("", document, "dates")
        self._known("dates", given, _DATES)
        base = {name: getattr(parent.dates, name) for name in _DATES} if parent else {}
        try:
            return DateRule(**{**base, **given})
        except (PolicyError, TypeError) as error:
            self._fail("", "dates", str(error))

    def _text_rule(self, document: dict[str, Any], parent: Policy | None) -> TextRule:
        given = self._table("", document, "text")
        self._known("text", given, _TEXT)
        base = {name: getattr(parent.text, name) for name in _TEXT} if parent else {}
        try:
            return TextRule(**{**base, **given})
        except (PolicyError, TypeError) as error:
            self._fail("", "text", str(error))

    def _risk(self, document: dict[str, Any], parent: Policy | None) -> RiskRule:
        given = self._table("", document, "risk")
        self._known("risk", given, _RISK)
        thresholds = dict(parent.risk.thresholds) if parent else {}
        for name, value in self._table("risk", given, "thresholds").items():
            if name not in THRESHOLDS:
                self._fail("risk.thresholds", name, "is no threshold")
            if isinstance(value, bool) or not isinstance(value, int | float):
                self._fail("risk.thresholds", name, "must be a number")
            thresholds[name] = float(value)
        try:
            steps = (
                tuple(GeneralisationStep(*str(step).split(":", 1)) for step in given["steps"])
                if "steps" in given
                else (parent.risk.steps if parent else ())
            )
            base = (
                {
                    "k": parent.risk.k,
                    "quasi_identifiers": parent.risk.quasi_identifiers,
                    "birth_year_band": parent.risk.birth_year_band,
                }
                if parent
                else {}
            )
            own = {n: v for n, v in given.items() if n not in {"steps", "thresholds", *_RISK_PARTS}}
            parts = {name: self._risk_part(given, name, parent) for name in _RISK_PARTS}
            if "quasi_identifiers" in own:
                own["quasi_identifiers"] = tuple(own["quasi_identifiers"])
            return RiskRule(steps=steps, thresholds=thresholds, **{**base, **own, **parts})
        except (PolicyError, TypeError) as error:
            self._fail("", "risk", str(error))

    def _risk_part(self, given: Mapping[str, Any], name: str, parent: Policy | None) -> Any:
        """One of ``[risk.rare]``, ``[risk.knowledge]`` and ``[risk.population]``."""
        known, kind = _RISK_PARTS[name]
        inherited = getattr(parent.risk, name) if parent else None
        values = self._table("risk", given, name)
        self._known(f"risk.{name}", values, known)
        base = {key: getattr(inherited, key) for key in known} if inherited else {}
        if not values and inherited is None:
            return None if name == "population" else kind()
        return kind(**{**base, **values})

    def _table(self, section: str, document: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = document.get(key, {})
        if not isinstance(value, dict):
            self._fail(section, key, "must be a table")
        return value

    def _text(self, document: Mapping[str, Any], key: str) -> str:
        value = document.get(key)
        if not isinstance(value, str) or not value.strip():
            self._fail("", key, "must be given as text")
        return value

    def _known(self, section: str, document: Mapping[str, Any], known: set[str]) -> None:
        for key in document:
            if key not in known:
                self._fail(section, key, f"is unknown; known are {', '.join(sorted(known))}")

    def _fail(self, section: str, key: str, reason: str) -> NoReturn:
        where = f"{self._source}:{self._line_of(section, key)}"
        path = f"{section}.{key}" if section else key
        raise PolicyError(f"{where}: {path} {reason}") from None

    def _line_of(self, section: str, key: str) -> int:
        """Line of a key, or of its section, or 1: ``tomllib`` keeps no positions."""
        path = f"{section}.{key}" if section else key
        current, found = "", 1
        for number, line in enumerate(self._lines, start=1):
            header = _HEADER.match(line)
            if header:
                current = header.group(1).replace(" ", "").replace('"', "")
                if current == path:
                    return number
                if current == section:
                    found = number
                continue
            name = line.split("=", 1)[0].strip().strip('"')
            if "=" in line and current == section and name == key:
                return number
        return found


def _is_toml(name: str) -> bool:
    return name.endswith(".toml")
