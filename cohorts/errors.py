"""Errors of the cohort package; messages name definition paths, tables, columns, never values."""

from __future__ import annotations

import textwrap

from deid.errors import CareCommonsError


class CohortError(CareCommonsError):
    """Root of the cohort errors."""

    code = "cohort"
    public = True


class DefinitionError(CohortError):
    """A cohort definition is not valid Circe JSON; ``path`` says where."""

    code = "cohort.definition"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class UnsupportedExpression(DefinitionError):
    """A definition asks for something that no engine here can answer correctly."""

    code = "cohort.unsupported_expression"


class EngineError(CohortError):
    """The compiled query failed on the data."""

    code = "cohort.engine"


class EngineUnavailable(EngineError):
    """A part that an engine needs is not installed."""

    code = "cohort.engine_unavailable"


class QueryTimeout(EngineError):
    """The query ran longer than its limit and was stopped."""

    code = "cohort.query_timeout"


class QueryCancelled(EngineError):
    """The query was stopped on request."""

    code = "cohort.query_cancelled"


class DataSourceError(CohortError):
    """A CDM folder cannot be read as OMOP tables."""

    code = "cohort.data_source"


class ExtractError(CohortError):
    """An extract cannot be written or opened."""

    code = "cohort.extract"


class ExtractAlreadyExists(ExtractError):
    """An extract of that name was delivered already; extracts never change."""

    code = "cohort.extract_exists"


class SelectionError(ExtractError):
    """A selection names a table or column that cannot be delivered."""

    code = "cohort.selection"


class ProjectError(CohortError):
    """A project folder is absent, damaged or no longer open to its researchers."""

    code = "cohort.project"


class AccessExpired(ProjectError):
    """The project's access has ended."""

    code = "cohort.access_expired"


class ExtractChanged(ProjectError):
    """A file of an extract is not what its manifest says."""

    code = "cohort.extract_changed"


class OutputRefused(CohortError):
    """A file cannot leave a workspace in this form; the message says what to do instead."""

    code = "cohort.output_refused"


class _ToldInNotebook:
    """A notebook shows the message alone; IPython asks an error for what to show."""

    def _render_traceback_(self) -> list[str]:
        return textwrap.wrap(str(self), 100)


class NotDelivered(_ToldInNotebook, ProjectError):
    """The extract lacks a table or column that an analysis reads."""

    code = "cohort.not_delivered"


class TooFewPeople(_ToldInNotebook, ProjectError):
    """The extract holds fewer people of a kind than an analysis can say anything about."""

    code = "cohort.too_few_people"


class MatchingError(CohortError):
    """People cannot be matched as asked; the message says what to change."""

    code = "cohort.matching"
