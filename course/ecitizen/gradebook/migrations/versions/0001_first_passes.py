"""The table of when learners first passed a lesson, found in the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; whatever stands in it can be found in the journal again."""
    op.create_table(
        "gradebook_first_pass",
        sa.Column("rules", sa.String(32), primary_key=True),
        sa.Column("learner", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("lesson", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=True),
        sa.Column("submitted", sa.DateTime, nullable=True),
    )


def downgrade() -> None:
    """Forget all of it."""
    op.drop_table("gradebook_first_pass")
