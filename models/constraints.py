"""What the database itself refuses, as data: one list of guards, the same for SQLite and PostgreSQL.

A guard's condition is plain SQL over OLD, NEW and our tables; models/triggers.py spells it in each dialect. Every
message begins with a stable code and a colon; `triggers.code_of(error)` reads it back.

Two choices that a reader may question:
- An entitlement may be lowered freely (not below what is paid: a CHECK) and raised only as far as the newest award of
  its case covers: a supplementary grant, like a decision taken anew, rests on a new award, never on an edited amount.
- A decision counts for the natural person who acts and for the one on whose behalf it is done: neither may hold, nor
  have had somebody else hold for them, a conflicting duty on the case.
"""

from collections.abc import Iterator
from dataclasses import dataclass

INSERT, UPDATE, DELETE = "INSERT", "UPDATE", "DELETE"


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """Refuse `event` on a row of `table` whenever `when` holds."""

    table: str
    event: str
    when: str
    code: str
    says: str

    @property
    def message(self) -> str:
        """What the database answers."""
        return f"{self.code}: {self.says}"


APPEND_ONLY = (
    "ledger_entry",
    "audit_entry",
    "decision",
    "snapshot",
    "award",
    "evidence",
    "check_record",
    "paper_check",
    "waiver",
    "indicator_value",
    "payout_figure",
    "ranking",
    "reminder",
    "rule_version",
    "send_log",
)
NEVER_REMOVED = (
    "anonymisation",
    "bank_result",
    "case_file",
    "comparison",
    "contact",
    "dispatch",
    "entitlement",
    "fund",
    "message",
    "parameter_value",
    "party_account",
    "payment_batch",
    "payment_order",
    "personal_key",
    "preference",
    "step_rating",
    "store_mark",
)
# The rules that the guards read; only a schema upgrade writes them.
RULES = ("transition", "duty_conflict")
# Written by a schema upgrade alone, and kept in a backup: they say what the store was like before.
SCHEMA_ONLY = ("rule_effective_from",)
# What proves who somebody is: for the processes that people come through, and for nobody who only reads or runs by itself.
CREDENTIALS = (
    "chat_account", "enrolment", "form_draft", "passkey", "passkey_challenge", "password", "registration", "second_factor",
    "token", "web_session",
)  # fmt: skip
# Where the application may change some columns only (its role on PostgreSQL gets no more).
CHANGEABLE = {
    "bank_result": ("match", "order_id"),
    "comparison": ("verdict", "reason", "decided_by", "decided_at", "resume_duty", "resume_due"),
    "personal_key": ("wrapped", "destroyed_at"),
    "step_rating": ("grade", "comment", "rated_by", "rated_at"),
    "store_mark": ("offset_us", "frozen_at"),
}


def _changed(*columns: str) -> str:
    """That one of the columns gets another value."""
    return " OR ".join(f'OLD."{name}" IS DISTINCT FROM NEW."{name}"' for name in columns)


def _append_only(table: str) -> tuple[Constraint, Constraint]:
    changed, removed = f"rows of {table} are never changed / 只增不改", f"rows of {table} are never removed / 只增不删"
    return (
        Constraint(table=table, event=UPDATE, when="1 = 1", code="append-only", says=changed),
        Constraint(table=table, event=DELETE, when="1 = 1", code="append-only", says=removed),
    )


def _schema_only(table: str) -> Iterator[Constraint]:
    says = f"only a schema upgrade writes {table} / 规则起算点只由结构升级写入"
    for event in (INSERT, UPDATE, DELETE):
        yield Constraint(table=table, event=event, when="1 = 1", code="schema-only", says=says)


def _kept(table: str) -> Constraint:
    says = f"rows of {table} are never removed / 不得删除"
    return Constraint(table=table, event=DELETE, when="1 = 1", code="never-removed", says=says)


