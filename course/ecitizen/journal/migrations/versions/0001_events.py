"""The table of events, closed against change and removal."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and, on SQLite, the triggers that keep it append-only."""
    op.create_table(
        "journal_event",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("learner", sa.Integer, nullable=True),
        sa.Column("lesson", sa.String(64), nullable=False),
        sa.Column("activity", sa.String(128), nullable=False),
        sa.Column("run", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("journal_event_by_lesson", "journal_event", ["lesson", "learner", "activity"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER journal_event_no_{verb.lower()} BEFORE {verb} ON journal_event "
                "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
            )


def downgrade() -> None:
    """Refuse: going back would throw away what learners did."""
    raise NotImplementedError("the journal has no way back before its first revision")
