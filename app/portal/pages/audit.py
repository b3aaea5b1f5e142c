"""The audit log for those who read it: filters, pages, export; and what was released of whom."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from app.errors import BadInput
from app.permissions import Permission
from app.portal.access import page
from app.portal.downloads import binary_file
from app.portal.paging import page_number
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import audit_log
from app.services.audit_log import AuditFilter, parse_day
from app.services.listing import pages_of

blueprint = Blueprint("audit", __name__, url_prefix="/audit")


@page(blueprint, "", Permission.READ_AUDIT)
def index() -> str:
    """The events that are looked for."""
    number = page_number()
    wanted, problem = _filter(request.args)
    sort = request.args.get("sort", "newest")
    whole = request.args.get("check") == "whole"
    with wiring().database.reading() as session:
        log = audit_log.read_audit(session, signed_in_actor(), wanted, number, sort, whole)
    return render_template(
        "audit_log/index.html",
        log=log,
        number=number,
        total=pages_of(log.total, audit_log.PAGE),
        wanted=wanted,
        asked=wanted.asked(),
        problem=problem,
        sort=sort,
        sorts=audit_log.SORTS,
        typed=request.args,
        most=audit_log.MOST_EXPORTED,
    )


@page(blueprint, "/export", Permission.READ_AUDIT, methods=("POST",))
def export() -> Response:
    """The selected events as a file; each export is an event itself."""
    wanted, _ = _filter(request.form)
    form = request.form.get("format", "")
    with wiring().database.writing() as session:
        made = audit_log.export_audit(session, signed_in_actor(), wanted, form)
    return binary_file(made.encode("utf-8"), f"audit.{form}", audit_log.FORMATS[form])


def _filter(given: MultiDict[str, str]) -> tuple[AuditFilter, str]:
    """The filter as it was typed, and what of it cannot be used."""
    days, problem = {}, ""
    for name in ("since", "until"):
        try:
            days[name] = parse_day(given.get(name, "")[:10])
        except BadInput as error:
            problem = str(error)
    wanted = AuditFilter(
        who=given.get("who", "")[:200].strip(),
        action=given.get("action", "")[:60].strip(),
        kind=given.get("kind", "")[:30],
        object_id=given.get("object_id", "")[:80].strip(),
        project=given.get("project", type=int),
        since=days.get("since"),
        until=days.get("until"),
    )
    return wanted, problem
