"""The publication gate of a case: its report, signatures, versions and what changed in them."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.db.models import TeachingCase
from app.permissions import Actor, Permission
from app.portal.access import page
from app.portal.gate_view import rows_of, sheet_of
from app.portal.pages.teaching import blueprint
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import case_review, case_versions
from app.services import cases as case_service
from casebank.gate import ATTRIBUTES
from deid.errors import ReleaseError
from deid.release import Release

LONGEST_NOTE = 2000


@page(blueprint, "/cases/<int:case_id>/gate", Permission.REVIEW_CASES)
def gate(case_id: int) -> str:
    """Every row of the checklist, what was counted, and what the actor may do now."""
    return _gate(case_id)


@page(blueprint, "/cases/<int:case_id>/gate/sign", Permission.REVIEW_CASES, methods=("POST",))
def sign_case(case_id: int) -> Response:
    """Sign as clinical or as privacy reviewer."""
    actor = signed_in_actor()
    form = request.form
    opted_in = {
        one: form.get("reason", "")[:LONGEST_NOTE].strip() for one in form.getlist("opted_in")
    }
    ratings = {
        name: given for name in ATTRIBUTES if (given := form.get(name, type=int)) is not None
    }
    missing = [name for name in ATTRIBUTES if name not in ratings]
    if form.get("kind") == "clinical" and missing:
        return _again(case_id, f"Rate every attribute: {', '.join(missing)}.")
    if not all(opted_in.values()):
        return _again(case_id, "Give the reason for what you allow.")
    with wiring().database.writing() as session:
        row = case_service.get_case(session, actor, case_id)
        case_review.sign(
            session,
            actor,
            case_id,
            form.get("kind", ""),
            _release(actor, row),
            ratings=ratings,
            opted_in=opted_in,
            note=form.get("note", "")[:LONGEST_NOTE],
        )
    flash("Signed. A change of the case would void the signature.", "success")
    return redirect(url_for("teaching.gate", case_id=case_id))


@page(blueprint, "/cases/<int:case_id>/gate/publish", Permission.REVIEW_CASES, methods=("POST",))
def publish_case(case_id: int) -> Response:
    """Publish what passes every row."""
    actor = signed_in_actor()
    with wiring().database.writing() as session:
        row = case_service.get_case(session, actor, case_id)
        published = case_review.publish(session, actor, case_id, _release(actor, row))
    flash("Published. This version never changes.", "success")
    return redirect(url_for("teaching.case_history", case_id=published.id))


@page(blueprint, "/cases/<int:case_id>/versions", Permission.REVIEW_CASES)
def case_history(case_id: int) -> str:
    """Published versions, newest first, and what differs between two of them."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        row = case_service.get_case(session, actor, case_id)
        found = case_versions.versions(session, actor, case_id)
        numbers = {one.number: one for one in found}
        later = request.args.get("to", max(numbers, default=0), type=int)
        earlier = request.args.get("from", later - 1, type=int)
        both = earlier in numbers and later in numbers and earlier != later
        return render_template(
            "teaching/versions.html",
            row=row,
            versions=found,
            earlier=earlier,
            later=later,
            changes=case_versions.compare(numbers[earlier], numbers[later]) if both else None,
            shown=case_versions.SHOWN_CHANGES,
            draft=case_versions.revision_of(session, row),
            revises=case_versions.can_revise(session, actor, row),
            withdraws="withdraw" in case_service.actions(actor, row),
        )


@page(blueprint, "/cases/<int:case_id>/versions/<int:number>", Permission.REVIEW_CASES)
def case_version(case_id: int, number: int) -> str:
    """What the gate said of a version, with its risk sheet and signatures."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        row = case_service.get_case(session, actor, case_id)
        version = case_versions.version(session, actor, case_id, number)
        gate_report = version.report.get("gate") or {}
        return render_template(
            "teaching/version.html",
            row=row,
            version=version,
            rows=gate_report.get("rows", ()),
            sheet=sheet_of(gate_report.get("risk")),
            signatures=version.report.get("signatures", ()),
            attributes=ATTRIBUTES,
        )


@page(blueprint, "/cases/<int:case_id>/revise", Permission.WRITE_CASES, methods=("POST",))
def revise_case(case_id: int) -> Response:
    """A new draft of a published case."""
    actor = signed_in_actor()
    with wiring().database.writing() as session:
        draft = case_versions.revise(session, actor, case_id)
        flash("The draft is there. The published version stays until this one passes.", "success")
        return redirect(url_for("cases.show", case_id=draft.id))


def _again(case_id: int, error: str) -> Response:
    """The form with what was typed, and what is missing."""
    return Response(_gate(case_id, error), status=400, mimetype="text/html")


def _gate(case_id: int, error: str = "") -> str:
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        row = case_service.get_case(session, actor, case_id)
        reviewed = case_review.review(session, actor, row, _release(actor, row))
        case = case_service.document_of(row)
        signs = case_review.may_sign(session, actor, row, reviewed)
        stopped = not reviewed.report.machine_passed and any(
            one.severity == "stop" and one.code != case_review.SENSITIVE
            for result in reviewed.report.rows
            if result.by == "program"
            for one in result.findings
        )
        ways = case_service.actions(actor, row)
        return render_template(
            "teaching/gate.html",
            row=row,
            report=reviewed.report,
            rows=rows_of(row.id, case, reviewed.report, edits=row.author_id == actor.user_id),
            sheet=sheet_of(
                reviewed.report.risk.to_document() if reviewed.report.risk is not None else None
            ),
            signatures=reviewed.standing,
            sensitive=reviewed.sensitive,
            signs=signs,
            stopped=stopped,
            publishes=reviewed.report.passed and bool({"publish", "merge"} & set(ways)),
            ways=ways,
            attributes=ATTRIBUTES,
            typed=request.form,
            error=error,
        )


def _release(actor: Actor, row: TeachingCase) -> Release | None:
    """The release that a case was drafted from, if the portal has it."""
    try:
        return wiring().catalogue.get(actor, row.release)
    except ReleaseError:
        return None
