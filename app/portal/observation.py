"""What the portal tells of its own work: a log line and figures for each answer.

Both name the route and never the address, which may hold a name or a question.
"""

from __future__ import annotations

import logging
import secrets
import time

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

from app.logs import FIELDS

logger = logging.getLogger(__name__)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
REGISTRY = "care_commons_metrics"
_QUIET = frozenset({"static", "bootstrap.static", "system.alive", "system.ready", "system.metrics"})


def init_observation(app: Flask) -> None:
    """Observe every answer of ``app``; its figures are in a registry of its own."""
    registry = CollectorRegistry()
    app.extensions[REGISTRY] = registry
    answers = Counter(
        "carecommons_answers", "Answers by route and status.", ("route", "method", "status"),
        registry=registry,
    )  # fmt: skip
    seconds = Histogram(
        "carecommons_answer_seconds", "Time to an answer.", ("route",),
        buckets=SECONDS, registry=registry,
    )  # fmt: skip

    @app.before_request
    def _begin() -> None:
        g.began = time.perf_counter()
        g.request_number = secrets.token_hex(6)

    @app.after_request
    def _end(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule is not None else "none"
        took = time.perf_counter() - g.get("began", time.perf_counter())
        answers.labels(route, request.method, response.status_code).inc()
        seconds.labels(route).observe(took)
        response.headers["X-Request-Id"] = g.get("request_number", "")
        if request.endpoint not in _QUIET:
            actor = g.get("actor")
            fields = {
                "request": g.get("request_number", ""),
                "route": route,
                "method": request.method,
                "status": response.status_code,
                "ms": round(1000 * took, 1),
                "user": actor.user_id if actor is not None else None,
            }
            logger.info("answered", extra={FIELDS: fields})
        return response
