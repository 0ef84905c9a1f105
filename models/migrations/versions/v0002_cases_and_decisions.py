"""Cases and all that hangs on one: papers, snapshots, decisions, awards, entitlements, messages."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import big, flag, identity, instant, named, one_of, refers, text, where, whole, word

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Makes the tables, those that others refer to first."""
    op.create_table(
        "transition",
        word("from_state", key=True),
        word("to_state", key=True),
    )
    op.create_table(
        "benefit",
        identity("id", key=True),
        refers("party_id", "party.id"),
        word("subject"),
        word("source"),
        word("level"),
        word("reference"),
        word("period"),
        big("amount_fen"),
        flag("paid"),
        flag("returned"),
        text("entered_by", default=""),
        instant("entered_at"),
        sa.CheckConstraint("amount_fen >= 0", name="benefit_is_not_negative"),
        sa.UniqueConstraint("source", "reference", "subject", name="benefit_is_unique"),
    )
    op.create_index("benefit_by_subject", "benefit", ["subject"])
    op.create_index("ix_benefit_party_id", "benefit", ["party_id"])
    op.create_table(
        "case_file",
        identity("id", key=True),
        word("number"),
        word("policy"),
        word("measure"),
        word("item"),
        refers("party_id", "party.id"),
        word("state"),
        whole("version"),
        word("next_duty", null=True),
        word("next_unit", null=True),
        instant("next_due", null=True),
        flag("due_provisional"),
        word("rule_digest"),
        instant("filed_at", null=True),
        instant("opened_at"),
        instant("changed_at"),
        whole("corrections"),
        big("amount_fen", null=True),
        flag("held"),
        flag("contested"),
        word("review_on"),
        text("problem", default=""),
        sa.CheckConstraint(
            "(state IN ('closed', 'lapsed', 'refused', 'withdrawn')) = (next_duty IS NULL)",
            name="live_case_has_a_next_action",
        ),
        sa.CheckConstraint("(next_duty IS NULL) = (next_due IS NULL)", name="next_action_has_a_due_time"),
        one_of(
            "next_duty",
            "system applicant clerk acceptor screener certifier joint_reviewer head amount_checker decider "
            "investigator allocator maker checker releaser reconciler deliverer parameter_author "
            "parameter_confirmer fund_officer auditor administrator",
        ),
        one_of(
            "state",
            "draft filed in_correction accepted screened under_joint_review certified computed decided "
            "on_notice payable ordered paid delivered planned in_progress reported reviewed closed refused "
            "withdrawn lapsed",
        ),
        sa.CheckConstraint("version > 0", name="version_counts_from_one"),
        sa.UniqueConstraint("number"),
        sqlite_with_rowid=False,
    )
    op.create_index("case_by_state", "case_file", ["policy", "measure", "state"])
    op.create_index("case_ready", "case_file", ["next_duty", "next_due", "measure"])
    op.create_index("ix_case_file_party_id", "case_file", ["party_id"])
    op.create_table(
        "award",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        whole("sequence"),
        big("gross_fen"),
        big("ceiling_fen", null=True),
        big("amount_fen"),
        refers("fund_id", "fund.id", null=True),
        word("rule_digest"),
        text("inputs"),
        text("trace"),
        word("hash"),
        instant("computed_at"),
        sa.CheckConstraint("ceiling_fen IS NULL OR amount_fen <= ceiling_fen", name="award_within_ceiling"),
        sa.CheckConstraint("amount_fen >= 0 AND amount_fen <= gross_fen", name="award_within_gross"),
        sa.UniqueConstraint("case_id", "sequence", name="award_is_numbered"),
    )
    op.create_table(
        "cost_line",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        word("document"),
        text("description", default=""),
        big("claimed_fen"),
        big("recognised_fen"),
        text("reason", default=""),
        flag("live"),
        sa.CheckConstraint("claimed_fen >= 0 AND recognised_fen >= 0", name="cost_is_not_negative"),
        sa.CheckConstraint("recognised_fen <= claimed_fen", name="recognised_within_claimed"),
        sa.UniqueConstraint("case_id", "document", name="document_once_a_case"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "document_once_awarded",
        "cost_line",
        ["document"],
        unique=True,
        **where("live"),
    )
    op.create_index("ix_cost_line_case_id", "cost_line", ["case_id"])
    op.create_table(
        "decision",
        identity("id", key=True),
        identity("act_id"),
        refers("case_id", "case_file.id"),
        whole("version"),
        word("action"),
        word("duty"),
        word("from_state"),
        word("to_state"),
        refers("person_id", "person.id", null=True),
        word("natural_key"),
        refers("on_behalf_of", "person.id", null=True),
        named("unit", "unit.name", null=True),
        word("outcome"),
        word("reason_code"),
        text("reason", default=""),
        word("clause"),
        text("content"),
        instant("decided_at"),
        one_of(
            "duty",
            "system applicant clerk acceptor screener certifier joint_reviewer head amount_checker decider "
            "investigator allocator maker checker releaser reconciler deliverer parameter_author "
            "parameter_confirmer fund_officer auditor administrator",
        ),
        sa.UniqueConstraint("act_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("decision_once_a_version", "decision", ["case_id", "version"], unique=True)
    op.create_table(
        "entitlement",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        refers("party_id", "party.id"),
        refers("fund_id", "fund.id"),
        big("approved_fen"),
        big("paid_fen", default="0"),
        whole("attempts"),
        flag("ended"),
        instant("made_at"),
        sa.CheckConstraint("approved_fen > 0", name="entitlement_is_positive"),
        sa.CheckConstraint("NOT ended OR paid_fen = 0", name="only_unpaid_entitlements_end"),
        sa.CheckConstraint("paid_fen >= 0 AND paid_fen <= approved_fen", name="paid_within_approved"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "one_entitlement_a_case",
        "entitlement",
        ["case_id"],
        unique=True,
        **where("NOT ended"),
    )
    op.create_table(
        "evidence",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        word("slot"),
        word("name"),
        word("sha256"),
        big("size"),
        word("media_type"),
        refers("added_by", "person.id", null=True),
        instant("added_at"),
        sa.CheckConstraint("size > 0", name="paper_is_not_empty"),
        sa.UniqueConstraint("case_id", "slot", "sha256", name="paper_once_a_slot"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_evidence_case_id", "evidence", ["case_id"])
    op.create_index("ix_evidence_sha256", "evidence", ["sha256"])
    op.create_table(
        "joint_opinion",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        named("unit", "unit.name"),
        whole("round"),
        word("opinion"),
        text("reason", default=""),
        refers("person_id", "person.id", null=True),
        instant("given_at", null=True),
        sa.CheckConstraint("opinion IN ('pending','positive','negative','overridden')", name="opinion_is_known"),
        sa.UniqueConstraint("case_id", "unit", "round", name="one_opinion_a_unit"),
    )
    op.create_index("ix_joint_opinion_case_id", "joint_opinion", ["case_id"])
    op.create_table(
        "message",
        identity("id", key=True),
        word("once"),
        word("kind"),
        refers("case_id", "case_file.id", null=True),
        word("recipient"),
        text("content"),
        word("status"),
        whole("attempts"),
        instant("due_at"),
        instant("sent_at", null=True),
        text("outcome", default=""),
        sa.CheckConstraint("status IN ('waiting','sent','failed','dropped')", name="message_status_is_known"),
        sa.UniqueConstraint("once", name="event_tells_once"),
        sqlite_with_rowid=False,
    )
    op.create_index("message_due", "message", ["status", "due_at"])
    op.create_table(
        "snapshot",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        word("kind"),
        whole("version"),
        text("content"),
        word("hash"),
        instant("made_at"),
        refers("made_by", "person.id", null=True),
        sa.CheckConstraint("kind IN ('claim','facts','plan','report')", name="snapshot_kind_is_known"),
        sa.UniqueConstraint("case_id", "kind", "version", name="snapshot_is_unique"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "subject_key",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        word("key"),
        sa.UniqueConstraint("case_id", "key", name="key_once_a_case"),
        sqlite_with_rowid=False,
    )
    op.create_index("subject_by_key", "subject_key", ["key"])


def downgrade() -> None:
    """Drops them, last first."""
    op.drop_table("subject_key")
    op.drop_table("snapshot")
    op.drop_table("message")
    op.drop_table("joint_opinion")
    op.drop_table("evidence")
    op.drop_table("entitlement")
    op.drop_table("decision")
    op.drop_table("cost_line")
    op.drop_table("award")
    op.drop_table("case_file")
    op.drop_table("benefit")
    op.drop_table("transition")
