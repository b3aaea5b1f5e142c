"""Certificates of training: mine, and those that wait for a steward."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.documents import SUFFIXES
from app.errors import BadInput
from app.permissions import Permission, can
from app.portal.access import page
from app.portal.downloads import binary_file
from app.portal.request_form import day
from app.portal.sign_in import signed_in_actor
from app.portal.signed_links import by_signed_link
from app.portal.wiring import wiring
from app.services import training as training_service
from app.services.training import KINDS, NEEDED

blueprint = Blueprint("training", __name__, url_prefix="/training")

EITHER_SIDE = frozenset({Permission.REQUEST_DATA, Permission.REVIEW_REQUESTS})


@page(blueprint, "/", Permission.REQUEST_DATA)
def index() -> str:
    """My certificates, and a form for a new one."""
    return _mine()


@page(blueprint, "/", Permission.REQUEST_DATA, methods=("POST",))
def give() -> BaseResponse | tuple[str, int]:
    """Give a certificate; what was typed stays if something is wrong with it."""
    given = request.files.get("document")
    try:
        with wiring().database.writing() as session:
            training_service.add_certificate(
                session,
                signed_in_actor(),
                request.form.get("kind", ""),
                request.form.get("issuer", "")[:200],
                day(request.form.get("issued_on", "")),
                day(request.form.get("expires_on", "")),
                given.read() if given else b"",
                datetime.now(UTC).date(),
            )
    except BadInput as refused:
        flash(f"{refused} Choose the file again.", "warning")
        return _mine(), 400
    flash("Given. A steward verifies it and you are told.", "success")
    return redirect(url_for("training.index"))


def _where_links_stand() -> str:
    may_decide = can(signed_in_actor(), Permission.REVIEW_REQUESTS)
    return "training.review" if may_decide else "training.index"


@page(blueprint, "/<int:certificate_id>/document", EITHER_SIDE)
@by_signed_link(_where_links_stand)
def document(certificate_id: int) -> Response:
    """The document itself, as a file."""
    with wiring().database.writing() as session:
        found = training_service.certificate_document(session, signed_in_actor(), certificate_id)
        name = f"training-{certificate_id}.{SUFFIXES[found.media_type]}"
        return binary_file(found.content, name, found.media_type)


@page(blueprint, "/review", Permission.REVIEW_REQUESTS)
def review() -> str:
    """Certificates that wait for a steward."""
    with wiring().database.reading() as session:
        waiting = training_service.waiting_certificates(session, signed_in_actor())
        return render_template("training/review.html", waiting=waiting, kinds=KINDS)


@page(blueprint, "/<int:certificate_id>/decision", Permission.REVIEW_REQUESTS, methods=("POST",))
def decide(certificate_id: int) -> BaseResponse:
    """Verify or refuse."""
    with wiring().database.writing() as session:
        decided = training_service.decide_certificate(
            session,
            signed_in_actor(),
            certificate_id,
            request.form.get("decision") == "verify",
            request.form.get("reason", "")[:1000],
        )
    flash(f"The certificate is {decided.state}; its owner was told.", "success")
    return redirect(url_for("training.review"))


def _mine() -> str:
    with wiring().database.reading() as session:
        return render_template(
            "training/index.html",
            certificates=training_service.my_certificates(session, signed_in_actor()),
            kinds=KINDS,
            needed=NEEDED,
            today=datetime.now(UTC).date(),
            typed={
                name: request.form.get(name, "")
                for name in ("kind", "issuer", "issued_on", "expires_on")
            },
        )
