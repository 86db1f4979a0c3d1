"""People, groups, attendance, consultations, events, visits, zones, messages, staff, and the trace of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables of the first slice."""
    _make_places_and_people()
    _make_classes()
    _make_services()
    _make_publicity()
    op.create_table(
        "change",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("table_name", sa.String(40), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
    )


def _make_places_and_people() -> None:
    op.create_table(
        "site",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("opened", sa.Date, nullable=False),
        sa.Column("closed", sa.Date),
        sa.CheckConstraint("kind IN ('library', 'cpi', 'village')", name="site_kind"),
    )
    op.create_table(
        "person",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("surname", sa.String(80), nullable=False),
        sa.Column("given", sa.String(80), nullable=False),
        sa.Column("patronymic", sa.String(80), nullable=False),
        sa.Column("birth_year", sa.Integer),
        sa.Column("consent_on", sa.Date),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("pin_hash", sa.String(200), nullable=False),
    )


def _make_classes() -> None:
    op.create_table(
        "class_group",
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("site", sa.String(40), sa.ForeignKey("site.id"), nullable=False),
    )
    op.create_table(
        "learner",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("site", sa.String(40), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("group_code", sa.String(40), sa.ForeignKey("class_group.code"), nullable=False),
        sa.Column("pin_hash", sa.String(200), nullable=False),
        sa.Column("seat", sa.String(20)),
        sa.Column("joined_on", sa.Date),
        sa.Column("left_on", sa.Date),
    )
    op.create_index("learner_by_group", "learner", ["group_code"])
    op.create_table(
        "session",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("group_code", sa.String(40), sa.ForeignKey("class_group.code"), nullable=False),
        sa.Column("lesson", sa.String(64), nullable=False),
        sa.Column("minutes", sa.Integer),
        sa.UniqueConstraint("date", "group_code", "lesson", name="session_once"),
    )
    op.create_table(
        "attendance",
        sa.Column("session_id", sa.Integer, sa.ForeignKey("session.id"), primary_key=True),
        sa.Column("learner", sa.Integer, sa.ForeignKey("learner.number"), primary_key=True),
    )
    op.create_index("attendance_by_learner", "attendance", ["learner"])


def _make_services() -> None:
    op.create_table(
        "consultation",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("site", sa.String(40), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("form", sa.String(20), nullable=False),
        sa.Column("topic", sa.String(300), nullable=False),
        sa.Column("category", sa.String(20), nullable=False),
        sa.Column("service_obtained", sa.Boolean, nullable=False),
        sa.Column("service", sa.String(300), nullable=False),
        sa.Column("minutes", sa.Integer),
        sa.Column("satisfaction", sa.Integer),
        sa.Column("persons", sa.Integer, nullable=False),
        sa.CheckConstraint("channel IN ('person', 'telephone', 'remote')", name="consultation_channel"),
        sa.CheckConstraint("form IN ('individual', 'group')", name="consultation_form"),
        sa.CheckConstraint("category IN ('pensioner', 'disability', 'other')", name="consultation_category"),
    )
    op.create_index("consultation_by_date", "consultation", ["date"])
    op.create_table(
        "visit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("site", sa.String(40), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("authority_site", sa.String(200), nullable=False),
        sa.Column("visits", sa.Integer, nullable=False),
    )
    op.create_index("visit_by_date", "visit", ["date"])


def _make_publicity() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("site", sa.String(40), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("attended", sa.Integer, nullable=False),
    )
    op.create_index("event_by_date", "event", ["date"])
    op.create_table(
        "zone",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("site", sa.String(40), sa.ForeignKey("site.id"), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("opened", sa.Date, nullable=False),
        sa.Column("closed", sa.Date),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("outlet", sa.String(200), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
    )
    op.create_index("message_by_date", "message", ["date"])


def downgrade() -> None:
    """Refuse: going back would throw away the register."""
    raise NotImplementedError("the register has no way back before its first revision")
