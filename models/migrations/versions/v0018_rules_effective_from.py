"""Checks of `verify` that came, or became stricter, after stores could hold what they judge begin with this upgrade."""

import sqlalchemy as sa
from alembic import op

from models.database import UnsafeStore
from models.migrations.column_types import big, word
from models.migrations.effective_from import effective_from_now

revision = "0018"
down_revision = "0017"

# Since 0012, the oldest schema whose cases can be upgraded.
NEW = (
    "I5-own",
    "I8-applicants",
    "I16-accounts",
    "I16-changes",
    "I16-own",
    "I25-current",
    "S1-awards",
    "S1-benefits",
    "S2-open",
    "S4-anew",
)
STRICTER = (
    "I16-values",
    "I20-programmes",
    "I23-reopened",
    "I23-undone",
    "I25-checks",
    "I25-conditions",
    "I25-waivers",
    "I31-rebound",
    "W3-two-people",
)


def upgrade() -> None:
    """Makes the table, and marks these checks where the store has an audit chain."""
    op.create_table("rule_effective_from", word("check_id", key=True), big("audit_seq"))
    effective_from_now(*NEW, *STRICTER)


def downgrade() -> None:
    """Drops it; where checks are marked, UnsafeStore: another upgrade would excuse what was done since."""
    marked = op.get_bind().execute(sa.text("SELECT count(*) FROM rule_effective_from")).scalar_one()
    if marked:
        raise UnsafeStore(
            f"有 {marked} 项校验记有起算点，降级后再升级会放过其后的办理，不能降级，数据库未作任何改动"
            f" ({marked} checks are marked: after another upgrade they would excuse what was done since; nothing was changed)"
        )
    op.drop_table("rule_effective_from")
