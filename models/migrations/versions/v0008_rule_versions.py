"""The version of a rule, bound to a case at filing and frozen in its awards."""

from alembic import op

from models.migrations.column_types import text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """What was bound before was the first version."""
    op.add_column("rule_version", text("version", default="1"))
    for table in ("case_file", "award"):
        op.add_column(table, text("rule_version", default=""))
        op.execute(f"UPDATE {table} SET rule_version = '1' WHERE rule_digest <> ''")


def downgrade() -> None:
    """Takes the columns away again."""
    for table in ("award", "case_file"):
        op.drop_column(table, "rule_version")
    op.drop_column("rule_version", "version")
