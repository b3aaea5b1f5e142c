"""The editor of a case: the part being edited on the left, the record with its sources beside it.

Every form posts one edit of :mod:`casebank.editing` with the case's version, and leads back to the
part it came from; an edit that is refused shows the form again as it was typed.
"""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.db.models import TeachingCase
from app.errors import BadInput, ChangedMeanwhile
from app.permissions import Actor, Permission
from app.portal.access import page
from app.portal.editor_view import PARTS, PLACES, EditorView
from app.portal.gate_view import sheet_of
from app.portal.pages.teaching import blueprint
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import case_editing, case_review, panels
from app.services import cases as case_service
from casebank import Case, EditRefused, RecordUnusable, group_findings, render_text
from casebank.editing import (
    EXERCISE_KINDS,
    KINDS,
    LEVELS,
    LISTS,
    REASONS,
    STATUSES,
    perform,
)
from casebank.lesson import Lesson, Progress, disclose
from casebank.lesson.disclosure import revealed
from casebank.lesson.drafting import draft_lesson_from_release
from casebank.provenance import source_rows, treatments_of
from casebank.terms import all_terms
from deid.errors import ReleaseError
from deid.release import Release

__all__ = ["blueprint"]
_: Blueprint = blueprint


@page(blueprint, "/cases/<int:case_id>/edit", Permission.WRITE_CASES)
def edit_case(case_id: int) -> Response:
    """A draft of one's own; the address says which part and which datum are open."""
    where = {name: request.args.get(name, "")[:200] for name in PLACES}
    return _page(signed_in_actor(), case_id, where)


@page(blueprint, "/cases/<int:case_id>/edits", Permission.WRITE_CASES, methods=("POST",))
def edit_step(case_id: int) -> BaseResponse:
    """Make one edit; what cannot be made is told, and what was typed is kept on the page."""
    actor = signed_in_actor()
    arguments = {name: texts for name, texts in request.form.lists() if name != "csrf_token"}
    where = {name: request.form.get(f"at.{name}", "")[:200] for name in PLACES}
    version = request.form.get("version", 0, type=int)
    op = request.form.get("op", "")
    try:
        with wiring().database.writing() as session:
            if op == "go":
                to = request.form.get("to", 0, type=int)
                said = case_editing.travel(session, actor, case_id, version, to)
                said = f"The case stands as after: {said}" if said else ""
            elif op == "lesson-draft":
                said = _draft_lesson(session, actor, case_id, version)
            elif op == "panel-take":
                name = request.form.get("name", "")
                said = panels.take_over(session, actor, case_id, version, name).said
            else:
                made = case_editing.edit(
                    session, actor, case_id, version, lambda work: perform(work, arguments)
                )
                said = made.said
    except (EditRefused, ChangedMeanwhile, BadInput, RecordUnusable) as error:
        flash(str(error), "warning")
        status = 409 if isinstance(error, ChangedMeanwhile) else 400
        return _page(actor, case_id, where, status, arguments)
    flash(f"Kept: {said}." if said else "Nothing was changed.", "success" if said else "info")
    if op == "exercise-add":
        where["name"] = request.form.get("name", "")
    if op in {"exercise-remove", "exercise-move"}:
        where["name"] = ""
    if op == "suppress":
        where["datum"] = ""
    return redirect(_address(case_id, where), 303)


@page(blueprint, "/cases/<int:case_id>/panel", Permission.REVIEW_CASES, methods=("GET", "POST"))
def panel(case_id: int) -> BaseResponse | str:
    """Answer a case's script concordance items as a member of its panel."""
    actor = signed_in_actor()
    if request.method == "POST":
        answers = {
            name.removeprefix("item."): panels.option_of(text)
            for name, text in request.form.items()
            if name.startswith("item.")
        }
        with wiring().database.writing() as session:
            count = panels.answer(session, actor, case_id, answers)
        flash(f"{count} answers are kept. Thank you.", "success")
        return redirect(url_for("teaching.panel", case_id=case_id), 303)
    with wiring().database.reading() as session:
        row = case_service.get_case(session, actor, case_id)
        work = case_editing.work_of(row)
        items = panels.items_of(row)
        texts = {
            one.name: render_text(disclose(work.case, work.taught, Progress(one.stage)))
            for one in items
        }
        return render_template(
            "teaching/panel.html",
            row=row,
            case=work.case,
            items=items,
            texts=texts,
            answers=panels.own_answers(session, actor, row),
            own=row.author_id == actor.user_id,
            options=panels.OPTIONS,
        )


@page(blueprint, "/cases/<int:case_id>/panel/file", Permission.WRITE_CASES, methods=("POST",))
def panel_file(case_id: int) -> BaseResponse:
    """Answers of a panel from a CSV file, or pasted."""
    upload = request.files.get("file")
    data = upload.read() if upload is not None else b""
    try:
        text = data.decode("utf-8-sig") or request.form.get("text", "")
    except UnicodeDecodeError:
        raise BadInput("The file is not in UTF-8. Save it as “CSV UTF-8”.") from None
    with wiring().database.writing() as session:
        count = panels.import_answers(session, signed_in_actor(), case_id, text)
    flash(f"{count} answers are kept. Take them over into the key when the panel is full.")
    return redirect(_address(case_id, {"part": "panel"}), 303)


