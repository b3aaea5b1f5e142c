"""The body of a case's page, made once for all who read the same case in the same language.

Forty contacts are some 200 kB of page, which is most of the work of showing it; and a
class opens one case together. Nothing of the reader is in a body: no form, no name, no step.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final

from flask import render_template, request
from markupsafe import Markup

from app.db.models import TeachingCase
from app.hashes import sha256_of
from app.portal.case_view import case_view, problem_view
from app.portal.translation import language
from casebank import Case
from casebank.stretches import nearest

KEPT: Final = 128
"""Bodies kept in memory, at most some 40 MB."""

_Key = tuple[str, str, int, int | None, int, str, str]
_kept: OrderedDict[_Key, Markup] = OrderedDict()
_lock = Lock()


def case_body(row: TeachingCase, case: Case, number: int | None = None, stretch: int = 1) -> Markup:
    """What stands on a page of ``case``, or of its problem ``number``, below the heading.

    Of a long record the ``stretch`` that is asked for, or the nearest there is.

    Raises:
        KeyError: if the case has no such problem.
    """
    # Addresses in a body begin with the root of the portal; its own words are in one language.
    stretch = nearest(case, stretch)
    document = sha256_of(row.document)
    key = (document, case.title, row.id, number, stretch, language(), request.script_root)
    with _lock:
        if (known := _kept.get(key)) is not None:
            _kept.move_to_end(key)
            return known
    if number is None:
        page, parts = "cases/_whole.html", case_view(case, language(), stretch)
    else:
        page, parts = "cases/_problem.html", problem_view(case, number, language())
    body = Markup(render_template(page, row=row, **parts))  # noqa: S704  # nosec B704 # rendered here
    with _lock:
        _kept[key] = body
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return body
