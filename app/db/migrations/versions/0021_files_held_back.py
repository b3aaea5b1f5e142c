"""Files that a decision on results holds back, though others may leave."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; decisions of before hold nothing back."""
    op.add_column(
        "output_decision", sa.Column("held_back", sa.JSON(), nullable=False, server_default="[]")
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_column("output_decision", "held_back")
