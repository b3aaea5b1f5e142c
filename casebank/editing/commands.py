"""Edits by name with arguments as text, as a form sends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from casebank.editing import data, lessons, problems, stages
from casebank.editing.work import Edit, Work, attempt
from casebank.errors import EditRefused
from casebank.lesson import Wording

Arguments = Mapping[str, Sequence[str]]


def perform(work: Work, arguments: Arguments) -> Edit:
    """Carry out the edit that argument ``op`` names; an edit that changes nothing says nothing.

    Raises:
        EditRefused: for an unknown edit, or one that cannot be made; nothing is changed then.
    """
    operation = COMMANDS.get(_one(arguments, "op"))
    if operation is None:
        raise EditRefused("There is no such edit.")
    return attempt(lambda: operation(work, arguments))


def _one(arguments: Arguments, name: str) -> str:
    texts = arguments.get(name, ())
    return texts[-1].strip() if texts else ""


def _flat(arguments: Arguments) -> dict[str, str]:
    return {name: texts[-1] for name, texts in arguments.items() if texts}


def _number(arguments: Arguments, name: str, what: str) -> int:
    text = _one(arguments, name)
    if not text.lstrip("-").isdigit() or len(text) > 6:
        raise EditRefused(f"Choose {what}.")
    return int(text)


def _numbers(arguments: Arguments, name: str) -> list[int]:
    return [int(text) for text in arguments.get(name, ()) if text.isdigit() and len(text) <= 6]


def _wording(arguments: Arguments, name: str, what: str) -> Wording:
    en, zh = _one(arguments, f"{name}.en"), _one(arguments, f"{name}.zh")
    if not (en or zh):
        raise EditRefused(f"Write {what} in English or Chinese.")
    return Wording(en, zh)


def _merge(work: Work, arguments: Arguments) -> Edit:
    number = _number(arguments, "problem", "a problem")
    return problems.merge(work, number, _number(arguments, "into", "the problem it is part of"))


def _set_problem(work: Work, arguments: Arguments) -> Edit:
    return problems.set_problem(
        work,
        _number(arguments, "problem", "a problem"),
        _one(arguments, "title"),
        _one(arguments, "kind"),
        _one(arguments, "status"),
        _one(arguments, "listed"),
    )


def _add_problem(work: Work, arguments: Arguments) -> Edit:
    source = _number(arguments, "problem", "a problem") if _one(arguments, "problem") else None
    return problems.add_problem(
        work,
        _one(arguments, "title"),
        _one(arguments, "kind"),
        arguments.get("datum", ()),
        source,
    )


def _generalise(work: Work, arguments: Arguments) -> Edit:
    return data.generalise(
        work,
        _one(arguments, "datum"),
        _one(arguments, "text"),
        _reason(arguments),
        _one(arguments, "other"),
    )


def _reason(arguments: Arguments) -> str:
    return _one(arguments, "own_reason") or _one(arguments, "reason")


COMMANDS: Final[dict[str, Callable[[Work, Arguments], Edit]]] = {
    "head": lambda w, a: data.set_head(w, _one(a, "title"), _one(a, "level")),
    "problem-set": _set_problem,
    "problem-merge": _merge,
    "problem-alone": lambda w, a: problems.stand_alone(w, _number(a, "problem", "a problem")),
    "problem-add": _add_problem,
    "problem-drop": lambda w, a: problems.drop_problem(
        w, _number(a, "problem", "a problem"), _reason(a)
    ),
    "relink": lambda w, a: problems.relink(w, _one(a, "datum"), _numbers(a, "to")),
    "suppress": lambda w, a: data.suppress(w, a.get("datum", ()), _reason(a)),
    "generalise": _generalise,
    "move": lambda w, a: stages.move_data(w, a.get("datum", ()), _one(a, "to")),
    "stage-add": lambda w, a: stages.add_stage(
        w, _number(a, "after", "where the stage comes"), _wording(a, "title", "a title")
    ),
    "stage-move": lambda w, a: stages.move_stage(
        w, _number(a, "stage", "a stage"), _number(a, "by", "earlier or later")
    ),
    "stage-remove": lambda w, a: stages.remove_stage(w, _number(a, "stage", "a stage")),
    "stage-save": lambda w, a: lessons.save_stage_form(w, _number(a, "stage", "a stage"), _flat(a)),
    "heading-save": lambda w, a: lessons.save_heading(w, _flat(a)),
    "objectives-save": lambda w, a: lessons.save_objectives(w, _flat(a)),
    "expert-save": lambda w, a: lessons.save_expert(w, _flat(a)),
    "exercise-add": lambda w, a: lessons.save_exercise(
        w, _one(a, "name"), _one(a, "kind"), _flat(a), new=True
    ),
    "exercise-save": lambda w, a: lessons.save_exercise(
        w, _one(a, "name"), "", _flat(a), new=False
    ),
    "exercise-remove": lambda w, a: lessons.remove_exercise(w, _one(a, "name")),
    "exercise-move": lambda w, a: lessons.move_exercise(
        w, _one(a, "name"), _number(a, "by", "earlier or later")
    ),
}
"""Every edit that a page may ask for."""
