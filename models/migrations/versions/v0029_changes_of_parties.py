"""Proposed changes of parties are found without a walk through the audit chain."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
_WHERE = sa.text("action = 'parties.change'")


def upgrade() -> None:
    """Makes the index."""
    op.create_index("audit_of_party_changes", "audit_entry", ["seq"], sqlite_where=_WHERE, postgresql_where=_WHERE)


def downgrade() -> None:
    """Drops it."""
    op.drop_index("audit_of_party_changes", "audit_entry")
