"""Codes of resources that others refer to for what was given or used: drugs and devices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from deid.importers.fhir.bundles import Entry, Resource
from deid.importers.fhir.context import Gathering


def keep_code(entry: Entry, gathered: Gathering, element: str = "code") -> None:
    """Keep the code of a resource for those that refer to it."""
    value = json.dumps(entry.resource.get(element)).encode()
    for name in (f"{entry.type}/{entry.key}", entry.url or ""):
        if name:
            gathered.index.put("code", name, value=value)


def code_of(reference: Mapping[str, Any], whole: Resource, gathered: Gathering, kind: str) -> Any:
    """The CodeableConcept of the resource that a reference of ``whole`` means, if it is known."""
    text = str(reference.get("reference") or "")
    if text.startswith("#"):
        for contained in whole.get("contained", []):
            if contained.get("id") == text[1:]:
                return contained.get("code") or contained.get("type")
        return None
    for name in (text, "/".join(text.rsplit("/", 2)[-2:]), f"{kind}/{text.split(':', 2)[-1]}"):
        value = gathered.index.get("code", name)
        if value:
            return json.loads(value)
    return None
