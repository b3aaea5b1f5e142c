"""What programs may call, for people who write them."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.portal.access import Open, page
from app.portal.api import account, catalogue, cohorts, requests, teaching
from app.portal.api.description import address_of, description
from app.portal.api.operations import OPERATIONS
from app.portal.api.operations import blueprint as api_blueprint
from app.portal.api.problems import PREFIX, TITLES, TO_DO
from app.services.tokens import MARK, SCOPES

__all__ = ["api_blueprint", "blueprint"]

blueprint = Blueprint("api_docs", __name__, url_prefix="/api")
# Importing a module registers its operations; this is their order on the page.
SUBJECTS = [module.__name__.rpartition(".")[2] for module in
            (account, catalogue, cohorts, requests, teaching)]  # fmt: skip


@page(blueprint, "/", Open.EVERYBODY)
def index() -> str:
    """Every operation, its scope, parameters, body and answers."""
    paths = description()["paths"]
    return render_template(
        "api/index.html",
        subjects=SUBJECTS,
        operations=list(OPERATIONS.values()),
        address_of=address_of,
        described={one.name: paths[address_of(one)][one.method.lower()]
                   for one in OPERATIONS.values()},
        schemas=description()["components"]["schemas"],
        prefix=PREFIX.rstrip("/"),
        scopes=SCOPES,
        header=f"Authorization: Bearer {MARK}…",
        problems=[(status, TITLES[status], TO_DO[status]) for status in sorted(TITLES)],
    )  # fmt: skip
