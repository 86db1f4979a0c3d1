"""The day on which what was collected for one purpose was destroyed; the rest of the card may stay."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the day."""
    op.add_column("consent", sa.Column("erased_on", sa.Date))
