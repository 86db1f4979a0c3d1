"""The index of a learner's sessions holds the sessions: who is trained is found without the table."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index anew."""
    op.drop_index("attendance_by_learner", "attendance")
    op.create_index("attendance_by_learner", "attendance", ["learner", "session_id"])
