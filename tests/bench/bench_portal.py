"""Response times of portal pages over HTTP, one client asking for one page after the other.

The demonstration is made in a temporary folder and served by its own command. The first count of
a cohort runs its SQL, later ones are remembered, so both are told; questions for counts are
throttled, so that page is asked for less often. Pages of 50 people at once: ``bench_load``.
"""

from __future__ import annotations

import statistics
import time

from tests.bench.portal_client import demonstration, prepare, served, sign_in

REQUESTS = 60
COUNTED_REQUESTS = 12
WARM_UP = 3
RELEASE = "county-research-v1"


def main() -> None:
    """Print the table."""
    with demonstration() as home:
        began = time.perf_counter()
        prepare(home)
        print(f"demonstration: found again in {time.perf_counter() - began:.1f} s")
        with served(home) as serving:
            _measure(serving.port, serving.password)


def _measure(port: int, password: str) -> None:
    researcher = sign_in(port, "researcher@demo.example.org", password)
    instructor = sign_in(port, "instructor@demo.example.org", password)
    student = sign_in(port, "student@demo.example.org", password)
    counted = f"/cohorts/2?version=1&release={RELEASE}"
    print(f"first count of a cohort: {researcher.seconds(counted) * 1000:.0f} ms")
    print(f"first opening of a case: {instructor.seconds('/cases/1') * 1000:.0f} ms")
    print(f"{'page':34}{'p50 ms':>8}{'p95 ms':>8}{'KiB':>7}")
    for label, client, path, requests in (
        ("catalogue", researcher, "/releases/", REQUESTS),
        ("release", researcher, f"/releases/{RELEASE}", REQUESTS),
        ("cohort, definition", researcher, "/cohorts/2", REQUESTS),
        ("cohort, with counts and Table 1", researcher, counted, COUNTED_REQUESTS),
        ("library of cases", student, "/cases/", REQUESTS),
        ("case", instructor, "/cases/1", REQUESTS),
        ("case, one problem", instructor, "/cases/1?problem=1", REQUESTS),
    ):
        for _ in range(WARM_UP):
            client.get(path)
        times = sorted(client.seconds(path) for _ in range(requests))
        p95 = times[int(len(times) * 0.95) - 1]
        size = len(client.get(path)) / 1024
        print(f"{label:34}{statistics.median(times) * 1000:8.1f}{p95 * 1000:8.1f}{size:7.0f}")


if __name__ == "__main__":
    main()
