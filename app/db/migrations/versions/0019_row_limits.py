"""Rows of a table that a request asks for by concept sets of its cohort."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; requests of before ask for all rows."""
    op.add_column(
        "data_request", sa.Column("row_limits", sa.JSON(), nullable=False, server_default="{}")
    )


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("data_request") as batch:
        batch.drop_column("row_limits")
