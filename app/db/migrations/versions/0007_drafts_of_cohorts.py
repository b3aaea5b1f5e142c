"""Cohorts are edited as drafts with their steps, shared, and know what they were copied from."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and tell counts in wide steps from precise ones."""
    op.create_table(
        "cohort_origin",
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("template", sa.String(length=80), nullable=False),
        _key("cohort_origin", "cohort_id", "cohort_definition"),
        _key("cohort_origin", "version_id", "cohort_version"),
        sa.PrimaryKeyConstraint("cohort_id", name=op.f("pk_cohort_origin")),
    )
    op.create_table(
        "cohort_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=True),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("base_number", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("copied_from_id", sa.Integer(), nullable=True),
        sa.Column("template", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        _key("cohort_draft", "project_id", "project"),
        _key("cohort_draft", "cohort_id", "cohort_definition"),
        _key("cohort_draft", "owner_id", "portal_user"),
        _key("cohort_draft", "copied_from_id", "cohort_version"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort_draft")),
        sa.UniqueConstraint(
            "cohort_id", "owner_id", name=op.f("uq_cohort_draft_cohort_id_owner_id")
        ),
    )
    for column in ("project_id", "owner_id"):
        op.create_index(op.f(f"ix_cohort_draft_{column}"), "cohort_draft", [column])
    op.create_table(
        "cohort_draft_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        _key("cohort_draft_step", "draft_id", "cohort_draft"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort_draft_step")),
        sa.UniqueConstraint(
            "draft_id", "number", name=op.f("uq_cohort_draft_step_draft_id_number")
        ),
    )
    op.create_table(
        "cohort_share",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("shared_by", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        _key("cohort_share", "version_id", "cohort_version"),
        _key("cohort_share", "project_id", "project"),
        _key("cohort_share", "shared_by", "portal_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cohort_share")),
    )
    for column in ("version_id", "project_id"):
        op.create_index(op.f(f"ix_cohort_share_{column}"), "cohort_share", [column])
    op.add_column(
        "counted_set",
        sa.Column("coarse", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{other}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name)
