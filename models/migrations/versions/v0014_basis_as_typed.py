"""What a benefit from elsewhere is for, as it was typed, beside the form in which it is compared."""

from alembic import op

from models.migrations.column_types import word

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Of what was entered before only the compared form is known."""
    op.add_column("benefit", word("basis", default=""))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("benefit", "basis")
