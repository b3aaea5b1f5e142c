"""The portal has no way to show a count of people or rows but through ``cohorts.disclosure``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
RAW = {
    "rows_out", "persons", "entries", "entry_persons", "entry_events", "attrition", "completeness",
    "extract_rows", "num_rows", "person_ids", "masks", "rules_met",
}  # fmt: skip
GATE = {
    "safe_count", "safe_table", "safe_crosstab", "safe_groups", "safe_attrition", "safe_share",
    "coarse_count", "estimated_count", "least_count",
}  # fmt: skip
# Where a raw number is read outside a call of the gate, and why nothing of it is shown.
READ_ELSEWHERE = {
    ("app/portal/api/catalogue.py", "_column"): "what safe_entry made",
    ("app/portal/api/counts.py", "answer_of"): "what safe_count made",
    ("app/services/case_finding.py", "_people_of"): "chooses records; coarse_count tells how many",
    ("app/services/catalogue.py", "table_summaries"): "only whether a table has rows at all",
    ("app/services/catalogue.py", "safe_entry"): "handed to safe_share",
    ("app/services/cohort_answers.py", "_run"): "sets for the ledger",
    ("app/services/cohort_answers.py", "_answer"): "what safe_count made",
    ("app/services/cohort_answers.py", "withheld"): "what safe_count made",
    ("app/services/released.py", "_size"): "only which delivery is the largest",
    ("app/services/review.py", "delivered_rows"): "only whether there is a number",
    ("app/services/transitions.py", "transition"): "kept in the database",
}
# Names in templates that hold a SafeCount, or a share that safe_share made.
SAFE_IN_TEMPLATES = {"answer.persons", "answer.entries", "answer.attrition", "column.completeness",
    "entry.completeness", "column.entry.completeness"}  # fmt: skip


def portal_modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("app/services", "app/portal"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def reads(tree: ast.AST, where: str = "", gated: bool = False) -> Iterator[tuple[str, str]]:
    """Function and name of every raw number that is read outside a call of the gate."""
    for node in ast.iter_child_nodes(tree):
        inside = node.name if isinstance(node, ast.FunctionDef) else where
        through = gated or (isinstance(node, ast.Call) and _called(node) in GATE)
        if isinstance(node, ast.Attribute) and node.attr in RAW and not through:
            yield inside, node.attr
        yield from reads(node, inside, through)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def test_services_and_pages_read_raw_counts_only_to_hand_them_to_the_gate() -> None:
    found = {(path, function) for path, tree in portal_modules() for function, _ in reads(tree)}
    assert found == set(READ_ELSEWHERE)


def test_no_service_or_page_counts_records_of_people_in_sql() -> None:
    for path, tree in portal_modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not re.search(r"(?i)\b(count|sum|avg)\s*\(.*\bfrom\b", node.value), path


def test_templates_name_no_raw_count() -> None:
    raw = re.compile(rf"\b([a-z_.]+\.(?:{'|'.join(RAW)}))\b")
    for path in sorted((ROOT / "app/portal/templates").rglob("*.html")):
        for code in re.findall(r"\{[{%](.*?)[%}]\}", path.read_text(), re.DOTALL):
            for name in raw.findall(code):
                kept = any(
                    name == safe or name.startswith(f"{safe}.") for safe in SAFE_IN_TEMPLATES
                )
                assert kept, f"{path.name}: {name}"


def test_the_walk_sees_a_number_that_passes_by_the_gate() -> None:
    code = "def page(release):\n    return safe_count(release.rows_out), release.rows_out"
    assert list(reads(ast.parse(code))) == [("page", "rows_out")]
