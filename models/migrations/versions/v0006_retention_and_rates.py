"""Personal keys, official payout figures and rankings."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import big, identity, instant, named, one_of, refers, text, whole, word

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Makes the tables, those that others refer to first."""
    _figures()
    _retention()


def _figures() -> None:
    op.create_table(
        "payout_figure",
        identity("id", key=True),
        word("policy"),
        named("unit", "unit.name"),
        word("period"),
        whole("sequence"),
        big("promised_fen"),
        big("paid_fen"),
        whole("promised_cases", null=True),
        whole("paid_cases", null=True),
        text("source", default=""),
        refers("entered_by", "person.id", null=True),
        instant("entered_at"),
        sa.UniqueConstraint("policy", "unit", "period", "sequence", name="figure_is_numbered"),
        sa.CheckConstraint(
            "promised_fen >= 0 AND paid_fen >= 0 AND paid_fen <= promised_fen", name="paid_within_promised"
        ),
        sa.CheckConstraint(
            "(promised_cases IS NULL) = (paid_cases IS NULL) AND (promised_cases IS NULL OR"
            " (paid_cases >= 0 AND paid_cases <= promised_cases))",
            name="cases_within_promised",
        ),
        sa.CheckConstraint("sequence > 0", name="figures_count_from_one"),
        sa.CheckConstraint("source <> ''", name="figure_has_a_source"),
    )
    op.create_table(
        "ranking",
        identity("id", key=True),
        word("policy"),
        word("item"),
        word("as_of"),
        whole("sequence"),
        text("content"),
        word("hash"),
        text("reason", default=""),
        refers("made_by", "person.id", null=True),
        instant("made_at"),
        sa.UniqueConstraint("policy", "item", "as_of", "sequence", name="ranking_is_numbered"),
        sa.CheckConstraint("sequence > 0", name="rankings_count_from_one"),
        sa.CheckConstraint("(sequence = 1) = (reason = '')", name="correction_has_a_reason"),
    )


def _retention() -> None:
    op.create_table(
        "personal_key",
        identity("id", key=True),
        refers("party_id", "party.id"),
        text("wrapped", default=""),
        instant("made_at"),
        instant("destroyed_at", null=True),
        sa.UniqueConstraint("party_id", name="one_key_a_person"),
        sa.CheckConstraint("(wrapped = '') = (destroyed_at IS NOT NULL)", name="key_is_there_or_destroyed"),
    )
    op.create_table(
        "anonymisation",
        identity("id", key=True),
        refers("party_id", "party.id"),
        word("status"),
        word("ended_on"),
        word("due_on"),
        text("basis", default=""),
        refers("proposed_by", "person.id"),
        instant("proposed_at"),
        refers("confirmed_by", "person.id", null=True),
        instant("confirmed_at", null=True),
        instant("cleared_at", null=True),
        text("cleared", default=""),
        one_of("status", "proposed confirmed cleared rejected"),
        sa.CheckConstraint("confirmed_by IS NULL OR confirmed_by <> proposed_by", name="proposer_does_not_confirm"),
        sa.CheckConstraint("(status = 'proposed') = (confirmed_by IS NULL)", name="settled_by_somebody"),
        sa.CheckConstraint("(status = 'cleared') = (cleared_at IS NOT NULL)", name="cleared_at_a_time"),
    )
    op.create_index("ix_anonymisation_party_id", "anonymisation", ["party_id"])


def downgrade() -> None:
    """Takes them away again."""
    op.drop_table("anonymisation")
    op.drop_table("personal_key")
    op.drop_table("ranking")
    op.drop_table("payout_figure")
