"""With every guard off, somebody alters rows: `verify` says which invariant broke and names the row."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Connection, text

from models.verification import (
    check_freshness,
    condition_invariants,
    dual_control,
    figure_invariants,
    gate_invariants,
    job_invariants,
    message_invariants,
    recusal,
    rule_invariants,
    stacking_invariants,
)
from models.verify import CHECKS, report, verify
from support.dossier import DossierCase

pytestmark = pytest.mark.tampers
Intruder = Callable[..., None]
Breach = Callable[..., AbstractContextManager[Connection]]
CASE = "XZ2023-M04-000001"

# (what is done, the check that must find it, what the first bad row must say)
TAMPERS = [
    ("UPDATE entitlement SET approved_fen = approved_fen + 1", "I1-award", CASE),
    ("UPDATE award SET amount_fen = 1", "I1-award", "computed=1"),
    ("DELETE FROM award", "I1-award", "computed=None"),
    ("UPDATE entitlement SET paid_fen = 0", "I1-party", "示例甲公司"),
    ("UPDATE payment_order SET state = 'failed'", "I2-paid", "settled=0"),
    ("UPDATE payment_order SET amount_fen = amount_fen + 100", "I2-paid", "50000100"),
    ("UPDATE fund SET available_fen = available_fen + 1, budget_fen = budget_fen + 1", "I3-fund", "区经商局"),
    ("UPDATE fund SET available_fen = -1", "I3-fund", "available=-1"),
    ("UPDATE ledger_entry SET amount_fen = amount_fen + 1 WHERE target = 'paid'", "I3-fund", "ledger_paid=50000001"),
    ("DELETE FROM ledger_entry WHERE target = 'committed'", "I5-case", CASE),
    ("UPDATE case_file SET state = 'payable'", "I5-case", "payable"),
    ("UPDATE award SET gross_fen = gross_fen + 1", "I15-recompute", "recomputed 50000000 fen"),
    ("UPDATE award SET trace = '{\"lines\":[]}'", "I15-recompute", "its trace is not"),
    ("DELETE FROM snapshot WHERE kind = 'facts'", "I15-recompute", "facts it was computed from are not there"),
    ("UPDATE award SET inputs = inputs || ' '", "I15-hash", CASE),
    ("UPDATE award SET fund_id = NULL", "I5-fund", CASE),
    ("UPDATE fund SET policy = 'QX2023'", "I5-policy", "fund_of=QX2023"),
    ("UPDATE allocation SET fund_id = id", "P4-fund", "示例1号"),
    ("UPDATE payment_batch SET fund_id = id", "P4-fund", "B1"),
    ("UPDATE payment_order SET payee_account = '99999'", "I6-payee", "O1"),
    ("UPDATE party_account SET status = 'unverified'", "I6-payee", "account=unverified"),
    ("UPDATE payment_order SET account_id = NULL", "I6-payee", "O1"),
    ("UPDATE payment_batch SET total_fen = 1", "P1-batch", "B1"),
    ("UPDATE allocation SET lines = 2", "P2-allocation", "示例1号"),
    ("UPDATE bank_result SET amount_fen = 1", "P3-result", "O1"),
    ("UPDATE cost_line SET recognised_fen = claimed_fen + 1", "I4-cost", "invoice:1"),
    ("DELETE FROM decision WHERE version = 4", "I7-count", CASE),
    ("UPDATE case_file SET version = version + 1", "I7-count", CASE),
    ("UPDATE case_file SET state = 'refused'", "I7-state", "decided=closed"),
    ("UPDATE decision SET to_state = 'certified' WHERE version = 4", "I7-moves", "version=5"),
    ("UPDATE decision SET from_state = 'draft' WHERE version = 5", "I7-moves", "version=5"),
    ("UPDATE case_file SET next_duty = 'decider'", "I11-next", CASE),
    ("UPDATE case_file SET filed_at = :early", "I13-window", CASE),
    ("UPDATE case_file SET filed_at = :late", "I13-window", CASE),
    ("UPDATE payment_order SET state = 'sent'", "I23-money", "ordered=sent"),
    ("DELETE FROM message", "N2-answer", "to_state=closed"),
    ("UPDATE decision SET natural_key = 'certifier' WHERE duty = 'acceptor'", "I8-duties", "with_duty=certifier"),
    ("UPDATE person SET natural_key = 'maker' WHERE login = 'checker'", "I8-made-checked", "B1"),
    ("UPDATE person SET natural_key = 'maker' WHERE login = 'releaser'", "I8-made-released", "B1"),
    ("UPDATE person SET natural_key = 'checker' WHERE login = 'releaser'", "I8-checked-released", "B1"),
    ("UPDATE decision SET person_id = NULL WHERE version = 3", "I8-named", "version=3"),
    ("UPDATE person SET natural_key = 'maker' WHERE login = 'checker'", "I16-values", "P1-shape"),
    ("UPDATE parameter_value SET confirmed_by = NULL", "I16-confirmed", "P1-shape"),
    ("UPDATE decision SET reason = 'other' WHERE version = 3", "I18-words", "version=3"),
    ("DELETE FROM audit_entry WHERE version = 3", "I18-decisions", "version=3"),
    ("UPDATE audit_entry SET actor = 'other' WHERE seq = 2", "I18-chain", "seq 2"),
    ("UPDATE snapshot SET content = 'other'", "I19-snapshots", CASE),
    ("UPDATE evidence SET sha256 = 'short'", "I19-evidence", "发票.pdf"),
    ("DELETE FROM party", "R1-references", "party_id"),
    ("DELETE FROM transition WHERE from_state = 'draft'", "R2-guards", "transition"),
    ("DELETE FROM duty_conflict WHERE held = 'maker'", "R2-guards", "duty_conflict"),
    ("UPDATE store_mark SET demo = (1 = 0)", "R3-mark", "store"),
]


@pytest.mark.slow
def test_the_check_that_must_find_a_breach_names_the_row(whole: DossierCase, breach: Breach) -> None:
    sqlite = whole.store.engine.dialect.name == "sqlite"
    values = {
        "early": "2023-06-30T15:59:59.999999Z" if sqlite else "2023-06-30 23:59:59.999999+08",
        "late": "2024-06-30T16:00:00.000000Z" if sqlite else "2024-07-01 00:00:00+08",
    }
    missed = []
    for done, check, says in TAMPERS:
        given = {name: value for name, value in values.items() if f":{name}" in done}
        with breach(done, **given) as connection:
            found = {invariant.id: invariant for invariant in report(connection).bad}
        if check not in found or says not in (found[check].bad or "") or found[check].rows < 1:
            missed.append((done, check, [str(each_value) for each_value in found.values()]))
    assert not missed


def test_filing_at_the_windows_very_edges_is_lawful(whole: DossierCase, intruder: Intruder) -> None:
    sqlite = whole.store.engine.dialect.name == "sqlite"
    for zulu, local in (
        ("2023-06-30T16:00:00.000000Z", "2023-07-01 00:00:00+08"),
        ("2024-06-30T15:59:59.999999Z", "2024-06-30 23:59:59.999999+08"),
    ):
        intruder("UPDATE case_file SET filed_at = :at", at=zulu if sqlite else local)
        assert verify(whole.store).ok


def test_a_second_live_order_is_found_even_when_its_index_is_gone(whole: DossierCase, intruder: Intruder) -> None:
    intruder("DROP INDEX one_live_order")
    columns = (
        "entitlement_id, case_id, batch_id, channel, state, amount_fen, account_id, payee_name, payee_bank,"
        " payee_account, clearing_code, reason, made_at"
    )
    made = "'018a0000-0000-7000-8000-000000000001'"
    made = made if whole.store.engine.dialect.name == "postgresql" else made.replace("-", "")
    intruder(
        f"INSERT INTO payment_order (id, number, attempt, {columns}) SELECT {made}, 'O2', 2, {columns} FROM payment_order"
    )
    found = {invariant.id: invariant for invariant in verify(whole.store).bad}
    assert found["I2-once"].bad == f"{CASE}: live=2"


def test_a_dropped_guard_is_found(whole: DossierCase) -> None:
    on = " ON decision" if whole.store.engine.dialect.name == "postgresql" else ""
    with whole.store.engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER guard_decision_delete{on}"))
    assert [invariant.id for invariant in verify(whole.store).bad] == ["R2-guards"]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_guard_that_was_switched_off_or_hollowed_out_is_found(whole: DossierCase) -> None:
    with whole.store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE decision DISABLE TRIGGER guard_decision_delete"))
    assert "disabled" in str(verify(whole.store).bad[0].bad)
    with whole.store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE decision ENABLE TRIGGER guard_decision_delete"))
        connection.execute(
            text(
                "CREATE OR REPLACE FUNCTION guard_decision_delete() RETURNS trigger LANGUAGE plpgsql"
                " AS $$ BEGIN RETURN OLD; END $$"
            )
        )
    assert "function" in str(verify(whole.store).bad[0].bad)


def test_a_case_reopened_by_one_person_alone_is_found(whole: DossierCase, intruder: Intruder) -> None:
    intruder(
        "UPDATE decision SET from_state = 'refused', action = 'reopen', duty = 'head' WHERE to_state = 'certified'"
    )
    assert "I23-reopened" in {invariant.id for invariant in verify(whole.store).bad}


def test_a_decision_undone_by_one_person_alone_is_found(whole: DossierCase, intruder: Intruder) -> None:
    intruder("UPDATE decision SET action = 'undo' WHERE to_state = 'certified'")
    assert "I23-undone" in {invariant.id for invariant in verify(whole.store).bad}


def test_an_auditor_who_decided_is_found(whole: DossierCase, intruder: Intruder) -> None:
    made, person = ("018a0000000070008000000000000001", "(SELECT id FROM person WHERE login = 'certifier')")
    intruder(
        "INSERT INTO grant_of_duty (id, person_id, duty, unit, valid_from, granted_by)"
        f" SELECT '{made}', {person}, 'auditor', '区经商局', MIN(opened_at), '' FROM case_file"
    )
    assert "I8-onlookers" in {invariant.id for invariant in verify(whole.store).bad}


def test_every_check_is_named_once_in_two_languages_and_proven_to_find_something() -> None:
    assert len({check.id for check in CHECKS}) == len(CHECKS)
    assert all(check.zh and check.en for check in CHECKS)
    proven = {check for _, check, _ in TAMPERS} | {
        "I2-once",
        "I2-case",
        "I23-reopened",
        "I23-undone",
        "I8-onlookers",
        "N1-notice",
        "I20-programmes",  # tests/cases/test_programmes.py
        "I5-own",  # tests/cases/test_funds_of_a_policy.py
        *(check.id for check in gate_invariants.CHECKS),  # tests/cases/test_conditions_verified.py
        *(check.id for check in condition_invariants.CHECKS),  # test_verify_finds_skipped_conditions.py
        *(check.id for check in check_freshness.CHECKS),  # test_check_lists_are_current.py
        *(check.id for check in job_invariants.CHECKS),  # test_jobs_verified.py
        *(check.id for check in message_invariants.CHECKS),  # test_verify_finds_lost_messages.py
        *(check.id for check in rule_invariants.CHECKS),  # test_rule_of_the_filing.py
        *(check.id for check in dual_control.CHECKS),  # test_second_person_and_deputies.py
        *(check.id for check in stacking_invariants.CHECKS),  # test_comparisons_verified.py
        *(check.id for check in recusal.CHECKS),  # test_applicants_stand_aside.py
        *(check.id for check in figure_invariants.CHECKS),  # test_verify_finds_broken_watches.py
    }
    assert {check.id for check in CHECKS} == proven


def test_an_order_for_another_case_than_its_entitlements_is_found(whole: DossierCase, intruder: Intruder) -> None:
    second = DossierCase(
        whole.store, number="XZ2023-M04-000002", people=whole.people, ids=dict(whole.ids), day=whole.day
    )
    second.draft()
    number = f"(SELECT id FROM case_file WHERE number = '{second.number}')"
    intruder(f"UPDATE payment_order SET case_id = {number}")
    assert "I2-case" in {invariant.id for invariant in verify(whole.store).bad}


def test_an_order_made_while_the_notice_runs_is_found(whole: DossierCase, intruder: Intruder) -> None:
    whole.beside()
    assert verify(whole.store).ok
    intruder("UPDATE notice SET closes_on = '2023-12-31'")
    assert [invariant.bad for invariant in verify(whole.store).bad if invariant.id == "N1-notice"]


def test_the_report_counts_every_bad_row_and_can_be_written_as_json(whole: DossierCase, intruder: Intruder) -> None:
    intruder("UPDATE decision SET reason = 'other'")
    seen = verify(whole.store)
    found = next(invariant for invariant in seen.bad if invariant.id == "I18-words")
    assert found.rows == 11
    assert str(found).startswith("I18-words 决定的内容与审计记录中的哈希一致：XZ2023-M04-000001")
    assert seen.json()["ok"] is False
    assert not seen.ok


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("rule_version = '1', rule_digest = 'older'", "M4a 规则版本 1 与申报时不同"),
        ("rule_version = '9'", "M4a 规则版本 9（摘要"),
        ("rule_digest = 'older'", "未安装"),
    ],
)
def test_awards_under_rules_that_are_not_installed_are_a_breach(
    whole: DossierCase, intruder: Intruder, change: str, says: str
) -> None:
    assert verify(whole.store).ok
    intruder(f"UPDATE award SET {change}")
    seen = verify(whole.store)
    (found,) = seen.bad
    assert (found.id, found.rows) == ("I15-recompute", 1)
    assert found.bad and "cannot be computed again" in found.bad and says in found.bad


def test_a_policy_that_is_not_installed_is_noted(whole: DossierCase) -> None:
    def none(code: str) -> None:
        raise LookupError(code)

    seen = verify(whole.store, policy=none)
    assert [invariant.id for invariant in seen.bad] == ["I15-recompute"], (
        "an award that cannot be computed again is no note"
    )
    assert any("政策 XZ2023 未安装" in note for note in seen.notes)
