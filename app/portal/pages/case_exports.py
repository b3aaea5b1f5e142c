"""Cases that leave and come back: the export menu, the import page, a student's own print."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.errors import BadInput
from app.permissions import Permission
from app.portal.access import page
from app.portal.downloads import binary_file
from app.portal.public_address import public_root
from app.portal.sign_in import signed_in_actor
from app.portal.wiring import wiring
from app.services import attempt_exports, case_exports
from app.services import cases as case_service
from casebank.errors import PackageRefused
from casebank.exports.formats import FORMATS

blueprint = Blueprint("case_exports", __name__)


@page(blueprint, "/teaching/cases/<int:case_id>/export", Permission.WRITE_CASES)
def menu(case_id: int) -> str:
    """The formats that this case can leave in."""
    actor = signed_in_actor()
    with wiring().database.reading() as session:
        names = case_exports.offered(session, actor, case_id)
        return render_template(
            "teaching/export.html",
            row=case_service.get_case(session, actor, case_id),
            formats=[one for one in FORMATS.values() if one.name in names],
            missing=[one for one in FORMATS.values() if one.name not in names],
        )


@page(blueprint, "/teaching/cases/<int:case_id>/export", Permission.WRITE_CASES, methods=("POST",))
def export(case_id: int) -> Response:
    """The file; that it was made, by whom and when, is audited before it is handed out."""
    made = case_exports.export(
        wiring().database,
        signed_in_actor(),
        case_id,
        request.form.get("format", ""),
        request.form.get("language", ""),
    )
    return binary_file(made.data, made.name, made.media_type)


@page(
    blueprint,
    "/teaching/cases/<int:case_id>/export/attempts",
    Permission.WRITE_CASES,
    methods=("POST",),
)
def attempts(case_id: int) -> Response:
    """What one's own students did at the case, as xAPI statements under pseudonyms."""
    secret = str(current_app.secret_key)
    made = attempt_exports.statements(
        wiring().database, signed_in_actor(), case_id, public_root(), secret
    )
    return binary_file(made.data, made.name, made.media_type)


@page(blueprint, "/teaching/import", Permission.WRITE_CASES)
def importing() -> str:
    """The form for a package."""
    return render_template("teaching/import.html", refused="")


@page(blueprint, "/teaching/import", Permission.WRITE_CASES, methods=("POST",))
def import_() -> Response | str | tuple[str, int]:
    """A draft from a package, or why not, beside the form."""
    sent = request.files.get("package")
    try:
        if sent is None or not sent.filename:
            raise BadInput("Choose a file that ends in .ccase.")
        with wiring().database.writing() as session:
            made = case_exports.import_case(session, signed_in_actor(), sent.read())
    except (BadInput, PackageRefused) as error:
        return render_template("teaching/import.html", refused=str(error)), 400
    flash("The case is here as a draft of yours. It goes through review like any other.", "success")
    return redirect(url_for("cases.show", case_id=made.id))


@page(blueprint, "/cases/attempts/<int:attempt_id>/print", Permission.READ_CASES, methods=("POST",))
def own_print(attempt_id: int) -> Response:
    """A student's own print of a finished case."""
    made = case_exports.own_print(wiring().database, signed_in_actor(), attempt_id)
    return binary_file(made.data, made.name, made.media_type)
