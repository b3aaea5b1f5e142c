"""Circe expression to the reference's SQL, behind one function.

With :mod:`cohorts.repairs` the only module that knows ``duckcdm``, a port of OHDSI's circe-be and
SqlRender that agrees with them row by row (docs/decisions/0006-circe-compilation.md). PostgreSQL
and Spark run what it writes; in DuckDB it is the oracle of :mod:`cohorts.plan`
(docs/decisions/0018-own-compiler.md).

Free text of a definition never passes through the SQL templates: it is replaced by a token before
compilation and put back as a quoted literal afterwards, because the template language would read
``@``, ``{`` and ``;`` inside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from cohorts.errors import DefinitionError, UnsupportedExpression
from cohorts.model import CohortDefinition, Node

CDM_SCHEMA: Final = "cc_cdm"
COHORT_TABLE: Final = "cc_cohort"
COHORT_ID: Final = 1
DIALECTS: Final = ("duckdb", "postgresql", "spark")
VIEW_PREFIX: Final = f"{CDM_SCHEMA}_"
"""In PostgreSQL and Spark, where a temporary view can have no schema, ``cc_cdm.x`` is ``cc_cdm_x``.
"""
_SESSION: Final = "cctemp00"
_CLEANUP = re.compile(r"(DELETE FROM|TRUNCATE TABLE|DROP TABLE)\s+\S+", re.IGNORECASE)
_TOKEN = re.compile(r"cctext(\d+)cc")
_COMMENT_LINES = re.compile(r"^\s*--.*$", re.MULTILINE)
_RESULTS_SCHEMA: Final = "cc_results"


@dataclass(frozen=True)
class Answers:
    """Queries for the answers, over the tables that the statements of a compiled cohort fill.

    ``rows`` gives person, start and end, sorted; ``entry`` numbers of people and events;
    ``masks`` mode, mask and count; ``rules_met`` the mask of each person's best event.
    """

    rows: str
    entry: str
    masks: str
    rules_met: str


@dataclass(frozen=True)
class CompiledCohort:
    """SQL of one definition in one dialect.

    ``tables`` are the tables of the CDM that it reads. ``statements`` make temporary tables, of
    which the last are asked by ``answers``; ``cleanup`` drops intermediate ones. ``sql`` is all
    of it as text, to be read and kept.
    """

    dialect: str
    compiler: str
    tables: frozenset[str]
    answers: Answers = field(repr=False)
    statements: tuple[str, ...] = field(repr=False)
    cleanup: tuple[str, ...] = field(default=(), repr=False)

    @property
    def sql(self) -> str:
        """The whole script."""
        return ";\n\n".join((*self.statements, *self.cleanup)) + ";\n"


def compile_circe(definition: CohortDefinition, dialect: str = "duckdb") -> CompiledCohort:
    """Compile a definition to SQL over the schema ``cc_cdm``, or views that begin with ``cc_cdm_``.

    Raises:
        UnsupportedExpression: if the compiler refuses what the model let pass.
    """
    from duckcdm import __version__ as version
    from duckcdm.circe import CirceError
    from duckcdm.sqlrender import render, split_sql, translate

    from cohorts.repairs import build_template

    if dialect not in DIALECTS:
        raise ValueError(f"unknown dialect; known are {', '.join(DIALECTS)}")
    texts: list[str] = []
    document = _thaw(definition.expression, texts)
    try:
        template = build_template(
            document,
            cdm_schema=CDM_SCHEMA,
            vocabulary_schema=CDM_SCHEMA,
            result_schema=_RESULTS_SCHEMA,
            target_table=f"{_RESULTS_SCHEMA}.{COHORT_TABLE}",
            cohort_id=COHORT_ID,
            generate_stats=True,
        )
    except CirceError as error:
        raise UnsupportedExpression("$", f"the Circe compiler refuses it: {error}") from error
    sql = render(template)
    script = translate(sql, dialect, session_id=_SESSION)
    # Spark has no temporary tables: SqlRender marks their names, and the engine makes them views.
    script = re.sub(rf"{_RESULTS_SCHEMA}\.|{_SESSION}", "", script)
    tables = frozenset(name.lower() for name in re.findall(rf"{CDM_SCHEMA}\.(\w+)", script))
    if dialect != "duckdb":
        script = script.replace(f"{CDM_SCHEMA}.", VIEW_PREFIX)
    statements = [_restore(part, texts, dialect) for part in split_sql(script)]
    bodies = [
        s for s in (part.strip().rstrip(";").strip() for part in statements) if without_notes(s)
    ]
    end = len(bodies)
    while end and _CLEANUP.fullmatch(without_notes(bodies[end - 1])):
        end -= 1
    # Spark's engine makes its tables itself.
    made = () if dialect == "spark" else _result_table_statements()
    return CompiledCohort(
        dialect=dialect,
        compiler=f"duckcdm {version}",
        tables=tables,
        answers=Answers(_ROWS, _ENTRY, _MASKS, _rules_met(definition)),
        statements=(*made, *bodies[:end]),
        cleanup=tuple(bodies[end:]),
    )


def compile_concept_set(items: Sequence[Node], dialect: str = "duckdb") -> str:
    """A query for the ids of all concepts that Circe ConceptSetItems stand for.

    Descendants, mapped concepts and exclusions have the meaning that cohorts give them.
    """
    from duckcdm.circe import build_concept_set_query
    from duckcdm.sqlrender import render, translate

    template = build_concept_set_query({"items": _thaw(tuple(items), [])})
    query = render(template, vocabulary_database_schema=CDM_SCHEMA)
    return translate(query, dialect).strip().rstrip(";")


COHORT_TABLES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    COHORT_TABLE: (
        ("cohort_definition_id", "INT"),
        ("subject_id", "BIGINT"),
        ("cohort_start_date", "DATE"),
        ("cohort_end_date", "DATE"),
    ),
    "cohort_inclusion_result": (
        ("cohort_definition_id", "INT"),
        ("inclusion_rule_mask", "BIGINT"),
        ("person_count", "BIGINT"),
        ("mode_id", "INT"),
    ),
    "cohort_inclusion_stats": (
        ("cohort_definition_id", "INT"),
        ("rule_sequence", "INT"),
        ("person_count", "BIGINT"),
        ("gain_count", "BIGINT"),
        ("person_total", "BIGINT"),
        ("mode_id", "INT"),
    ),
    "cohort_summary_stats": (
        ("cohort_definition_id", "INT"),
        ("base_count", "BIGINT"),
        ("final_count", "BIGINT"),
        ("mode_id", "INT"),
    ),
    "cohort_censor_stats": (
        ("cohort_definition_id", "INT"),
        ("lost_count", "BIGINT"),
        ("mode_id", "INT"),
    ),
}
"""Columns and types of the tables that a compiled cohort fills; person ids have 64 bits."""


_ENTRY: Final = "SELECT count(DISTINCT person_id), count(*) FROM qualified_events"
_ROWS: Final = (
    f"SELECT subject_id, cohort_start_date, cohort_end_date FROM {COHORT_TABLE} "
    "ORDER BY subject_id, cohort_start_date, cohort_end_date"
)
_MASKS: Final = "SELECT mode_id, inclusion_rule_mask, person_count FROM cohort_inclusion_result"


def _rules_met(definition: CohortDefinition) -> str:
    if not definition.inclusion_rule_names:
        return "SELECT DISTINCT person_id, 0::BIGINT AS mask FROM qualified_events"
    return """
    SELECT q.person_id, CAST(coalesce(sum(1::BIGINT << i.inclusion_rule_id), 0) AS BIGINT) AS mask
    FROM best_events q LEFT JOIN inclusion_events i
      ON i.person_id = q.person_id AND i.event_id = q.event_id
    GROUP BY q.person_id
