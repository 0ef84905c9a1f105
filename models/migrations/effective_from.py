"""How a migration says that checks are new, or stricter than before: they judge what is done from now on.

What is there was done under the earlier rule; without this a store that was upgraded would fail `verify` for good.
"""

import sqlalchemy as sa
from alembic import op

_LAST = sa.text("SELECT COALESCE(MAX(seq), 0) FROM audit_entry")
_TABLE = sa.table("rule_effective_from", sa.column("check_id", sa.String()), sa.column("audit_seq", sa.BigInteger()))


def effective_from_now(*checks: str) -> None:
    """Marks the checks with the end of the audit chain; a store without one has nothing of before, and gets no mark."""
    last = op.get_bind().execute(_LAST).scalar_one()
    if last:
        op.execute(_TABLE.delete().where(_TABLE.c.check_id.in_(checks)))
        op.bulk_insert(_TABLE, [{"check_id": check, "audit_seq": last} for check in checks])
