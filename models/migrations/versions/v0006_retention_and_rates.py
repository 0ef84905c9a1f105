"""Subject keys, official rates and rankings."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Makes the tables, those that others refer to first."""


def downgrade() -> None:
    """Takes them away again."""
