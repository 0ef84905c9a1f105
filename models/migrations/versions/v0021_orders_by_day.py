"""The register of payments is read by day and added up: orders get an index that answers both."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Adds it."""
    op.create_index("orders_by_day", "payment_order", ["state", "ended_at", "number", "amount_fen"])


def downgrade() -> None:
    """Drops it."""
    op.drop_index("orders_by_day", "payment_order")