_CASE = (
    Constraint(
        table="case_file",
        event=INSERT,
        when="NEW.version <> 1 OR (NEW.state <> 'draft' AND NOT EXISTS (SELECT 1 FROM {schema}transition t"
        " WHERE t.from_state = 'draft' AND t.to_state = NEW.state))",
        code="illegal-move",
        says="a case begins as a draft, or one move after it, at version 1 / 案件须从草稿开始",
    ),
    Constraint(
        table="case_file",
        event=UPDATE,
        when="OLD.state <> NEW.state AND NOT EXISTS (SELECT 1 FROM {schema}transition t"
        " WHERE t.from_state = OLD.state AND t.to_state = NEW.state)",
        code="illegal-move",
        says="the case cannot go from its state to that one / 案件不能这样流转",
    ),
    Constraint(
        table="case_file",
        event=UPDATE,
        when="NEW.version NOT IN (OLD.version, OLD.version + 1)"
        " OR (OLD.state <> NEW.state AND OLD.version = NEW.version)",
        code="stale-version",
        says="a move counts the version up by one / 每次流转版本号加一",
    ),
    Constraint(
        table="case_file",
        event=UPDATE,
        when=_changed("number", "policy", "measure", "item", "party_id"),
        code="frozen-case",
        says="number, policy, item and applicant of a case never change / 案件编号、政策、事项与申报人不可更改",
    ),
    Constraint(
        table="case_file",
        event=UPDATE,
        when=f"OLD.filed_at IS NOT NULL AND ({_changed('rule_version', 'rule_digest')})"
        " AND NOT EXISTS (SELECT 1 FROM {schema}decision d WHERE d.case_id = NEW.id AND d.version = OLD.version"
        " AND d.action = 'rebind' AND d.outcome = 'requested')",
        code="frozen-rule",
        says="the rule of the filing binds; two people change it / 案件适用申报时的规则版本，变更须经两人决定",
    ),
)

_DECISION = (
    Constraint(
        table="decision",
        event=INSERT,
        when="NEW.natural_key <> '' AND EXISTS (SELECT 1 FROM {schema}decision d JOIN {schema}duty_conflict c"
        " ON c.held = d.duty AND c.wanted = NEW.duty LEFT JOIN {schema}person p ON p.id = d.on_behalf_of"
        " WHERE d.case_id = NEW.case_id AND d.natural_key <> ''"
        " AND (NEW.natural_key IN (d.natural_key, p.natural_key) OR EXISTS (SELECT 1 FROM {schema}person s"
        " WHERE s.id = NEW.on_behalf_of AND s.natural_key IN (d.natural_key, p.natural_key))))",
        code="separation-of-duties",
        says="this person already holds a conflicting duty on the case / 同一人在本案已履行不相容职责",
    ),
    Constraint(
        table="decision",
        event=INSERT,
        when="NEW.duty IN ('auditor', 'administrator')",
        code="separation-of-duties",
        says="auditors and administrators decide nothing / 审计员和管理员不办理案件",
    ),
    Constraint(
        table="decision",
        event=INSERT,
        when="NOT EXISTS (SELECT 1 FROM {schema}case_file c WHERE c.id = NEW.case_id AND c.version = NEW.version"
        " AND c.state = NEW.to_state)",
        code="stale-version",
        says="a decision is on the case's current version and state / 决定须针对案件当前版本",
    ),
)

_ABOVE_AWARD = (
    "NEW.approved_fen > COALESCE((SELECT a.amount_fen FROM {schema}award a WHERE a.case_id = NEW.case_id"
    " ORDER BY a.sequence DESC LIMIT 1), 0)"
)
_MONEY = (
    Constraint(
        table="entitlement",
        event=INSERT,
        when=_ABOVE_AWARD,
        code="approved-above-award",
        says="approved is more than the newest award / 审定金额超过核算金额",
    ),
    Constraint(
        table="entitlement",
        event=UPDATE,
        when=f"NEW.approved_fen > OLD.approved_fen AND {_ABOVE_AWARD}",
        code="approved-above-award",
        says="approved is more than the newest award / 审定金额超过核算金额",
    ),
    Constraint(
        table="entitlement",
        event=UPDATE,
        when=_changed("case_id", "party_id", "award_id") + " OR (OLD.ended AND NOT NEW.ended)",
        code="frozen-entitlement",
        says="an entitlement keeps its case, party and award, and its end / 兑付权益的案件、对象和核算不得改变，终止后不再恢复",
    ),
    Constraint(
        table="payment_order",
        event=UPDATE,
        when=_changed(
            "number",
            "entitlement_id",
            "case_id",
            "attempt",
            "channel",
            "amount_fen",
            "account_id",
            "payee_name",
            "payee_bank",
            "payee_account",
            "clearing_code",
        ),
        code="frozen-order",
        says="amount and payee are frozen on the order / 支付指令的金额与收款账户不可更改",
    ),
    Constraint(
        table="payment_order",
        event=UPDATE,
        when="OLD.state <> NEW.state AND (OLD.state IN ('failed', 'returned', 'cancelled')"
        " OR (OLD.state = 'settled' AND NEW.state <> 'returned'))",
        code="ended-order",
        says="an ended order stays ended; settled money can only come back / 已终结的支付指令不再变化",
    ),
    Constraint(
        table="bank_result",
        event=UPDATE,
        when="NOT (OLD.match = 'unmatched' AND NEW.match = 'matched') OR "
        + _changed(
            "id",
            "fingerprint",
            "file_hash",
            "line",
            "reference",
            "outcome",
            "amount_fen",
            "account",
            "reason",
            "read_at",
        ),
        code="append-only",
        says="a bank result is kept as read; it may only be matched once / 银行回单只可由未匹配改为已匹配",
    ),
)

