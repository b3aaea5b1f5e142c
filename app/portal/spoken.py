"""Where texts that readers are shown stand in modules (:mod:`app.portal.translation_sources`)."""

from __future__ import annotations

from typing import Final

# Functions whose arguments are shown, and which of them.
SHOWING: Final = {
    "flash": slice(1),
    "gettext": slice(1),
    "lazy_gettext": slice(1),
    "Task": slice(1, 4),
    "_page": slice(1, 2),
    "_step": slice(1, 8),
    "notify": slice(3, 4),
    "Blocker": slice(1),
    "Missing": slice(1, 2),
    "say": slice(1),
    "_picture": slice(1),
    "Safe": slice(3),
    "_meaning": slice(1),
    "tell": slice(4, 5),
    # Of the packages beneath.
    "_say": slice(1),
    "Finding": slice(3, 5),
    "Row": slice(1, 3),
    "Criterion": slice(2),
    "Reduction": slice(1),
    "Section": slice(1, 3),
}
# Errors whose first argument is a place in a definition, and which argument is the text.
PLACED_ERRORS: Final = frozenset({"DefinitionError", "UnsupportedExpression"})
BENEATH: Final = (
    "cohorts/age_margins.py",
    "cohorts/checks.py",
    "cohorts/column_uses.py",
    "cohorts/concepts.py",
    "cohorts/editing/*.py",
    "cohorts/extract_rows.py",
    "cohorts/live/*.py",
    "cohorts/minimisation.py",
    "cohorts/model.py",
    "cohorts/outputs/accepted.py",
    "cohorts/outputs/parcel.py",
    "cohorts/outputs/pictures.py",
    "cohorts/outputs/tables.py",
    "cohorts/row_limits.py",
    "cohorts/selection.py",
    "cohorts/strict_json.py",
    "cohorts/validation.py",
    "cohorts/vocabulary_checks.py",
    "cohorts/plain_language.py",
    "cohorts/window.py",
    "cohorts/wording.py",
    "cohorts/words.py",
    "casebank/attempt/progress.py",
    "casebank/editing/*.py",
    "casebank/exports/formats.py",
    "casebank/exports/package.py",
    "casebank/exports/pdf.py",
    "casebank/exports/printed.py",
    "casebank/finding/*.py",
    "casebank/gate/*.py",
    "casebank/lesson/correction.py",
    "casebank/lesson/model.py",
    "casebank/model.py",
    "casebank/provenance.py",
    "casebank/reader.py",
    "casebank/record.py",
    "casebank/workflow.py",
)
"""Modules of the packages beneath whose sentences stand in pages."""
FOR_PROGRAMMERS: Final = frozenset({"ValueError", "TypeError", "KeyError", "RuntimeError"})
# What holds texts that are shown, by module: constants, variables, enumerations, and functions
# that return them.
SHOWN: Final[dict[str, frozenset[str]]] = {
    "portal/navigation.py": frozenset({"MENU"}),
    "portal/error_pages.py": frozenset({"TITLES", "ADVICE"}),
    "permissions.py": frozenset(
        {
            "ROLE_MEANING",
            "WORKER",
            "COMMAND_LINE",
            "RESEARCHER",
            "STUDENT",
            "INSTRUCTOR",
            "STEWARD",
            "AUDITOR",
            "ADMINISTRATOR",
        }
    ),
    "portal/pages/administration.py": frozenset({"TAKEN_SUBJECT"}),
    "portal/pages/invitations.py": frozenset({"SUBJECT"}),
    "portal/pages/single_sign_on.py": frozenset({"TIED_SUBJECT"}),
    "worker/ending.py": frozenset({"text"}),
    "worker/heads.py": frozenset({"text"}),
    "services/mails.py": frozenset({"STATES"}),
    "services/my_work.py": frozenset({"WorkState"}),
    "services/jobs.py": frozenset({"KINDS", "STATES"}),
    "services/notices.py": frozenset({"KINDS", "HOW"}),
    "services/audit_log.py": frozenset({"SORTS"}),
    "audit.py": frozenset({"why", "_why"}),
    "portal/pages/characterisation.py": frozenset({"ANALYSES"}),
    "portal/pages/cohort_builder.py": frozenset({"said"}),
    "portal/pages/outputs.py": frozenset({"LEVEL_LABELS"}),
    "portal/request_form.py": frozenset({"_DAYS"}),
    "services/assignments.py": frozenset({"text", "COUNTS"}),
    "services/blocked.py": frozenset({"_WAITS", "who", "_sentence"}),
    "services/cases.py": frozenset({"CASE_STATES"}),
    "services/class_lists.py": frozenset({"ADVICE"}),
    "services/completeness.py": frozenset({"_SECTIONS"}),
    "services/discussions.py": frozenset({"note"}),
    "services/duo.py": frozenset({"DUO_TERMS", "TRAITS", "Opinion", "_NOTHING", "said"}),
    "services/output_decisions.py": frozenset({"text"}),
    "services/outputs.py": frozenset({"STATE_LABELS", "text"}),
    "services/overview.py": frozenset({"_REQUESTS", "text"}),
    "services/passwords.py": frozenset({"what_is_wrong"}),
    "services/readiness.py": frozenset({"refusal_of"}),
    "services/regrades.py": frozenset({"note"}),
    "services/request_history.py": frozenset({"text"}),
    "services/request_states.py": frozenset({"STATE_LABELS", "STATE_MEANING"}),
    "services/second_factor.py": frozenset({"PROOFS"}),
    "services/training.py": frozenset({"KINDS", "text"}),
    "services/workflow.py": frozenset({"OTHER_ACTS", "Who"}),
    "services/lab.py": frozenset({"NO_EXTRACT", "why_closed"}),
    "portal/pages/lti.py": frozenset({"tool_addresses"}),
    "portal/pages/case_finder.py": frozenset({"ORDERS", "SHEET_NAMES"}),
    "portal/editor_view.py": frozenset({"PARTS"}),
    "portal/gate_view.py": frozenset({"STATUS", "sheet_of"}),
    "cohorts/minimisation.py": frozenset(
        {"looks", "text", "BY_DEFINITION", "BY_TABLE", "BY_REASON", "BY_OWN_REASON", "summary"}
    ),
    "cohorts/row_limits.py": frozenset({"limit_in_words"}),
    "cohorts/editing/fields.py": frozenset({"_LABELS", "LABELS"}),
    "cohorts/editing/outline.py": frozenset(
        {
            "_ENTRY_LIMITS",
            "_QUALIFIED_LIMITS",
            "_INCLUDED_LIMITS",
            "_KEPT_IF",
            "_RULE_HAS",
            "_AND_HAVING",
        }
    ),
    "cohorts/plain_language.py": frozenset(
        {"_ENTRY_LIMITS", "_QUALIFIED_LIMITS", "_INCLUDED_LIMITS", "message"}
    ),
    "cohorts/wording.py": frozenset({"_GROUPS", "_COUNTED", "_DAYS_OF", "_WINDOWS", "message"}),
    "cohorts/words.py": frozenset(
        {"NOUNS", "LABELS", "COLUMNS", "OPERATORS", "DATE_OPERATORS", "TEXT_OPERATORS"}
    ),
    "casebank/gate/people.py": frozenset({"ATTRIBUTES"}),
    "casebank/gate/exercises.py": frozenset({"where"}),
    "casebank/lesson/model.py": frozenset({"ExerciseKind"}),
    "casebank/model.py": frozenset({"ProblemKind", "ProblemStatus", "ProblemList", "Level"}),
}
OF_THE_LIBRARY: Final = ("SECURITY_MSG_", "SECURITY_EMAIL_SUBJECT_")
"""Settings of Flask-Security that hold what it says."""
