"""The first schema: OMOP CDM v5.4, identity and bookkeeping.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table and index."""
    op.create_table(
        "cdm_source",
        sa.Column("cdm_source_name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("cdm_source_abbreviation", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("cdm_holder", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("source_description", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("source_documentation_reference", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("cdm_etl_reference", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("source_release_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("cdm_release_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("cdm_version", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("cdm_version_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("vocabulary_version", sa.Text(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("cdm_source_name", name=op.f("pk_cdm_source")),
    )
    op.create_table(
        "cohort",
        sa.Column("cohort_definition_id", ID, autoincrement=False, nullable=False),
        sa.Column("subject_id", ID, autoincrement=False, nullable=False),
        sa.Column("cohort_start_date", sa.Date(), nullable=False),
        sa.Column("cohort_end_date", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint(
            "cohort_definition_id",
            "subject_id",
            "cohort_start_date",
            "cohort_end_date",
            name=op.f("pk_cohort"),
        ),
    )
    op.create_table(
        "cohort_definition",
        sa.Column("cohort_definition_id", ID, autoincrement=False, nullable=False),
        sa.Column("cohort_definition_name", sa.Text(), nullable=False),
        sa.Column("cohort_definition_description", sa.Text(), nullable=True),
        sa.Column("definition_type_concept_id", ID, nullable=False),
        sa.Column("cohort_definition_syntax", sa.Text(), nullable=True),
        sa.Column("subject_concept_id", ID, nullable=False),
        sa.Column("cohort_initiation_date", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("cohort_definition_id", name=op.f("pk_cohort_definition")),
    )
    op.create_table(
        "concept",
        sa.Column("concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("concept_name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("domain_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("vocabulary_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("concept_class_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("standard_concept", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("concept_code", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("valid_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("valid_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("invalid_reason", sa.Text(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("concept_id", name=op.f("pk_concept")),
    )
    op.create_index(
        op.f("ix_concept_concept_class_id"), "concept", ["concept_class_id"], unique=False
    )
    op.create_index(op.f("ix_concept_concept_code"), "concept", ["concept_code"], unique=False)
    op.create_index(op.f("ix_concept_domain_id"), "concept", ["domain_id"], unique=False)
    op.create_index(op.f("ix_concept_vocabulary_id"), "concept", ["vocabulary_id"], unique=False)
    op.create_table(
        "concept_ancestor",
        sa.Column("ancestor_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("descendant_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("min_levels_of_separation", ID, autoincrement=False, nullable=False),
        sa.Column("max_levels_of_separation", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "ancestor_concept_id", "descendant_concept_id", name=op.f("pk_concept_ancestor")
        ),
    )
    op.create_table(
        "concept_class",
        sa.Column("concept_class_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("concept_class_name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("concept_class_concept_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("concept_class_id", name=op.f("pk_concept_class")),
    )
    op.create_table(
        "concept_relationship",
        sa.Column("concept_id_1", ID, autoincrement=False, nullable=False),
        sa.Column("concept_id_2", ID, autoincrement=False, nullable=False),
        sa.Column("relationship_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("valid_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("valid_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("invalid_reason", sa.Text(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint(
            "concept_id_1", "concept_id_2", "relationship_id", name=op.f("pk_concept_relationship")
        ),
    )
    op.create_table(
        "concept_synonym",
        sa.Column("concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("concept_synonym_name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("language_concept_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "concept_id",
            "concept_synonym_name",
            "language_concept_id",
            name=op.f("pk_concept_synonym"),
        ),
    )
    op.create_table(
        "domain",
        sa.Column("domain_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("domain_name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("domain_concept_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("domain_id", name=op.f("pk_domain")),
    )
    op.create_table(
        "drug_strength",
        sa.Column("drug_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("ingredient_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("amount_value", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("amount_unit_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("numerator_value", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("numerator_unit_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("denominator_value", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("denominator_unit_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("box_size", ID, autoincrement=False, nullable=True),
        sa.Column("valid_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("valid_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("invalid_reason", sa.Text(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint(
            "drug_concept_id", "ingredient_concept_id", name=op.f("pk_drug_strength")
        ),
    )
    op.create_table(
        "fact_relationship",
        sa.Column("domain_concept_id_1", ID, autoincrement=False, nullable=False),
        sa.Column("fact_id_1", ID, autoincrement=False, nullable=False),
        sa.Column("domain_concept_id_2", ID, autoincrement=False, nullable=False),
        sa.Column("fact_id_2", ID, autoincrement=False, nullable=False),
        sa.Column("relationship_concept_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "domain_concept_id_1",
            "fact_id_1",
            "domain_concept_id_2",
            "fact_id_2",
            "relationship_concept_id",
            name=op.f("pk_fact_relationship"),
        ),
    )
    op.create_table(
        "household",
        sa.Column("household_id", ID, autoincrement=False, nullable=False),
        sa.Column(
            "household_code", sa.Text(), nullable=True, comment="the family record's own number"
        ),
        sa.Column("area_kind", sa.Text(), nullable=True, comment="urban or rural"),
        sa.PrimaryKeyConstraint("household_id", name=op.f("pk_household")),
    )
    op.create_table(
        "import_batch",
        sa.Column("import_batch_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="name given to what was imported"),
        sa.Column("kind", sa.Text(), nullable=False, comment="omop, fhir or synth"),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("rows_read", ID, nullable=True),
        sa.Column("rows_loaded", ID, nullable=True),
        sa.Column("rows_updated", ID, nullable=True),
        sa.Column("rows_already_there", ID, nullable=True),
        sa.Column("rows_refused", ID, nullable=True),
        sa.Column("report", sa.Text(), nullable=True, comment="the whole report, as JSON"),
        sa.PrimaryKeyConstraint("import_batch_id", name=op.f("pk_import_batch")),
    )
    op.create_table(
        "location",
        sa.Column("location_id", ID, autoincrement=False, nullable=False),
        sa.Column("address_1", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("address_2", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("city", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("state", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("zip", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("county", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("location_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("country_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("country_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("latitude", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("longitude", sa.Double(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_location")),
    )
    op.create_table(
        "metadata",
        sa.Column("metadata_id", ID, autoincrement=False, nullable=False),
        sa.Column("metadata_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("metadata_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("value_as_string", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("value_as_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("value_as_number", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("metadata_date", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("metadata_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("metadata_id", name=op.f("pk_metadata")),
    )
    op.create_index(
        op.f("ix_metadata_metadata_concept_id"), "metadata", ["metadata_concept_id"], unique=False
    )
    op.create_table(
        "relationship",
        sa.Column("relationship_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("relationship_name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("is_hierarchical", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("defines_ancestry", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("reverse_relationship_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("relationship_concept_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("relationship_id", name=op.f("pk_relationship")),
    )
    op.create_table(
        "source_record",
        sa.Column("source_record_id", ID, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False, comment="FHIR resource type"),
        sa.Column("record_key", sa.Text(), nullable=False, comment="id within the source"),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", ID, nullable=False),
        sa.Column("content_sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source_record_id", name=op.f("pk_source_record")),
        sa.UniqueConstraint(
            "source",
            "record_type",
            "record_key",
            "table_name",
            "row_id",
            name=op.f("uq_source_record_source_record_type_record_key_table_name_row_id"),
        ),
    )
    op.create_table(
        "source_to_concept_map",
        sa.Column("source_code", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("source_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("source_vocabulary_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("source_code_description", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("target_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("target_vocabulary_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("valid_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("valid_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("invalid_reason", sa.Text(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint(
            "source_code",
            "source_vocabulary_id",
            "target_concept_id",
            "valid_end_date",
            name=op.f("pk_source_to_concept_map"),
        ),
    )
    op.create_index(
        op.f("ix_source_to_concept_map_target_vocabulary_id"),
        "source_to_concept_map",
        ["target_vocabulary_id"],
        unique=False,
    )
    op.create_table(
        "table_digest",
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("rows", ID, nullable=False),
        sa.Column(
            "digest", sa.Text(), nullable=False, comment="sum of the rows' SHA-256, modulo 2^256"
        ),
        sa.PrimaryKeyConstraint("table_name", name=op.f("pk_table_digest")),
    )
    op.create_table(
        "vocabulary",
        sa.Column("vocabulary_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("vocabulary_name", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("vocabulary_reference", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("vocabulary_version", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("vocabulary_concept_id", ID, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("vocabulary_id", name=op.f("pk_vocabulary")),
    )
    op.create_table(
        "care_site",
        sa.Column("care_site_id", ID, autoincrement=False, nullable=False),
        sa.Column("care_site_name", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("place_of_service_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("location_id", ID, autoincrement=False, nullable=True),
        sa.Column("care_site_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("place_of_service_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["location.location_id"],
            name=op.f("fk_care_site_location_id_location"),
        ),
        sa.PrimaryKeyConstraint("care_site_id", name=op.f("pk_care_site")),
    )
    op.create_table(
        "import_refusal",
        sa.Column("import_refusal_id", sa.Integer(), nullable=False),
        sa.Column("import_batch_id", sa.Integer(), nullable=True),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("rows", ID, nullable=False),
        sa.Column(
            "examples",
            sa.Text(),
            nullable=True,
            comment="places: file and row numbers, never values",
        ),
        sa.ForeignKeyConstraint(
            ["import_batch_id"],
            ["import_batch.import_batch_id"],
            name=op.f("fk_import_refusal_import_batch_id_import_batch"),
        ),
        sa.PrimaryKeyConstraint("import_refusal_id", name=op.f("pk_import_refusal")),
    )
    op.create_index(
        op.f("ix_import_refusal_import_batch_id"),
        "import_refusal",
        ["import_batch_id"],
        unique=False,
    )
    op.create_table(
        "provider",
        sa.Column("provider_id", ID, autoincrement=False, nullable=False),
        sa.Column("provider_name", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("npi", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("dea", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("specialty_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("care_site_id", ID, autoincrement=False, nullable=True),
        sa.Column("year_of_birth", ID, autoincrement=False, nullable=True),
        sa.Column("gender_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("provider_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("specialty_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("specialty_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("gender_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("gender_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["care_site_id"],
            ["care_site.care_site_id"],
            name=op.f("fk_provider_care_site_id_care_site"),
        ),
        sa.PrimaryKeyConstraint("provider_id", name=op.f("pk_provider")),
    )
    op.create_table(
        "person",
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("gender_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("year_of_birth", ID, autoincrement=False, nullable=False),
        sa.Column("month_of_birth", ID, autoincrement=False, nullable=True),
        sa.Column("day_of_birth", ID, autoincrement=False, nullable=True),
        sa.Column("birth_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("race_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("ethnicity_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("location_id", ID, autoincrement=False, nullable=True),
        sa.Column("provider_id", ID, autoincrement=False, nullable=True),
        sa.Column("care_site_id", ID, autoincrement=False, nullable=True),
        sa.Column("person_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("gender_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("gender_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("race_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("race_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("ethnicity_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("ethnicity_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["care_site_id"],
            ["care_site.care_site_id"],
            name=op.f("fk_person_care_site_id_care_site"),
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.location_id"], name=op.f("fk_person_location_id_location")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.provider_id"], name=op.f("fk_person_provider_id_provider")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person")),
    )
    op.create_index(
        op.f("ix_person_gender_concept_id"), "person", ["gender_concept_id"], unique=False
    )
    op.create_table(
        "address",
        sa.Column("address_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("use", sa.Text(), nullable=True),
        sa.Column(
            "line",
            sa.Text(),
            nullable=True,
            comment="street and number, or group and number in a village",
        ),
        sa.Column(
            "village", sa.Text(), nullable=True, comment="village or neighbourhood committee"
        ),
        sa.Column("township", sa.Text(), nullable=True, comment="township or street office"),
        sa.Column("district", sa.Text(), nullable=True, comment="county or district"),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True, comment="state or province"),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("full_text", sa.Text(), nullable=True, comment="as one writes it on a letter"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_address_person_id_person")
        ),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_address")),
    )
    op.create_index(op.f("ix_address_person_id"), "address", ["person_id"], unique=False)
    op.create_table(
        "condition_era",
        sa.Column("condition_era_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("condition_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("condition_era_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("condition_era_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("condition_occurrence_count", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_condition_era_person_id_person")
        ),
        sa.PrimaryKeyConstraint("condition_era_id", name=op.f("pk_condition_era")),
    )
    op.create_index(
        op.f("ix_condition_era_condition_concept_id"),
        "condition_era",
        ["condition_concept_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_condition_era_person_id"), "condition_era", ["person_id"], unique=False
    )
    op.create_table(
        "contact",
        sa.Column("contact_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="phone, email, url, wechat, fax"),
        sa.Column("use", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_contact_person_id_person")
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_person_id"), "contact", ["person_id"], unique=False)
    op.create_table(
        "death",
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("death_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("death_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("death_type_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("cause_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("cause_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("cause_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_death_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_death")),
    )
    op.create_table(
        "dose_era",
        sa.Column("dose_era_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("drug_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("unit_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("dose_value", sa.Double(), autoincrement=False, nullable=False),
        sa.Column("dose_era_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("dose_era_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_dose_era_person_id_person")
        ),
        sa.PrimaryKeyConstraint("dose_era_id", name=op.f("pk_dose_era")),
    )
    op.create_index(
        op.f("ix_dose_era_drug_concept_id"), "dose_era", ["drug_concept_id"], unique=False
    )
    op.create_index(op.f("ix_dose_era_person_id"), "dose_era", ["person_id"], unique=False)
    op.create_table(
        "drug_era",
        sa.Column("drug_era_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("drug_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("drug_era_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("drug_era_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("drug_exposure_count", ID, autoincrement=False, nullable=True),
        sa.Column("gap_days", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_drug_era_person_id_person")
        ),
        sa.PrimaryKeyConstraint("drug_era_id", name=op.f("pk_drug_era")),
    )
    op.create_index(
        op.f("ix_drug_era_drug_concept_id"), "drug_era", ["drug_concept_id"], unique=False
    )
    op.create_index(op.f("ix_drug_era_person_id"), "drug_era", ["person_id"], unique=False)
    op.create_table(
        "episode",
        sa.Column("episode_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("episode_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("episode_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("episode_start_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("episode_end_date", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("episode_end_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("episode_parent_id", ID, autoincrement=False, nullable=True),
        sa.Column("episode_number", ID, autoincrement=False, nullable=True),
        sa.Column("episode_object_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("episode_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("episode_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("episode_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["episode_parent_id"],
            ["episode.episode_id"],
            name=op.f("fk_episode_episode_parent_id_episode"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_episode_person_id_person")
        ),
        sa.PrimaryKeyConstraint("episode_id", name=op.f("pk_episode")),
    )
    op.create_table(
        "identifier",
        sa.Column("identifier_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="SSN, MRN, ID_CARD, RECORD_NO, INSURANCE..."
        ),
        sa.Column("system", sa.Text(), nullable=True, comment="URI of the numbering system"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_identifier_person_id_person")
        ),
        sa.PrimaryKeyConstraint("identifier_id", name=op.f("pk_identifier")),
    )
    op.create_index(op.f("ix_identifier_person_id"), "identifier", ["person_id"], unique=False)
    op.create_table(
        "observation_period",
        sa.Column("observation_period_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("observation_period_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("observation_period_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("period_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_observation_period_person_id_person")
        ),
        sa.PrimaryKeyConstraint("observation_period_id", name=op.f("pk_observation_period")),
    )
    op.create_index(
        op.f("ix_observation_period_person_id"), "observation_period", ["person_id"], unique=False
    )
    op.create_table(
        "payer_plan_period",
        sa.Column("payer_plan_period_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("payer_plan_period_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("payer_plan_period_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("payer_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("payer_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("payer_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("plan_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("plan_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("plan_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("sponsor_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("sponsor_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("sponsor_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("family_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("stop_reason_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("stop_reason_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("stop_reason_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_payer_plan_period_person_id_person")
        ),
        sa.PrimaryKeyConstraint("payer_plan_period_id", name=op.f("pk_payer_plan_period")),
    )
    op.create_index(
        op.f("ix_payer_plan_period_person_id"), "payer_plan_period", ["person_id"], unique=False
    )
    op.create_table(
        "person_identity",
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("household_id", ID, nullable=True),
        sa.Column("family_name", sa.Text(), nullable=True),
        sa.Column("given_name", sa.Text(), nullable=True),
        sa.Column(
            "full_name", sa.Text(), nullable=True, comment="as written, in the order of its culture"
        ),
        sa.Column(
            "other_names",
            sa.Text(),
            nullable=True,
            comment="maiden, former and nicknames, one a line",
        ),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column(
            "language",
            sa.Text(),
            nullable=True,
            comment="BCP 47 tag of the language the notes are mostly in",
        ),
        sa.ForeignKeyConstraint(
            ["household_id"],
            ["household.household_id"],
            name=op.f("fk_person_identity_household_id_household"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_person_identity_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_identity")),
    )
    op.create_index(
        op.f("ix_person_identity_household_id"), "person_identity", ["household_id"], unique=False
    )
    op.create_table(
        "relative",
        sa.Column("relative_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column(
            "relationship",
            sa.Text(),
            nullable=True,
            comment="spouse, father, mother, son, daughter, contact...",
        ),
        sa.Column("relative_person_id", ID, nullable=True, comment="if a resident too"),
        sa.Column("full_name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_relative_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["relative_person_id"],
            ["person.person_id"],
            name=op.f("fk_relative_relative_person_id_person"),
        ),
        sa.PrimaryKeyConstraint("relative_id", name=op.f("pk_relative")),
    )
    op.create_index(op.f("ix_relative_person_id"), "relative", ["person_id"], unique=False)
    op.create_table(
        "specimen",
        sa.Column("specimen_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("specimen_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("specimen_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("specimen_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("specimen_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("quantity", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("unit_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("anatomic_site_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("disease_status_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("specimen_source_id", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("specimen_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("unit_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("anatomic_site_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("disease_status_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_specimen_person_id_person")
        ),
        sa.PrimaryKeyConstraint("specimen_id", name=op.f("pk_specimen")),
    )
    op.create_index(op.f("ix_specimen_person_id"), "specimen", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_specimen_specimen_concept_id"), "specimen", ["specimen_concept_id"], unique=False
    )
    op.create_table(
        "visit_occurrence",
        sa.Column("visit_occurrence_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("visit_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("visit_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("visit_start_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("visit_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("visit_end_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("visit_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("provider_id", ID, autoincrement=False, nullable=True),
        sa.Column("care_site_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("visit_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("admitted_from_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("admitted_from_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("discharged_to_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("discharged_to_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("preceding_visit_occurrence_id", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["care_site_id"],
            ["care_site.care_site_id"],
            name=op.f("fk_visit_occurrence_care_site_id_care_site"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_visit_occurrence_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["preceding_visit_occurrence_id"],
            ["visit_occurrence.visit_occurrence_id"],
            name=op.f("fk_visit_occurrence_preceding_visit_occurrence_id_visit_occurrence"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.provider_id"],
            name=op.f("fk_visit_occurrence_provider_id_provider"),
        ),
        sa.PrimaryKeyConstraint("visit_occurrence_id", name=op.f("pk_visit_occurrence")),
    )
    op.create_index(
        op.f("ix_visit_occurrence_person_id"), "visit_occurrence", ["person_id"], unique=False
    )
    op.create_index(
        op.f("ix_visit_occurrence_visit_concept_id"),
        "visit_occurrence",
        ["visit_concept_id"],
        unique=False,
    )
    op.create_table(
        "cost",
        sa.Column("cost_id", ID, autoincrement=False, nullable=False),
        sa.Column("cost_event_id", ID, autoincrement=False, nullable=False),
        sa.Column("cost_domain_id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("cost_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("currency_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("total_charge", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("total_cost", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("total_paid", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("paid_by_payer", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("paid_by_patient", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("paid_patient_copay", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("paid_patient_coinsurance", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("paid_patient_deductible", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("paid_by_primary", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("paid_ingredient_cost", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("paid_dispensing_fee", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("payer_plan_period_id", ID, autoincrement=False, nullable=True),
        sa.Column("amount_allowed", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("revenue_code_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("revenue_code_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("drg_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("drg_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["payer_plan_period_id"],
            ["payer_plan_period.payer_plan_period_id"],
            name=op.f("fk_cost_payer_plan_period_id_payer_plan_period"),
        ),
        sa.PrimaryKeyConstraint("cost_id", name=op.f("pk_cost")),
    )
    op.create_index(op.f("ix_cost_cost_event_id"), "cost", ["cost_event_id"], unique=False)
    op.create_table(
        "episode_event",
        sa.Column("episode_id", ID, autoincrement=False, nullable=False),
        sa.Column("event_id", ID, autoincrement=False, nullable=False),
        sa.Column("episode_event_field_concept_id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"], ["episode.episode_id"], name=op.f("fk_episode_event_episode_id_episode")
        ),
        sa.PrimaryKeyConstraint(
            "episode_id",
            "event_id",
            "episode_event_field_concept_id",
            name=op.f("pk_episode_event"),
        ),
    )
    op.create_table(
        "visit_detail",
        sa.Column("visit_detail_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("visit_detail_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("visit_detail_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("visit_detail_start_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("visit_detail_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("visit_detail_end_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("visit_detail_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("provider_id", ID, autoincrement=False, nullable=True),
        sa.Column("care_site_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_detail_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("visit_detail_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("admitted_from_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("admitted_from_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("discharged_to_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("discharged_to_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("preceding_visit_detail_id", ID, autoincrement=False, nullable=True),
        sa.Column("parent_visit_detail_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_occurrence_id", ID, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["care_site_id"],
            ["care_site.care_site_id"],
            name=op.f("fk_visit_detail_care_site_id_care_site"),
        ),
        sa.ForeignKeyConstraint(
            ["parent_visit_detail_id"],
            ["visit_detail.visit_detail_id"],
            name=op.f("fk_visit_detail_parent_visit_detail_id_visit_detail"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_visit_detail_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["preceding_visit_detail_id"],
            ["visit_detail.visit_detail_id"],
            name=op.f("fk_visit_detail_preceding_visit_detail_id_visit_detail"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.provider_id"],
            name=op.f("fk_visit_detail_provider_id_provider"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_occurrence_id"],
            ["visit_occurrence.visit_occurrence_id"],
            name=op.f("fk_visit_detail_visit_occurrence_id_visit_occurrence"),
        ),
        sa.PrimaryKeyConstraint("visit_detail_id", name=op.f("pk_visit_detail")),
    )
    op.create_index(op.f("ix_visit_detail_person_id"), "visit_detail", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_visit_detail_visit_detail_concept_id"),
        "visit_detail",
        ["visit_detail_concept_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_visit_detail_visit_occurrence_id"),
        "visit_detail",
        ["visit_occurrence_id"],
        unique=False,
    )
    op.create_table(
        "condition_occurrence",
        sa.Column("condition_occurrence_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("condition_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("condition_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("condition_start_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("condition_end_date", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("condition_end_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("condition_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("condition_status_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("stop_reason", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("provider_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_occurrence_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_detail_id", ID, autoincrement=False, nullable=True),
        sa.Column("condition_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("condition_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("condition_status_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.person_id"],
            name=op.f("fk_condition_occurrence_person_id_person"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.provider_id"],
            name=op.f("fk_condition_occurrence_provider_id_provider"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_detail_id"],
            ["visit_detail.visit_detail_id"],
            name=op.f("fk_condition_occurrence_visit_detail_id_visit_detail"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_occurrence_id"],
            ["visit_occurrence.visit_occurrence_id"],
            name=op.f("fk_condition_occurrence_visit_occurrence_id_visit_occurrence"),
        ),
        sa.PrimaryKeyConstraint("condition_occurrence_id", name=op.f("pk_condition_occurrence")),
    )
    op.create_index(
        op.f("ix_condition_occurrence_condition_concept_id"),
        "condition_occurrence",
        ["condition_concept_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_condition_occurrence_person_id"),
        "condition_occurrence",
        ["person_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_condition_occurrence_visit_occurrence_id"),
        "condition_occurrence",
        ["visit_occurrence_id"],
        unique=False,
    )
    op.create_table(
        "device_exposure",
        sa.Column("device_exposure_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("device_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("device_exposure_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column(
            "device_exposure_start_datetime", sa.DateTime(), autoincrement=False, nullable=True
        ),
        sa.Column("device_exposure_end_date", sa.Date(), autoincrement=False, nullable=True),
        sa.Column(
            "device_exposure_end_datetime", sa.DateTime(), autoincrement=False, nullable=True
        ),
        sa.Column("device_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("unique_device_id", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("production_id", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("quantity", ID, autoincrement=False, nullable=True),
        sa.Column("provider_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_occurrence_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_detail_id", ID, autoincrement=False, nullable=True),
        sa.Column("device_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("device_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("unit_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("unit_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("unit_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_device_exposure_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.provider_id"],
            name=op.f("fk_device_exposure_provider_id_provider"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_detail_id"],
            ["visit_detail.visit_detail_id"],
            name=op.f("fk_device_exposure_visit_detail_id_visit_detail"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_occurrence_id"],
            ["visit_occurrence.visit_occurrence_id"],
            name=op.f("fk_device_exposure_visit_occurrence_id_visit_occurrence"),
        ),
        sa.PrimaryKeyConstraint("device_exposure_id", name=op.f("pk_device_exposure")),
    )
    op.create_index(
        op.f("ix_device_exposure_device_concept_id"),
        "device_exposure",
        ["device_concept_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_device_exposure_person_id"), "device_exposure", ["person_id"], unique=False
    )
    op.create_index(
        op.f("ix_device_exposure_visit_occurrence_id"),
        "device_exposure",
        ["visit_occurrence_id"],
        unique=False,
    )
    op.create_table(
        "drug_exposure",
        sa.Column("drug_exposure_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("drug_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("drug_exposure_start_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column(
            "drug_exposure_start_datetime", sa.DateTime(), autoincrement=False, nullable=True
        ),
        sa.Column("drug_exposure_end_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("drug_exposure_end_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("verbatim_end_date", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("drug_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("stop_reason", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("refills", ID, autoincrement=False, nullable=True),
        sa.Column("quantity", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("days_supply", ID, autoincrement=False, nullable=True),
        sa.Column("sig", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("route_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("lot_number", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("provider_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_occurrence_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_detail_id", ID, autoincrement=False, nullable=True),
        sa.Column("drug_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("drug_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("route_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("dose_unit_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_drug_exposure_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.provider_id"],
            name=op.f("fk_drug_exposure_provider_id_provider"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_detail_id"],
            ["visit_detail.visit_detail_id"],
            name=op.f("fk_drug_exposure_visit_detail_id_visit_detail"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_occurrence_id"],
            ["visit_occurrence.visit_occurrence_id"],
            name=op.f("fk_drug_exposure_visit_occurrence_id_visit_occurrence"),
        ),
        sa.PrimaryKeyConstraint("drug_exposure_id", name=op.f("pk_drug_exposure")),
    )
    op.create_index(
        op.f("ix_drug_exposure_drug_concept_id"), "drug_exposure", ["drug_concept_id"], unique=False
    )
    op.create_index(
        op.f("ix_drug_exposure_person_id"), "drug_exposure", ["person_id"], unique=False
    )
    op.create_index(
        op.f("ix_drug_exposure_visit_occurrence_id"),
        "drug_exposure",
        ["visit_occurrence_id"],
        unique=False,
    )
    op.create_table(
        "measurement",
        sa.Column("measurement_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("measurement_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("measurement_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("measurement_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("measurement_time", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("measurement_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("operator_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("value_as_number", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("value_as_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("unit_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("range_low", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("range_high", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("provider_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_occurrence_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_detail_id", ID, autoincrement=False, nullable=True),
        sa.Column("measurement_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("measurement_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("unit_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("unit_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("value_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("measurement_event_id", ID, autoincrement=False, nullable=True),
        sa.Column("meas_event_field_concept_id", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_measurement_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.provider_id"],
            name=op.f("fk_measurement_provider_id_provider"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_detail_id"],
            ["visit_detail.visit_detail_id"],
            name=op.f("fk_measurement_visit_detail_id_visit_detail"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_occurrence_id"],
            ["visit_occurrence.visit_occurrence_id"],
            name=op.f("fk_measurement_visit_occurrence_id_visit_occurrence"),
        ),
        sa.PrimaryKeyConstraint("measurement_id", name=op.f("pk_measurement")),
    )
    op.create_index(
        op.f("ix_measurement_measurement_concept_id"),
        "measurement",
        ["measurement_concept_id"],
        unique=False,
    )
    op.create_index(op.f("ix_measurement_person_id"), "measurement", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_measurement_visit_occurrence_id"),
        "measurement",
        ["visit_occurrence_id"],
        unique=False,
    )
    op.create_table(
        "note",
        sa.Column("note_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("note_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("note_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("note_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("note_class_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("note_title", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("note_text", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("encoding_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("language_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("provider_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_occurrence_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_detail_id", ID, autoincrement=False, nullable=True),
        sa.Column("note_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("note_event_id", ID, autoincrement=False, nullable=True),
        sa.Column("note_event_field_concept_id", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_note_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"], ["provider.provider_id"], name=op.f("fk_note_provider_id_provider")
        ),
        sa.ForeignKeyConstraint(
            ["visit_detail_id"],
            ["visit_detail.visit_detail_id"],
            name=op.f("fk_note_visit_detail_id_visit_detail"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_occurrence_id"],
            ["visit_occurrence.visit_occurrence_id"],
            name=op.f("fk_note_visit_occurrence_id_visit_occurrence"),
        ),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_note")),
    )
    op.create_index(
        op.f("ix_note_note_type_concept_id"), "note", ["note_type_concept_id"], unique=False
    )
    op.create_index(op.f("ix_note_person_id"), "note", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_note_visit_occurrence_id"), "note", ["visit_occurrence_id"], unique=False
    )
    op.create_table(
        "observation",
        sa.Column("observation_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("observation_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("observation_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("observation_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("observation_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("value_as_number", sa.Double(), autoincrement=False, nullable=True),
        sa.Column("value_as_string", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("value_as_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("qualifier_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("unit_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("provider_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_occurrence_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_detail_id", ID, autoincrement=False, nullable=True),
        sa.Column("observation_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("observation_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("unit_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("qualifier_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("value_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("observation_event_id", ID, autoincrement=False, nullable=True),
        sa.Column("obs_event_field_concept_id", ID, autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_observation_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.provider_id"],
            name=op.f("fk_observation_provider_id_provider"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_detail_id"],
            ["visit_detail.visit_detail_id"],
            name=op.f("fk_observation_visit_detail_id_visit_detail"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_occurrence_id"],
            ["visit_occurrence.visit_occurrence_id"],
            name=op.f("fk_observation_visit_occurrence_id_visit_occurrence"),
        ),
        sa.PrimaryKeyConstraint("observation_id", name=op.f("pk_observation")),
    )
    op.create_index(
        op.f("ix_observation_observation_concept_id"),
        "observation",
        ["observation_concept_id"],
        unique=False,
    )
    op.create_index(op.f("ix_observation_person_id"), "observation", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_observation_visit_occurrence_id"),
        "observation",
        ["visit_occurrence_id"],
        unique=False,
    )
    op.create_table(
        "procedure_occurrence",
        sa.Column("procedure_occurrence_id", ID, autoincrement=False, nullable=False),
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("procedure_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("procedure_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("procedure_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("procedure_end_date", sa.Date(), autoincrement=False, nullable=True),
        sa.Column("procedure_end_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("procedure_type_concept_id", ID, autoincrement=False, nullable=False),
        sa.Column("modifier_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("quantity", ID, autoincrement=False, nullable=True),
        sa.Column("provider_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_occurrence_id", ID, autoincrement=False, nullable=True),
        sa.Column("visit_detail_id", ID, autoincrement=False, nullable=True),
        sa.Column("procedure_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("procedure_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("modifier_source_value", sa.Text(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.person_id"],
            name=op.f("fk_procedure_occurrence_person_id_person"),
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["provider.provider_id"],
            name=op.f("fk_procedure_occurrence_provider_id_provider"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_detail_id"],
            ["visit_detail.visit_detail_id"],
            name=op.f("fk_procedure_occurrence_visit_detail_id_visit_detail"),
        ),
        sa.ForeignKeyConstraint(
            ["visit_occurrence_id"],
            ["visit_occurrence.visit_occurrence_id"],
            name=op.f("fk_procedure_occurrence_visit_occurrence_id_visit_occurrence"),
        ),
        sa.PrimaryKeyConstraint("procedure_occurrence_id", name=op.f("pk_procedure_occurrence")),
    )
    op.create_index(
        op.f("ix_procedure_occurrence_person_id"),
        "procedure_occurrence",
        ["person_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_procedure_occurrence_procedure_concept_id"),
        "procedure_occurrence",
        ["procedure_concept_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_procedure_occurrence_visit_occurrence_id"),
        "procedure_occurrence",
        ["visit_occurrence_id"],
        unique=False,
    )
    op.create_table(
        "note_nlp",
        sa.Column("note_nlp_id", ID, autoincrement=False, nullable=False),
        sa.Column("note_id", ID, autoincrement=False, nullable=False),
        sa.Column("section_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("snippet", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("offset", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("lexical_variant", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("note_nlp_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("note_nlp_source_concept_id", ID, autoincrement=False, nullable=True),
        sa.Column("nlp_system", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("nlp_date", sa.Date(), autoincrement=False, nullable=False),
        sa.Column("nlp_datetime", sa.DateTime(), autoincrement=False, nullable=True),
        sa.Column("term_exists", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("term_temporal", sa.Text(), autoincrement=False, nullable=True),
        sa.Column("term_modifiers", sa.Text(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["note_id"], ["note.note_id"], name=op.f("fk_note_nlp_note_id_note")
        ),
        sa.PrimaryKeyConstraint("note_nlp_id", name=op.f("pk_note_nlp")),
    )
    op.create_index(op.f("ix_note_nlp_note_id"), "note_nlp", ["note_id"], unique=False)
    op.create_index(
        op.f("ix_note_nlp_note_nlp_concept_id"), "note_nlp", ["note_nlp_concept_id"], unique=False
    )
