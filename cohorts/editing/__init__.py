"""Editing Circe definitions: operations, the forms of their parts, and sentences with places."""

from cohorts.editing.beginnings import blank_expression
from cohorts.editing.commands import perform
from cohorts.editing.fields import Field, field_at, object_fields
from cohorts.editing.lines import Line, Phrase, Section
from cohorts.editing.merging import SIDES, Conflict, Held, Merge, Place, Side, merge
from cohorts.editing.operations import (
    Edit,
    add_concept,
    add_concept_set,
    add_criterion,
    add_demographic,
    add_group,
    add_part,
    add_rule,
    copy_concept_set,
    duplicate,
    json_of,
    move,
    remove,
    set_end,
    set_json,
    set_values,
)
from cohorts.editing.outline import outline, sentence_at, set_names
from cohorts.editing.paths import NOTHING, Document, find_at, get_at, kind_at, parse_path
from cohorts.editing.references import references, walk_kinds

__all__ = [
    "NOTHING",
    "SIDES",
    "Conflict",
    "Document",
    "Edit",
    "Field",
    "Held",
    "Line",
    "Merge",
    "Phrase",
    "Place",
    "Section",
    "Side",
    "add_concept",
    "add_concept_set",
    "add_criterion",
    "add_demographic",
    "add_group",
    "add_part",
    "add_rule",
    "blank_expression",
    "copy_concept_set",
    "duplicate",
    "field_at",
    "find_at",
    "get_at",
    "json_of",
    "kind_at",
    "merge",
    "move",
    "object_fields",
    "outline",
    "parse_path",
    "perform",
    "references",
    "remove",
    "sentence_at",
    "set_end",
    "set_json",
    "set_names",
    "set_values",
    "walk_kinds",
]
