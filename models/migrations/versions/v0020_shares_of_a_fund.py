"""A fund knows what of it may still be shared out in proportion, and what was: money that comes back is no budget to share."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import big

revision = "0020"
down_revision = "0019"

# Awards say in their trace that they are shares; a natural person's is sealed, but others shared with them.
_SHARED = (
    "UPDATE fund SET shareable_fen = 0, shared_fen = (SELECT SUM(a.amount_fen) FROM award a WHERE a.fund_id = fund.id"
    " AND a.trace LIKE :words) WHERE EXISTS (SELECT 1 FROM award a WHERE a.fund_id = fund.id AND a.trace LIKE :words)"
)


def upgrade() -> None:
    """Adds both; a fund that was shared out before shares nothing more until money is added to it."""
    with op.batch_alter_table("fund") as fund:
        fund.add_column(big("shareable_fen", null=True))
        fund.add_column(big("shared_fen", default="0"))
        fund.create_check_constraint("fund_shares_not_negative", "shareable_fen >= 0 AND shared_fen >= 0")
    op.execute(sa.text(_SHARED).bindparams(words="%专项资金不足，按比例安排%"))


def downgrade() -> None:
    """Drops them."""
    with op.batch_alter_table("fund") as fund:
        fund.drop_constraint("fund_shares_not_negative", type_="check")
        fund.drop_column("shared_fen")
        fund.drop_column("shareable_fen")
