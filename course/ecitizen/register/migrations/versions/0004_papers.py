"""Certificates by number, and invitation codes of the survey that remember only which waves they were used in."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "certificate",
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("learner", sa.Integer, nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("trained_on", sa.Date, nullable=False),
        sa.ForeignKeyConstraint(["learner"], ["learner.number"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("learner", name="certificate_once"),
    )
    op.create_table(
        "survey_code",
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("made_on", sa.Date, nullable=False),
        sa.Column("used_end", sa.Boolean, nullable=False),
        sa.Column("used_later", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("code"),
    )
