"""Sending: addresses, preferences, dispatches and the log of attempts; a message says no more than how far it is."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import flag, identity, instant, one_of, refers, text, where, whole, word

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the tables, those that others refer to first; what a message knew of its sending goes to its dispatches."""
    with op.batch_alter_table("message", table_kwargs={"sqlite_with_rowid": False}) as message:
        message.drop_constraint("message_status_is_known", type_="check")
        message.drop_column("attempts")
        message.drop_column("sent_at")
        message.drop_column("outcome")
        message.create_check_constraint("status_is_known", "status IN ('waiting', 'routed', 'sent', 'failed')")
    _contacts()
    _dispatches()


def _contacts() -> None:
    op.create_table(
        "contact",
        identity("id", key=True),
        word("holder"),
        word("channel"),
        text("address", default=""),
        word("status"),
        word("entered_by"),
        instant("entered_at"),
        text("proof", default=""),
        text("verified_by", default=""),
        instant("verified_at", null=True),
        instant("changed_at"),
        text("reason", default=""),
        one_of("status", "unverified verified bouncing replaced"),
        sa.CheckConstraint("status <> 'verified' OR verified_at IS NOT NULL", name="verified_by_somebody"),
    )
    op.create_index("one_live_contact", "contact", ["holder", "channel"], unique=True, **where("status <> 'replaced'"))
    op.create_table(
        "preference",
        identity("id", key=True),
        word("holder"),
        word("channels"),
        word("rhythm"),
        word("digest_at"),
        word("quiet_from"),
        word("quiet_to"),
        flag("working_days"),
        word("language"),
        word("changed_by"),
        instant("changed_at"),
        one_of("rhythm", "at_once digest"),
        sa.UniqueConstraint("holder", name="one_preference_a_holder"),
    )


def _dispatches() -> None:
    op.create_table(
        "dispatch",
        identity("id", key=True),
        word("once"),
        refers("message_id", "message.id"),
        word("recipient"),
        word("audience"),
        word("language"),
        word("channel"),
        refers("contact_id", "contact.id", null=True),
        word("status"),
        flag("digest"),
        word("bundle"),
        whole("attempts"),
        whole("gives_up_at"),
        instant("due_at"),
        word("lease"),
        instant("leased_until", null=True),
        instant("ended_at", null=True),
        text("reason", default=""),
        one_of("status", "waiting retrying sent dead undeliverable replaced"),
        sa.UniqueConstraint("once", name="one_dispatch_a_reader_and_channel"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_dispatch_message_id", "dispatch", ["message_id"])
    op.create_index("dispatch_due", "dispatch", ["channel", "due_at"], **where("ended_at IS NULL"))
    op.create_table(
        "send_log",
        identity("id", key=True),
        refers("dispatch_id", "dispatch.id"),
        whole("attempt"),
        word("parcel"),
        word("recipient"),
        word("channel"),
        word("kind"),
        word("wording"),
        word("outcome"),
        text("detail", default=""),
        flag("repeats"),
        instant("at"),
        one_of("outcome", "sent retry unknown refused cut_off"),
        sa.UniqueConstraint("dispatch_id", "attempt", name="attempt_is_logged_once"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_send_log_at", "send_log", ["at"])


def downgrade() -> None:
    """Takes them away again; a message that was under way waits once more."""
    for table in ("send_log", "dispatch", "preference", "contact"):
        op.drop_table(table)
    op.execute("UPDATE message SET status = 'waiting' WHERE status = 'routed'")
    with op.batch_alter_table("message", table_kwargs={"sqlite_with_rowid": False}) as message:
        message.drop_constraint("status_is_known", type_="check")
        message.add_column(sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
        message.add_column(instant("sent_at", null=True))
        message.add_column(text("outcome", default=""))
        message.create_check_constraint("message_status_is_known", "status IN ('waiting','sent','failed','dropped')")
