"""A case as a student meets it: the way in, the page of an attempt, and its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from flask import Blueprint, flash, jsonify, redirect, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.db.types import utc_now
from app.errors import ChangedMeanwhile, TransitionRefused
from app.permissions import Permission
from app.portal.access import page
from app.portal.attempt_words import label, refusal
from app.portal.error_pages import http_page
from app.portal.formats import format_moment
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import attempt_drafts, attempt_state, attempt_views, attempts, returns
from app.services import notes as note_service
from app.services.case_documents import content
from casebank import (
    Case,
    Table,
    day_text,
    draw_ecomap,
    draw_flow_sheet,
    draw_genogram,
    draw_timeline,
    ecomap_table,
    flow_table,
    genogram_table,
    group_findings,
    timeline_table,
)
from casebank.attempt import FEWEST_PEERS, FORMATIVE, MODES, STANCES
from casebank.errors import AnswerRefused, StepRefused
from casebank.lesson import Wording
from casebank.model import Language
from casebank.scoring import pairwise_agreement

blueprint = Blueprint("attempts", __name__, url_prefix="/attempts")
READERS = frozenset({Permission.READ_CASES, Permission.REVIEW_CASES})
LINES = 6
"""Lines of a list before anything is typed."""
MOST_LINES = 15
_REFUSED = (StepRefused, ChangedMeanwhile, TransitionRefused)


@page(blueprint, "/cases/<int:case_id>", READERS)
def choose(case_id: int) -> str:
    """What the case is about, ways to go through it, and earlier attempts."""
    actor = signed_in_actor()
    assignment_id = request.args.get("assignment", type=int)
    with wiring().database.reading() as database:
        version = attempts.attemptable(database, actor, case_id, assignment_id)
        case, lesson = content(version)
        return _render(
            "attempts/choose.html",
            case,
            case_id=case_id,
            lesson=lesson,
            mine=attempts.mine(database, actor, case_id),
            assignment=attempts.find_assignment(database, actor, assignment_id, case_id),
            modes=MODES,
        )


@page(blueprint, "/cases/<int:case_id>/begin", READERS, methods=("POST",))
def begin(case_id: int) -> Response:
    """Begin, or go on with what runs."""
    with wiring().database.writing() as database:
        row = attempts.start(
            database,
            signed_in_actor(),
            case_id,
            request.form.get("mode", ""),
            request.form.get("assignment", type=int),
            now=utc_now(),
        )
    return redirect(url_for("attempts.show", attempt_id=row.id))


@page(blueprint, "/<int:attempt_id>", READERS)
def show(attempt_id: int) -> str:
    """The page of an attempt."""
    return _page(attempt_id)


@page(blueprint, "/<int:attempt_id>/questions/<int:number>", READERS, methods=("POST",))
def answer(attempt_id: int, number: int) -> Response | tuple[str, int] | tuple[Response, int]:
    """Commit an answer, or keep it for now."""
    fields = _fields()
    if request.form.get("do") == "commit":
        return _commit(attempt_id, number, fields)
    quiet = request.accept_mimetypes.best == "application/json"
    try:
        with wiring().database.writing() as database:
            at = attempt_drafts.keep(
                database, signed_in_actor(), attempt_id, number, fields, utc_now()
            )
    except _REFUSED as error:
        if quiet:
            return jsonify(refused=refusal(str(error), language_of("en"))), 409
        return _refused(attempt_id, error)
    if quiet:
        return jsonify(kept=format_moment(at)), 200
    flash(f"{label('kept', language_of('en'))}: {format_moment(at)}", "success")
    return _back(attempt_id, f"question-{number}")


def _commit(
    attempt_id: int, number: int, fields: Mapping[str, Sequence[str]]
) -> Response | tuple[str, int]:
    actor, now = signed_in_actor(), utc_now()
    try:
        with wiring().database.writing() as database:
            language = language_of(attempt_state.load(database, actor, attempt_id).case.language)
            attempts.commit(database, actor, attempt_id, number, fields, language, now)
    except AnswerRefused as error:
        # What was typed is kept although it cannot be read yet.
        with suppress(*_REFUSED), wiring().database.writing() as database:
            attempt_drafts.keep(database, actor, attempt_id, number, fields, now)
        return _page(attempt_id, dict(error.problems)), 422
    except _REFUSED as error:
        return _refused(attempt_id, error)
    return _back(attempt_id, f"question-{number}")


@page(blueprint, "/<int:attempt_id>/orders", READERS, methods=("POST",))
def open_order(attempt_id: int) -> Response:
    """Open what the student chose."""
    place = request.form.get("order", "")
    try:
        with wiring().database.writing() as database:
            attempts.open_order(database, signed_in_actor(), attempt_id, place, utc_now())
    except _REFUSED as error:
        return _refused(attempt_id, error)
    return _back(attempt_id, f"order-{place}")


@page(blueprint, "/<int:attempt_id>/stage", READERS, methods=("POST",))
def go_on(attempt_id: int) -> Response:
    """Enter the next stage, or end."""
    to = request.form.get("to", "")
    try:
        with wiring().database.writing() as database:
            attempts.go_on(database, signed_in_actor(), attempt_id, to, utc_now())
    except _REFUSED as error:
        return _refused(attempt_id, error)
    return _back(attempt_id, "result" if to == "end" else f"stage-{to}")


@page(blueprint, "/<int:attempt_id>/end", READERS, methods=("POST",))
def end(attempt_id: int) -> Response:
    """End before everything is committed."""
    try:
        with wiring().database.writing() as database:
            attempts.give_up(database, signed_in_actor(), attempt_id, utc_now())
    except _REFUSED as error:
        return _refused(attempt_id, error)
    return _back(attempt_id, "result")


@page(blueprint, "/<int:attempt_id>/findings", READERS, methods=("POST",))
def pin(attempt_id: int) -> Response:
    """Mark a finding, or take the mark away."""
    datum, _, sign = request.form.get("pin", "").partition(" ")
    try:
        with wiring().database.writing() as database:
            attempt_drafts.pin(database, signed_in_actor(), attempt_id, datum[:20], sign, utc_now())
    except _REFUSED as error:
        return _refused(attempt_id, error)
    return _back(attempt_id, f"datum-{datum}")


@page(blueprint, "/<int:attempt_id>/reflection", READERS, methods=("POST",))
def reflect(attempt_id: int) -> Response:
    """Keep the reflections."""
    try:
        with wiring().database.writing() as database:
            attempt_drafts.reflect(database, signed_in_actor(), attempt_id, _fields(), utc_now())
    except _REFUSED as error:
        return _refused(attempt_id, error)
    flash(label("kept", language_of("en")), "success")
    return _back(attempt_id, "reflection")


def answer_without_session(error: CSRFError) -> tuple[str, int] | Response:
    """A page that holds what was typed when the session had ended, to keep it after signing in."""
    if request.endpoint != "attempts.answer" or not request.view_args:
        return http_page(error)
    if request.accept_mimetypes.best == "application/json":
        return "", 401
    return (
        render_template(
            "attempts/signed_out.html", fields=_fields(), address=request.path, **request.view_args
        ),
        401,
    )


def _page(attempt_id: int, errors: Mapping[str, str] | None = None) -> str:
    actor = signed_in_actor()
    database = wiring().database
    with database.reading() as reading:
        found = attempt_state.load(reading, actor, attempt_id)
        hidden = returns.hides(reading, actor, found.row, utc_now())
        if hidden == "running" or (hidden and not request.args.get("earlier")):
            return _render("attempts/hidden.html", found.seen, attempt=found, hidden=hidden)
    if attempt_state.is_over(found, utc_now()):
        with database.writing() as writing:
            attempts.end_if_over(writing, actor, found.row, utc_now())
    with database.reading() as reading:
        found = attempt_state.load(reading, actor, attempt_id)
        language = language_of(found.case.language)
        drafts = attempt_drafts.drafts_of(reading, attempt_id)
        view = attempt_views.view(
            reading, found, attempt_drafts.pins_of(reading, attempt_id), language
        )
        return _render(
            "attempts/show.html",
            view.seen,
            view=view,
            attempt=found,
            state=found.state,
            lesson=found.lesson,
            drafts=drafts,
            notes=note_service.notes_of(reading, found.row),
            errors=errors or {},
            lines=LINES,
            lines_typed=_lines_typed,
            stances=STANCES,
            formative=FORMATIVE,
            fewest_peers=FEWEST_PEERS,
            agreement=pairwise_agreement,
            now=utc_now(),
            family_pictures=_family(view.seen, language),
            **_pictures(view.seen),
        )


def _family(case: Case, language: Language) -> list[tuple[str, Markup, Table]]:
    """Genogram and ecomap of what is disclosed, each with its table."""
    drawn = []
    if case.background.family_tree:
        svg = Markup(draw_genogram(case, language))  # noqa: S704  # nosec B704 # drawn here, texts escaped
        drawn.append(("genogram", svg, genogram_table(case, language)))
    surroundings = ecomap_table(case, language)
    if surroundings.rows:
        svg = Markup(draw_ecomap(case, language))  # noqa: S704  # nosec B704 # drawn here, texts escaped
        drawn.append(("ecomap", svg, surroundings))
    return drawn


def _pictures(case: Case) -> dict[str, object]:
    """Timeline and flow sheets of what is disclosed; casebank escapes every text it draws."""
    lasts = any(lane.items for lane in case.timeline.lanes)
    drawn = draw_timeline(case.timeline, case.language) if lasts else ""
    return {
        "timeline": Markup(drawn),  # noqa: S704  # nosec B704 # drawn here, texts escaped
        "timeline_table": timeline_table(case.timeline, case.language),
        "sheets": [
            (
                sheet,
                Markup(draw_flow_sheet(sheet, case.language, f"flow-{index}")),  # noqa: S704  # nosec B704 # drawn here, texts escaped
                flow_table(sheet, case.language),
            )
            for index, sheet in enumerate(case.flow_sheets)
        ],
    }


def _render(template: str, case: Case, **values: object) -> str:
    language = language_of(case.language)
    return render_template(
        template,
        case=case,
        anchored=[],
        language=language,
        both=_both(),
        tell=lambda wording: _tell(wording, language),
        say=lambda key, *given: label(key, language, *given),
        when=lambda day: day_text(day, language),
        grouped=lambda items: group_findings(items, case.language),
        **values,
    )


def _lines_typed(fields: Mapping[str, Sequence[str]], stem: str) -> int:
    """Lines of a list up to the last one that something was typed into."""
    numbers = [
        int(number)
        for name, values in fields.items()
        for head, _, number in [name.rpartition("-")]
        if head == stem and number.isdigit() and any(values)
    ]
    return min(max(numbers, default=0), MOST_LINES)


def language_of(own: Language) -> Language:
    """The language of the labels: what was switched to last, else the case's own."""
    asked = request.args.get("lang")
    if asked in {"en", "zh"}:
        session["case_language"] = asked
    chosen = session.get("case_language")
    return chosen if chosen in {"en", "zh"} else own


def _both() -> bool:
    """Whether both languages are shown, one under the other."""
    asked = request.args.get("both")
    if asked in {"yes", "no"}:
        session["case_both"] = asked == "yes"
    return bool(session.get("case_both"))


def _tell(wording: Wording, language: Language) -> Markup:
    """A wording in one language, and under it in the other where both are wanted."""
    text = wording.text(language)
    other: Language = "en" if language == "zh" else "zh"
    if not _both() or wording.text(other) == text:
        return Markup("{}").format(text)
    under = Markup('<span class="other-language" lang="{}">{}</span>')
    return Markup("{}{}").format(text, under.format(other, wording.text(other)))


def _fields() -> dict[str, list[str]]:
    """What a form sent, without what only carries it."""
    return {
        name: [value[:4000] for value in values]
        for name, values in request.form.lists()
        if name not in {"csrf_token", "do"}
    }


def _refused(attempt_id: int, error: Exception) -> Response:
    flash(refusal(str(error), language_of("en")), "warning")
    return _back(attempt_id)


def _back(attempt_id: int, anchor: str | None = None) -> Response:
    return redirect(url_for("attempts.show", attempt_id=attempt_id, _anchor=anchor))
