"""With every guard off, somebody alters what was sent: `verify` names the message, the dispatch or the address."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from models.triggers import code_of
from models.verification import message_invariants
from models.verify import report, verify
from support.dossier import DossierCase

pytestmark = pytest.mark.tampers
Breach = Callable[..., AbstractContextManager[Connection]]
ANSWER = "XZ2023-M04-000001"
OURS = f"once LIKE '{ANSWER}/%'"

# (what is done, the check that must find it, what the first bad row must say)
TAMPERS = [
    (f"UPDATE message SET status = 'routed' WHERE {OURS}", "N3-messages", "status=routed"),
    (f"UPDATE message SET status = 'failed' WHERE {OURS}", "N3-messages", "arrived=1"),
    ("DELETE FROM dispatch", "N3-messages", "dispatches=None"),
    ("UPDATE message SET status = 'failed' WHERE once = 'm1'", "N3-messages", "m1"),
    ("UPDATE dispatch SET status = 'retrying', ended_at = NULL", "N3-messages", "under_way=1"),
    ("UPDATE dispatch SET ended_at = NULL", "N4-dispatches", "person/email"),
    ("UPDATE dispatch SET status = 'waiting'", "N4-dispatches", "status=waiting"),
    ("UPDATE dispatch SET lease = 'x'", "N4-dispatches", "lease=x"),
    ("UPDATE dispatch SET attempts = 2", "N5-attempts", "logged=1"),
    ("DELETE FROM send_log", "N5-attempts", "logged=0"),
    ("UPDATE send_log SET attempt = 2", "N5-attempts", "highest=2"),
    ("UPDATE send_log SET outcome = 'unknown'", "N6-once", "arrived=0"),
    ("UPDATE dispatch SET status = 'dead'", "N6-once", "status=dead"),
    ("UPDATE contact SET verified_by = ''", "N7-contacts", "status=verified"),
    ("UPDATE contact SET holder = 'person:x'", "N8-holders", "person:x"),
    ("UPDATE preference SET holder = 'unit:x'", "N8-holders", "unit:x"),
    ("UPDATE dispatch SET message_id = id", "R1-references", "dispatch.message_id"),
]
# (what is done by whoever has the database, the guard that refuses it)
REFUSED = [
    ("UPDATE send_log SET outcome = 'sent'", "append-only"),
    ("DELETE FROM send_log", "append-only"),
    ("DELETE FROM dispatch", "never-removed"),
    ("UPDATE dispatch SET attempts = 0", "frozen-dispatch"),
    ("UPDATE dispatch SET recipient = 'person:x'", "frozen-dispatch"),
    ("DELETE FROM message", "never-removed"),
    ("UPDATE message SET recipient = 'person:x'", "frozen-message"),
    ("UPDATE contact SET address = 'b@example.com'", "frozen-contact"),
    ("UPDATE contact SET channel = 'sms'", "frozen-contact"),
    ("DELETE FROM contact", "never-removed"),
]


@pytest.mark.slow
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
    assert {check.id for check in message_invariants.CHECKS} <= {check for _, check, _ in TAMPERS}


def test_the_database_itself_refuses_to_rewrite_what_was_sent(whole: DossierCase) -> None:
    whole.beside()
    for statement, code in REFUSED:
        with pytest.raises(IntegrityError) as caught, whole.store.engine.begin() as connection:
            connection.execute(text(statement))
        assert code_of(caught.value) == code, statement


def test_an_address_can_be_erased_but_not_changed(whole: DossierCase) -> None:
    whole.beside()
    with whole.store.engine.begin() as connection:
        connection.execute(text("UPDATE contact SET address = ''"))
