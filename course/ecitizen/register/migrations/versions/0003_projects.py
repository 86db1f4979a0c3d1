"""Consents, timetable, materials, counters, communities, chats, the village queue, statistics of events, undo."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the five projects; what there is gets the columns that the statistics form asks for."""
    _widen()
    _make_materials_and_counters()
    _make_consents_and_hours()
    _make_communities()
    _make_chats()
    _make_village_services()
    _make_undo()
    _make_partners()


def _widen() -> None:
    op.add_column("person", sa.Column("contact", sa.String(200)))
    op.add_column("staff", sa.Column("site", sa.String(40)))
    op.add_column("staff", sa.Column("since", sa.Date))
    op.add_column("staff", sa.Column("until", sa.Date))
    op.add_column("consultation", sa.Column("age", sa.String(20), nullable=False, server_default="adults"))
    op.add_column("message", sa.Column("kind", sa.String(20), nullable=False, server_default="media"))
    op.add_column("event", sa.Column("audience", sa.String(20), nullable=False, server_default="all"))
    op.add_column("event", sa.Column("place", sa.String(20), nullable=False, server_default="inside"))
    for column in ("children", "youth", "remote"):
        op.add_column("event", sa.Column(column, sa.Integer, nullable=False, server_default="0"))
    op.add_column("event", sa.Column("guests", sa.String(300), nullable=False, server_default=""))


def _make_materials_and_counters() -> None:
    op.create_table(
        "material",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("added_on", sa.Date, nullable=False),
        sa.Column("checked_on", sa.Date),
        sa.Column("note", sa.String(300), nullable=False),
        sa.CheckConstraint("kind IN ('link', 'material')", name="material_kind"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "address", name="material_once"),
    )
    op.create_table(
        "counter",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("value", sa.Integer, nullable=False),
        sa.Column("note", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("date", "site", "name", name="counter_once"),
    )
    op.create_index("counter_by_date", "counter", ["date"])
    op.create_table(
        "staff_training",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("form", sa.String(80), nullable=False),
        sa.Column("hours", sa.Integer),
        sa.Column("attended", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("staff_training_by_date", "staff_training", ["date"])


def _make_consents_and_hours() -> None:
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("learner", sa.Integer, nullable=False),
        sa.Column("purpose", sa.String(200), nullable=False),
        sa.Column("given_on", sa.Date, nullable=False),
        sa.Column("withdrawn_on", sa.Date),
        sa.Column("keep_until", sa.Date),
        sa.ForeignKeyConstraint(["learner"], ["learner.number"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("learner", "purpose", "given_on", name="consent_once"),
    )
    op.create_table(
        "timetable",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("group_code", sa.String(40), nullable=False),
        sa.Column("first_on", sa.Date, nullable=False),
        sa.Column("last_on", sa.Date, nullable=False),
        sa.Column("begins", sa.String(5), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("every_weeks", sa.Integer, nullable=False),
        sa.Column("room", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["group_code"], ["class_group.code"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("group_code", "first_on", "begins", name="timetable_once"),
    )


def _make_communities() -> None:
    op.create_table(
        "community",
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("opened", sa.Date, nullable=False),
        sa.Column("closed", sa.Date),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "community_member",
        sa.Column("community", sa.String(40), nullable=False),
        sa.Column("member", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("joined_on", sa.Date, nullable=False),
        sa.Column("left_on", sa.Date),
        sa.ForeignKeyConstraint(["community"], ["community.code"]),
        sa.PrimaryKeyConstraint("community", "member"),
    )
    op.create_table(
        "community_meeting",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("community", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("attended", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["community"], ["community.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("community_meeting_by_date", "community_meeting", ["date"])
    op.create_table(
        "community_work",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("community", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["community"], ["community.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("community_work_by_date", "community_work", ["date"])


def _make_chats() -> None:
    op.create_table(
        "chat",
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("network", sa.String(80), nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("opened", sa.Date, nullable=False),
        sa.Column("closed", sa.Date),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "chat_subscribers",
        sa.Column("chat", sa.String(40), nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("joined", sa.Integer, nullable=False),
        sa.Column("left", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["chat"], ["chat.code"]),
        sa.PrimaryKeyConstraint("chat", "date"),
    )
    op.create_table(
        "chat_question",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("chat", sa.String(40), nullable=False),
        sa.Column("topic", sa.String(300), nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("minutes", sa.Integer),
        sa.ForeignKeyConstraint(["chat"], ["chat.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("chat_question_by_date", "chat_question", ["date"])
    op.create_table(
        "chat_review",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("chat", sa.String(40), nullable=False),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("gist", sa.String(300), nullable=False),
        sa.CheckConstraint("verdict IN ('good', 'neutral', 'bad')", name="review_verdict"),
        sa.ForeignKeyConstraint(["chat"], ["chat.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("chat_review_by_date", "chat_review", ["date"])


def _make_village_services() -> None:
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("topic", sa.String(300), nullable=False),
        sa.Column("first", sa.Boolean, nullable=False),
        sa.Column("wait_min", sa.Integer),
        sa.Column("serve_min", sa.Integer),
        sa.Column("result", sa.String(20), nullable=False),
        sa.Column("rating", sa.Integer),
        sa.CheckConstraint("result IN ('done', 'passed-on', 'not-done')", name="ticket_result"),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="ticket_rating"),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ticket_by_date", "ticket", ["date"])
    op.create_table(
        "surplus",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("site", sa.String(40), nullable=False),
        sa.Column("product", sa.String(200), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("unit", sa.String(20), nullable=False),
        sa.Column("accepted", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["site"], ["site.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("surplus_by_date", "surplus", ["date"])


def _make_undo() -> None:
    op.create_table(
        "undo",
        sa.Column("step", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("table_name", sa.String(40), nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.PrimaryKeyConstraint("step"),
    )


def _make_partners() -> None:
    op.create_table(
        "partner",
        sa.Column("code", sa.String(40), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False, unique=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("made", sa.String(32), nullable=False),
    )
    op.create_table(
        "partner_fact",
        sa.Column("partner", sa.String(40), sa.ForeignKey("partner.code"), primary_key=True),
        sa.Column("key", sa.String(200), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("ends", sa.Date, nullable=False),
        sa.Column("site", sa.String(80), nullable=False),
        sa.Column("person", sa.Integer),
        sa.Column("amount", sa.Float, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
    )
    op.create_index("partner_fact_by_date", "partner_fact", ["kind", "date"])
