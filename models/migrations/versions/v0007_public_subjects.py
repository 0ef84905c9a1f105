"""Subject keys say how sure they are, whether they tie cases of one plan, and for which days."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds the columns; keys that are there were certain."""
    for name in ("certain", "inside"):
        op.add_column("subject_key", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("subject_key", sa.Column("period", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Drops them."""
    for name in ("period", "inside", "certain"):
        op.drop_column("subject_key", name)
