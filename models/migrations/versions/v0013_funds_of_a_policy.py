"""A fund may be a policy's own; those that are there stay shared by all policies of their unit."""

import sqlalchemy as sa
from alembic import op

from models.database import UnsafeStore
from models.migrations.column_types import word

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Adds the policy, empty in every fund, and lets a unit have one fund a year and policy."""
    with op.batch_alter_table("fund") as fund:
        fund.add_column(word("policy", default=""))
        fund.drop_constraint("one_fund_a_unit_and_year", type_="unique")
        fund.create_unique_constraint("one_fund_a_unit_year_and_policy", ["unit", "year", "policy"])


def downgrade() -> None:
    """Takes it away again; where a policy has a fund of its own, UnsafeStore: its money cannot become the shared fund's."""
    own = op.get_bind().execute(sa.text("SELECT count(*) FROM fund WHERE policy <> ''")).scalar_one()
    if own:
        raise UnsafeStore(
            f"有 {own} 笔专项资金属于某一政策，旧版程序无法区分，不能降级，数据库未作任何改动"
            f" ({own} funds are a policy's own, which the older program cannot tell apart: nothing was changed)"
        )
    with op.batch_alter_table("fund") as fund:
        fund.drop_constraint("one_fund_a_unit_year_and_policy", type_="unique")
        fund.create_unique_constraint("one_fund_a_unit_and_year", ["unit", "year"])
        fund.drop_column("policy")