_COMPARED = (
    Constraint(
        table="comparison",
        event=UPDATE,
        when="OLD.verdict <> 'open' AND ("
        + _changed("case_id", "benefit_id", "other_case_id", "verdict", "own_key", "other_key", "decided_at")
        + ")",
        code="compared",
        says="what was said of two benefits stays said / 比对结论不得更改",
    ),
)
_MARKS = (
    Constraint(
        table="store_mark",
        event=UPDATE,
        when="OLD.demo AND NOT NEW.demo",
        code="demo-mark",
        says="the demo mark is for ever / 演示标记不可清除",
    ),
    Constraint(
        table="party_account",
        event=UPDATE,
        when=_changed("party_id", "version", "holder", "bank", "number", "clearing_code"),
        code="frozen-account",
        says="a changed account is a new version / 账户变更须登记新版本",
    ),
    Constraint(
        table="parameter_value",
        event=UPDATE,
        when="OLD.status <> 'proposed' AND ("
        + _changed("policy", "parameter", "value", "citation", "origin", "valid_from", "set_by")
        + ")",
        code="frozen-value",
        says="a changed value is a new row with its own citation / 参数变更须另行登记",
    ),
)

_RETENTION = (
    Constraint(
        table="personal_key",
        event=UPDATE,
        when="OLD.wrapped = '' OR NEW.wrapped <> '' OR " + _changed("id", "party_id", "made_at"),
        code="frozen-key",
        says="a person's key can only be destroyed, and stays so / 个人密钥只可销毁，且不可恢复",
    ),
    Constraint(
        table="personal_key",
        event=UPDATE,
        when="NOT EXISTS (SELECT 1 FROM {schema}anonymisation a WHERE a.party_id = NEW.party_id"
        " AND a.status IN ('confirmed', 'cleared'))",
        code="second-person",
        says="a key is destroyed only when two people have confirmed it / 销毁密钥须经两人确认",
    ),
    Constraint(
        table="anonymisation",
        event=UPDATE,
        when=_changed("party_id", "ended_on", "due_on", "basis", "proposed_by", "proposed_at")
        + " OR OLD.status IN ('cleared', 'rejected') OR (OLD.status = 'confirmed' AND NEW.status <> 'cleared')",
        code="frozen-anonymisation",
        says="what was proposed stays as proposed; what is settled stays settled / 匿名化提议及其结果不可更改",
    ),
)

_DELIVERY = (
    Constraint(
        table="message",
        event=UPDATE,
        when=_changed("once", "kind", "case_id", "recipient"),
        code="frozen-message",
        says="what was to be told, and to whom, never changes / 消息的事由与对象不可更改",
    ),
    Constraint(
        table="dispatch",
        event=UPDATE,
        when=_changed("once", "message_id", "recipient", "channel") + " OR NEW.attempts < OLD.attempts",
        code="frozen-dispatch",
        says="a dispatch keeps its message, reader and channel, and its attempts only grow / 发送记录的对象与次数不可改写",
    ),
    Constraint(
        table="contact",
        event=UPDATE,
        when=_changed("holder", "channel")
        + ' OR (NEW."address" <> \'\' AND OLD."address" <> NEW."address")'
        + " OR (OLD.status = 'replaced' AND NEW.status <> 'replaced')",
        code="frozen-contact",
        says="a changed address is a new row / 联系方式变更须另行登记",
    ),
)

GUARDS: tuple[Constraint, ...] = (
    *(guard for table in APPEND_ONLY for guard in _append_only(table)),
    *(_kept(table) for table in NEVER_REMOVED),
    *(guard for table in SCHEMA_ONLY for guard in _schema_only(table)),
    *_CASE,
    *_DECISION,
    *_MONEY,
    *_COMPARED,
    *_MARKS,
    *_DELIVERY,
    *_RETENTION,
)
