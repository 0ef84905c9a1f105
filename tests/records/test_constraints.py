"""Every CHECK and every unique constraint of the schema refuses what it is there for, with all other guards off."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from uuid import uuid4

import pytest
from sqlalchemy import CheckConstraint, Column, Connection, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from models.columns import UtcInstant
from models.constraints import SCHEMA_ONLY
from models.store import Store
from support.dossier import DossierCase

Breach = Callable[..., AbstractContextManager[Connection]]
TABLES = {table.name: table for table in SQLModel.metadata.sorted_tables}

# table.constraint → what to set so that this constraint, and no other before it, is broken
BREAKS = {
    "store_mark.one_mark": "id = 2",
    "store_mark.production_keeps_real_time": "demo = (1 = 0)",
    "contact.verified_by_somebody": "verified_at = NULL",
    "fund.fund_is_never_overcommitted": "available_fen = -1, budget_fen = budget_fen - available_fen - 1",
    "fund.fund_parts_make_the_budget": "budget_fen = budget_fen + 1",
    "fund.fund_parts_not_negative": "reserved_fen = -1, budget_fen = budget_fen - reserved_fen - 1",
    "fund.fund_shares_not_negative": "shared_fen = -1",
    "benefit.benefit_is_not_negative": "amount_fen = -1",
    "comparison.compared_with_one": "benefit_id = NULL, other_case_id = NULL",
    "comparison.verdict_has_its_time": "decided_at = NULL",
    "comparison.different_has_a_reason": "reason = ''",
    "comparison.verdict_is_known": "verdict = 'other', decided_at = found_at",
    "case_file.live_case_has_a_next_action": "next_duty = 'acceptor', next_due = changed_at",
    "case_file.next_action_has_a_due_time": "state = 'filed', next_duty = 'acceptor'",
    "case_file.next_duty_is_known": "state = 'filed', next_duty = 'other', next_due = changed_at",
    "case_file.state_is_known": "state = 'other', next_duty = 'acceptor', next_due = changed_at",
    "case_file.version_counts_from_one": "version = 0",
    "party_account.account_status_is_known": "status = 'other'",
    "award.award_within_ceiling": "ceiling_fen = amount_fen - 1",
    "award.award_within_gross": "gross_fen = amount_fen - 1",
    "cost_line.cost_is_not_negative": "claimed_fen = -1, recognised_fen = -1",
    "cost_line.recognised_within_claimed": "recognised_fen = claimed_fen + 1",
    "check_record.result_is_known": "result = 'other'",
    "check_record.gate_is_known": "needed = 'other'",
    "check_record.checks_count_from_one": "sequence = 0",
    "paper_check.paper_check_is_known": "found = 'other'",
    "paper_check.paper_check_has_a_note": "note = ''",
    "waiver.waived_by_two_people": "confirmed_by = asked_by",
    "waiver.waiver_says_why": "paper = ''",
    "delegation.delegation_has_a_span": "valid_to = valid_from",
    "delegation.nobody_delegates_to_themselves": "to_person = from_person",
    "entitlement.entitlement_is_positive": "approved_fen = 0, paid_fen = 0",
    "entitlement.only_unpaid_entitlements_end": "ended = (1 = 1)",
    "entitlement.paid_within_approved": "paid_fen = approved_fen + 1",
    "evidence.paper_is_not_empty": "size = 0",
    "joint_opinion.opinion_is_known": "opinion = 'silence'",
    "ledger_entry.transfer_goes_somewhere": "target = source",
    "ledger_entry.transfer_is_positive": "amount_fen = 0",
    "milestone.milestone_state": "state = 'other'",
    "objection.objection_is_known": "outcome = 'other'",
    "objection.objection_is_open_or_answered": "outcome = 'open'",
    "objection.objections_count_from_one": "position = 0",
    "parameter_value.author_is_not_confirmer": "confirmed_by = set_by",
    "parameter_value.origin_is_known": "origin = 'other'",
    "parameter_value.status_is_known": "status = 'other'",
    "parameter_value.value_has_a_citation": "citation = ''",
    "parameter_value.value_has_a_span": "valid_to = '2000-01-01'",
    "payment_batch.checker_is_not_maker": "checker_id = maker_id, releaser_id = NULL",
    "payment_batch.releaser_is_not_checker": "releaser_id = checker_id",
    "payment_batch.releaser_is_not_maker": "releaser_id = maker_id",
    "quota.used_within_granted": "used_milli = granted_milli + 1",
    "snapshot.snapshot_kind_is_known": "kind = 'other'",
    "payment_order.channel_is_known": "channel = 'other'",
    "payment_order.order_is_positive": "amount_fen = 0",
    "bank_result.match_is_known": "match = 'other'",
    "job_claim.attempts_count_from_one": "attempts = 0",
    "payout_figure.paid_within_promised": "paid_fen = promised_fen + 1",
    "payout_figure.cases_within_promised": "paid_cases = promised_cases + 1",
    "payout_figure.figures_count_from_one": "sequence = 0",
    "payout_figure.figure_has_a_source": "source = ''",
    "ranking.rankings_count_from_one": "sequence = 0, reason = 'x'",
    "ranking.correction_has_a_reason": "reason = 'x'",
    "personal_key.key_is_there_or_destroyed": "wrapped = 'x'",
    "anonymisation.status_is_known": "status = 'other', cleared_at = NULL",
    "anonymisation.proposer_does_not_confirm": "confirmed_by = proposed_by",
    "anonymisation.settled_by_somebody": "confirmed_by = NULL",
    "anonymisation.cleared_at_a_time": "cleared_at = NULL",
    "registration.no_password_once_decided": "state = 'accepted', password_hash = 'x'",
    "step_rating.grade_is_one_of_five": "grade = 6",
    "registration.refused_with_a_reason": "state = 'refused', reason = ''",
}
# Where a partial index covers fewer columns: what keeps the twin out of it.
ELSEWHERE = {
    ("party_account", ("party_id", "version")): {"status": "'replaced'"},
    ("cost_line", ("case_id", "document")): {"live": "(1 = 0)"},
    ("payment_order", ("entitlement_id", "attempt")): {"state": "'failed'"},
}


def checks() -> Iterator[str]:
    """Every CHECK of the schema, as table.name."""
    for table in TABLES.values():
        for found in table.constraints:
            if isinstance(found, CheckConstraint):
                yield f"{table.name}.{found.name}"


def uniques() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every unique constraint and unique index, as table and columns."""
    for table in TABLES.values():
        for found in table.constraints:
            if isinstance(found, UniqueConstraint):
                yield table.name, tuple(column.name for column in found.columns)
        for index in table.indexes:
            if index.unique:
                yield table.name, tuple(column.name for column in index.columns)


