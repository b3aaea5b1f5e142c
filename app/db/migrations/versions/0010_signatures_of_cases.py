"""Signatures of reviewers under cases, and drafts that revise a published case."""

import sqlalchemy as sa
from alembic import op

from app.db.guards import guard_statements

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of signatures, append-only, and the link from a revision to its case."""
    op.create_table(
        "case_signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("ratings", sa.JSON(), nullable=False),
        sa.Column("opted_in", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("kind in ('clinical','privacy')", name=op.f("ck_case_signature_kind")),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["teaching_case.id"],
            name=op.f("fk_case_signature_case_id_teaching_case"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["portal_user.id"], name=op.f("fk_case_signature_user_id_portal_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_signature")),
    )
    op.create_index(op.f("ix_case_signature_case_id"), "case_signature", ["case_id"], unique=False)
    # In plain SQL: rebuilding the table, as SQLite needs for a constraint of its own, would drop
    # what other tables refer to.
    op.execute(
        "ALTER TABLE teaching_case ADD COLUMN revises_id INTEGER "
        "CONSTRAINT fk_teaching_case_revises_id_teaching_case REFERENCES teaching_case (id)"
    )
    for statement in guard_statements(op.get_bind().dialect.name, ("case_signature",)):
        op.execute(statement)
