"""What a student keeps and says about a case: notes, bookmarks, discussion."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.db.types import utc_now
from app.errors import BadInput, NotFound
from app.permissions import Permission
from app.portal.access import page
from app.portal.attempt_words import label
from app.portal.downloads import binary_file
from app.portal.pages.attempts import language_of
from app.portal.sign_in import signed_in_actor
from app.portal.signed_links import by_signed_link
from app.portal.wiring import wiring
from app.services import attempt_state, discussions
from app.services import notes as note_service
from app.services.case_documents import content

blueprint = Blueprint("notes", __name__)
READERS = frozenset({Permission.READ_CASES, Permission.REVIEW_CASES})
CASE = "case"
"""What an address calls the case as a whole."""


@page(blueprint, "/attempts/<int:attempt_id>/notes", READERS)
def index(attempt_id: int) -> str:
    """All notes and bookmarks on what is shown."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        found = attempt_state.load(session, actor, attempt_id)
        language = language_of(found.case.language)
        return render_template(
            "notes/index.html",
            attempt=found,
            lines=note_service.lines_of(session, found.row, found.seen),
            language=language,
            say=lambda key, *given: label(key, language, *given),
        )


@page(blueprint, "/attempts/<int:attempt_id>/notes.txt", READERS)
@by_signed_link("notes.index", "attempt_id")
def as_text(attempt_id: int) -> Response:
    """The same as a text file."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        found = attempt_state.load(session, actor, attempt_id)
        title = found.lesson.title.text(found.case.language)
        lines = note_service.lines_of(session, found.row, found.seen)
    text = note_service.as_text(title, lines)
    return binary_file(text.encode(), f"notes-{attempt_id}.txt", "text/plain; charset=utf-8")


@page(blueprint, "/attempts/<int:attempt_id>/notes/<datum>", READERS)
def edit(attempt_id: int, datum: str) -> str:
    """One note."""
    return _edit(attempt_id, datum)


@page(blueprint, "/attempts/<int:attempt_id>/notes/<datum>", READERS, methods=("POST",))
def keep(attempt_id: int, datum: str) -> Response | tuple[str, int]:
    """Keep one note."""
    actor = signed_in_actor()
    try:
        with wiring().database.writing() as session:
            found = attempt_state.load(session, actor, attempt_id)
            note_service.annotate(
                session,
                found.row,
                found.seen,
                note_service.WHOLE if datum == CASE else datum[:20],
                request.form.get("text", ""),
                bool(request.form.get("bookmarked")),
            )
    except BadInput as error:
        return _edit(attempt_id, datum, str(error)), 422
    anchor = None if datum == CASE else f"datum-{datum}"
    return redirect(url_for("attempts.show", attempt_id=attempt_id, _anchor=anchor))


@page(blueprint, "/discussions/<int:version_id>", READERS)
def discussion(version_id: int) -> str:
    """The talk about a version of a case."""
    return _discussion(version_id)


@page(blueprint, "/discussions/<int:version_id>", READERS, methods=("POST",))
def post(version_id: int) -> Response | tuple[str, int]:
    """Say something, or reply."""
    parent = request.form.get("parent", type=int)
    try:
        with wiring().database.writing() as session:
            made = discussions.post(
                session, signed_in_actor(), version_id, request.form.get("text", ""), parent
            )
    except BadInput as error:
        return _discussion(version_id, str(error)), 422
    return redirect(url_for("notes.discussion", version_id=version_id, _anchor=f"post-{made.id}"))


@page(blueprint, "/discussions/posts/<int:post_id>", READERS, methods=("POST",))
def judge(post_id: int) -> Response:
    """Mark what answers the question, take the mark away, or take a post away."""
    do = request.form.get("do")
    actor = signed_in_actor()
    with wiring().database.writing() as session:
        if do == "blank":
            found = discussions.blank(session, actor, post_id)
        elif do in {"answers", "answers not"}:
            found = discussions.mark_answer(session, actor, post_id, do == "answers")
        else:
            raise BadInput("There is no such step.")
    flash("Done.", "success")
    where = url_for("notes.discussion", version_id=found.version_id, _anchor=f"post-{post_id}")
    return redirect(where)


def _edit(attempt_id: int, datum: str, error: str = "") -> str:
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        found = attempt_state.load(session, actor, attempt_id)
        said = {one.id: one.text for one in found.seen.statements()}
        if datum != CASE and datum not in said:
            raise NotFound("There is no such finding.")
        language = language_of(found.case.language)
        notes = note_service.notes_of(session, found.row)
        return render_template(
            "notes/edit.html",
            attempt=found,
            datum=datum,
            said=said.get(datum, ""),
            note=notes.get(note_service.WHOLE if datum == CASE else datum),
            error=error,
            typed=request.form,
            longest=note_service.LONGEST_NOTE,
            language=language,
            say=lambda key, *given: label(key, language, *given),
        )


def _discussion(version_id: int, error: str = "") -> str:
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        version = discussions.discussed(session, actor, version_id)
        case, lesson = content(version)
        language = language_of(case.language)
        return render_template(
            "notes/discussion.html",
            version=version,
            lesson=lesson,
            threads=discussions.threads(session, actor, version_id),
            moderates=discussions.moderates(actor),
            error=error,
            typed=request.form,
            longest=discussions.LONGEST_POST,
            language=language,
            say=lambda key, *given: label(key, language, *given),
            now=utc_now(),
        )
