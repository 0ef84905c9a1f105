"""What the database refuses by itself, whoever asks: each guard tried as the application, on both databases."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from models import Duty, State
from models.constraints import APPEND_ONLY, GUARDS, NEVER_REMOVED
from models.store import Store
from models.triggers import code_of, faults
from models.unit_of_work import UnitOfWork
from models.verify import verify
from support.dossier import DossierCase

Application = Callable[[], AbstractContextManager[Connection]]


def refused(application: Application, statement: str, **values: object) -> str | None:
    """The code with which a statement is refused; on PostgreSQL the role's lack of the right comes first."""
    with pytest.raises(DBAPIError) as caught, application() as connection:
        connection.execute(text(statement), values)
    if isinstance(caught.value, ProgrammingError):
        assert "permission denied" in str(caught.value)
        return "no-right"
    return code_of(caught.value)


def refused_to_owner(store: Store, statement: str, **values: object) -> str | None:
    """The code with which a statement of the database's owner is refused."""
    with pytest.raises(IntegrityError) as caught, store.engine.begin() as connection:
        connection.execute(text(statement), values)
    return code_of(caught.value)


def bare_move(work: UnitOfWork, state: str) -> int:
    """The case's change of state without its decision; returns the new version."""
    version = int(work.execute(text("SELECT version FROM case_file")).scalar_one()) + 1
    work.execute(text("UPDATE case_file SET state = :state, version = :version"), {"state": state, "version": version})
    return version


def test_the_finished_case_satisfies_every_invariant(whole: DossierCase) -> None:
    report = verify(whole.store)
    assert report.ok, [str(found) for found in report.bad]


