"""Health and figures, for whoever watches the process."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, current_app, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from app.addresses import is_loopback
from app.errors import NotFound
from app.portal.access import Open, page
from app.portal.observation import REGISTRY
from app.portal.wiring import wiring
from app.private_files import read_private
from app.services.condition import condition_of, load_of

blueprint = Blueprint("system", __name__)


@page(blueprint, "/health", Open.EVERYBODY)
def alive() -> Response:
    """200 as long as the process answers at all."""
    return jsonify(ok=True)


@page(blueprint, "/health/ready", Open.EVERYBODY)
def ready() -> tuple[Response, int]:
    """200 if database, schema and release folder are as pages need them, else 503; nothing more."""
    found = condition_of(wiring().database, wiring().settings.release_root)
    answer = jsonify(
        ok=found.ready,
        database=found.database,
        schema=found.schema,
        releases=found.releases,
        worker=found.worker,
    )
    return answer, 200 if found.ready else 503


@page(blueprint, "/metrics", Open.EVERYBODY)
def metrics() -> Response:
    """Figures for Prometheus: to this machine, or to whoever has the token.

    Raises:
        NotFound: for everybody else.
    """
    if not _may_read():
        raise NotFound("There is no such page.")
    waiting = CollectorRegistry()
    with wiring().database.reading() as session:
        load = load_of(session)
    for name, meaning, counts in (
        ("jobs", "Jobs of the worker by state.", load.jobs),
        ("mails", "Mail by state.", load.mails),
    ):
        gauge = Gauge(f"carecommons_{name}", meaning, ("state",), registry=waiting)
        for state, number in counts.items():
            gauge.labels(state).set(number)
    rows = Gauge("carecommons_audit_rows", "Rows of the audit log.", registry=waiting)
    rows.set(load.audit_rows)
    if load.worker_seen is not None:
        seen = Gauge("carecommons_worker_seen", "When a worker was at work.", registry=waiting)
        seen.set(load.worker_seen.timestamp())
    answers = generate_latest(current_app.extensions[REGISTRY])
    return Response(answers + generate_latest(waiting), content_type=CONTENT_TYPE_LATEST)


def _may_read() -> bool:
    path = wiring().settings.metrics_token_file
    if path is not None and path.exists():
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), read_private(path).strip().encode())
    # Behind a proxy everybody comes from the proxy's address, unless it says from where.
    forwarded = any(name.lower().startswith("x-forwarded") for name, _ in request.headers)
    return is_loopback(request.remote_addr or "") and not forwarded
