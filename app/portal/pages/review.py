"""The steward's queue, and the terms of use of releases."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.permissions import Permission
from app.portal.access import page
from app.portal.paging import asked, table
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import requests as request_service
from app.services.duo import DUO_TERMS, MODIFIER_CODES, PURPOSE_CODES
from app.services.release_terms import state_terms, terms_of
from app.services.request_states import STATE_LABELS, State
from app.services.review_queue import filtered, in_order
from app.services.training import waiting_certificates

blueprint = Blueprint("review", __name__, url_prefix="/review")


@page(blueprint, "/", Permission.REVIEW_REQUESTS)
def queue() -> str:
    """What waits for a decision, overdue first, and what was decided."""
    actor = signed_in_actor()
    state, words = request.args.get("state", "")[:30], request.args.get("q", "")[:200]
    days = wiring().settings.review_days
    with wiring().database.reading() as session:
        waiting = in_order(request_service.review_queue(session, actor), datetime.now(UTC), days)
        return render_template(
            "requests/queue.html",
            waiting=filtered(waiting, state, words),
            total=len(waiting),
            states=sorted({row.request.state for row in waiting}),
            state=state,
            words=words,
            target_days=days,
            decided=table(
                request_service.decided_requests(session, actor, asked()), state=state, q=words
            ),
            certificates=len(waiting_certificates(session, actor)),
            releases=wiring().catalogue.list(actor),
            labels=STATE_LABELS,
            State=State,
        )


@page(blueprint, "/terms/<name>", Permission.REVIEW_REQUESTS)
def terms(name: str) -> str:
    """What a release may be used for."""
    release = wiring().catalogue.get(signed_in_actor(), name)
    with wiring().database.reading() as session:
        return render_template(
            "requests/terms.html",
            release=release,
            terms=terms_of(session, release.name),
            purposes=PURPOSE_CODES,
            modifiers=MODIFIER_CODES,
            duo=DUO_TERMS,
        )


@page(blueprint, "/terms/<name>", Permission.REVIEW_REQUESTS, methods=("POST",))
def save_terms(name: str) -> Response:
    """State it."""
    actor = signed_in_actor()
    release = wiring().catalogue.get(actor, name)
    with wiring().database.writing() as session:
        state_terms(
            session,
            actor,
            release.name,
            request.form.get("permission", ""),
            request.form.getlist("modifier")[:20],
            request.form.get("approvals", 0, type=int),
        )
    flash("Stated. Requests that are submitted from now on follow it.", "success")
    return redirect(url_for("review.queue"))