def _draft_lesson(session: Session, actor: Actor, case_id: int, version: int) -> str:
    """Draft the lesson anew from the record, with script concordance if asked for."""
    row = case_editing.get_draft(session, actor, case_id)
    release = wiring().catalogue.get(actor, row.release)
    with_panel = request.form.get("concordance") == "yes"

    def draft(case: Case) -> Lesson:
        return draft_lesson_from_release(case, release, with_concordance=with_panel)

    said = "lesson drafted from the record"
    return case_editing.set_lesson(session, actor, case_id, version, draft, said).said


def _page(
    actor: Actor,
    case_id: int,
    where: dict[str, str],
    status: int = 200,
    typed: dict[str, list[str]] | None = None,
) -> Response:
    with wiring().database.reading() as session:
        row = case_editing.get_draft(session, actor, case_id)
        view = EditorView(case_editing.work_of(row), where, typed or {})
        release = _release(actor, row)
        sources: tuple[Any, ...] = ()
        if view.datum is not None and release is not None:
            sources = source_rows(release, view.case, view.datum.id)
        parts: dict[str, Any] = {}
        if view.part in {"overview", "deid"}:
            parts |= _gate(session, actor, row, view, release)
        elif view.part == "panel":
            parts["states"] = panels.states(session, row)
            parts["needed"] = panels.NEEDED
            parts["options"] = panels.OPTIONS
        elif view.part == "history":
            parts["problem_steps"] = case_editing.problem_lists(session, row)
        elif view.part == "exercises":
            parts["terms"] = all_terms().values()
        elif view.part == "preview" and view.lesson is not None:
            parts |= _preview(view)
        steps = case_editing.history(session, row)
        body = render_template(
            "teaching/editor.html",
            row=row,
            view=view,
            case=view.case,
            lesson=view.lesson,
            parts_of=PARTS,
            places=PLACES,
            release=release,
            sources=sources,
            steps=steps,
            undo=next((s for s in reversed(steps) if s.number < row.position), None),
            redo=next((s for s in steps if s.number > row.position), None),
            said=next((s.said for s in steps if s.present), ""),
            typed={name: texts[-1] for name, texts in (typed or {}).items() if texts},
            ticked=set((typed or {}).get("datum", ())),
            kinds=KINDS,
            statuses=STATUSES,
            lists=LISTS,
            levels=LEVELS,
            reasons=REASONS,
            exercise_kinds=EXERCISE_KINDS,
            mend=lambda where: _mend(case_id, view, where),
            grouped=lambda items: group_findings(items, view.case.language),
            **parts,
        )
    return make_response(body, status)


def _gate(
    session: Session, actor: Actor, row: TeachingCase, view: EditorView, release: Release | None
) -> dict[str, Any]:
    """The gate's report over the draft as it stands, and how the release treated its data."""
    report = case_review.review(session, actor, row, release).report
    if view.part == "overview":
        return {"checklist": report.rows}
    return {
        "checklist": [one for one in report.rows if one.code.startswith("F")],
        "sheet": sheet_of(report.to_document()["risk"]),
        "treatments": treatments_of(release, view.case) if release is not None else (),
    }


def _preview(view: EditorView) -> dict[str, Any]:
    """What a student sees at a stage: from :func:`disclose`, as in an attempt."""
    lesson = view.work.taught
    stage = view.stage or 1
    opened = frozenset(view.where.get("opened", "").split()) & {
        order.name for one in lesson.stages for order in one.orders
    }
    done = view.where.get("stage") == "end"
    seen = disclose(
        view.case, lesson, Progress(len(lesson.stages) if done else stage, opened, done)
    )
    language = view.where.get("language") or view.case.language
    before = revealed(lesson, Progress(stage - 1, opened)) if not done else frozenset[str]()
    return {
        "seen": seen,
        "before": before,
        "at_stage": stage,
        "opened": opened,
        "done": done,
        "shown_in": "zh" if language == "zh" else "en",
    }


def _release(actor: Actor, row: TeachingCase) -> Release | None:
    """The release that the case comes from, if it is still there."""
    try:
        return wiring().catalogue.get(actor, row.release)
    except ReleaseError:
        return None


def _mend(case_id: int, view: EditorView, where: str) -> str:
    """Where in the editor a finding is mended; empty for what is not mended there."""
    place = view.place_of(where)
    return _address(case_id, {"part": view.part, **place}) if place else ""


def _address(case_id: int, where: dict[str, str]) -> str:
    opened: dict[str, Any] = {name: text for name, text in where.items() if text}
    anchor = "source" if opened.get("datum") else "part"
    return url_for("teaching.edit_case", case_id=case_id, _anchor=anchor, **opened)
