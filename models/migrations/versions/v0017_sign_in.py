"""Signing in with a browser: passwords, second factors, sessions, enrolment codes, drafts of forms."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import Column, identity, instant, refers, text, whole, word

revision = "0017"
down_revision = "0016"

_TABLES = ("form_draft", "sign_in_throttle", "enrolment", "web_session", "second_factor", "password")


def _whose() -> Column:
    return sa.Column("person_id", sa.Uuid(), sa.ForeignKey("person.id"), nullable=False, primary_key=True)


def upgrade() -> None:
    """Makes the tables."""
    op.create_table("password", _whose(), word("hash"), instant("changed_at"))
    op.create_table(
        "second_factor",
        _whose(),
        identity("key_id"),
        text("wrapped", default=""),
        instant("made_at"),
        instant("confirmed_at", null=True),
        whole("last_step"),
    )
    op.create_table(
        "web_session",
        word("hash", key=True),
        refers("person_id", "person.id"),
        instant("made_at"),
        instant("seen_at"),
        instant("ends_at"),
        instant("stepped_up_at", null=True),
        text("agent", default=""),
    )
    op.create_index("ix_web_session_person_id", "web_session", ["person_id"])
    op.create_table(
        "enrolment",
        word("hash", key=True),
        refers("person_id", "person.id"),
        instant("made_at"),
        instant("ends_at"),
        instant("used_at", null=True),
    )
    op.create_index("ix_enrolment_person_id", "enrolment", ["person_id"])
    op.create_table(
        "sign_in_throttle",
        word("key", key=True),
        whole("failures"),
        instant("first_at"),
        instant("blocked_until", null=True),
    )
    op.create_table(
        "form_draft",
        _whose(),
        word("form", key=True),
        text("content", default=""),
        instant("saved_at"),
        whole("version"),
    )


def downgrade() -> None:
    """Drops them."""
    for table in _TABLES:
        op.drop_table(table)
