"""The language in which somebody reads, for mail."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; it is filled when somebody next signs in."""
    op.add_column("mail_choice", sa.Column("language", sa.String(length=2), nullable=True))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("mail_choice") as batch:
        batch.drop_column("language")
