"""The live queue of a village centre."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of places."""
    op.create_table(
        "place",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("topic", sa.String(300), nullable=False),
        sa.Column("came", sa.String(20), nullable=False),
        sa.Column("first", sa.Boolean, nullable=False),
        sa.Column("learner", sa.Integer),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("taken_at", sa.DateTime, nullable=False),
        sa.Column("called_at", sa.DateTime),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("desk", sa.String(80), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("ticket", sa.Integer),
        sa.Column("token", sa.String(64), nullable=False),
        sa.CheckConstraint("came IN ('kiosk', 'telephone', 'person')", name="place_came"),
        sa.CheckConstraint("state IN ('waiting', 'serving', 'closed', 'left')", name="place_state"),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("date", "site", "number", name="place_number"),
        sa.UniqueConstraint("token", name="place_token"),
    )
    op.create_index("place_by_state", "place", ["state", "date"])
