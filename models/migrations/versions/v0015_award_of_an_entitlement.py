"""An entitlement names the award that it rests on."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import refers

revision = "0015"
down_revision = "0014"

# Each computation that went on wrote one award: as many as the versions up to the decision hold, so is the award numbered.
_COMPUTED = "p.case_id = d.case_id AND p.action = 'compute' AND p.to_state IN ('computed', 'decided', 'in_progress')"
_BY_VERSION = (
    "UPDATE entitlement SET award_id = (SELECT a.id FROM award a JOIN decision d ON d.case_id = a.case_id"
    " WHERE a.case_id = entitlement.case_id AND d.decided_at = entitlement.made_at AND d.to_state = 'decided'"
    f" AND a.sequence = (SELECT COUNT(*) FROM decision p WHERE {_COMPUTED} AND p.version <= d.version)"
    " ORDER BY d.version DESC LIMIT 1)"
)
_BY_TIME = (  # where no decision tells: the newest that was computed by then
    "UPDATE entitlement SET award_id = (SELECT a.id FROM award a WHERE a.case_id = entitlement.case_id"
    " AND a.computed_at <= entitlement.made_at ORDER BY a.sequence DESC LIMIT 1) WHERE award_id IS NULL"
)


def upgrade() -> None:
    """Adds the award; of what was promised before, it is the one that the decision's version tells."""
    if (
        op.get_bind().dialect.name == "sqlite"
    ):  # it adds no constraint to a table that is there, but a column with its own
        op.execute("ALTER TABLE entitlement ADD COLUMN award_id CHAR(32) REFERENCES award (id)")
    else:
        op.add_column("entitlement", refers("award_id", "award.id", null=True))
    for back_fill in (_BY_VERSION, _BY_TIME):
        op.execute(sa.text(back_fill))


def downgrade() -> None:
    """Drops it."""
    op.drop_column("entitlement", "award_id")
