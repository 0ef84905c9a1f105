"""What runs by itself: jobs, reminders and watched deadlines."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes the tables, those that others refer to first."""


def downgrade() -> None:
    """Takes them away again."""
