"""The pages, one module a subject. Views are thin: read the form, call one service, render."""

from app.portal.pages import catalogue, home, system

BLUEPRINTS = (home.blueprint, catalogue.blueprint, system.blueprint)
