"""The team game of a forum."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of games and teams."""
    op.create_table(
        "forum",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("round", sa.String(20), nullable=False),
        sa.Column("minutes", sa.Float, nullable=False),
        sa.Column("since", sa.DateTime),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
    )
    told = ("problem", "idea", "roles", "resources", "plan")
    op.create_table(
        "forum_team",
        sa.Column("forum", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String(1000), nullable=False) for name in told),
        sa.Column("first", sa.Integer),
        sa.Column("second", sa.Integer),
        sa.Column("hall", sa.Integer, nullable=False),
        sa.Column("community", sa.String(40)),
        sa.Column("next_on", sa.Date),
        sa.CheckConstraint("size BETWEEN 1 AND 12", name="forum_team_size"),
        sa.ForeignKeyConstraint(["forum"], ["forum.id"]),
        sa.PrimaryKeyConstraint("forum", "number"),
    )
