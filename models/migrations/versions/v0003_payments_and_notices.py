"""Ledger, allocation, payment, public notices and the work of programmes."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import big, identity, instant, named, one_of, refers, text, where, whole, word

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the tables, those that others refer to first."""
    op.create_table(
        "notice",
        identity("id", key=True),
        word("number"),
        word("policy"),
        word("measure"),
        word("opens_on"),
        word("closes_on"),
        whole("lines"),
        word("list_hash"),
        instant("made_at"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "allocation",
        identity("id", key=True),
        word("number"),
        refers("fund_id", "fund.id"),
        word("budget_line"),
        big("total_fen"),
        whole("lines"),
        word("list_hash"),
        refers("made_by", "person.id", null=True),
        instant("made_at"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "indicator_value",
        identity("id", key=True),
        refers("case_id", "case_file.id", null=True),
        word("policy"),
        word("indicator"),
        named("unit", "unit.name"),
        word("period"),
        whole("sequence"),
        word("value"),
        text("source", default=""),
        refers("entered_by", "person.id", null=True),
        instant("entered_at"),
        sa.UniqueConstraint("policy", "indicator", "unit", "period", "sequence", name="value_is_numbered"),
    )
    op.create_index("ix_indicator_value_case_id", "indicator_value", ["case_id"])
    op.create_table(
        "ledger_entry",
        identity("id", key=True),
        refers("fund_id", "fund.id"),
        refers("case_id", "case_file.id", null=True),
        word("source"),
        word("target"),
        big("amount_fen"),
        word("once"),
        word("note"),
        instant("made_at"),
        one_of("source", "treasury available reserved committed paid"),
        one_of("target", "treasury available reserved committed paid"),
        sa.CheckConstraint("source <> target", name="transfer_goes_somewhere"),
        sa.CheckConstraint("amount_fen > 0", name="transfer_is_positive"),
        sa.UniqueConstraint("once", name="event_moves_money_once"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ledger_entry_case_id", "ledger_entry", ["case_id"])
    op.create_table(
        "milestone",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        whole("position"),
        word("title"),
        word("due_on"),
        word("state"),
        text("report", default=""),
        refers("reported_by", "person.id", null=True),
        refers("reviewed_by", "person.id", null=True),
        instant("changed_at"),
        sa.CheckConstraint("state IN ('planned','in_progress','reported','reviewed','closed')", name="milestone_state"),
        sa.UniqueConstraint("case_id", "position", name="milestone_is_numbered"),
    )
    op.create_index("ix_milestone_case_id", "milestone", ["case_id"])
    op.create_table(
        "notice_line",
        identity("id", key=True),
        refers("notice_id", "notice.id"),
        refers("case_id", "case_file.id"),
        sa.UniqueConstraint("notice_id", "case_id", name="line_is_unique"),
    )
    op.create_index("ix_notice_line_case_id", "notice_line", ["case_id"])
    op.create_table(
        "objection",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        word("by"),
        text("claim", default=""),
        word("outcome"),
        text("answer", default=""),
        instant("raised_at"),
        instant("answer_due"),
        refers("answered_by", "person.id", null=True),
        instant("answered_at", null=True),
        sa.CheckConstraint("outcome IN ('open','dismissed','upheld')", name="objection_is_known"),
    )
    op.create_index("ix_objection_case_id", "objection", ["case_id"])
    op.create_table(
        "payment_batch",
        identity("id", key=True),
        word("number"),
        refers("fund_id", "fund.id"),
        word("state"),
        whole("orders"),
        big("total_fen"),
        word("list_hash"),
        refers("maker_id", "person.id"),
        refers("checker_id", "person.id", null=True),
        refers("releaser_id", "person.id", null=True),
        instant("made_at"),
        instant("released_at", null=True),
        word("export_hash"),
        instant("exported_at", null=True),
        sa.CheckConstraint("checker_id IS NULL OR checker_id <> maker_id", name="checker_is_not_maker"),
        sa.CheckConstraint("releaser_id IS NULL OR releaser_id <> checker_id", name="releaser_is_not_checker"),
        sa.CheckConstraint("releaser_id IS NULL OR releaser_id <> maker_id", name="releaser_is_not_maker"),
        one_of("state", "prepared checked released sent acknowledged settled failed returned cancelled"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "quota",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        word("kind"),
        word("unit_of_measure"),
        big("granted_milli"),
        big("used_milli"),
        word("valid_to"),
        instant("made_at"),
        sa.CheckConstraint("used_milli >= 0 AND used_milli <= granted_milli", name="used_within_granted"),
    )
    op.create_index("ix_quota_case_id", "quota", ["case_id"])
    op.create_table(
        "allocation_line",
        identity("id", key=True),
        refers("allocation_id", "allocation.id"),
        refers("entitlement_id", "entitlement.id"),
        big("amount_fen"),
        sa.UniqueConstraint("entitlement_id", name="allocated_once"),
    )
    op.create_index("ix_allocation_line_allocation_id", "allocation_line", ["allocation_id"])
    op.create_table(
        "payment_order",
        identity("id", key=True),
        word("number"),
        refers("entitlement_id", "entitlement.id"),
        refers("case_id", "case_file.id"),
        refers("batch_id", "payment_batch.id", null=True),
        whole("attempt"),
        word("channel"),
        word("state"),
        big("amount_fen"),
        refers("account_id", "party_account.id", null=True),
        word("payee_name"),
        word("payee_bank"),
        word("payee_account"),
        word("clearing_code"),
        text("reason", default=""),
        instant("made_at"),
        instant("ended_at", null=True),
        sa.CheckConstraint("channel IN ('batch','offline')", name="channel_is_known"),
        sa.CheckConstraint("amount_fen > 0", name="order_is_positive"),
        one_of("state", "prepared checked released sent acknowledged settled failed returned cancelled"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("entitlement_id", "attempt", name="attempt_is_numbered"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_payment_order_batch_id", "payment_order", ["batch_id"])
    op.create_index("ix_payment_order_case_id", "payment_order", ["case_id"])
    op.create_index(
        "one_live_order",
        "payment_order",
        ["entitlement_id"],
        unique=True,
        **where("state NOT IN ('failed', 'returned', 'cancelled')"),
    )
    op.create_table(
        "bank_result",
        identity("id", key=True),
        word("fingerprint"),
        word("file_hash"),
        whole("line"),
        word("reference"),
        word("outcome"),
        big("amount_fen"),
        word("account"),
        text("reason", default=""),
        word("match"),
        refers("order_id", "payment_order.id", null=True),
        refers("read_by", "person.id", null=True),
        instant("read_at"),
        sa.CheckConstraint("match IN ('matched','unmatched','refused')", name="match_is_known"),
        sa.UniqueConstraint("fingerprint", name="result_counts_once"),
    )
    op.create_index("ix_bank_result_file_hash", "bank_result", ["file_hash"])
    op.create_index("ix_bank_result_reference", "bank_result", ["reference"])


def downgrade() -> None:
    """Drops them, last first."""
    op.drop_table("bank_result")
    op.drop_table("payment_order")
    op.drop_table("allocation_line")
    op.drop_table("quota")
    op.drop_table("payment_batch")
    op.drop_table("objection")
    op.drop_table("notice_line")
    op.drop_table("milestone")
    op.drop_table("ledger_entry")
    op.drop_table("indicator_value")
    op.drop_table("allocation")
    op.drop_table("notice")
