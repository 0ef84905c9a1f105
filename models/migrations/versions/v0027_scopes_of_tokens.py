"""A token says what the API may be asked with it; those of before are of the command line."""

from alembic import op

from models.migrations.column_types import word

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Adds the column."""
    op.add_column("token", word("scopes", default=""))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("token", "scopes")
