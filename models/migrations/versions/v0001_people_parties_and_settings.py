"""Who acts and who applies, the store's settings, funds, parameters, the audit chain."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import big, flag, identity, instant, named, one_of, refers, text, where, whole, word

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Makes the tables, those that others refer to first."""
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
        instant("at"),
        word("actor"),
        word("action"),
        word("subject"),
        whole("version"),
        text("content"),
        word("previous"),
        word("hash"),
    )
    op.create_index("audit_by_subject", "audit_entry", ["subject"])
    op.create_table(
        "counter",
        word("series", key=True),
        big("last"),
    )
    op.create_table(
        "duty_conflict",
        word("held", key=True),
        word("wanted", key=True),
    )
    op.create_table(
        "holiday_override",
        word("day", key=True),
        flag("works"),
        text("citation", default=""),
        text("entered_by", default=""),
        instant("entered_at"),
    )
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
    op.create_table(
        "rule_version",
        identity("id", key=True),
        word("policy"),
        word("item"),
        word("digest"),
        instant("first_used"),
        sa.UniqueConstraint("policy", "item", "digest", name="rule_version_is_unique"),
    )
    op.create_table(
        "store_mark",
        whole("id", key=True),
        flag("demo"),
        big("offset_us"),
        instant("frozen_at", null=True),
        instant("made_at"),
        sa.CheckConstraint("id = 1", name="one_mark"),
        sa.CheckConstraint("demo OR (offset_us = 0 AND frozen_at IS NULL)", name="production_keeps_real_time"),
    )
    op.create_table(
        "unit",
        word("name", key=True),
        text("name_en", default=""),
        word("kind"),
    )
    op.create_table(
        "fund",
        identity("id", key=True),
        named("unit", "unit.name"),
        whole("year"),
        big("budget_fen", default="0"),
        big("available_fen", default="0"),
        big("reserved_fen", default="0"),
        big("committed_fen", default="0"),
        big("paid_fen", default="0"),
        sa.CheckConstraint("available_fen >= 0", name="fund_is_never_overcommitted"),
        sa.CheckConstraint(
            "available_fen + reserved_fen + committed_fen + paid_fen = budget_fen", name="fund_parts_make_the_budget"
        ),
        sa.CheckConstraint(
            "reserved_fen >= 0 AND committed_fen >= 0 AND paid_fen >= 0", name="fund_parts_not_negative"
        ),
        sa.UniqueConstraint("unit", "year", name="one_fund_a_unit_and_year"),
    )
    op.create_table(
        "party",
        identity("id", key=True),
        word("kind"),
        word("name"),
        word("code"),
        word("code_masked"),
        named("town", "unit.name", null=True),
        word("sector"),
        word("registered_on"),
        text("contact", default=""),
        flag("demo"),
        instant("created_at"),
        one_of("kind", "enterprise association institution person unit"),
        sa.UniqueConstraint("kind", "code", name="party_is_unique"),
    )
    op.create_index("ix_party_name", "party", ["name"])
    op.create_table(
        "party_account",
        identity("id", key=True),
        refers("party_id", "party.id"),
        whole("version"),
        word("holder"),
        word("bank"),
        word("number"),
        word("clearing_code"),
        word("status"),
        text("entered_by", default=""),
        text("verified_by", default=""),
        instant("entered_at"),
        instant("usable_from", null=True),
        sa.CheckConstraint("status IN ('unverified','verified','replaced')", name="account_status_is_known"),
        sa.UniqueConstraint("party_id", "version", name="account_version_is_unique"),
    )
    op.create_index("ix_party_account_party_id", "party_account", ["party_id"])
    op.create_index(
        "one_verified_account",
        "party_account",
        ["party_id"],
        unique=True,
        **where("status = 'verified'"),
    )
    op.create_table(
        "person",
        identity("id", key=True),
        word("login"),
        word("name"),
        word("natural_key"),
        refers("party_id", "party.id", null=True),
        text("contact", default=""),
        word("language"),
        flag("active"),
        sa.UniqueConstraint("login"),
    )
    op.create_index("ix_person_natural_key", "person", ["natural_key"])
    op.create_index("ix_person_party_id", "person", ["party_id"])
    op.create_table(
        "delegation",
        identity("id", key=True),
        refers("from_person", "person.id"),
        refers("to_person", "person.id"),
        word("duty"),
        named("unit", "unit.name"),
        instant("valid_from"),
        instant("valid_to"),
        text("reason", default=""),
        sa.CheckConstraint("valid_from < valid_to", name="delegation_has_a_span"),
        sa.CheckConstraint("from_person <> to_person", name="nobody_delegates_to_themselves"),
    )
    op.create_index("delegation_to", "delegation", ["to_person", "duty"])
    op.create_table(
        "grant_of_duty",
        identity("id", key=True),
        refers("person_id", "person.id"),
        word("duty"),
        named("unit", "unit.name"),
        instant("valid_from"),
        instant("valid_to", null=True),
        text("granted_by", default=""),
        one_of(
            "duty",
            "system applicant clerk acceptor screener certifier joint_reviewer head amount_checker decider "
            "investigator allocator maker checker releaser reconciler deliverer parameter_author "
            "parameter_confirmer fund_officer auditor administrator",
        ),
    )
    op.create_index("grant_by_person", "grant_of_duty", ["person_id", "duty"])
    op.create_index("grant_by_unit", "grant_of_duty", ["unit", "duty"])
    op.create_table(
        "parameter_value",
        identity("id", key=True),
        word("policy"),
        word("parameter"),
        text("value"),
        text("citation", default=""),
        word("origin"),
        word("status"),
        word("valid_from"),
        word("valid_to"),
        refers("set_by", "person.id"),
        instant("set_at"),
        refers("confirmed_by", "person.id", null=True),
        instant("confirmed_at", null=True),
        sa.CheckConstraint("confirmed_by IS NULL OR confirmed_by <> set_by", name="author_is_not_confirmer"),
        sa.CheckConstraint("origin IN ('official','demo','ours')", name="origin_is_known"),
        sa.CheckConstraint("status IN ('proposed','confirmed','ended','rejected')", name="status_is_known"),
        sa.CheckConstraint("citation <> ''", name="value_has_a_citation"),
        sa.CheckConstraint("valid_to = '' OR valid_from <= valid_to", name="value_has_a_span"),
    )
    op.create_index(
        "one_open_value",
        "parameter_value",
        ["policy", "parameter"],
        unique=True,
        **where("status = 'confirmed' AND valid_to = ''"),
    )
    op.create_table(
        "token",
        identity("id", key=True),
        refers("person_id", "person.id"),
        word("hash"),
        instant("made_at"),
        instant("ends_at", null=True),
        sa.UniqueConstraint("hash", name="token_is_unique"),
    )
    op.create_index("ix_token_person_id", "token", ["person_id"])


def downgrade() -> None:
    """Drops them, last first."""
    op.drop_table("token")
    op.drop_table("parameter_value")
    op.drop_table("grant_of_duty")
    op.drop_table("delegation")
    op.drop_table("person")
    op.drop_table("party_account")
    op.drop_table("party")
    op.drop_table("fund")
    op.drop_table("unit")
    op.drop_table("store_mark")
    op.drop_table("rule_version")
    op.drop_table("job_claim")
    op.drop_table("holiday_override")
    op.drop_table("duty_conflict")
    op.drop_table("counter")
    op.drop_table("audit_entry")
