"""Answers of graduates, anonymous."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of answers."""
    op.create_table(
        "survey_answer",
        sa.Column("sheet", sa.String(32), primary_key=True),
        sa.Column("question", sa.String(60), primary_key=True),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("site", sa.String(40), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("wave", sa.String(10), nullable=False),
        sa.Column("answer", sa.Integer, nullable=False),
        sa.CheckConstraint("wave IN ('end', 'later')", name="survey_wave"),
        sa.CheckConstraint("answer BETWEEN 1 AND 5", name="survey_scale"),
    )
    op.create_index("survey_by_date", "survey_answer", ["date"])
