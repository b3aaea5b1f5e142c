"""Tables of the vault: OMOP CDM v5.4 as the omop-cdm library has it, and the identity tables.

The library's tables are copied with five deviations, all so that real records are kept whole:
text has no length limit (a Chinese province does not fit ``location.state VARCHAR(2)``), NUMERIC
is a double, integers have 64 bits (some sites number their rows so), references to the vocabulary
are checked by :mod:`deid.vault.loading`, with a reason for each refused row, rather than by foreign
keys (vocabulary tables refer to each other in a circle), and a reference of a table to itself is
checked when the transaction ends. The two cohort tables of v5.4 that the library leaves out are
added.
"""

from __future__ import annotations

from omop_cdm.regular.cdm54 import Base
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

VOCABULARY_TABLES = (
    "concept",
    "vocabulary",
    "domain",
    "concept_class",
    "concept_relationship",
    "relationship",
    "concept_synonym",
    "concept_ancestor",
    "source_to_concept_map",
    "drug_strength",
)
HEALTH_SYSTEM_TABLES = ("location", "care_site", "provider")
METADATA_TABLES = ("cdm_source", "metadata")
IDENTITY_TABLES = (
    "household",
    "person_identity",
    "identifier",
    "contact",
    "address",
    "relative",
)
BOOKKEEPING_TABLES = ("import_batch", "import_refusal", "source_record", "table_digest")

metadata = MetaData(naming_convention=NAMING)

# SQLite makes a column the table's own row number only when its type is exactly INTEGER, which
# there has 64 bits anyway.
ID = BigInteger().with_variant(Integer(), "sqlite")

# References that the library's models leave out.
ADDED_REFERENCES = {
    ("note_nlp", "note_id"): "note.note_id",
    ("episode", "episode_parent_id"): "episode.episode_id",
}


def _widened(kind: TypeEngine) -> TypeEngine:
    if isinstance(kind, String):
        return Text()
    if isinstance(kind, Numeric):
        return Double()
    if isinstance(kind, Integer):
        return ID
    return kind


def _reference(table: str, target: str) -> ForeignKey:
    if target.split(".")[0] == table:
        return ForeignKey(target, deferrable=True, initially="DEFERRED")
    return ForeignKey(target)


def _copy_cdm_table(source: Table) -> None:
    columns: list[Column] = []
    for column in source.columns:
        targets = [
            f"{key.column.table.name}.{key.column.name}"
            for key in column.foreign_keys
            if key.column.table.name not in VOCABULARY_TABLES
            and source.name not in VOCABULARY_TABLES
        ]
        if (source.name, column.name) in ADDED_REFERENCES:
            targets.append(ADDED_REFERENCES[source.name, column.name])
        references = [_reference(source.name, target) for target in targets]
        columns.append(
            Column(
                column.name,
                _widened(column.type),
                *references,
                primary_key=column.primary_key,
                nullable=column.nullable,
                index=bool(column.index) and not column.primary_key,
                autoincrement=False,
            )
        )
    Table(source.name, metadata, *columns)


for _table in sorted(Base.metadata.tables.values(), key=lambda table: table.name):
    _copy_cdm_table(_table)

Table(
    "cohort",
    metadata,
    Column("cohort_definition_id", ID, primary_key=True, autoincrement=False),
    Column("subject_id", ID, primary_key=True, autoincrement=False),
    Column("cohort_start_date", Date, primary_key=True),
    Column("cohort_end_date", Date, primary_key=True),
)
Table(
    "cohort_definition",
    metadata,
    Column("cohort_definition_id", ID, primary_key=True, autoincrement=False),
    Column("cohort_definition_name", Text, nullable=False),
    Column("cohort_definition_description", Text),
    Column("definition_type_concept_id", ID, nullable=False),
    Column("cohort_definition_syntax", Text),
    Column("subject_concept_id", ID, nullable=False),
    Column("cohort_initiation_date", Date),
)

CDM_TABLES = tuple(sorted(metadata.tables))
PERSON_TABLES = tuple(
    name for name in CDM_TABLES if name != "person" and "person_id" in metadata.tables[name].columns
)

