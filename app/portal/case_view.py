"""What the templates of a case need: pictures as safe markup, each with its table, and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from casebank import (
    Case,
    FlowSheet,
    Table,
    Timeline,
    day_text,
    draw_ecomap,
    draw_flow_sheet,
    draw_genogram,
    draw_timeline,
    ecomap_table,
    flow_table,
    genogram_table,
    group_findings,
    timeline_table,
)
from casebank.by_problem import problem_file
from casebank.course import final_summary, list_history
from casebank.family.wording import APGAR, answer_text, apgar_text, stage_text
from casebank.model import Language
from casebank.plans import plans_by_problem
from casebank.stretches import stretch_of


@dataclass(frozen=True)
class Picture:
    """A drawing under its title with the table that says the same."""

    title: str
    key: str
    drawing: Markup
    table: Table


def case_view(case: Case, language: Language, number: int = 1) -> dict[str, Any]:
    """What stands on the page of a case that may be shown as a whole: all of a short record, and of
    a long one what belongs to its stretch ``number``."""
    shown = stretch_of(case, number)
    return {
        **_words(case, language),
        "contacts": shown.contacts,
        "stretch": shown,
        "family": family_view(case, language),
        "plans": plans_by_problem(case),
        "list_history": list_history(case),
        "summary": final_summary(case, language),
        "timeline": _timeline(shown.timeline, language),
        "sheets": _flow_sheets(shown.flow_sheets, language),
    }


def problem_view(case: Case, number: int, language: Language) -> dict[str, Any]:
    """Everything that stands on the page of one problem.

    Raises:
        KeyError: if the case has no such problem.
    """
    file = problem_file(case, number)
    return {
        **_words(case, language),
        "file": file,
        "problem": file.problem,
        "timeline": _timeline(file.timeline, language) if file.timeline.lanes else None,
        "sheets": _flow_sheets(file.flow_sheets, language),
    }


def family_view(case: Case, language: Language) -> dict[str, Any]:
    """The family section: pictures with tables, life cycle, household and family APGAR."""
    tree = case.background.family_tree
    column = 1 if language == "zh" else 0
    genogram = draw_genogram(case, language)
    # casebank escapes every text it draws.
    pictures = [
        Picture("Genogram", "genogram", Markup(genogram), genogram_table(case, language))  # noqa: S704  # nosec B704 # drawn here, texts escaped
    ]
    surroundings = ecomap_table(case, language)
    if surroundings.rows:
        drawing = Markup(draw_ecomap(case, language))  # noqa: S704  # nosec B704 # drawn here, texts escaped
        pictures.append(Picture("Ecomap", "ecomap", drawing, surroundings))
    total = tree.apgar_total
    return {
        "pictures": pictures if tree.members or surroundings.rows else [],
        "life_cycle": stage_text(tree, language),
        "household": tree.household,
        "apgar": [
            (APGAR[item.name][column], item.score, answer_text(item.score, language))
            for item in tree.apgar
        ],
        "apgar_total": total,
        "apgar_means": apgar_text(total, language) if total is not None else "",
    }


def _timeline(timeline: Timeline, language: Language) -> Picture:
    drawing = Markup(draw_timeline(timeline, language))  # noqa: S704  # nosec B704 # drawn here, texts escaped
    return Picture("Timeline", "timeline", drawing, timeline_table(timeline, language))


def _flow_sheets(sheets: tuple[FlowSheet, ...], language: Language) -> list[Picture]:
    return [
        Picture(
            sheet.title,
            f"flow-{index}",
            Markup(draw_flow_sheet(sheet, language, f"flow-{index}")),  # noqa: S704  # nosec B704 # drawn here, texts escaped
            flow_table(sheet, language),
        )
        for index, sheet in enumerate(sheets)
    ]


def _words(case: Case, language: Language) -> dict[str, Any]:
    return {
        "case": case,
        "grouped": lambda items: group_findings(items, language),
        "when": lambda day: day_text(day, language),
    }
