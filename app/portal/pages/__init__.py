"""The pages, one module a subject. Views are thin: read the form, call one service, render."""

from app.portal.pages import (
    administration,
    assignments,
    attempts,
    case_editor,
    case_exports,
    case_finder,
    case_sets,
    cases,
    catalogue,
    characterisation,
    classes,
    cohort_builder,
    dashboards,
    home,
    learning_platforms,
    lti,
    my_work,
    notes,
    outputs,
    projects,
    requests,
    review,
    system,
    teaching,
)

# Several modules may add pages to one blueprint.
BLUEPRINTS = dict.fromkeys(
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
        my_work,
        cases,
        case_exports,
        attempts,
        notes,
        teaching,
        case_finder,
        case_editor,
        case_sets,
        classes,
        assignments,
        dashboards,
        administration,
        learning_platforms,
        lti,
        system,
    )
)
