"""Results that are to leave a workspace: requests, files with their bytes, decisions."""

import sqlalchemy as sa
from alembic import op

from app.db.guards import guard_statements

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; files and decisions are append-only like the histories."""
    op.create_table(
        "output_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("requester_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("extract", sa.String(length=80), nullable=False),
        sa.Column("parcel", sa.String(length=40), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_output_request_project_id_project")
        ),
        sa.ForeignKeyConstraint(
            ["requester_id"],
            ["portal_user.id"],
            name=op.f("fk_output_request_requester_id_portal_user"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output_request")),
        sa.UniqueConstraint(
            "project_id", "parcel", name=op.f("uq_output_request_project_id_parcel")
        ),
    )
    for columns in (["project_id"], ["requester_id"], ["state", "changed_at"]):
        op.create_index(f"ix_output_request_{'_'.join(columns)}", "output_request", columns)
    op.create_table(
        "output_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["output_request.id"],
            name=op.f("fk_output_file_request_id_output_request"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output_file")),
        sa.UniqueConstraint("request_id", "name", name=op.f("uq_output_file_request_id_name")),
    )
    for column in ("request_id", "sha256"):
        op.create_index(f"ix_output_file_{column}", "output_file", [column])
    op.create_table(
        "output_decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("reviewer_id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "decision in ('approve','reject')", name=op.f("ck_output_decision_kind")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["output_request.id"],
            name=op.f("fk_output_decision_request_id_output_request"),
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"],
            ["portal_user.id"],
            name=op.f("fk_output_decision_reviewer_id_portal_user"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output_decision")),
    )
    op.create_index("ix_output_decision_request_id", "output_decision", ["request_id"])
    for statement in guard_statements(
        op.get_bind().dialect.name, ("output_decision", "output_file")
    ):
        op.execute(statement)
