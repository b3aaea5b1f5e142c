"""The canonical form of documents is that of the standard library, byte for byte."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from casebank.documents import to_bytes

_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    # A surrogate alone is no UTF-8.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text('ab\u4e2d"\\\n'), inner),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(_JSON)
def test_what_is_written_is_what_the_library_writes(document: Any) -> None:
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    assert to_bytes(document) == (text + "\n").encode("utf-8")
