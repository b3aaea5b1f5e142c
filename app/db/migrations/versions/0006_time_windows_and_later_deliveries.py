"""Time window and reasons of single columns; later deliveries, renewals, and what was frozen."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; a request of before has no window chosen and is delivered whole."""
    for column in (
        sa.Column("window_kind", sa.String(10), nullable=False, server_default=""),
        sa.Column("window_before", sa.Integer(), nullable=True),
        sa.Column("window_after", sa.Integer(), nullable=True),
        sa.Column("window_reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("earlier", sa.String(10), nullable=False, server_default=""),
        sa.Column("renewal_until", sa.Date(), nullable=True),
        sa.Column("renewal_reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("frozen", sa.JSON(), nullable=True),
    ):
        op.add_column("data_request", column)
    # SQLite takes a foreign key with a new column in these words only, and PostgreSQL takes them.
    op.execute(
        "ALTER TABLE data_request ADD COLUMN continues_id INTEGER "
        "CONSTRAINT fk_data_request_continues_id_data_request REFERENCES data_request (id)"
    )
    op.create_index(op.f("ix_data_request_continues_id"), "data_request", ["continues_id"])
    op.add_column(
        "request_column", sa.Column("own_reason", sa.Text(), nullable=False, server_default="")
    )
