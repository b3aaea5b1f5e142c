"""Answers that are typed and not committed, findings pinned, and reflections on an attempt."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; unlike an event, a draft is replaced by the next one."""
    op.create_table(
        "attempt_draft",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_attempt_draft_attempt_id_attempt")
        ),
        sa.PrimaryKeyConstraint("attempt_id", "subject", name=op.f("pk_attempt_draft")),
    )
