"""Ready cohort definitions to start from, as Circe JSON."""

from __future__ import annotations

from pathlib import Path

from cohorts.model import CohortDefinition, load

_FOLDER = Path(__file__).parent


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
