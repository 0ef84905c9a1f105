"""Retention: what is personal of a natural person is sealed from the start, and gone for good when two people end it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import inspect, select, text
from sqlmodel import col

from casework.applications.evidence_vault import Vault
from casework.calendar_jobs import retention_check as job
from casework.command_handler import act
from casework.lifecycle import commands as r
from casework.parties import party_register
from casework.parties.party_register import NewParty
from casework.privacy import retention
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from casework.views import cases, dossier, plain
from models import (
    Anonymisation,
    Duty,
    Evidence,
    Party,
    PartyAccount,
    PaymentOrder,
    PersonalKey,
    Snapshot,
    State,
)
from models.columns import canonical_json
from models.sealing import GONE, RING, KeyMissing, Personal
from models.store import Store
from models.verify import export_audit, verify
from support.calendar_jobs import told
from support.graduate import ACCOUNT, NAME, NUMBER, PDF, SECRETS, Graduate, graduate
from support.stage import NOON, named, officer
from support.walk import export_batch, later

D, S = Duty, State
MONTHS = {"P-retention-months": 12}


@pytest.fixture
def someone(store: Store, tmp_path: Path) -> Graduate:
    return graduate(store, tmp_path, **MONTHS)


def stored(store: Store) -> Iterator[tuple[str, str]]:
    """Every text of every row as the database keeps it: where it stands, and the text."""
    with store.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():
                yield from ((f"{table}.{name}", value) for name, value in row.items() if isinstance(value, str))


def clear(store: Store) -> set[str]:
    """The columns in which something personal of the graduate stands in clear."""
    return {place for place, value in stored(store) if any(secret in value for secret in SECRETS)}


def over(someone: Graduate, days: int = 400) -> None:
    """So many days later."""
    someone.store.set_clock(later(NOON, days), frozen=True)


def end(someone: Graduate) -> UUID:
    """Proposed by one, confirmed by another."""
    proposal = retention.propose(someone.store, named("keeper"), someone.party)
    retention.confirm(someone.store, someone.vault, named("second"), proposal)
    return proposal


def refusal(call: Any, *arguments: Any, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments, **more)
    return caught.value


def test_nothing_personal_stands_in_clear_from_filing_to_payment(someone: Graduate, tmp_path: Path) -> None:
    case = someone.case(tmp_path)
    # Not even in the subject keys, which the database compares while the case lives: they hold keyed hashes of people.
    assert clear(someone.store) == set()
    with someone.store.read() as work:
        order = work.execute(select(col(PaymentOrder.payee_name), col(PaymentOrder.payee_account))).one()
        account = work.execute(
            select(col(PartyAccount.number)).where(col(PartyAccount.party_id) == someone.party)
        ).scalar_one()
    assert (order.payee_name, order.payee_account, account) == (NAME, ACCOUNT, ACCOUNT)
    assert isinstance(order.payee_account, Personal) and order.payee_account.sealed == account.sealed
    (row,) = cases(someone.store, applicant="小毕").rows
    assert row.id == case and row.applicant == "算**"


def test_nobody_is_anonymised_while_no_period_is_set(store: Store, tmp_path: Path) -> None:
    someone = graduate(store, tmp_path)
    someone.case(tmp_path)
    over(someone, 4000)
    outcome = job.ended(store, date(2034, 8, 1))
    assert ("P-retention-months", "未设定保存期限，不作匿名化") in outcome.waiting
    assert told(store, "retention_due") == []
    no = refusal(retention.propose, store, named("keeper"), someone.party)
    assert no.code == "not_due" and "未设定保存期限" in no.zh


def test_an_open_case_or_a_day_too_early_keeps_the_person(someone: Graduate, tmp_path: Path) -> None:
    made = someone.case(tmp_path, S.FILED)
    over(someone, 4000)
    assert "未办结" in refusal(retention.propose, someone.store, named("keeper"), someone.party).zh
    someone.store.set_clock(NOON, frozen=True)
    now = someone.walk.stage.case(made)
    act(
        someone.store,
        r.Withdraw(case=made, by=someone.login, act_id=someone.walk.act_id(), seen=now.version, reason="算例"),
    )
    over(someone, 365)
    assert "2024-09-04 到期" in refusal(retention.propose, someone.store, named("keeper"), someone.party).zh
    over(someone, 366)
    assert retention.propose(someone.store, named("keeper"), someone.party)


def test_two_people_end_it_and_the_money_stays_proven(someone: Graduate, tmp_path: Path) -> None:
    case = someone.case(tmp_path)
    before = {check.id: check.rows for check in verify(someone.store).checks}
    over(someone)
    proposal = retention.propose(someone.store, named("keeper"), someone.party)
    assert retention.propose(someone.store, named("keeper"), someone.party) == proposal
    assert refusal(retention.confirm, someone.store, someone.vault, named("keeper"), proposal).code == "second_person"
    cleared = retention.confirm(someone.store, someone.vault, named("second"), proposal)
    assert cleared == {"cases": 1, "logins": 1, "papers": 1, "shared_papers_kept": 0}
    assert clear(someone.store) == set()
    seen = verify(someone.store)
    assert seen.ok and {check.id: check.rows for check in seen.checks} == before
    assert any("已匿名，未重算" in note for note in seen.notes)
    assert export_audit(someone.store, tmp_path / "audit.jsonl").seq > 10
    assert not any(secret in (tmp_path / "audit.jsonl").read_text() for secret in SECRETS)
    with someone.store.read() as work:
        party = work.execute(select(Party.__table__).where(col(Party.id) == someone.party)).one()  # type: ignore[attr-defined]
        claim = work.execute(select(col(Snapshot.content)).where(col(Snapshot.case_id) == case)).scalars().first()
        sha256 = work.execute(select(col(Evidence.sha256)).distinct()).scalar_one()
    assert party.name == GONE and party.code_masked == "" and party.code.startswith("anonymised:")
    assert '"anonymised":true' in str(claim)
    assert not someone.vault.place(sha256).exists()
    assert someone.vault.check(someone.store).sound
    shown = canonical_json(plain(dossier(someone.store, someone.walk.stage.case(case).number)))
    assert "400.00" in shown or "40000" in shown, "what was paid stays on the case's page"
    assert not any(secret in shown for secret in SECRETS)


def test_the_same_person_can_come_back_as_somebody_new(someone: Graduate, tmp_path: Path) -> None:
    someone.case(tmp_path)
    over(someone)
    end(someone)
    again = party_register.add(someone.store, SYSTEM, NewParty(kind="person", name=NAME, code=NUMBER))
    assert again != someone.party
    assert [row.name for row in party_register.listed(someone.store, name=NAME)] == [NAME]


def test_another_process_reads_sealed_names_and_loses_them_with_the_key(someone: Graduate, tmp_path: Path) -> None:
    someone.case(tmp_path)

    def name() -> str:
        RING._keys.clear()  # as a process that has just begun
        with someone.store.read() as work:
            return str(work.execute(select(col(Party.name)).where(col(Party.id) == someone.party)).scalar_one())

    assert name() == NAME
    over(someone)
    end(someone)
    assert name() == GONE


def test_papers_that_another_case_shows_stay_and_a_cut_is_finished_by_the_job(
    someone: Graduate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = someone.case(tmp_path)
    shared = tmp_path / "共同材料.pdf"
    shared.write_bytes(PDF.replace(b"9", b"10"))
    firm = someone.walk.open("M4a", 5, without=("certificate",))
    kept = someone.vault.add(someone.store, shared, case=firm, slot="certificate", by=None).sha256
    with someone.store.write() as work:
        row = {"slot": "tickets", "name": "共同材料.pdf", "sha256": kept, "size": 20, "media_type": "application/pdf"}
        from casework.privacy.personal_keys import seal_of

        row["name"] = seal_of(work, someone.party)("共同材料.pdf")
        work.add(Evidence, case_id=made, added_at=work.now, **row)
    over(someone)
    proposal = retention.propose(someone.store, named("keeper"), someone.party)
    with monkeypatch.context() as cut:
        cut.setattr(retention, "clear", lambda *_: {})
        retention.confirm(someone.store, someone.vault, named("second"), proposal)
    monkeypatch.setenv("DUIXIAN_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "vault").rename(tmp_path / "home" / "evidence")
    outcome = job.ended(someone.store, date(2024, 10, 8))
    assert outcome.moved == [(str(proposal), "个人信息已清除")]
    vault = Vault(tmp_path / "home" / "evidence")
    assert vault.place(kept).exists() and vault.check(someone.store).sound
    with someone.store.read() as work:
        (anonymisation,) = retention.listed(work)
    assert anonymisation["status"] == "cleared" and anonymisation["cleared"]["shared_papers_kept"] == 1
    assert job.ended(someone.store, date(2024, 10, 9)).moved == []


def test_the_job_tells_administrators_once_and_a_proposal_can_be_rejected(someone: Graduate, tmp_path: Path) -> None:
    someone.case(tmp_path)
    over(someone)
    for day in (8, 9):
        outcome = job.ended(someone.store, date(2024, 10, day))
    assert outcome.waiting == [("retention", "1 名自然人已过保存期限，待提议匿名化")]
    assert {message.content["count"] for message in told(someone.store, "retention_due")} == {1}
    proposal = retention.propose(someone.store, named("keeper"), someone.party)
    assert job.ended(someone.store, date(2024, 10, 10)).waiting == []
    retention.reject(someone.store, named("second"), proposal, reason="仍有争议")
    assert refusal(retention.confirm, someone.store, someone.vault, named("second"), proposal).code == "proposal"
    with someone.store.read() as work:
        assert work.execute(select(col(Anonymisation.status))).scalars().all() == ["rejected"]
        assert work.execute(select(col(PersonalKey.wrapped))).scalar_one()
    assert end(someone) != proposal


def test_files_of_a_batch_whose_payee_is_anonymised_are_not_made_again(someone: Graduate, tmp_path: Path) -> None:
    case = someone.walk.stage.case(someone.case(tmp_path))
    over(someone)
    end(someone)
    assert refusal(export_batch, someone.store, case, officer(D.RELEASER)).code == "anonymised"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_without_the_identity_key_nothing_sealed_is_read_and_an_altered_text_is_told(
    make_store: Callable[..., Store],
) -> None:
    store = make_store(demo=False)
    party_register.add(store, SYSTEM, NewParty(kind="person", name=NAME, code=NUMBER))
    key, moved = Path(f"{store.engine.url.database}.identity-key"), Path(f"{store.engine.url.database}.away")

    def names() -> list[str]:
        RING._keys.clear()
        return [row.name for row in party_register.listed(store)]

    assert names() == [NAME]
    key.rename(moved)
    with pytest.raises(KeyMissing, match="找不到身份信息密钥"):
        names()
    key.write_bytes(b"x" * 32)
    with pytest.raises(KeyMissing, match="密钥不符"):
        names()
    moved.rename(key)
    assert names() == [NAME]
    with store.write() as work:
        work.execute(text("UPDATE party SET name = substr(name, 1, length(name) - 6) || 'AAAAAA'"))
    with pytest.raises(KeyMissing, match="内容被改动"):
        names()


def test_a_person_proposed_several_times_at_once_is_proposed_once(someone: Graduate, tmp_path: Path) -> None:
    someone.case(tmp_path)
    over(someone)

    def propose(_: int) -> UUID:
        return retention.propose(someone.store, named("keeper"), someone.party)

    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(propose, range(4)))
    with someone.store.read() as work:
        assert {row["id"] for row in retention.listed(work)} == made and len(made) == 1
