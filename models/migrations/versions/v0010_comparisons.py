"""Comparisons of a case with what may be the same benefit."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import identity, instant, one_of, refers, text, whole, word

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "comparison",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        whole("sequence"),
        word("policy"),
        refers("benefit_id", "benefit.id", null=True),
        refers("other_case_id", "case_file.id", null=True),
        identity("against"),
        word("other"),
        word("why"),
        word("own_key"),
        word("other_key"),
        word("verdict"),
        text("reason", default=""),
        refers("decided_by", "person.id", null=True),
        instant("found_at"),
        instant("decided_at", null=True),
        word("resume_duty", default=""),
        instant("resume_due", null=True),
        sa.UniqueConstraint("case_id", "sequence", name="comparison_is_numbered"),
        sa.UniqueConstraint("case_id", "against", name="compared_once"),
        sa.CheckConstraint("(benefit_id IS NULL) <> (other_case_id IS NULL)", name="compared_with_one"),
        sa.CheckConstraint("(verdict = 'open') = (decided_at IS NULL)", name="verdict_has_its_time"),
        sa.CheckConstraint("verdict <> 'different' OR reason <> ''", name="different_has_a_reason"),
        one_of("verdict", "open same different"),
        one_of("why", "same_key enterprise_alone part_of_name other_recipient other_period other_kind alike"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drops it."""
    op.drop_table("comparison")
