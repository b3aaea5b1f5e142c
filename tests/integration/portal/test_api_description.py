"""Calls made up from the API's own description: no unforeseen error, no undocumented answer.

Two calls of each operation with a body or words to look for; ``make campaign`` makes up
many more, of every operation, by CARECOMMONS_API_EXAMPLES.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.portal.api.operations import OPERATIONS, Nothing, Paging
from app.services.workflow import State
from tests.integration.portal.api_calls import token
from tests.integration.portal.published_case import add_case
from tests.integration.portal.world import World, make_world

EXAMPLES = int(os.environ.get("CARECOMMONS_API_EXAMPLES", "2"))
SAMPLED = [
    name
    for name, one in sorted(OPERATIONS.items())
    if EXAMPLES > 2 or one.body is not None or one.query not in (Nothing, Paging)
]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world of its own: what is made up may change it."""
    world = make_world(tmp_path_factory.mktemp("described"), people=20, ill=12)
    world.request_in(State.SUBMITTED)
    add_case(world)
    return world


@pytest.fixture(scope="module")
def described(fuzzed: World) -> Any:
    """The description as that portal answers it."""
    app = fuzzed.client().application
    for limiter in app.extensions["limiter"]:
        limiter.enabled = False  # or a campaign would see little else than 429
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


@pytest.mark.parametrize("name", SAMPLED)
def test_made_up_calls_get_answers_that_the_description_names(
    fuzzed: World, described: Any, name: str
) -> None:
    operation = described.find_operation_by_id(name)
    # Whose tokens can be ended here are nobody's who calls the other operations.
    callers = ("instructor",) if name == "revoke_token" else ("researcher", "student")
    secrets = [token(fuzzed, who) for who in callers]

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answers(case: schemathesis.Case) -> None:
        for secret in secrets:
            headers = {"Authorization": f"Bearer {secret}"}
            response = case.call(headers=headers)
            case.validate_response(response, checks=CHECKS)

    answers()
