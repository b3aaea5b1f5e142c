"""The pages, one module a subject. Views are thin: read the form, call one service, render."""

from app.portal.pages import catalogue, cohorts, home, projects, requests, review, system

BLUEPRINTS = (
    home.blueprint,
    catalogue.blueprint,
    projects.blueprint,
    cohorts.blueprint,
    requests.blueprint,
    review.blueprint,
    system.blueprint,
)
