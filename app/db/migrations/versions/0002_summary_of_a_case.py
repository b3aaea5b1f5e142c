"""What a list shows of a case is kept beside it: reading whole documents for a list is slow."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and fill it from the documents that are there."""
    op.add_column(
        "teaching_case", sa.Column("summary", sa.JSON(), nullable=False, server_default="{}")
    )
    case = sa.table(
        "teaching_case",
        sa.column("id", sa.Integer),
        sa.column("document", sa.Text),
        sa.column("summary", sa.JSON),
    )
    connection = op.get_bind()
    for number, text in connection.execute(sa.select(case.c.id, case.c.document)).all():
        document = json.loads(text)
        summary = {
            "level": document["level"],
            "language": document["language"],
            "problems": [problem["title"] for problem in document["problems"]],
            "contacts": len(document["contacts"]),
        }
        connection.execute(case.update().where(case.c.id == number).values(summary=summary))
