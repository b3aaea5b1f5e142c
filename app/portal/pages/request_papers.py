"""Beside a request: the agreement, the ethics approval, and what still blocks it."""

from __future__ import annotations

import time

from flask import Response, flash, redirect, render_template, request, session, url_for
from flask_security import current_user
from werkzeug.wrappers import Response as BaseResponse

from app.agreements import LANGUAGES, agreement, current_version
from app.documents import SUFFIXES
from app.errors import BadInput
from app.permissions import Permission
from app.portal.access import page
from app.portal.downloads import binary_file
from app.portal.pages.requests import EITHER_SIDE, blueprint, surroundings
from app.portal.sign_in import signed_in_actor
from app.portal.signed_links import by_signed_link
from app.portal.translation import language as page_language
from app.portal.wiring import wiring
from app.services import agreements as agreement_service
from app.services import requests as request_service
from app.services.agreements import can_sign
from app.services.blocked import (
    AGREEMENT,
    EDIT,
    RENEWAL,
    TRAINING,
    blockers_of,
    five_safes,
)
from app.services.request_states import STATE_LABELS, STATE_MEANING, State
from app.services.requests import can_edit, get_request

LANGUAGE_NAMES = {"en": "English", "zh": "中文"}
FRESH_SECONDS = 600
_WHERE = {
    EDIT: "To the form",
    TRAINING: "To my training",
    AGREEMENT: "To the agreement",
    RENEWAL: "To the request",
}


@page(blueprint, "/<int:request_id>/agreement", EITHER_SIDE)
def read_agreement(request_id: int) -> str:
    """The text of today's version, and the form to sign it."""
    actor, today = signed_in_actor(), surroundings().today
    language = request.args.get("language", page_language())
    text = agreement(current_version(today), language if language in LANGUAGES else "en")
    with wiring().database.reading() as reading:
        found = get_request(reading, actor, request_id)
        mine = [one for one in found.signatures if one.user_id == actor.user_id]
        return render_template(
            "requests/agreement.html",
            item=found,
            text=text,
            languages=LANGUAGE_NAMES,
            can_sign=can_sign(actor, found, today),
            mine=mine[-1] if mine else None,
            asks_password=current_user.password is not None,
        )


@page(blueprint, "/<int:request_id>/agreement", Permission.REQUEST_DATA, methods=("POST",))
def sign_agreement(request_id: int) -> BaseResponse:
    """Sign."""
    actor = signed_in_actor()
    version, language = request.form.get("agreement_version", ""), request.form.get("language", "")
    try:
        text = agreement(version, language)
    except KeyError:
        raise BadInput("Read the agreement first, then sign it.") from None
    # When the person last proved who they are; Flask-Security keeps it in the signed cookie.
    fresh = time.time() - float(session.get("fs_paa", 0)) < FRESH_SECONDS
    with wiring().database.writing() as writing:
        agreement_service.sign(
            writing,
            actor,
            request_id,
            text,
            request.form.get("name", "")[:200],
            request.form.get("password", "")[:500],
            surroundings().today,
            fresh,
        )
        editing = can_edit(actor, get_request(writing, actor, request_id))
    flash("Signed.", "success")
    where = "requests.edit" if editing else "requests.show"
    return redirect(url_for(where, request_id=request_id))


@page(blueprint, "/<int:request_id>/blocked", EITHER_SIDE)
def blocked(request_id: int) -> str:
    """What still stands between the request and its data."""
    actor, around = signed_in_actor(), surroundings()
    with wiring().database.reading() as reading:
        found = get_request(reading, actor, request_id)
        return render_template(
            "requests/blocked.html",
            item=found,
            state=State(found.state),
            labels=STATE_LABELS,
            meanings=STATE_MEANING,
            blockers=blockers_of(actor, found, around.release_root, around.today),
            safes=five_safes(found, around.today),
            places={
                EDIT: url_for("requests.edit", request_id=request_id),
                TRAINING: url_for("training.index"),
                AGREEMENT: url_for("requests.read_agreement", request_id=request_id),
                RENEWAL: url_for("requests.show", request_id=request_id),
            },
            where_labels=_WHERE,
        )


@page(blueprint, "/<int:request_id>/ethics-approval", EITHER_SIDE)
@by_signed_link("requests.show", "request_id")
def ethics_document(request_id: int) -> Response:
    """The document of the ethics approval, as a file."""
    with wiring().database.writing() as writing:
        found = request_service.ethics_document(writing, signed_in_actor(), request_id)
        name = f"ethics-approval-{request_id}.{SUFFIXES[found.media_type]}"
        return binary_file(found.content, name, found.media_type)
