"""Whole lives with all their visits, as the generator makes them before anything is spoilt."""

from __future__ import annotations

from functools import cache

from deid.synth.care_sites import build_care_sites
from deid.synth.courses import COURSES, Life
from deid.synth.courses.aftermath import without_outpatients
from deid.synth.people import LOCALES
from deid.synth.physiology import draw_body
from deid.synth.population import households
from deid.synth.rows import RowStore
from deid.synth.streams import open_stream
from deid.synth.visits import Form, Visit
from tests.unit.deid.synth.conftest import TODAY

RESIDENTS = 500
SEED = 11


@cache
def all_lives() -> tuple[Life, ...]:
    """The lives of 500 residents, half of them Chinese."""
    store = RowStore()
    lives = []
    for locale in LOCALES:
        sites = build_care_sites(SEED, locale, store)
        for household in households(RESIDENTS // 2, SEED, locale, sites, store, TODAY):
            for member in household.members:
                path = (SEED, locale, member.person_id)
                life = Life(household, draw_body(open_stream(*path), member), TODAY)
                if life.first >= life.last:
                    continue
                for name, course in COURSES:
                    visits = [*life.visits, *course(open_stream(*path, name), life)]
                    life.visits = sorted(
                        without_outpatients(visits, life.last), key=lambda v: v.day
                    )
                lives.append(life)
    return tuple(lives)


def forms_of(*kinds: str) -> list[tuple[Life, Visit, Form]]:
    """All forms of some kinds, with their visits and lives."""
    return [
        (life, visit, form)
        for life in all_lives()
        for visit in life.visits
        for form in visit.forms
        if form.kind in kinds
    ]
