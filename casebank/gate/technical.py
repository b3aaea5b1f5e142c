"""G: the case can be read by everybody, and comes back equal when it leaves.

What a program can tell without a browser; axe looks at the pages themselves in the tests of the
portal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree  # nosec B405 # pictures drawn here

from casebank.errors import CasebankError
from casebank.gate.model import Finding, Submission
from casebank.lesson.model import Lesson, Option, Wording
from casebank.model import Case
from casebank.svg import draw_flow_sheet, draw_timeline
from casebank.timeline import Table, flow_table, timeline_table

_SVG = "{http://www.w3.org/2000/svg}"


def pictures(submission: Submission) -> Iterator[Finding]:
    """G1: every picture has a name, words that stand for it, and a table of equal content."""
    case = submission.case
    drawn = [
        (
            "timeline",
            draw_timeline(case.timeline, case.language),
            timeline_table(case.timeline, case.language),
        )
    ]
    drawn += [
        (
            f"flow sheet {sheet.key}",
            draw_flow_sheet(sheet, case.language),
            flow_table(sheet, case.language),
        )
        for sheet in case.flow_sheets
    ]
    nameless = {
        f"flow sheet {sheet.key}"
        for sheet in case.flow_sheets
        if not sheet.title.strip() or any(not one.name.strip() for one in sheet.series)
    }
    for where, svg, table in drawn:
        if where in nameless:
            yield Finding(
                "G1-label",
                "stop",
                where,
                "the flow sheet or one of its series has no name",
                "name it",
            )
        elif not _named(svg):
            yield Finding(
                "G1-picture", "stop", where, "the picture has no title or words", "name it"
            )
        elif not _readable(table):
            yield Finding(
                "G1-table", "stop", where, "the table beside it lacks a heading", "name it"
            )


def labels(submission: Submission, lesson: Lesson) -> Iterator[Finding]:
    """G1: whoever only hears the page can tell options, orders and stages apart."""
    groups: list[tuple[str, Sequence[Wording]]] = [
        ("stages", [stage.title for stage in lesson.stages])
    ]
    for number, stage in enumerate(lesson.stages, 1):
        groups.append((f"stage {number}", [order.label for order in stage.orders]))
    for one in lesson.exercises:
        options: tuple[Option, ...] = ()
        if one.key_features is not None:
            options = one.key_features.options
        elif one.management is not None:
            options = one.management.options
        groups.append((f"exercise {one.name}", [option.text for option in options]))
        if one.reflection is not None:
            groups.append(
                (f"exercise {one.name}", [option.text for option in one.reflection.findings])
            )
    for where, wordings in groups:
        for language in ("en", "zh"):
            said = Counter(
                text for one in wordings if (text := getattr(one, language).strip().casefold())
            )
            if any(count > 1 for count in said.values()):
                yield Finding(
                    "G1-label",
                    "stop",
                    where,
                    "two things to choose have the same label",
                    "name them differently",
                )
                break


def round_trip(submission: Submission) -> Iterator[Finding]:
    """G2: export and import give case and lesson back."""
    case, lesson = submission.case, submission.lesson
    try:
        case_document, lesson_document = submission.written
        same = Case.from_json(case_document) == case
        if lesson is not None:
            same &= Lesson.from_json(lesson_document) == lesson
            lesson.check_fits(case)
    except (CasebankError, ValueError):
        same = False
    if not same:
        yield Finding(
            "G2-round-trip",
            "stop",
            "case",
            "export and import do not give it back",
            "look for characters that are none, and for data that the case does not have",
        )


def _named(svg: str) -> bool:
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 - drawn here, from escaped texts  # nosec B314 # pictures drawn here
    except ElementTree.ParseError:
        return False
    words = [root.findtext(f"{_SVG}{tag}") or root.findtext(tag) or "" for tag in ("title", "desc")]
    return root.get("role") == "img" and all(text.strip() for text in words)


def _readable(table: Table) -> bool:
    return bool(table.caption.strip()) and all(head.strip() for head in table.headers)