"""


def _result_table_statements() -> tuple[str, ...]:
    return tuple(
        f"CREATE TEMP TABLE {table} ({', '.join(f'{name} {kind}' for name, kind in columns)})"
        for table, columns in COHORT_TABLES.items()
    )


def without_notes(statement: str) -> str:
    """A statement without the lines that are comments."""
    return _COMMENT_LINES.sub("", statement).strip()


def _token(index: int) -> str:
    return f"cctext{index}cc"


def _thaw(node: Any, texts: list[str]) -> Any:
    """Plain JSON values again, with free text replaced by tokens and names left out."""
    if isinstance(node, Mapping):
        if "Text" in node:
            texts.append(node["Text"])
            return {**node, "Text": _token(len(texts) - 1)}
        return {
            key: _thaw(value, texts)
            for key, value in node.items()
            if key not in {"name", "description", "Title", "cdmVersionRange", "CONCEPT_NAME"}
        }
    if isinstance(node, tuple):
        return [_thaw(entry, texts) for entry in node]
    return node


def _restore(statement: str, texts: list[str], dialect: str) -> str:
    if any("\x00" in text for text in texts):
        raise DefinitionError("$", "a text filter holds a zero byte")
    return _TOKEN.sub(lambda token: _quoted(texts[int(token[1])], dialect), statement)


def _quoted(text: str, dialect: str) -> str:
    """Text for the inside of a quoted LIKE pattern; ``%`` and ``_`` stay what they are.

    A backslash escapes in PostgreSQL's and Spark's patterns, and in Spark's literals as well; in
    DuckDB and in the reference it is a character like others.
    """
    if dialect == "spark":
        text = text.replace("\\", "\\" * 4).replace("'", "\\'")
        return text.replace("\n", "\\n").replace("\r", "\\r")
    if dialect == "postgresql":
        text = text.replace("\\", "\\" * 2)
    return text.replace("'", "''")
