"""What runs by itself: jobs, reminders and watched deadlines."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import identity, instant, one_of, refers, text, whole, word

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes the tables, those that others refer to first; nothing wrote claims before, so that table is made anew."""
    op.drop_table("job_claim")
    op.create_table(
        "job_claim",
        identity("id", key=True),
        word("kind"),
        word("business_date"),
        word("status"),
        whole("attempts"),
        instant("claimed_at"),
        text("claimed_by", default=""),
        instant("lease_until", null=True),
        instant("done_at", null=True),
        text("outcome", default=""),
        text("reason", default=""),
        sa.UniqueConstraint("kind", "business_date", name="job_once_a_date"),
        one_of("status", "running done failed skipped"),
        sa.CheckConstraint("attempts > 0", name="attempts_count_from_one"),
    )
    op.create_index("job_by_status", "job_claim", ["status", "kind"])
    op.create_table("job_progress", word("kind", key=True), word("since"), word("settled"))
    op.create_table("heartbeat", word("kind", key=True), instant("at"))
    op.create_table(
        "reminder",
        identity("id", key=True),
        word("kind"),
        word("subject"),
        word("due"),
        word("stage"),
        word("recipient"),
        refers("case_id", "case_file.id", null=True),
        refers("message_id", "message.id"),
        instant("made_at"),
    )
    op.create_index("reminder_once", "reminder", ["kind", "subject", "due", "stage", "recipient"], unique=True)
    op.create_index("ix_reminder_case_id", "reminder", ["case_id"])
    op.create_index("ix_reminder_message_id", "reminder", ["message_id"])


def downgrade() -> None:
    """Takes them away again, and puts the plain claims back."""
    op.drop_table("reminder")
    op.drop_table("heartbeat")
    op.drop_table("job_progress")
    op.drop_table("job_claim")
    op.create_table(
        "job_claim",
        identity("id", key=True),
        word("kind"),
        word("business_date"),
        instant("claimed_at"),
        instant("done_at", null=True),
        text("outcome", default=""),
        sa.UniqueConstraint("kind", "business_date", name="job_once_a_date"),
    )
