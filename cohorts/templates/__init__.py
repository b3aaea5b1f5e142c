"""Ready cohort definitions to start from, as Circe JSON."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from cohorts.model import CohortDefinition, load

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class TemplateCard:
    """A shipped definition as one chooses it: its name, title, and what it is good for."""

    name: str
    title: str
    about: str


def list_templates() -> list[str]:
    """Names of the shipped definitions, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


def load_template(name: str) -> CohortDefinition:
    """One shipped definition.

    Raises:
        KeyError: if there is none of that name.
    """
    if name not in list_templates():
        raise KeyError(name)
    return load((_FOLDER / f"{name}.json").read_bytes())


def template_cards() -> list[TemplateCard]:
    """What there is to choose from, by title."""
    about = tomllib.loads((_FOLDER / "about.toml").read_text(encoding="utf-8"))
    cards = [
        TemplateCard(name, load_template(name).title, about[name]) for name in list_templates()
    ]
    return sorted(cards, key=lambda card: card.title)
