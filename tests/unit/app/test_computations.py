"""Long questions: kept, asked again, stopped, and told once when they fail."""

from __future__ import annotations

import threading

import pytest

from app.services.computations import Computations, Waiting
from cohorts.errors import QueryCancelled


def test_a_value_is_computed_once_and_kept() -> None:
    computations, calls = Computations(), []

    def work(cancel: threading.Event) -> int:
        calls.append(cancel)
        return len(calls)

    assert [computations.ask("key", work, 5), computations.ask("key", work, 5)] == [1, 1]
    assert computations.ask("other", work, 5) == 2


def test_what_takes_longer_than_the_patience_is_waited_for_and_asked_again() -> None:
    computations, may_end = Computations(), threading.Event()

    def work(cancel: threading.Event) -> str:
        assert may_end.wait(10)
        return "done"

    assert isinstance(computations.ask("key", work, 0.01), Waiting)
    may_end.set()
    assert computations.ask("key", work, 10) == "done"


def test_what_is_stopped_says_so_once_and_can_be_asked_anew() -> None:
    computations = Computations()

    def work(cancel: threading.Event) -> str:
        if cancel.wait(10):
            raise QueryCancelled("the query was cancelled")
        return "done"

    waiting = computations.ask("key", work, 0.01)
    assert isinstance(waiting, Waiting)
    assert computations.stop(waiting.token)
    with pytest.raises(QueryCancelled):
        computations.ask("key", work, 10)
    assert not computations.stop(waiting.token)
    assert not computations.stop("unknown")
    assert computations.ask("key", lambda cancel: "anew", 10) == "anew"


def test_those_that_wait_for_their_turn_can_be_stopped_too() -> None:
    computations, may_end = Computations(at_once=1), threading.Event()

    def long(cancel: threading.Event) -> str:
        assert may_end.wait(10)
        return "done"

    computations.ask("first", long, 0.01)
    second = computations.ask("second", long, 0.01)
    assert isinstance(second, Waiting)
    computations.stop(second.token)
    with pytest.raises(QueryCancelled):
        computations.ask("second", long, 10)
    may_end.set()
    assert computations.ask("first", long, 10) == "done"


def test_only_so_many_values_are_kept() -> None:
    computations, calls = Computations(kept=2), []

    def work(cancel: threading.Event) -> int:
        calls.append(1)
        return len(calls)

    for key in ("a", "b", "c", "c", "a"):
        computations.ask(key, work, 5)
    assert len(calls) == 4
