"""Views of data: which page writes which event when it is opened, and which shows none.

Every address that can be opened stands in one of three tables; a test walks them. What changes
something writes its event in the service that changes it, in the same transaction. A view is
recorded after the page was made and before it is sent: if the event cannot be written, the page is
not shown.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Final

from flask import Flask, Response, request

from app.audit import AuditEvent, record
from app.db.database import Database
from app.permissions import Actor
from app.portal.sign_in import current_actor

AGAIN_AFTER: Final = 30 * 60
"""Seconds within which one person's views of one object are one event."""
_MOST_REMEMBERED: Final = 20_000


@dataclass(frozen=True)
class View:
    """The event of a page: its action, and the kind of the object that ``argument`` names."""

    action: str
    kind: str
    argument: str = ""


_CASE = View("case.viewed", "case", "case_id")
_ATTEMPT = View("attempt.viewed", "attempt", "attempt_id")
_RELEASE = View("release.viewed", "release", "name")
_SEARCH = View("release.records_searched", "release", "release")
_OUTPUT = View("output.viewed", "output", "output_id")

RECORDED: Final[dict[str, View]] = {
    # Records of single people.
    "attempts.show": _ATTEMPT,
    "notes.index": _ATTEMPT,
    "notes.as_text": _ATTEMPT,
    "notes.edit": _ATTEMPT,
    "teaching.gate": _CASE,
    "teaching.case_version": _CASE,
    "teaching.edit_case": _CASE,
    "teaching.panel": _CASE,
    "teaching.candidates": _SEARCH,
    "teaching.like": _SEARCH,
    "teaching.gaps": _SEARCH,
    # Results of a workspace, before they were checked.
    "outputs.show": _OUTPUT,
    "outputs.picture": _OUTPUT,
    "outputs.parcel": View("output.parcel_viewed", "project", "project_id"),
    # Figures of a release or of a cohort.
    "catalogue.release": _RELEASE,
    "catalogue.dictionary": _RELEASE,
    "catalogue.risk_report": _RELEASE,
    "catalogue.quality_report": _RELEASE,
    "community.indicator": View("community.viewed", "release", "name"),
    "community.show": View("community.viewed", "release", "name"),
    "catalogue.changes": _RELEASE,
    "cohorts.export": View("cohort.exported", "cohort", "cohort_id"),
    "cohorts.export_draft": View("cohort_draft.exported", "cohort_draft", "draft_id"),
    # The same for programs.
    "api.get_release": _RELEASE,
    "api.search_dictionary": _RELEASE,
    "api.get_changes": _RELEASE,
    "api.get_definition": View("cohort.exported", "cohort", "cohort_id"),
    # Answers and marks of students; who has an account; the log itself.
    "dashboards.show": View("assignment.results_viewed", "assignment", "assignment_id"),
    "dashboards.key": View("case.key_viewed", "case_version", "version_id"),
    "administration.users": View("user.listed", "user"),
    "audit.index": View("audit.viewed", "audit"),
    "released.index": View("released.viewed", "audit"),
}
"""Pages whose views are recorded here."""

IN_SERVICE: Final[dict[str, str]] = {
    "api.get_case": "case.opened",
    "attempts.choose": "attempt.started when it is begun",
    "cases.show": "case.opened",
    "characterisation.comparison": "cohort.characterised",
    "characterisation.incidence": "cohort.characterised",
    "characterisation.overlap": "cohort.characterised",
    "characterisation.pathways": "cohort.characterised",
    "characterisation.survival": "cohort.characterised",
    "characterisation.table_one": "cohort.characterised",
    "cohorts.builder": "cohort.counted",
    "cohorts.count_draft": "cohort.counted",
    "cohorts.show": "cohort.counted",
    "dashboards.answers_file": "assignment.exported",
    "dashboards.marks_file": "assignment.exported",
    "outputs.take": "output.taken",
    "projects.open_lab": "lab.opened",
    "requests.ethics_document": "request.document_opened",
    "training.document": "training.opened",
}
"""Pages whose service writes the event, since only it knows whether data were shown."""

