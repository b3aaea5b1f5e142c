"""Counts that were shown are remembered, so that similar ones can be refused."""

import sqlalchemy as sa
from alembic import op

from app.db.guards import guard_statements

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, append-only like the histories."""
    op.create_table(
        "counted_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("people", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_counted_set_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["portal_user.id"], name=op.f("fk_counted_set_user_id_portal_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counted_set")),
    )
    for who in ("user_id", "project_id"):
        op.create_index(f"ix_counted_set_release_{who}", "counted_set", ["release", who])
    for statement in guard_statements(op.get_bind().dialect.name, ("counted_set",)):
        op.execute(statement)
