"""Health, for whoever watches the process."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from app.portal.access import Open, page
from app.portal.wiring import wiring

blueprint = Blueprint("system", __name__)


@page(blueprint, "/health", Open.EVERYBODY)
def health() -> tuple[Response, int]:
    """200 if the database answers and the release folder can be read, else 503; nothing more."""
    try:
        with wiring().database.reading() as session:
            session.execute(text("SELECT 1"))
        database = True
    except Exception:  # whatever it is, the answer is the same: not healthy
        database = False
    releases = wiring().settings.release_root.is_dir()
    healthy = database and releases
    return jsonify(ok=healthy, database=database, releases=releases), 200 if healthy else 503
