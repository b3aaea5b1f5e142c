"""Documents, training, agreement, terms of releases, votes of two stewards, notes of stewards."""

import sqlalchemy as sa
from alembic import op

from app.db.guards import guard_statements

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
    )


def upgrade() -> None:
    """Make the tables and add the columns; a request of before needs the vote of one steward."""
    op.create_table(
        "private_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        _reference("private_document", "owner_id", "portal_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_private_document")),
    )
    op.create_index("ix_private_document_owner_id", "private_document", ["owner_id"])
    op.create_table(
        "training_certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.DateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting','verified','refused')", name=op.f("ck_training_certificate_state")
        ),
        _reference("training_certificate", "user_id", "portal_user"),
        _reference("training_certificate", "document_id", "private_document"),
        _reference("training_certificate", "decided_by", "portal_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_certificate")),
    )
    op.create_index("ix_training_certificate_user_id", "training_certificate", ["user_id"])
    op.create_index("ix_training_certificate_state", "training_certificate", ["state"])
    op.create_table(
        "agreement_signature",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        _reference("agreement_signature", "request_id", "data_request"),
        _reference("agreement_signature", "user_id", "portal_user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_signature")),
        sa.UniqueConstraint(
            "request_id",
            "user_id",
            "version",
            name=op.f("uq_agreement_signature_request_id_user_id_version"),
        ),
    )
    op.create_index("ix_agreement_signature_request_id", "agreement_signature", ["request_id"])
    op.create_table(
        "release_terms",
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("permission", sa.String(length=20), nullable=False),
        sa.Column("modifiers", sa.JSON(), nullable=False),
        sa.Column("approvals", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("stated_by", sa.Integer(), nullable=False),
        sa.Column("stated_at", sa.DateTime(), nullable=False),
        _reference("release_terms", "stated_by", "portal_user"),
        sa.PrimaryKeyConstraint("release", name=op.f("pk_release_terms")),
    )
    for column in (
        sa.Column("ethics_body", sa.Text(), nullable=False, server_default=""),
        sa.Column("ethics_expires", sa.Date(), nullable=True),
        sa.Column("place_of_work", sa.Text(), nullable=False, server_default=""),
        sa.Column("use_traits", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("approvals", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("review_round", sa.Integer(), nullable=False, server_default="1"),
    ):
        op.add_column("data_request", column)
    # SQLite takes a foreign key with a new column in these words only, and PostgreSQL takes them.
    op.execute(
        "ALTER TABLE data_request ADD COLUMN ethics_document_id INTEGER "
        "CONSTRAINT fk_data_request_ethics_document_id_private_document "
        "REFERENCES private_document (id)"
    )
    op.add_column(
        "request_event",
        sa.Column("internal", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "review_decision", sa.Column("round", sa.Integer(), nullable=False, server_default="1")
    )
    dialect = op.get_bind().dialect.name
    for statement in guard_statements(dialect, ("agreement_signature", "private_document")):
        op.execute(statement)
