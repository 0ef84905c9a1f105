"""The check list of a case, papers checked off line, and overrides of conditions."""

import sqlalchemy as sa
from alembic import op

from models.migrations.column_types import flag, identity, instant, refers, text, whole, word

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Makes the tables."""
    _checks()
    _waivers()


def _checks() -> None:
    op.create_table(
        "check_record",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        whole("sequence"),
        whole("version"),
        word("name"),
        flag("hard"),
        word("needed"),
        word("result"),
        word("rule"),
        word("data"),
        text("words", default=""),
        text("words_en", default=""),
        refers("person_id", "person.id", null=True),
        instant("looked_at"),
        sa.UniqueConstraint("case_id", "sequence", name="check_is_numbered"),
        sa.CheckConstraint("result IN ('ok','fail','no_data','lifted')", name="result_is_known"),
        sa.CheckConstraint("needed IN ('file','accept','certify','decide','pay')", name="gate_is_known"),
        sa.CheckConstraint("sequence > 0", name="checks_count_from_one"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "paper_check",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        word("slot"),
        word("found"),
        text("note", default=""),
        refers("checked_by", "person.id"),
        instant("checked_at"),
        sa.CheckConstraint("found IN ('ok','fail')", name="paper_check_is_known"),
        sa.CheckConstraint("note <> ''", name="paper_check_has_a_note"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_paper_check_case_id", "paper_check", ["case_id"])


def _waivers() -> None:
    op.create_table(
        "waiver",
        identity("id", key=True),
        refers("case_id", "case_file.id"),
        word("name"),
        word("data"),
        whole("version"),
        word("reason_code"),
        text("reason", default=""),
        text("paper", default=""),
        refers("asked_by", "person.id"),
        instant("asked_at"),
        refers("confirmed_by", "person.id"),
        instant("confirmed_at"),
        sa.UniqueConstraint("case_id", "name", "data", name="waived_once_as_found"),
        sa.CheckConstraint("asked_by <> confirmed_by", name="waived_by_two_people"),
        sa.CheckConstraint("reason <> '' AND reason_code <> '' AND paper <> ''", name="waiver_says_why"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_waiver_case_id", "waiver", ["case_id"])


def downgrade() -> None:
    """Takes the tables away again."""
    for table in ("waiver", "paper_check", "check_record"):
        op.drop_table(table)