NO_DATA: Final[dict[str, str]] = {
    "account.profile": "one's own account",
    "account.security": "one's own account",
    "account.token_list": "one's own tokens, without themselves",
    "api.describe": "the description of the API",
    "api.get_cohort": "names of versions",
    "api.get_draft": "one's own draft",
    "api.get_me": "one's own account",
    "api.get_request": "what was asked for, without data",
    "api.get_set": "titles of cases",
    "api.list_cases": "titles of cases",
    "api.list_cohorts": "names of cohorts",
    "api.list_drafts": "one's own drafts",
    "api.list_projects": "one's own projects",
    "api.list_releases": "names of releases",
    "api.list_requests": "one's own requests, or those that wait",
    "api.list_sets": "titles of sets",
    "api.list_tokens": "one's own tokens",
    "api_docs.index": "the description of the API",
    "assignments.show": "rules of an assignment",
    "bootstrap.static": "files of the portal",
    "case_exports.importing": "a form",
    "case_exports.menu": "a form",
    "case_sets.coverage": "concepts that cases teach",
    "case_sets.show": "titles of cases",
    "cases.library": "titles of cases",
    "cases.show_set": "titles of cases",
    "catalogue.citation": "name and publisher of a release",
    "catalogue.index": "names of releases",
    "classes.index": "the teacher's own classes",
    "classes.show": "the teacher's own class",
    "community.index": "names of releases",
    "cohorts.compare": "two definitions",
    "cohorts.index": "names of cohorts",
    "cohorts.look_at_merge": "a draft and a definition",
    "cohorts.new": "a form",
    "cohorts.shared": "a definition",
    "home.index": "what waits for oneself",
    "invitations.show": "a form",
    "jobs.index": "jobs, which hold no data",
    "jobs.progress": "how far a job is",
    "learning_platforms.index": "addresses of platforms",
    "lti.keys": "public keys",
    "lti.login": "a way in, which is recorded when it is taken",
    "mails.index": "delivery of mail, without its text",
    "my_work.index": "one's own work",
    "notes.discussion": "what students wrote about a case",
    "notices.choice": "one's own choice",
    "notices.index": "one's own notices",
    "outputs.index": "titles of results",
    "outputs.new": "a form",
    "projects.index": "one's own projects",
    "projects.show": "a project that one sees, without data",
    "public.catalogue_json_ld": "what the administrator made public, to nobody in particular",
    "public.catalogue_turtle": "what the administrator made public, to nobody in particular",
    "public.croissant_json": "what the administrator made public, to nobody in particular",
    "public.dataset_json_ld": "what the administrator made public, to nobody in particular",
    "public.index": "what the administrator made public, to nobody in particular",
    "public.projects": "what the administrator made public, to nobody in particular",
    "public.release": "what the administrator made public, to nobody in particular",
    "public.robots": "addresses that machines may read",
    "public.sitemap": "addresses that machines may read",
    "requests.blocked": "what is still to be done",
    "requests.edit": "one's own form",
    "requests.index": "one's own requests",
    "requests.read_agreement": "the text of the agreement",
    "requests.show": "what was asked for, without data",
    "review.queue": "requests that wait",
    "review.terms": "what a release may be used for",
    "security.change_password": "a form",  # nosec B105 # names of pages
    "security.forgot_password": "a form",  # nosec B105 # names of pages
    "security.login": "a form; signing in is recorded",
    "security.mf_recovery": "a form; signing in is recorded",
    "security.mf_recovery_codes": "one's own recovery codes",
    "security.reset_password": "a form; the change is recorded",  # nosec B105 # names of pages
    "security.static": "files of the library",
    "security.tf_select": "a form",
    "security.two_factor_rescue": "a form",
    "security.two_factor_setup": "one's own second factor; setting it up is recorded",
    "security.two_factor_token_validation": "a form; signing in is recorded",  # nosec B105 # names of pages
    "security.verify": "a form",
    "security.wan_delete": "a form",
    "security.wan_register": "a form; registering is recorded",
    "security.wan_signin": "a form; signing in is recorded",
    "security.wan_verify": "a form",
    "single_sign_on.begin": "a way to the identity provider",
    "single_sign_on.begin_tie": "a way to the identity provider",
    "single_sign_on.finish": "a way in, which is recorded when it is taken",
    "static": "files of the portal",
    "system.alive": "whether the portal is well",
    "system.metrics": "figures of operation",
    "system.ready": "whether the portal is well",
    "teaching.case_history": "versions of a case, without what they hold",
    "teaching.index": "titles of cases",
    "training.index": "one's own certificates",
    "training.review": "certificates that wait, without their documents",
}
"""Pages that show no data of people, and what they show."""


class Seen:
    """Who saw what lately, in the memory of this process: several processes record once each."""

    def __init__(self, again_after: float = AGAIN_AFTER) -> None:
        self._again_after = again_after
        self._lately: OrderedDict[tuple[int | None, str, str], float] = OrderedDict()
        self._lock = Lock()

    def is_new(self, key: tuple[int | None, str, str], now: float) -> bool:
        """Whether it was not seen lately."""
        with self._lock:
            last = self._lately.get(key)
        return last is None or now - last >= self._again_after

    def keep(self, key: tuple[int | None, str, str], now: float) -> None:
        """Remember a view that was recorded."""
        with self._lock:
            self._lately[key] = now
            self._lately.move_to_end(key)
            while len(self._lately) > _MOST_REMEMBERED:
                self._lately.popitem(last=False)


def init_recording(app: Flask, database: Database) -> None:
    """Record views as the table says."""
    seen = Seen()

    @app.after_request
    def _record(response: Response) -> Response:
        view = RECORDED.get(request.endpoint or "")
        actor = current_actor() if view is not None and response.status_code == 200 else None
        if view is not None and actor is not None and request.method in ("GET", "POST"):
            _record_view(database, seen, actor, view)
        return response


def _record_view(database: Database, seen: Seen, actor: Actor, view: View) -> None:
    which = str((request.view_args or {}).get(view.argument, ""))[:80]
    key, now = (actor.user_id, view.action, which), time.monotonic()
    if not seen.is_new(key, now):
        return
    with database.writing() as session:
        record(session, actor, AuditEvent(view.action, view.kind, which))
    seen.keep(key, now)