def test_rows_of_an_append_only_table_are_neither_changed_nor_removed(
    whole: DossierCase, application: Application
) -> None:
    whole.beside()
    for table in APPEND_ONLY:
        key = "seq" if table == "audit_entry" else "id"
        for statement in (f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"):
            assert refused(application, statement) in ("append-only", "no-right"), statement
            assert refused_to_owner(whole.store, statement) == "append-only", statement


def test_rows_that_people_were_told_of_are_never_removed(whole: DossierCase, application: Application) -> None:
    whole.beside()
    for table in NEVER_REMOVED:
        assert refused(application, f"DELETE FROM {table}") in ("never-removed", "no-right"), table
        assert refused_to_owner(whole.store, f"DELETE FROM {table}") == "never-removed", table


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_no_kept_table_can_be_emptied_at_once(store: Store, application: Application) -> None:
    for table in (*APPEND_ONLY, *NEVER_REMOVED):
        assert refused(application, f"TRUNCATE {table} CASCADE") == "no-right", table
        assert refused_to_owner(store, f"TRUNCATE {table} CASCADE") == "append-only", table


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_application_may_neither_take_guards_off_nor_write_the_rules_they_read(
    store: Store, application: Application
) -> None:
    for statement in (
        "ALTER TABLE audit_entry DISABLE TRIGGER guard_audit_entry_update",
        "DROP TRIGGER guard_audit_entry_update ON audit_entry",
        "ALTER TABLE audit_entry DROP COLUMN hash",
        "DROP TABLE audit_entry",
        "SET LOCAL session_replication_role = replica",
        "INSERT INTO transition VALUES ('draft', 'paid')",
        "DELETE FROM duty_conflict",
        "UPDATE alembic_version SET version_num = '0000'",
    ):
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), application() as connection:
            connection.execute(text(statement))
    with store.engine.connect() as connection:
        assert faults(connection) == []


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_temporary_table_cannot_stand_in_for_the_rules(whole: DossierCase, application: Application) -> None:
    with pytest.raises(IntegrityError) as caught, application() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE transition (from_state text, to_state text) ON COMMIT DROP"))
        connection.execute(text("INSERT INTO pg_temp.transition VALUES ('closed', 'draft')"))
        connection.execute(text("UPDATE case_file SET state = 'draft', version = version + 1"))
    assert code_of(caught.value) == "illegal-move"


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_everything_a_case_needs_can_be_done_by_the_application(store: Store) -> None:
    def become(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL ROLE duixian_app")

    event.listen(store.engine, "begin", become)
    DossierCase(store).whole()


def test_a_case_moves_only_along_the_table_of_moves(store: Store, application: Application) -> None:
    DossierCase(store).prepare().draft()
    assert refused(application, "UPDATE case_file SET state = 'payable', version = 2") == "illegal-move"
    assert refused(application, "UPDATE case_file SET state = 'filed'") == "stale-version"
    for version in (3, 0):
        assert refused(application, f"UPDATE case_file SET version = {version}") == "stale-version"


def test_a_case_cannot_begin_in_the_middle(store: Store, application: Application) -> None:
    dossier = DossierCase(store).prepare().draft()
    copied = (
        "INSERT INTO case_file (id, number, policy, measure, item, party_id, state, version, next_duty, next_due,"
        " due_provisional, rule_digest, opened_at, changed_at, corrections, held, contested, review_on, problem)"
        " SELECT {id}, 'X', policy, measure, item, party_id, :state, :version, next_duty, next_due, due_provisional,"
        " '', opened_at, changed_at, 0, held, contested, '', '' FROM case_file"
    )
    made = f"'{uuid4()}'" if store.engine.dialect.name == "postgresql" else f"'{uuid4().hex}'"
    for state, version in (("payable", 1), ("draft", 2), ("closed", 1)):
        assert refused(application, copied.replace("{id}", made), state=state, version=version) == "illegal-move"
    assert dossier.number


def test_what_a_case_is_about_never_changes(store: Store, application: Application) -> None:
    DossierCase(store).prepare().draft()
    for column in ("number", "policy", "measure", "item"):
        assert refused(application, f"UPDATE case_file SET {column} = 'other'") == "frozen-case"


@pytest.mark.parametrize(
    ("first", "second"),
    [(Duty.APPLICANT, Duty.CERTIFIER), (Duty.CERTIFIER, Duty.DECIDER), (Duty.MAKER, Duty.CHECKER)],
)
def test_one_person_cannot_hold_two_conflicting_duties(store: Store, first: Duty, second: Duty) -> None:
    dossier = DossierCase(store).prepare().draft()
    with store.write() as work:
        dossier.move(work, State.FILED, first, filed_at=work.now)
    with pytest.raises(IntegrityError) as caught, store.write() as work:
        version = bare_move(work, "accepted")
        both = {"natural_key": first.value, "person_id": dossier.people[first]}
        dossier.decide_on(work, second, source="filed", target="accepted", version=version, **both)
    assert code_of(caught.value) == "separation-of-duties"


@pytest.mark.parametrize("who", ["second account", "delegate of", "principal of"])
def test_second_accounts_delegates_and_principals_count_as_the_person(store: Store, who: str) -> None:
    dossier = DossierCase(store).prepare().draft()
    acceptor, certifier = dossier.people[Duty.ACCEPTOR], dossier.people[Duty.CERTIFIER]
    stands_in = {"on_behalf_of": acceptor} if who == "principal of" else {}
    with store.write() as work:
        dossier.move(work, State.FILED, Duty.APPLICANT, filed_at=work.now)
    with store.write() as work:
        version = bare_move(work, "accepted")
        dossier.decide_on(work, Duty.ACCEPTOR, source="filed", target="accepted", version=version, **stands_in)
    other = {
        "second account": {"natural_key": Duty.ACCEPTOR.value},
        "delegate of": {"on_behalf_of": acceptor},
        "principal of": {"natural_key": Duty.ACCEPTOR.value, "person_id": certifier},
    }[who]
    with pytest.raises(IntegrityError) as caught, store.write() as work:
        version = bare_move(work, "certified")
        dossier.decide_on(work, Duty.CERTIFIER, source="accepted", target="certified", version=version, **other)
    assert code_of(caught.value) == "separation-of-duties"


@pytest.mark.parametrize("duty", [Duty.AUDITOR, Duty.ADMINISTRATOR])
def test_onlookers_decide_nothing(store: Store, duty: Duty) -> None:
    dossier = DossierCase(store).prepare().draft()
    with pytest.raises(IntegrityError) as caught, store.write() as work:
        dossier.move(work, State.FILED, duty)
    assert code_of(caught.value) == "separation-of-duties"


def test_a_decision_binds_to_the_cases_version_and_state(store: Store) -> None:
    dossier = DossierCase(store).prepare().draft()
    for version, target in ((1, "filed"), (3, "draft")):
        with pytest.raises(IntegrityError) as caught, store.write() as work:
            dossier.decide_on(work, Duty.APPLICANT, source="draft", target=target, version=version)
        assert code_of(caught.value) == "stale-version"


def test_the_demo_mark_is_for_ever_and_a_production_store_may_not_be_moved_in_time(
    make_store: Callable[..., Store], application: Application
) -> None:
    assert refused(application, "UPDATE store_mark SET demo = NOT demo") in ("demo-mark", "no-right")
    assert refused_to_owner(make_store(), "UPDATE store_mark SET demo = NOT demo") == "demo-mark"
    real = make_store(demo=False)
    with pytest.raises(IntegrityError, match="production_keeps_real_time"), real.engine.begin() as connection:
        connection.execute(text("UPDATE store_mark SET offset_us = 1"))


def test_an_entitlement_is_never_raised_above_its_award_and_never_brought_back(
    whole: DossierCase, application: Application
) -> None:
    assert refused(application, "UPDATE entitlement SET approved_fen = approved_fen + 1") == "approved-above-award"
    with pytest.raises(IntegrityError, match="paid_within_approved"), application() as connection:
        connection.execute(text("UPDATE entitlement SET approved_fen = 1"))
    with pytest.raises(IntegrityError, match="only_unpaid_entitlements_end"), application() as connection:
        connection.execute(text("UPDATE entitlement SET ended = (1 = 1)"))


def test_an_unpaid_entitlement_may_be_lowered_and_once_ended_stays_so(store: Store, application: Application) -> None:
    DossierCase(store).prepare().draft().file().certify().compute().decide()
    with application() as connection:
        connection.execute(text("UPDATE entitlement SET approved_fen = approved_fen - 1"))
        connection.execute(text("UPDATE entitlement SET approved_fen = approved_fen + 1"))
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE entitlement SET ended = (1 = 1)"))
        with pytest.raises(IntegrityError) as caught:
            connection.execute(text("UPDATE entitlement SET ended = (1 = 0)"))
        assert code_of(caught.value) == "frozen-entitlement"
        connection.rollback()


def test_payee_and_number_are_frozen_on_an_order(whole: DossierCase, application: Application) -> None:
    for column in ("number", "payee_name", "payee_account", "clearing_code"):
        assert refused(application, f"UPDATE payment_order SET {column} = 'other'") == "frozen-order"


def test_an_ended_order_does_not_come_alive_again(whole: DossierCase, application: Application) -> None:
    assert refused(application, "UPDATE payment_order SET amount_fen = amount_fen + 1") == "frozen-order"
    assert refused(application, "UPDATE payment_order SET state = 'sent'") == "ended-order"
    assert refused(application, "UPDATE payment_order SET state = 'failed'") == "ended-order"


def test_a_bank_result_is_kept_as_read(whole: DossierCase, application: Application) -> None:
    for change in ("amount_fen = 1", "match = 'unmatched'", "outcome = 'failed'", "order_id = NULL"):
        assert refused(application, f"UPDATE bank_result SET {change}") in ("append-only", "no-right")
        assert refused_to_owner(whole.store, f"UPDATE bank_result SET {change}") == "append-only"


def test_account_versions_and_confirmed_values_are_never_rewritten(
    whole: DossierCase, application: Application
) -> None:
    assert refused(application, "UPDATE party_account SET number = '6'") == "frozen-account"
    assert refused(application, "UPDATE party_account SET holder = 'other'") == "frozen-account"
    assert refused(application, "UPDATE parameter_value SET value = '1'") == "frozen-value"
    assert refused(application, "UPDATE parameter_value SET citation = 'other'") == "frozen-value"
    with application() as connection:
        connection.execute(text("UPDATE parameter_value SET valid_to = '2024-06-30', status = 'ended'"))


def test_every_guard_says_its_code_first_in_two_languages() -> None:
    for guard in GUARDS:
        assert guard.message.startswith(f"{guard.code}: ")
        assert " / " in guard.message
