"""Casebank: a released person becomes a problem-oriented teaching case.

>>> from casebank import draft_case
>>> from deid.release import open_release
>>> case = draft_case(release, person_id, case_id="dizzy-farmer")       # doctest: +SKIP
>>> case.for_student().to_json()                                        # doctest: +SKIP
"""

from casebank.drafting import draft_case, draft_from_record
from casebank.errors import (
    CasebankError,
    CaseCheckFailed,
    CaseFormatError,
    EditRefused,
    RecordNotFound,
    RecordUnusable,
    TransitionRefused,
)
from casebank.finding import CRITERIA, Candidate, Criterion, find_candidates
from casebank.gate import Finding, find_findings
from casebank.grouping import FindingGroup, group_findings
from casebank.model import (
    Background,
    Case,
    Contact,
    FlowPoint,
    FlowSeries,
    FlowSheet,
    Lane,
    Occurrence,
    Outcome,
    Problem,
    Soap,
    Source,
    Sources,
    Statement,
    Target,
    Timeline,
    TimelineItem,
)
from casebank.pictures.ecomap import draw_ecomap, ecomap_table
from casebank.pictures.genogram import draw_genogram, genogram_table
from casebank.reader import RecordReader, read_record
from casebank.record import Record
from casebank.relative import age_band, day_text, span_text
from casebank.svg import draw_flow_sheet, draw_timeline
from casebank.text import render_text
from casebank.timeline import Table, flow_table, timeline_table
from casebank.workflow import (
    Action,
    CaseState,
    actions_from,
    can_advance,
    check_advance,
)

__all__ = [
    "CRITERIA",
    "Action",
    "Background",
    "Candidate",
    "Case",
    "CaseCheckFailed",
    "CaseFormatError",
    "CaseState",
    "CasebankError",
    "Contact",
    "Criterion",
    "EditRefused",
    "Finding",
    "FindingGroup",
    "FlowPoint",
    "FlowSeries",
    "FlowSheet",
    "Lane",
    "Occurrence",
    "Outcome",
    "Problem",
    "Record",
    "RecordNotFound",
    "RecordReader",
    "RecordUnusable",
    "Soap",
    "Source",
    "Sources",
    "Statement",
    "Table",
    "Target",
    "Timeline",
    "TimelineItem",
    "TransitionRefused",
    "actions_from",
    "age_band",
    "can_advance",
    "check_advance",
    "day_text",
    "draft_case",
    "draft_from_record",
    "draw_ecomap",
    "draw_flow_sheet",
    "draw_genogram",
    "draw_timeline",
    "ecomap_table",
    "find_candidates",
    "find_findings",
    "flow_table",
    "genogram_table",
    "group_findings",
    "read_record",
    "render_text",
    "span_text",
    "timeline_table",
]
