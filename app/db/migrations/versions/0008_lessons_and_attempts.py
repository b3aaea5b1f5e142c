"""Lessons, versions of cases, classes, assignments, and attempts with what was done in them."""

import sqlalchemy as sa
from alembic import op

from app.db.guards import guard_statements

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; versions and the events of attempts are append-only."""
    op.create_table(
        "teaching_class",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["portal_user.id"],
            name=op.f("fk_teaching_class_created_by_portal_user"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_class")),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("counts", sa.String(length=5), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("opens_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("counts in ('first','best','last')", name=op.f("ck_assignment_counts")),
        sa.ForeignKeyConstraint(
            ["class_id"], ["teaching_class.id"], name=op.f("fk_assignment_class_id_teaching_class")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["portal_user.id"], name=op.f("fk_assignment_created_by_portal_user")
        ),
        sa.ForeignKeyConstraint(
            ["set_id"], ["case_set.id"], name=op.f("fk_assignment_set_id_case_set")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_class_id"), "assignment", ["class_id"], unique=False)
    op.create_index(op.f("ix_assignment_set_id"), "assignment", ["set_id"], unique=False)
    op.create_table(
        "case_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("lesson", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("published_by", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["teaching_case.id"], name=op.f("fk_case_version_case_id_teaching_case")
        ),
        sa.ForeignKeyConstraint(
            ["published_by"],
            ["portal_user.id"],
            name=op.f("fk_case_version_published_by_portal_user"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_version")),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_case_version_case_id_number")),
    )
    op.create_index(op.f("ix_case_version_case_id"), "case_version", ["case_id"], unique=False)
    op.create_table(
        "class_member",
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("teaches", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["class_id"],
            ["teaching_class.id"],
            name=op.f("fk_class_member_class_id_teaching_class"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["portal_user.id"], name=op.f("fk_class_member_user_id_portal_user")
        ),
        sa.PrimaryKeyConstraint("class_id", "user_id", name=op.f("pk_class_member")),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=True),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignment.id"], name=op.f("fk_attempt_assignment_id_assignment")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["portal_user.id"], name=op.f("fk_attempt_user_id_portal_user")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["case_version.id"], name=op.f("fk_attempt_version_id_case_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_assignment_id"), "attempt", ["assignment_id"], unique=False)
    op.create_index(
        "ix_attempt_user_id_version_id", "attempt", ["user_id", "version_id"], unique=False
    )
    op.create_index(op.f("ix_attempt_version_id"), "attempt", ["version_id"], unique=False)
    op.create_table(
        "attempt_event",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_attempt_event_attempt_id_attempt")
        ),
        sa.PrimaryKeyConstraint("attempt_id", "sequence", name=op.f("pk_attempt_event")),
        sa.UniqueConstraint(
            "attempt_id", "kind", "subject", name=op.f("uq_attempt_event_attempt_id_kind_subject")
        ),
    )
    op.add_column(
        "teaching_case", sa.Column("lesson", sa.Text(), server_default="", nullable=False)
    )
    for statement in guard_statements(
        op.get_bind().dialect.name, ("attempt_event", "case_version")
    ):
        op.execute(statement)
