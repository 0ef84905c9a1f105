"""Comparisons, bank results and papers seen off line say at which version of their case they came: two instants do not tell what
came first, for a clock may be set back."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import whole

revision = "0016"
down_revision = "0015"

_AT_VERSION = "UPDATE {table} SET version = COALESCE((SELECT MAX(d.version) FROM decision d WHERE {which}), 1)"
_BACK_FILL = (  # what a computation itself wrote down has its instant, and was found before it
    ("comparison", "d.case_id = comparison.case_id AND d.decided_at < comparison.found_at"),
    ("paper_check", "d.case_id = paper_check.case_id AND d.decided_at <= paper_check.checked_at"),
    (
        "bank_result",
        "d.case_id = (SELECT o.case_id FROM payment_order o WHERE o.id = bank_result.order_id)"
        " AND d.decided_at <= bank_result.read_at",
    ),
)
_PLACES = (
    "UPDATE paper_check SET sequence = (SELECT COUNT(*) FROM paper_check p WHERE p.case_id = paper_check.case_id"
    " AND (p.checked_at < paper_check.checked_at OR (p.checked_at = paper_check.checked_at AND p.id <= paper_check.id)))"
)


def upgrade() -> None:
    """Adds the versions; of what is there, the one that the case had at that instant."""
    op.add_column("paper_check", whole("sequence", default="1"))
    for table, which in _BACK_FILL:
        op.add_column(table, whole("version", default="1"))
        op.execute(sa.text(_AT_VERSION.format(table=table, which=which)))
    op.execute(sa.text(_PLACES))


def downgrade() -> None:
    """Drops them."""
    for table, _ in _BACK_FILL:
        op.drop_column(table, "version")
    op.drop_column("paper_check", "sequence")
