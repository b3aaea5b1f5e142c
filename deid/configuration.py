"""Declared settings read once from the environment and frozen afterwards.

A process declares its settings as a table of :class:`Setting`; the same table prints the
documentation. A name with the process's prefix that is not in the table stops start-up, so that a
misspelt setting is never silently ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deid.errors import ConfigurationError

HOME_VARIABLE = "CARECOMMONS_HOME"
DEFAULT_HOME = Path("var")


@dataclass(frozen=True)
class Setting:
    """One setting: ``default`` is a value, or a function of the home folder."""

    name: str
    parse: Callable[[str], Any]
    default: Any
    meaning: str


def home_folder(environ: Mapping[str, str]) -> Path:
    """Folder under which every default path lies."""
    return Path(environ.get(HOME_VARIABLE) or DEFAULT_HOME).absolute()


def read_settings(
    prefix: str, declared: Sequence[Setting], environ: Mapping[str, str]
) -> dict[str, Any]:
    """Values of all declared settings.

    Raises:
        ConfigurationError: for an unknown name with this prefix or a value that cannot be parsed.
    """
    home = home_folder(environ)
    known = {prefix + setting.name.upper(): setting for setting in declared}
    unknown = sorted(n for n in environ if n.startswith(prefix) and n not in known)
    if unknown:
        raise ConfigurationError(
            f"unknown setting {', '.join(unknown)}; known are {', '.join(sorted(known))}"
        )
    values: dict[str, Any] = {}
    for variable, setting in known.items():
        text = environ.get(variable)
        if text is None:
            default = setting.default
            values[setting.name] = default(home) if callable(default) else default
            continue
        try:
            values[setting.name] = setting.parse(text)
        except ValueError as error:
            reason = "not a whole number" if setting.parse is int else error
            raise ConfigurationError(f"{variable}: {setting.meaning}: {reason}") from None
    return values


def render_settings(prefix: str, declared: Sequence[Setting]) -> str:
    """The declared table as Markdown, for the documentation page."""
    home = Path("HOME")
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for setting in declared:
        default = setting.default(home) if callable(setting.default) else setting.default
        if isinstance(default, tuple):
            default = " ".join(default) or "none"
        lines.append(f"| `{prefix}{setting.name.upper()}` | `{default}` | {setting.meaning} |")
    return "\n".join(lines) + "\n"
