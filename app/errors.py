"""Errors of the portal and command line, and the one table from errors to HTTP status."""

from __future__ import annotations

from casebank.errors import CasebankError, RecordNotFound
from casebank.errors import TransitionRefused as CaseTransitionRefused
from cohorts.errors import CohortError, QueryTimeout
from deid.errors import CareCommonsError, ConfigurationError, ManifestMismatch, ReleaseNotFound


class AppError(CareCommonsError):
    """Root of the application's errors. Their text is written for the user."""

    code = "app"
    public = True


class PermissionDenied(AppError):
    """The person may not do this."""

    code = "app.permission_denied"


class NotFound(AppError):
    """There is no such thing, or the person may not know of it."""

    code = "app.not_found"


class BadInput(AppError):
    """What was sent cannot be used; the message says what to change."""

    code = "app.bad_input"


class TransitionRefused(AppError):
    """The present state does not allow this step."""

    code = "app.transition_refused"


class ChangedMeanwhile(AppError):
    """Somebody, or another window, changed it first; nothing was overwritten."""

    code = "app.changed_meanwhile"


class LaunchRefused(AppError):
    """A learning platform's launch that cannot be trusted, or was used already."""

    code = "app.launch_refused"


class SignInRefused(AppError):
    """An identity provider's word that cannot be trusted, or that opens no account here."""

    code = "app.sign_in_refused"


class TokenNeeded(AppError):
    """A program called without a token that opens something."""

    code = "app.token_needed"


class BackupRefused(AppError):
    """A backup that cannot be opened or put back here; nothing was changed."""

    code = "app.backup_refused"


HTTP_STATUS: dict[type[CareCommonsError], int] = {
    PermissionDenied: 403,
    SignInRefused: 403,
    NotFound: 404,
    TokenNeeded: 401,
    ReleaseNotFound: 404,
    BadInput: 400,
    LaunchRefused: 400,
    TransitionRefused: 409,
    ChangedMeanwhile: 409,
    CohortError: 400,
    QueryTimeout: 503,
    RecordNotFound: 404,
    CaseTransitionRefused: 409,
    CasebankError: 400,
    ManifestMismatch: 503,
    ConfigurationError: 500,
    CareCommonsError: 500,
}


def http_status(error: CareCommonsError) -> int:
    """Status of the nearest listed ancestor of the error's class."""
    return next(HTTP_STATUS[kind] for kind in type(error).__mro__ if kind in HTTP_STATUS)
