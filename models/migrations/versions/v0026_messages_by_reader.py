"""Whoever a message was meant for reads it in the portal, the newest first: messages get an index that answers that."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Adds it."""
    op.create_index("message_by_recipient", "message", ["recipient", "due_at", "id"])


def downgrade() -> None:
    """Drops it."""
    op.drop_index("message_by_recipient", "message")
