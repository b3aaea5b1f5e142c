"""Extensions of assignments, corrected keys, annotations and discussions of cases."""

import sqlalchemy as sa
from alembic import op

from app.db.guards import guard_statements

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; corrections of keys are append-only."""
    op.create_table(
        "assignment_extension",
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(), nullable=False),
        _foreign("assignment_extension", "assignment_id", "assignment"),
        _foreign("assignment_extension", "user_id", "portal_user"),
        _foreign("assignment_extension", "given_by", "portal_user"),
        sa.PrimaryKeyConstraint("assignment_id", "user_id", name=op.f("pk_assignment_extension")),
    )
    op.create_table(
        "key_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("lesson", sa.Text(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("changed", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        _foreign("key_correction", "version_id", "case_version"),
        _foreign("key_correction", "made_by", "portal_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_correction")),
        sa.UniqueConstraint(
            "version_id", "number", name=op.f("uq_key_correction_version_id_number")
        ),
    )
    op.create_index(
        op.f("ix_key_correction_version_id"), "key_correction", ["version_id"], unique=False
    )
    op.create_table(
        "annotation",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("datum", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("bookmarked", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        _foreign("annotation", "attempt_id", "attempt"),
        sa.PrimaryKeyConstraint("attempt_id", "datum", name=op.f("pk_annotation")),
    )
    op.create_table(
        "discussion_post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("posted_at", sa.DateTime(), nullable=False),
        sa.Column("answers", sa.Boolean(), nullable=False),
        sa.Column("blanked_at", sa.DateTime(), nullable=True),
        sa.Column("blanked_by", sa.Integer(), nullable=True),
        _foreign("discussion_post", "version_id", "case_version"),
        _foreign("discussion_post", "parent_id", "discussion_post"),
        _foreign("discussion_post", "author_id", "portal_user"),
        _foreign("discussion_post", "blanked_by", "portal_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discussion_post")),
    )
    op.create_index(
        op.f("ix_discussion_post_version_id"), "discussion_post", ["version_id"], unique=False
    )
    for statement in guard_statements(op.get_bind().dialect.name, ("key_correction",)):
        op.execute(statement)


def _foreign(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}")
    )
