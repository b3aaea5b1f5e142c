"""Lines of characterisations that were shown are remembered beside the counts of cohorts."""

import sqlalchemy as sa
from alembic import op

from app.db.guards import guard_statements

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, append-only like the counts."""
    op.create_table(
        "shown_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("lines", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_shown_lines_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["portal_user.id"], name=op.f("fk_shown_lines_user_id_portal_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shown_lines")),
    )
    for who in ("user_id", "project_id"):
        op.create_index(f"ix_shown_lines_release_{who}", "shown_lines", ["release", who])
    for statement in guard_statements(op.get_bind().dialect.name, ("shown_lines",)):
        op.execute(statement)
