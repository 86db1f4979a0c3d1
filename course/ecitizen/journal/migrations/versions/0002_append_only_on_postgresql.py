"""PostgreSQL keeps the journal closed against change and removal too, as SQLite does since the first revision."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the triggers where they are missing."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "CREATE FUNCTION journal_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER journal_event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_event "
        "FOR EACH STATEMENT EXECUTE FUNCTION journal_event_is_append_only()"
    )


def downgrade() -> None:
    """Open the journal again."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER journal_event_is_append_only ON journal_event")
        op.execute("DROP FUNCTION journal_event_is_append_only()")
