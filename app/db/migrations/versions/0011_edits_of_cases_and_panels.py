"""Steps of editing a case, and answers of panels to script concordance items."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the place of each case among its steps."""
    op.create_table(
        "case_edit",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["teaching_case.id"], name=op.f("fk_case_edit_case_id_teaching_case")
        ),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_case_edit")),
    )
    op.create_table(
        "panel_answer",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("exercise", sa.String(length=40), nullable=False),
        sa.Column("panellist", sa.String(length=80), nullable=False),
        sa.Column("option", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("option between -2 and 2", name=op.f("ck_panel_answer_option")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["teaching_case.id"], name=op.f("fk_panel_answer_case_id_teaching_case")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["portal_user.id"], name=op.f("fk_panel_answer_user_id_portal_user")
        ),
        sa.PrimaryKeyConstraint("case_id", "exercise", "panellist", name=op.f("pk_panel_answer")),
    )
    op.add_column(
        "teaching_case", sa.Column("position", sa.Integer(), server_default="0", nullable=False)
    )
