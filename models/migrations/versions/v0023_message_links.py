"""Messages know the version of their case, and each reader's link to a case is known by its hash."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import refers, whole, word

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Adds the column (0: not known) and the table."""
    op.add_column("message", whole("case_version", default="0"))
    op.create_table(
        "message_link",
        word("hash", key=True),
        refers("message_id", "message.id"),
        word("reader"),
        sa.UniqueConstraint("message_id", "reader", name="one_link_a_message_and_reader"),
    )


def downgrade() -> None:
    """Drops both."""
    op.drop_table("message_link")
    op.drop_column("message", "case_version")