@pytest.fixture
def everything(store: Store) -> DossierCase:
    """A row in every table that a person or the system writes."""
    return DossierCase(store).whole().beside()


def test_there_is_a_row_in_every_table(everything: DossierCase) -> None:
    with everything.store.engine.connect() as connection:
        written = [name for name in TABLES if name not in SCHEMA_ONLY]
        empty = [name for name in written if not connection.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first()]
    assert empty == []


def test_each_check_refuses_what_it_is_there_for(everything: DossierCase, breach: Breach) -> None:
    missed = []
    for check in checks():
        table, name = check.split(".")
        change = BREAKS.get(check) or f"{name.removesuffix('_is_known')} = 'other'"
        said = _refusal(breach, f"UPDATE {table} SET {change}")
        if name not in said:
            missed.append((check, said))
    assert not missed


def test_every_break_is_of_a_check_that_exists() -> None:
    assert BREAKS.keys() <= set(checks())


def test_each_unique_constraint_refuses_a_twin(everything: DossierCase, breach: Breach) -> None:
    missed = []
    for name, columns in uniques():
        said = _refusal(breach, _twin(everything.store, name, columns))
        if not ("UNIQUE" in said or "duplicate key" in said) or not all(column in said for column in columns):
            missed.append((name, columns, said))
    assert not missed


def _refusal(breach: Breach, statement: str) -> str:
    """What the database says to a statement."""
    try:
        with breach(statement, checked=True):
            return "accepted"
    except IntegrityError as refused:
        return str(refused.orig)


def _twin(store: Store, name: str, columns: tuple[str, ...]) -> str:
    """Copies a row: the same in these columns, another in all that other unique constraints look at."""
    others = {column for where, group in uniques() if where == name and group != columns for column in group}
    elsewhere = ELSEWHERE.get((name, columns), {})
    copied = [
        elsewhere.get(column.name) or _copied(store, column, others - set(columns)) for column in TABLES[name].columns
    ]
    names = ", ".join(f'"{column.name}"' for column in TABLES[name].columns)
    return f"INSERT INTO {name} ({names}) SELECT {', '.join(copied)} FROM {name} LIMIT 1"


def _copied(store: Store, column: "Column[object]", changing: set[str]) -> str:
    """A column of the twin: the same, but for the key and for what other unique constraints look at."""
    if not column.primary_key and column.name not in changing:
        return f'"{column.name}"'
    if isinstance(column.type, Uuid):
        made = uuid4()
        return f"'{made}'" if store.engine.dialect.name == "postgresql" else f"'{made.hex}'"
    assert not isinstance(column.type, UtcInstant)
    if isinstance(column.type, (String, Text)) or "char" in str(column.type).lower():
        return f"\"{column.name}\" || 'x'"
    return f'"{column.name}" + 1000'
