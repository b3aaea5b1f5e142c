"""What the templates of a case need: pictures as safe markup, each with its table, and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from app.languages import say
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
    """A drawing under its title with the table that says the same, all in one language."""

    title: str
    key: str
    drawing: Markup
    table: Table
    language: Language

    @property
    def as_picture(self) -> str:
        """What the drawing is called."""
        return say(f"{self.title} as a picture", self.language)

    @property
    def as_table(self) -> str:
        """What its table is called."""
        return say(f"{self.title} as a table", self.language)


def case_view(case: Case, language: Language, number: int = 1) -> dict[str, Any]:
    """What stands on the page of a case that may be shown as a whole: all of a short record, and of
    a long one what belongs to its stretch ``number``.

    ``language`` is that of the page; what is drawn or tabled of the record stays in the record's.
    """
    shown = stretch_of(case, number)
    return {
        **_words(case, language),
        "contacts": shown.contacts,
        "stretch": shown,
        "family": family_view(case, language),
        "plans": plans_by_problem(case),
        "list_history": list_history(case),
        "summary": final_summary(case, case.language),
        "timeline": _timeline(shown.timeline, case.language),
        "sheets": _flow_sheets(shown.flow_sheets, case.language),
    }


def problem_view(case: Case, number: int, language: Language) -> dict[str, Any]:
    """Everything that stands on the page of one problem; ``language`` as for :func:`case_view`.

    Raises:
        KeyError: if the case has no such problem.
    """
    file = problem_file(case, number)
    return {
        **_words(case, language),
        "file": file,
        "problem": file.problem,
        "timeline": _timeline(file.timeline, case.language) if file.timeline.lanes else None,
        "sheets": _flow_sheets(file.flow_sheets, case.language),
    }


def family_view(case: Case, language: Language) -> dict[str, Any]:
    """The family section: pictures with tables, life cycle, household and family APGAR."""
    tree = case.background.family_tree
    column = 1 if language == "zh" else 0
    genogram = draw_genogram(case, case.language)
    pictures = [
        _picture(
            "Genogram", "genogram", genogram, genogram_table(case, case.language), case.language
        )
    ]
    surroundings = ecomap_table(case, case.language)
    if surroundings.rows:
        drawing = draw_ecomap(case, case.language)
        pictures.append(_picture("Ecomap", "ecomap", drawing, surroundings, case.language))
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
    drawing, table = draw_timeline(timeline, language), timeline_table(timeline, language)
    return _picture("Timeline", "timeline", drawing, table, language)


def _flow_sheets(sheets: tuple[FlowSheet, ...], language: Language) -> list[Picture]:
    return [
        _picture(
            sheet.title,
            f"flow-{index}",
            draw_flow_sheet(sheet, language, f"flow-{index}"),
            flow_table(sheet, language),
            language,
        )
        for index, sheet in enumerate(sheets)
    ]


def _picture(title: str, key: str, drawing: str, table: Table, language: Language) -> Picture:
    # casebank escapes every text it draws.
    safe = Markup(drawing)  # noqa: S704  # nosec B704 # drawn here, texts escaped
    return Picture(say(title, language), key, safe, table, language)


def _words(case: Case, language: Language) -> dict[str, Any]:
    return {
        "case": case,
        "grouped": lambda items: group_findings(items, language),
        "when": lambda day: day_text(day, language),
    }
