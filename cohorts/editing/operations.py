"""The operations that edit a definition. Each is a pure function from document to document.

A form posts one of them, and JavaScript posts the same. An operation touches the part that it
names and no other: whatever else a definition holds stays as it is written.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cohorts.editing.beginnings import (
    CRITERION_OF_DOMAIN,
    new_concept_set,
    new_correlated,
    new_criterion,
    new_item,
    new_part,
    new_rule,
)
from cohorts.editing.fields import Texts, has_form, read
from cohorts.editing.paths import (
    NOTHING,
    ROOT,
    Document,
    changed_at,
    fields_of,
    find_at,
    get_at,
    kind_at,
    parent_of,
    put_at,
    whole,
)
from cohorts.editing.references import references
from cohorts.errors import DefinitionError
from cohorts.model import read_part
from cohorts.schema import UNSUPPORTED_CRITERIA, WRAPPERS
from cohorts.strict_json import parse_json
from cohorts.words import label_of, noun_of

MEMBERS: Final = ("CriteriaList", "DemographicCriteriaList", "Groups")


@dataclass(frozen=True)
class Edit:
    """A document after an operation.

    ``said`` is what was done, in words; ``at`` the place to look at next; ``complaints`` are the
    values that could not be read and were left as they had been.
    """

    document: Document
    said: str
    at: str = ""
    complaints: tuple[str, ...] = ()


def add_criterion(
    document: Document,
    place: str,
    kind: str,
    concept_set: int | None = None,
    concept: Document | None = None,
) -> Edit:
    """Add an event to a list of criteria or to a group.

    With ``concept`` it is over that concept and its descendants, in a concept set that is made
    unless there is one; an empty ``kind`` means what the concept's domain suggests.

    Raises:
        DefinitionError: if there is no such place or type of criterion.
    """
    if concept is not None:
        kind = kind or CRITERION_OF_DOMAIN.get(str(concept.get("DOMAIN_ID")), "Observation")
        document, concept_set = _with_concept(document, concept)
    if kind not in WRAPPERS["Criteria"] or kind in UNSUPPORTED_CRITERIA:
        raise DefinitionError(place, "choose what kind of event it is")
    criterion = new_criterion(kind, concept_set)
    of_kind = kind_at(place)
    if of_kind == "[Criteria]":
        member, path = criterion, place
    elif of_kind == "CriteriaGroup":
        document = _grouped(document, place)
        member, path = new_correlated(criterion), f"{place}.CriteriaList"
    else:
        raise DefinitionError(place, "takes no criterion")
    document, at = _appended(document, path, member)
    return Edit(document, f"added {noun_of(kind)}", at)


def add_demographic(document: Document, group: str) -> Edit:
    """Add a demand on the person to a group.

    Raises:
        DefinitionError: if there is no such group.
    """
    if kind_at(group) != "CriteriaGroup":
        raise DefinitionError(group, "is no group of criteria")
    document = _grouped(document, group)
    document, at = _appended(document, f"{group}.DemographicCriteriaList", {})
    return Edit(document, "added what the person is like", at)


def add_group(document: Document, group: str) -> Edit:
    """Add a group within a group.

    Raises:
        DefinitionError: if there is no such group.
    """
    if kind_at(group) != "CriteriaGroup":
        raise DefinitionError(group, "is no group of criteria")
    document = _grouped(document, group)
    document, at = _appended(document, f"{group}.Groups", new_part("CriteriaGroup"))
    return Edit(document, "added a group", at)


def add_rule(document: Document, name: str) -> Edit:
    """Add an inclusion rule at the end."""
    name = name.strip() or f"Rule {len(document.get('InclusionRules') or ()) + 1}"
    document, at = _appended(document, "$.InclusionRules", new_rule(name))
    return Edit(document, f"added the inclusion rule “{name}”", at)


def add_part(document: Document, path: str) -> Edit:
    """Give an object a part that it does not have yet, such as ``EndWindow``.

    Raises:
        DefinitionError: if Circe has no such part.
    """
    kind = kind_at(path)
    if not fields_of(kind):
        raise DefinitionError(path, "is no part that can be added")
    parent, _ = parent_of(path)
    get_at(document, parent)
    document = changed_at(
        document, path, lambda old: new_part(kind) if old is NOTHING or old is None else old
    )
    at = path if kind == "CriteriaGroup" else parent
    return Edit(document, f"added {label_of(path.rsplit('.', 1)[-1])}", at)


def set_values(
    document: Document,
    values: Mapping[str, Texts],
    known: Mapping[int, Document] | None = None,
) -> Edit:
    """Set properties from the texts of a form. What cannot be read is left and complained of."""
    complaints, changed = [], []
    for path, texts in values.items():
        try:
            kind = kind_at(path)
            if not has_form(kind):
                raise DefinitionError(path, "has no form")
            parent, name = parent_of(path)
            old = find_at(document, path)
            made = read(path, kind, old, texts, known)
            if made is old:
                continue
            if made is NOTHING and fields_of(kind_at(parent)).get(str(name), "").endswith("!"):
                raise DefinitionError(path, "is needed")
            document = put_at(document, path, made)
            changed.append(label_of(str(name)))
        except DefinitionError as error:
            complaints.append(
                f"{label_of(path.rsplit('.', 1)[-1])} stays as it was: {error.reason}"
            )
    said = "changed " + ", ".join(dict.fromkeys(changed)) if changed else ""
    return Edit(document, said, complaints=tuple(complaints))


def set_end(document: Document, kind: str, concept_set: int | None = None) -> Edit:
    """Choose when people leave: with their observation (empty), ``DateOffset`` or ``CustomEra``.

    Raises:
        DefinitionError: for an unknown kind, or a drug era without drugs.
    """
    if not kind:
        document = {key: value for key, value in document.items() if key != "EndStrategy"}
        return Edit(document, "people leave when their observation ends", "$.EndStrategy")
    if kind not in WRAPPERS["EndStrategy"]:
        raise DefinitionError("$.EndStrategy", "choose when people leave")
    held = document.get("EndStrategy")
    if not (isinstance(held, dict) and kind in held):
        body = new_part(f"EndStrategy.{kind}")
        if kind == "CustomEra":
            if concept_set is None:
                raise DefinitionError("$.EndStrategy", "choose the drugs, as a concept set")
            body["DrugCodesetId"] = concept_set
        document = {**document, "EndStrategy": {kind: body}}
    return Edit(document, "changed when people leave", "$.EndStrategy")


def remove(document: Document, path: str) -> Edit:
    """Remove a member of a list, or a part that need not be there.

    Raises:
        DefinitionError: if it is not there, is needed, or is a concept set in use.
    """
    found = get_at(document, path)
    parent, step = parent_of(path)
    if isinstance(step, str):
        if fields_of(kind_at(parent)).get(step, "").endswith("!"):
            raise DefinitionError(path, "is needed")
        kind_at(path)
    if kind_at(path) == "ConceptSet" and isinstance(found, dict):
        uses = [place for place, used in references(document) if used == _id_of(found)]
        if uses:
            raise DefinitionError(
                path, f"is used in {len(uses)} place{'s' if len(uses) != 1 else ''}"
            )
    return Edit(put_at(document, path, NOTHING), f"removed {_said(path, found)}")


def move(document: Document, path: str, by: int) -> Edit:
    """Move a member of a list by some places; beyond the ends it stays at the end.

    Raises:
        DefinitionError: if it is not there, or no member of a list.
    """
    found = get_at(document, path)
    parent, index = parent_of(path)
    if not isinstance(index, int):
        raise DefinitionError(path, "is no member of a list")
    entries = list(get_at(document, parent))
    to = max(0, min(len(entries) - 1, index + by))
    entries.insert(to, entries.pop(index))
    return Edit(
        put_at(document, parent, entries),
        f"moved {_said(path, found)}",
        f"{parent}[{to}]",
    )


def duplicate(document: Document, path: str) -> Edit:
    """Put a copy of a member of a list behind it.

    Raises:
        DefinitionError: if it is not there, or is a concept set, whose id is its own.
    """
    found = get_at(document, path)
    parent, index = parent_of(path)
    if not isinstance(index, int):
        raise DefinitionError(path, "is no member of a list")
    made = copy.deepcopy(found)
    if kind_at(path) == "ConceptSet":
        made = {**made, "id": _free_id(document), "name": f"{made.get('name') or ''} (copy)"}
    if kind_at(path) == "InclusionRule":
        made = {**made, "name": f"{made.get('name') or ''} (copy)"}
    entries = list(get_at(document, parent))
    entries.insert(index + 1, made)
    return Edit(
        put_at(document, parent, entries),
        f"copied {_said(path, found)}",
        f"{parent}[{index + 1}]",
    )


def set_json(document: Document, path: str, text: str) -> Edit:
    """Put JSON in the place of a part, or of the whole definition.

    Raises:
        DefinitionError: if it is not JSON, or not what may stand there.
    """
    kind = kind_at(path)
    value = parse_json(text.encode("utf-8", "replace"))
    read_part(value, kind, path)
    if kind == ROOT:
        return Edit(value, "changed the definition as JSON")
    get_at(document, path)
    return Edit(put_at(document, path, value), f"changed {_said(path, value)} as JSON", path)


def add_concept_set(document: Document, name: str, concept: Document | None = None) -> Edit:
    """Add a concept set, empty or with one concept and its descendants."""
    items = [] if concept is None else [new_item(concept)]
    name = name.strip() or str((concept or {}).get("CONCEPT_NAME") or "New concept set")
    made = new_concept_set(_free_id(document), name[:200], items)
    document, at = _appended(document, "$.ConceptSets", made)
    return Edit(document, f"added the concept set “{name}”", at)


def copy_concept_set(document: Document, entry: Document) -> Edit:
    """Add a concept set of another definition, under an id that is free here."""
    made = {**copy.deepcopy(entry), "id": _free_id(document)}
    document, at = _appended(document, "$.ConceptSets", made)
    return Edit(document, f"copied the concept set “{entry.get('name') or made['id']}”", at)


def add_concept(document: Document, concept_set: str, concept: Document) -> Edit:
    """Add a concept with its descendants to a concept set; one that is in it is not added again.

    Raises:
        DefinitionError: if there is no such concept set.
    """
    held = get_at(document, concept_set)
    if kind_at(concept_set) != "ConceptSet" or not isinstance(held, dict):
        raise DefinitionError(concept_set, "is no concept set")
    name = concept.get("CONCEPT_NAME") or concept["CONCEPT_ID"]
    if _holds(held, concept["CONCEPT_ID"]):
        return Edit(document, "", concept_set, (f"{name} is in the set already",))
    document, _ = _appended(document, f"{concept_set}.expression.items", new_item(concept))
    return Edit(document, f"added {name} to a concept set", concept_set)


def _appended(document: Document, path: str, member: Any) -> tuple[Document, str]:
    parent, _ = parent_of(path)
    if parent != "$":
        get_at(document, parent)
    held = find_at(document, path)
    if held is not NOTHING and held is not None and not isinstance(held, list):
        raise DefinitionError(path, "is not a list; edit it as JSON")
    entries = list(held) if isinstance(held, list) else []
    made = put_at(document, path, [*entries, member])
    return made, f"{path}[{len(entries)}]"


def _grouped(document: Document, group: str) -> Document:
    """A group that says how many of its members are to be met: all, unless it says otherwise."""
    parent, _ = parent_of(group)
    if parent != "$":
        get_at(document, parent)
    found = find_at(document, group)
    if isinstance(found, dict) and found.get("Type"):
        return document
    if found is not NOTHING and found is not None and not isinstance(found, dict):
        raise DefinitionError(group, "is no group; edit it as JSON")
    held = found if isinstance(found, dict) else {}
    return put_at(document, group, {**held, "Type": "ALL"})


def _with_concept(document: Document, concept: Document) -> tuple[Document, int | None]:
    for entry in _sets(document):
        if _is_of(entry, concept["CONCEPT_ID"]) and _id_of(entry) is not None:
            return document, _id_of(entry)
    edit = add_concept_set(document, "", concept)
    return edit.document, _id_of(get_at(edit.document, edit.at))


def _sets(document: Document) -> list[Document]:
    held = document.get("ConceptSets")
    return [entry for entry in held if isinstance(entry, dict)] if isinstance(held, list) else []


def _items(entry: Document) -> list[Any]:
    expression = entry.get("expression")
    items = expression.get("items") if isinstance(expression, dict) else None
    return items if isinstance(items, list) else []


def _is_of(entry: Document, concept_id: Any) -> bool:
    items = _items(entry)
    if len(items) != 1 or not isinstance(items[0], dict):
        return False
    plain = items[0].get("includeDescendants") and not items[0].get("isExcluded")
    return bool(plain) and _holds(entry, concept_id)


def _holds(entry: Document, concept_id: Any) -> bool:
    concepts = (item.get("concept") for item in _items(entry) if isinstance(item, dict))
    return any(
        isinstance(concept, dict) and concept.get("CONCEPT_ID") == concept_id
        for concept in concepts
    )


def _id_of(entry: Document) -> int | None:
    return whole(entry.get("id"))


def _free_id(document: Document) -> int:
    ids = (_id_of(entry) for entry in _sets(document))
    return max([-1, *(identifier for identifier in ids if identifier is not None)]) + 1


def _said(path: str, found: Any) -> str:
    """What a part is called in the history."""
    kind = kind_at(path)
    if isinstance(found, dict):
        inner = found.get("Criteria") if kind == "CorrelatedCriteria" else found
        if kind in {"Criteria", "CorrelatedCriteria"} and isinstance(inner, dict) and inner:
            return noun_of(next(iter(inner)))
        if kind in {"InclusionRule", "ConceptSet"}:
            return f"“{found.get('name') or label_of(kind)}”"
        if kind == "ConceptSetItem" and isinstance(found.get("concept"), dict):
            return str(found["concept"].get("CONCEPT_NAME") or "a concept")
    return label_of(kind.rpartition(".")[2])


def json_of(document: Document, path: str = "$") -> str:
    """A part as JSON to be read and edited.

    Raises:
        DefinitionError: if there is nothing.
    """
    return json.dumps(get_at(document, path), indent=1, ensure_ascii=False)