household = Table(
    "household",
    metadata,
    Column("household_id", ID, primary_key=True, autoincrement=False),
    Column("household_code", Text, comment="the family record's own number"),
    Column("area_kind", Text, comment="urban or rural"),
)
person_identity = Table(
    "person_identity",
    metadata,
    Column("person_id", ForeignKey("person.person_id"), primary_key=True, autoincrement=False),
    Column("household_id", ForeignKey("household.household_id"), index=True),
    Column("family_name", Text),
    Column("given_name", Text),
    Column("full_name", Text, comment="as written, in the order of its culture"),
    Column("other_names", Text, comment="maiden, former and nicknames, one a line"),
    Column("birth_date", Date),
    Column("language", Text, comment="BCP 47 tag of the language the notes are mostly in"),
)
identifier = Table(
    "identifier",
    metadata,
    Column("identifier_id", ID, primary_key=True, autoincrement=False),
    Column("person_id", ForeignKey("person.person_id"), nullable=False, index=True),
    Column("kind", Text, nullable=False, comment="SSN, MRN, ID_CARD, RECORD_NO, INSURANCE..."),
    Column("system", Text, comment="URI of the numbering system"),
    Column("value", Text, nullable=False),
)
contact = Table(
    "contact",
    metadata,
    Column("contact_id", ID, primary_key=True, autoincrement=False),
    Column("person_id", ForeignKey("person.person_id"), nullable=False, index=True),
    Column("kind", Text, nullable=False, comment="phone, email, url, wechat, fax"),
    Column("use", Text),
    Column("value", Text, nullable=False),
)
address = Table(
    "address",
    metadata,
    Column("address_id", ID, primary_key=True, autoincrement=False),
    Column("person_id", ForeignKey("person.person_id"), nullable=False, index=True),
    Column("use", Text),
    Column("line", Text, comment="street and number, or group and number in a village"),
    Column("village", Text, comment="village or neighbourhood committee"),
    Column("township", Text, comment="township or street office"),
    Column("district", Text, comment="county or district"),
    Column("city", Text),
    Column("state", Text, comment="state or province"),
    Column("postal_code", Text),
    Column("country", Text),
    Column("full_text", Text, comment="as one writes it on a letter"),
)
relative = Table(
    "relative",
    metadata,
    Column("relative_id", ID, primary_key=True, autoincrement=False),
    Column("person_id", ForeignKey("person.person_id"), nullable=False, index=True),
    Column("relationship", Text, comment="spouse, father, mother, son, daughter, contact..."),
    Column("relative_person_id", ForeignKey("person.person_id"), comment="if a resident too"),
    Column("full_name", Text),
    Column("phone", Text),
)

import_batch = Table(
    "import_batch",
    metadata,
    Column("import_batch_id", Integer, primary_key=True),
    Column("source", Text, nullable=False, comment="name given to what was imported"),
    Column("kind", Text, nullable=False, comment="omop, fhir or synth"),
    Column("started_at", DateTime, nullable=False),
    Column("finished_at", DateTime),
    Column("complete", Boolean, nullable=False, default=False),
    Column("rows_read", ID),
    Column("rows_loaded", ID),
    Column("rows_updated", ID),
    Column("rows_already_there", ID),
    Column("rows_refused", ID),
    Column("report", Text, comment="the whole report, as JSON"),
)
import_refusal = Table(
    "import_refusal",
    metadata,
    Column("import_refusal_id", Integer, primary_key=True),
    Column("import_batch_id", ForeignKey("import_batch.import_batch_id"), index=True),
    Column("table_name", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rows", ID, nullable=False),
    Column("examples", Text, comment="places: file and row numbers, never values"),
)
source_record = Table(
    "source_record",
    metadata,
    Column("source_record_id", ID, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("record_type", Text, nullable=False, comment="FHIR resource type"),
    Column("record_key", Text, nullable=False, comment="id within the source"),
    Column("table_name", Text, nullable=False),
    Column("row_id", ID, nullable=False),
    Column("content_sha256", Text, nullable=False),
    UniqueConstraint("source", "record_type", "record_key", "table_name", "row_id"),
)
table_digest = Table(
    "table_digest",
    metadata,
    Column("table_name", Text, primary_key=True),
    Column("rows", ID, nullable=False),
    Column("digest", Text, nullable=False, comment="sum of the rows' SHA-256, modulo 2^256"),
)

DATA_TABLES = tuple(name for name in sorted(metadata.tables) if name not in BOOKKEEPING_TABLES)
