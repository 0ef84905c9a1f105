"""People may sign in by a chat app that they bound to their account; such a session reads until a password was given."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import instant, word

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Makes the table and the flag."""
    op.create_table(
        "chat_account",
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("person.id"), primary_key=True),
        word("app", key=True),
        word("hash"),
        instant("bound_at"),
        sa.UniqueConstraint("hash", name="a_chat_account_is_one_persons"),
    )
    op.add_column("web_session", sa.Column("reads_only", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Drops both."""
    op.drop_column("web_session", "reads_only")
    op.drop_table("chat_account")
