"""The pages, one module a subject. Views are thin: read the form, call one service, render."""

from app.portal.pages import (
    administration,
    cases,
    catalogue,
    characterisation,
    cohort_builder,
    home,
    outputs,
    projects,
    requests,
    review,
    system,
    teaching,
)

BLUEPRINTS = tuple(
    module.blueprint
    for module in (
        home,
        catalogue,
        projects,
        cohort_builder,
        characterisation,
        requests,
        review,
        outputs,
        cases,
        teaching,
        administration,
        system,
    )
)
