"""Concept sets to copy: of the cohorts that a person may see, and of the shipped templates."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.errors import NotFound
from app.permissions import Actor
from app.services.cohorts import list_cohorts
from cohorts.editing import Document
from cohorts.model import parse_document
from cohorts.templates import list_templates, load_template


@dataclass(frozen=True)
class LibraryEntry:
    """A concept set of a definition; ``key`` finds it again."""

    key: str
    name: str
    definition: str
    size: int


def list_concept_sets(session: Session, actor: Actor) -> list[LibraryEntry]:
    """All of them, by name: those of the newest version of each cohort, then of the templates."""
    found = [
        LibraryEntry(
            f"{source}/{entry.get('id')}", str(entry.get("name") or ""), title, _size(entry)
        )
        for source, title, document in _definitions(session, actor)
        for entry in document.get("ConceptSets") or ()
    ]
    return sorted(found, key=lambda entry: (entry.name.casefold(), entry.definition))


def get_concept_set(session: Session, actor: Actor, key: str) -> Document:
    """One of them as Circe JSON.

    Raises:
        NotFound: if there is none of this key, or it is not the actor's to see.
    """
    wanted, _, identifier = key.rpartition("/")
    for source, _, document in _definitions(session, actor):
        if source == wanted:
            for entry in document.get("ConceptSets") or ():
                if str(entry.get("id")) == identifier:
                    found: Document = entry
                    return found
    raise NotFound("There is no such concept set.")


def _definitions(session: Session, actor: Actor) -> list[tuple[str, str, Document]]:
    kept = [
        (f"cohort/{cohort.id}", cohort.name, parse_document(cohort.versions[-1].expression)[1])
        for cohort in list_cohorts(session, actor)
    ]
    shipped = [
        (
            f"template/{name}",
            load_template(name).title,
            parse_document(load_template(name).source)[1],
        )
        for name in list_templates()
    ]
    return kept + shipped


def _size(entry: Document) -> int:
    return len((entry.get("expression") or {}).get("items") or ())
