"""Applicants rate the steps of their cases."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import identity, instant, refers, text, whole, word

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "step_rating",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        word("step"),
        whole("grade"),
        text("comment", default=""),
        refers("rated_by", "person.id"),
        instant("rated_at"),
        sa.UniqueConstraint("case_id", "step", name="step_is_rated_once"),
        sa.CheckConstraint("grade BETWEEN 1 AND 5", name="grade_is_one_of_five"),
    )


def downgrade() -> None:
    """Drops it."""
    op.drop_table("step_rating")
