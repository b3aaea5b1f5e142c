"""A grace for deliveries of before people signed; counts of what is throttled."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0021"
branch_labels = None
depends_on = None

GRACE_DAYS = 60


def upgrade() -> None:
    """Open deliveries to which nobody could sign yet stay open for sixty days from now."""
    op.add_column("data_request", sa.Column("grace_until", sa.Date(), nullable=True))
    until = datetime.now(UTC).date() + timedelta(days=GRACE_DAYS)
    requests = sa.table(
        "data_request", sa.column("id"), sa.column("state"), sa.column("grace_until", sa.Date())
    )
    signed = sa.select(sa.table("agreement_signature", sa.column("request_id")).c.request_id)
    op.execute(
        requests.update()
        .where(requests.c.state == "active", requests.c.id.not_in(signed))
        .values(grace_until=until)
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_throttle")),
    )
    op.create_index("ix_throttle_until", "throttle", ["until"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("throttle")
    with op.batch_alter_table("data_request") as batch:
        batch.drop_column("grace_until")
