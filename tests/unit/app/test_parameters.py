"""Numbers of forms and addresses, as pages read them."""

from __future__ import annotations

import pytest
from werkzeug.test import EnvironBuilder

from app.portal.parameters import LARGEST, PortalRequest


@pytest.mark.parametrize(
    ("typed", "read"),
    [("7", 7), (str(LARGEST), LARGEST), (str(LARGEST + 1), None), ("9" * 30, None), ("x", None)],
)
def test_a_number_that_no_database_can_look_for_counts_as_none(
    typed: str, read: int | None
) -> None:
    sent = PortalRequest(EnvironBuilder(method="POST", data={"project": typed}).get_environ())
    asked = PortalRequest(EnvironBuilder(query_string={"project": typed}).get_environ())
    assert sent.form.get("project", type=int) == asked.args.get("project", type=int) == read
