"""What is throttled is counted by all processes together, until its window ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import select

from app.db.database import open_database
from app.db.models import Throttle
from app.portal import shared_counts


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database on each of the two servers."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'portal.db'}"
    return str(request.getfixturevalue("postgres_url"))


def test_two_processes_allow_together_what_one_would(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(url)
    counts = [
        storage_from_string("portal://", database=database, secret=b"secret") for _ in range(2)
    ]
    limit = parse("5 per minute")
    limiters = [FixedWindowRateLimiter(one) for one in counts]  # type: ignore[arg-type]
    with ThreadPoolExecutor(4) as pool:
        allowed = list(pool.map(lambda n: limiters[n % 2].hit(limit, "192.0.2.7"), range(8)))
    assert allowed.count(True) == 5
    assert limiters[0].get_window_stats(limit, "192.0.2.7").remaining == 0
    assert limiters[1].hit(limit, "192.0.2.8")
    with database.reading() as session:
        kept = session.scalars(select(Throttle.key)).all()
    assert len(kept) == 2
    assert not [key for key in kept if "192" in key]
    later = shared_counts.time.time() + 61
    monkeypatch.setattr(shared_counts.time, "time", lambda: later)
    assert limiters[0].hit(limit, "192.0.2.7")
    with database.reading() as session:
        assert len(session.scalars(select(Throttle.key)).all()) == 1  # the other one is forgotten
    database.close()
