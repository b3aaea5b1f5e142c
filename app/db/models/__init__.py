"""Tables of the portal. No table holds an identified value: people here are the portal's users."""

from app.db.models.base import NAMING, Base
from app.db.models.cohorts import (
    CohortDefinition,
    CohortDraft,
    CohortDraftStep,
    CohortOrigin,
    CohortShare,
    CohortVersion,
    CountedSet,
    ShownLines,
)
from app.db.models.operation import AuditRow, Job, Notification
from app.db.models.people import Project, ProjectMember, RoleRow, User, user_role
from app.db.models.requests import (
    DataRequest,
    OutputDecision,
    OutputFile,
    OutputRequest,
    RequestColumn,
    RequestEvent,
    RequestPerson,
    ReviewDecision,
)
from app.db.models.teaching import (
    Assignment,
    Attempt,
    AttemptEvent,
    CaseRead,
    CaseSet,
    CaseSetItem,
    CaseVersion,
    ClassMember,
    TeachingCase,
    TeachingClass,
)

APPEND_ONLY = (
    "attempt_event",
    "audit_event",
    "case_version",
    "counted_set",
    "output_decision",
    "output_file",
    "request_event",
    "review_decision",
    "shown_lines",
)

__all__ = [
    "APPEND_ONLY",
    "NAMING",
    "Assignment",
    "Attempt",
    "AttemptEvent",
    "AuditRow",
    "Base",
    "CaseRead",
    "CaseSet",
    "CaseSetItem",
    "CaseVersion",
    "ClassMember",
    "CohortDefinition",
    "CohortDraft",
    "CohortDraftStep",
    "CohortOrigin",
    "CohortShare",
    "CohortVersion",
    "CountedSet",
    "DataRequest",
    "Job",
    "Notification",
    "OutputDecision",
    "OutputFile",
    "OutputRequest",
    "Project",
    "ProjectMember",
    "RequestColumn",
    "RequestEvent",
    "RequestPerson",
    "ReviewDecision",
    "RoleRow",
    "ShownLines",
    "TeachingCase",
    "TeachingClass",
    "User",
    "user_role",
]
