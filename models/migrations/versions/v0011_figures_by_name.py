"""Figures of a programme say whose they are: the bank's, the trade's, the firm's."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Adds the name; figures that are there were the unit's own."""
    op.add_column("indicator_value", sa.Column("about", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("indicator_value", "about")
