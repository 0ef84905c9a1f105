"""People may sign in and confirm acts by passkeys that they registered; a challenge is signed once, by the browser that asked."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import big, identity, instant, refers, text, word

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Makes both tables."""
    op.create_table(
        "passkey",
        identity("id", key=True),
        refers("person_id", "person.id"),
        word("credential"),
        text("public_key", default=""),
        big("sign_count"),
        word("name"),
        instant("made_at"),
        instant("used_at", null=True),
        sa.UniqueConstraint("credential", name="a_passkey_is_one_persons"),
    )
    op.create_index("ix_passkey_person_id", "passkey", ["person_id"])
    op.create_table("passkey_challenge", word("hash", key=True), word("owner"), word("purpose"), instant("ends_at"))


def downgrade() -> None:
    """Drops them."""
    op.drop_table("passkey_challenge")
    op.drop_table("passkey")
