"""Firms ask for an account of their own."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import identity, instant, one_of, refers, text, where, word

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "registration",
        identity("id", key=True),
        word("receipt"),
        word("kind"),
        word("code"),
        word("name"),
        word("town"),
        word("person_name"),
        text("contact", default=""),
        word("login"),
        text("password_hash", default=""),
        word("language"),
        word("state"),
        instant("made_at"),
        instant("decided_at", null=True),
        refers("decided_by", "person.id", null=True),
        text("reason", default=""),
        refers("party_id", "party.id", null=True),
        one_of("state", "waiting accepted refused"),
        sa.CheckConstraint("state = 'waiting' OR password_hash = ''", name="no_password_once_decided"),
        sa.CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_with_a_reason"),
        sa.UniqueConstraint("receipt"),
    )
    waits = where("state = 'waiting'")
    op.create_index("one_waiting_login", "registration", ["login"], unique=True, **waits)


def downgrade() -> None:
    """Drops it."""
    op.drop_table("registration")
