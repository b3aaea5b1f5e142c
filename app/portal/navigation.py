"""The menu: what each role has, from the access its pages declare."""

from __future__ import annotations

from dataclasses import dataclass

from app.permissions import Actor
from app.portal.access import declared_access, may_use

MENU = (
    ("Home", "home.index"),
    ("Catalogue", "catalogue.index"),
    ("Community", "community.index"),
    ("Projects", "projects.index"),
    ("Cohorts", "cohorts.index"),
    ("Requests", "requests.index"),
    ("Review", "review.queue"),
    ("Outputs", "outputs.index"),
    ("My work", "my_work.index"),
    ("Cases", "cases.library"),
    ("Teaching", "teaching.index"),
    ("Classes", "classes.index"),
    ("Users", "administration.users"),
    ("Platforms", "learning_platforms.index"),
    ("Jobs", "jobs.index"),
    ("Mail", "mails.index"),
    ("Released", "released.index"),
    ("Audit", "audit.index"),
)


@dataclass(frozen=True)
class MenuItem:
    """One entry of the menu."""

    label: str
    endpoint: str


def navigation(actor: Actor | None) -> list[MenuItem]:
    """Entries that ``actor`` may use."""
    if actor is None:
        return []
    return [
        MenuItem(label, endpoint)
        for label, endpoint in MENU
        if may_use(actor, declared_access(endpoint))
    ]
