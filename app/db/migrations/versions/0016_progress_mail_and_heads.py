"""Progress of jobs, mail on its way, signed heads of the audit log, and what it is searched by."""

import sqlalchemy as sa
from alembic import op

from app.db.guards import guard_statements

revision = "0016"
down_revision = "0013"
branch_labels = None
depends_on = None

_JOB_COLUMNS = (
    sa.Column("step", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("steps", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("message", sa.Text(), nullable=False, server_default=""),
    sa.Column("progress_at", sa.DateTime(), nullable=True),
    sa.Column("available_at", sa.DateTime(), nullable=True),
    sa.Column("cancel_asked_at", sa.DateTime(), nullable=True),
)
# What was told before is not sent now.
_NOTICE_COLUMNS = (
    sa.Column("kind", sa.String(length=20), nullable=False, server_default=""),
    sa.Column("link", sa.Text(), nullable=False, server_default=""),
    sa.Column("mail", sa.String(length=10), nullable=False, server_default="none"),
)
_WAKE = (
    "CREATE OR REPLACE FUNCTION wake_workers() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "BEGIN PERFORM pg_notify('care_commons_job', ''); RETURN NULL; END $$",
    "CREATE TRIGGER job_wakes_workers AFTER INSERT ON job "
    "FOR EACH STATEMENT EXECUTE FUNCTION wake_workers()",
)


def upgrade() -> None:
    """Add the columns and make the tables."""
    for column in _JOB_COLUMNS:
        op.add_column("job", column)
    for column in _NOTICE_COLUMNS:
        op.add_column("notification", column)
    op.create_index("ix_notification_mail", "notification", ["mail"], unique=False)
    for name in ("actor_id", "action", "at"):
        op.create_index(f"ix_audit_event_{name}", "audit_event", [name], unique=False)
    op.create_table(
        "worker_seen",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker_seen")),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["portal_user.id"], name=op.f("fk_mail_user_id_portal_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_index("ix_mail_state_next_try_at", "mail", ["state", "next_try_at"], unique=False)
    op.create_table(
        "mail_choice",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("muted", sa.JSON(), nullable=False),
        sa.Column("digest_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["portal_user.id"], name=op.f("fk_mail_choice_user_id_portal_user")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_mail_choice")),
    )
    op.create_table(
        "audit_head",
        sa.Column("events", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("statement", sa.JSON(), nullable=False),
        sa.Column("signer", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("events", name=op.f("pk_audit_head")),
    )
    dialect = op.get_bind().dialect.name
    for statement in guard_statements(dialect, ("audit_head",)):
        op.execute(statement)
    if dialect == "postgresql":
        for statement in _WAKE:
            op.execute(statement)
