"""With every guard off, somebody alters figures, rankings or keys: `verify` names the row; with them on the database refuses."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from models.sealing import MARK
from models.triggers import code_of
from models.verification import figure_invariants
from models.verify import report, verify
from support.dossier import DossierCase

pytestmark = pytest.mark.tampers
Breach = Callable[..., AbstractContextManager[Connection]]
PERSON = "WHERE kind = 'person'"

# (what is done, the check that must find it, what the first bad row must say)
TAMPERS = [
    ("UPDATE payout_figure SET sequence = 2", "W1-figures", "2023-09"),
    ("UPDATE ranking SET sequence = 2, reason = 'x'", "W2-rankings", "last=2"),
    ("UPDATE ranking SET hash = 'other'", "W2-hash", "2023-09-30"),
    ("UPDATE ranking SET content = replace(content, '\"place\"\\:1', '\"place\"\\:2')", "W2-places", "place=2"),
    ('UPDATE ranking SET content = replace(content, \'"points":"60"\', \'"points":"61"\')', "W2-places", "place=1"),
    ("UPDATE anonymisation SET confirmed_by = proposed_by", "W3-two-people", "maker"),
    ("UPDATE personal_key SET wrapped = 'x', destroyed_at = NULL", "W3-destroyed", "destroyed_at=None"),
    ("UPDATE anonymisation SET status = 'rejected', cleared_at = NULL", "W3-destroyed", "destroyed_at="),
    (f"UPDATE party SET name = '{MARK}x' WHERE kind = 'enterprise'", "W3-keyless", "enterprise"),
    (f"UPDATE party SET name = '张三' {PERSON}", "W3-sealed", "party.name"),
    (f"UPDATE party SET contact = '13800000000' {PERSON}", "W3-sealed", "party.contact"),
    (
        f"UPDATE party_account SET party_id = (SELECT id FROM party {PERSON})",
        "W3-sealed",
        "party_account.number",
    ),
    (f"UPDATE case_file SET party_id = (SELECT id FROM party {PERSON})", "W3-sealed", "payment_order.payee_name"),
]
# (what is done by whoever has the database, the guard that refuses it)
REFUSED = [
    ("UPDATE payout_figure SET paid_fen = 0", "append-only"),
    ("DELETE FROM payout_figure", "append-only"),
    ("UPDATE ranking SET reason = 'x'", "append-only"),
    ("UPDATE indicator_value SET value = '2'", "append-only"),
    ("UPDATE personal_key SET wrapped = 'x', destroyed_at = NULL", "frozen-key"),
    ("DELETE FROM personal_key", "never-removed"),
    ("UPDATE anonymisation SET due_on = '2000-01-01'", "frozen-anonymisation"),
    ("UPDATE anonymisation SET status = 'rejected', cleared_at = NULL", "frozen-anonymisation"),
    ("DELETE FROM anonymisation", "never-removed"),
]


def test_the_check_that_must_find_a_breach_names_the_row(whole: DossierCase, breach: Breach) -> None:
    whole.beside()
    assert not [str(invariant) for invariant in verify(whole.store).bad]
    missed = []
    for done, check, says in TAMPERS:
        with breach(done) as connection:
            found = {invariant.id: invariant for invariant in report(connection).bad}
        if check not in found or says not in (found[check].bad or ""):
            missed.append((done, check, [str(value) for value in found.values()]))
    assert not missed
    assert {check.id for check in figure_invariants.CHECKS} <= {check for _, check, _ in TAMPERS}


def test_the_database_itself_refuses_to_rewrite_figures_rankings_and_keys(whole: DossierCase) -> None:
    whole.beside()
    for statement, code in REFUSED:
        with pytest.raises(IntegrityError) as caught, whole.store.engine.begin() as connection:
            connection.execute(text(statement))
        assert code_of(caught.value) == code, statement


def test_a_key_is_not_destroyed_before_two_people_confirmed(whole: DossierCase) -> None:
    with whole.store.write() as work:
        from models import PersonalKey

        work.add(PersonalKey, party_id=whole.ids["party"], wrapped="x", made_at=work.now)
    with pytest.raises(IntegrityError) as caught, whole.store.engine.begin() as connection:
        connection.execute(text("UPDATE personal_key SET wrapped = '', destroyed_at = made_at"))
    assert code_of(caught.value) == "second-person"
