"""Errors of the casebank. No message holds a value of a record."""

from __future__ import annotations

from collections.abc import Sequence

from deid.errors import CareCommonsError


class CasebankError(CareCommonsError):
    """Root of the casebank's errors."""

    code = "casebank"
    public = True


class RecordNotFound(CasebankError):
    """The release holds no person of that id."""

    code = "casebank.record_not_found"


class RecordUnusable(CasebankError):
    """The record has too little in it, or the release lacks a column that a case needs."""

    code = "casebank.record_unusable"


class CaseFormatError(CasebankError):
    """A document is not a case of a schema version that is known here."""

    code = "casebank.case_format"


class CaseCheckFailed(CasebankError):
    """A case has findings that stop its publication."""

    code = "casebank.check_failed"


class TransitionRefused(CasebankError):
    """A case cannot go from its state to the one asked for."""

    code = "casebank.transition_refused"


class EditRefused(CasebankError):
    """A change that would leave a case or its lesson contradictory; nothing was changed."""

    code = "casebank.edit_refused"


class PackageRefused(CasebankError):
    """A file is not a package of ours, or is damaged; the message says which and where."""

    code = "casebank.package_refused"


class ExportImpossible(CasebankError):
    """A case cannot be written in a format, or what the format needs is not installed."""

    code = "casebank.export_impossible"


class StepRefused(CasebankError):
    """An attempt does not allow this step now; the message says what to do instead."""

    code = "casebank.step_refused"


class AnswerRefused(CasebankError):
    """An answer cannot be read; ``problems`` says for each field what to do."""

    code = "casebank.answer_refused"

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(" ".join(message for _, message in problems))
        self.problems = tuple(problems)


class KeyRefused(CasebankError):
    """A corrected key cannot be; the message names the question and what the key lacks."""

    code = "casebank.key_refused"
