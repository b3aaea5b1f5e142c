"""A teacher's classes: people, lists from files, assignments."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.db.types import utc_now
from app.errors import BadInput
from app.permissions import Permission
from app.portal.access import page
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import assignments, case_sets, classes
from app.services.class_lists import LONGEST_LIST, decode_list
from casebank.attempt import MODES

blueprint = Blueprint("classes", __name__, url_prefix="/teaching/classes")
Shown = str | tuple[str, int] | Response


@page(blueprint, "/", Permission.WRITE_CASES)
def index() -> str:
    """The classes that the person teaches."""
    with wiring().database.reading() as session:
        return render_template(
            "classes/index.html", classes=classes.taught(session, signed_in_actor())
        )


@page(blueprint, "/", Permission.WRITE_CASES, methods=("POST",))
def create() -> Response:
    """A new class."""
    with wiring().database.writing() as session:
        made = classes.create(session, signed_in_actor(), request.form.get("title", ""))
    flash("The class is there. Add its students, then give it a set.", "success")
    return redirect(url_for("classes.show", class_id=made.id))


@page(blueprint, "/<int:class_id>", Permission.WRITE_CASES)
def show(class_id: int) -> str:
    """People and assignments of a class."""
    return _page(class_id)


@page(blueprint, "/<int:class_id>/title", Permission.WRITE_CASES, methods=("POST",))
def rename(class_id: int) -> Response:
    """Another title."""
    with wiring().database.writing() as session:
        classes.rename(session, signed_in_actor(), class_id, request.form.get("title", ""))
    return redirect(url_for("classes.show", class_id=class_id))


@page(blueprint, "/<int:class_id>/list", Permission.WRITE_CASES, methods=("POST",))
def preview_list(class_id: int) -> Shown:
    """What a list would do, line by line."""
    upload = request.files.get("file")
    data = upload.read() if upload is not None else b""
    encoding = ""
    typed = request.form.get("list", "")
    try:
        text = typed
        if data:
            text, encoding = decode_list(data)
        with wiring().database.reading() as session:
            lines = classes.plan_list(session, signed_in_actor(), class_id, text)
            return render_template(
                "classes/list.html",
                group=classes.get_taught(session, signed_in_actor(), class_id),
                lines=lines,
                good=sum(line.verdict == "good" for line in lines),
                text=text,
                encoding=encoding,
            )
    except BadInput as error:
        return _page(class_id, list_error=str(error)), 422


@page(blueprint, "/<int:class_id>/members", Permission.WRITE_CASES, methods=("POST",))
def add_list(class_id: int) -> Response:
    """Add the people of a list that was looked at."""
    with wiring().database.writing() as session:
        added = classes.add_list(session, signed_in_actor(), class_id, request.form.get("list", ""))
    flash("1 student added." if added == 1 else f"{added} students added.", "success")
    return redirect(url_for("classes.show", class_id=class_id))


@page(blueprint, "/<int:class_id>/members/remove", Permission.WRITE_CASES, methods=("POST",))
def remove(class_id: int) -> Response:
    """Take somebody out of the class."""
    user_id = request.form.get("user", 0, type=int)
    with wiring().database.writing() as session:
        classes.remove(session, signed_in_actor(), class_id, user_id)
    flash("Taken out of the class. What was done before stays in the marks.", "success")
    if user_id == signed_in_actor().user_id:
        return redirect(url_for("classes.index"))
    return redirect(url_for("classes.show", class_id=class_id))


@page(blueprint, "/<int:class_id>/teachers", Permission.WRITE_CASES, methods=("POST",))
def add_teacher(class_id: int) -> Shown:
    """One more teacher."""
    try:
        with wiring().database.writing() as session:
            classes.add_teacher(session, signed_in_actor(), class_id, request.form.get("email", ""))
    except BadInput as error:
        return _page(class_id, teacher_error=str(error)), 422
    flash("This class is now taught by one more.", "success")
    return redirect(url_for("classes.show", class_id=class_id))


@page(blueprint, "/<int:class_id>/state", Permission.WRITE_CASES, methods=("POST",))
def set_state(class_id: int) -> Response:
    """Close a class, or open it again."""
    with wiring().database.writing() as session:
        if request.form.get("open") == "yes":
            classes.reopen(session, signed_in_actor(), class_id)
        else:
            classes.close(session, signed_in_actor(), class_id)
    return redirect(url_for("classes.show", class_id=class_id))


@page(blueprint, "/<int:class_id>/assignments", Permission.WRITE_CASES, methods=("POST",))
def assign(class_id: int) -> Shown:
    """Give the class a set."""
    form = request.form
    try:
        zone = form.get("zone", "")
        opens = assignments.parse_moment(form.get("opens", ""), zone)
        rules = assignments.Rules(
            title=form.get("title", ""),
            mode=form.get("mode", ""),
            opens_at=opens or utc_now(),
            due_at=assignments.parse_moment(form.get("due", ""), zone),
            attempts=_whole("attempts", 0) or 0,
            counts=form.get("counts", ""),
            minutes=_whole("minutes", None),
        )
        with wiring().database.writing() as session:
            made = assignments.assign(
                session, signed_in_actor(), class_id, form.get("set", 0, type=int), rules
            )
    except BadInput as error:
        return _page(class_id, assign_error=str(error)), 422
    flash("Assigned. The students find it under My work.", "success")
    return redirect(url_for("assignments.show", assignment_id=made.id))


def _page(class_id: int, **errors: str) -> str:
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        return render_template(
            "classes/show.html",
            roll=classes.roll(session, actor, class_id),
            assignments=assignments.of_class(session, actor, class_id),
            sets=case_sets.list_sets(session, actor),
            modes=tuple(MODES),
            counts=assignments.COUNTS,
            zones=tuple(assignments.ZONES),
            longest=LONGEST_LIST,
            typed=request.form,
            errors=errors,
            now=utc_now(),
        )


def _whole(name: str, default: int | None) -> int | None:
    text = request.form.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise BadInput(f"Write {name} as a whole number, such as 2.")
    return int(text)
