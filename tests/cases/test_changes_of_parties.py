"""A registered party's name, number or being changes by two officers with a proof; what stood before stays readable."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from json import loads
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.parties import party_corrections, party_register, payee_accounts
from casework.parties.party_corrections import Asking
from casework.parties.party_register import NewParty
from casework.parties.payee_accounts import NewAccount
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from casework.staff import duty_grants, person_accounts
from casework.staff.person_accounts import NewPerson
from models import AuditEntry, Duty, Party, PartyAccount
from models.sealing import MARK
from models.store import Store
from support.office import LEAD, Office, code, identity_number

ODD = code(5)[:-1] + ("1" if code(5)[-1] != "1" else "2")


@pytest.fixture
def office(store: Store) -> Office:
    store.set_clock(datetime(2023, 10, 9, 4, tzinfo=UTC), frozen=True)
    made = Office(store)
    for login, number in (("jia", 11), ("jia-2", 11), ("yi", 12)):
        person_accounts.add(
            store, SYSTEM, NewPerson(login=login, name=f"演示{login}", identity=identity_number(number))
        )
        duty_grants.add(store, SYSTEM, person=login, duty=Duty.ACCEPTOR, unit=LEAD)
    return made


def who(store: Store, login: str) -> UUID:
    return person_accounts.id_of(store, login)


def firm(store: Store, kind: str = "enterprise", number: str = "", name: str = "演示旧厂") -> UUID:
    account = NewAccount(number="622200000001", bank="演示银行")
    return party_register.add(store, SYSTEM, NewParty(kind=kind, name=name, code=number or code(1), account=account))


def stored(store: Store, party: UUID) -> tuple[str, str, list[tuple[int, str, str]]]:
    with store.read() as work:
        row = work.execute(select(col(Party.name), col(Party.code)).where(col(Party.id) == party)).one()
        query = select(col(PartyAccount.version), col(PartyAccount.status), col(PartyAccount.holder))
        versions = work.execute(query.where(col(PartyAccount.party_id) == party).order_by(col(PartyAccount.version)))
        return str(row.name), row.code, [(version.version, version.status, str(version.holder)) for version in versions]


@pytest.mark.parametrize(("kind", "number"), [("enterprise", code(1)), ("person", identity_number(1))])
def test_a_name_changes_by_two_officers_and_its_account_is_verified_anew(
    office: Office, kind: str, number: str
) -> None:
    store, party = office.store, firm(office.store, kind, number)
    with store.read() as work:
        account = work.execute(select(col(PartyAccount.id))).scalar_one()
    payee_accounts.verify(store, who(store, "jia"), account, paper="开户许可")
    change = party_corrections.rename(store, who(store, "jia"), party, name="演示新厂", proof="准予变更登记通知书")
    assert stored(store, party)[0] == "演示旧厂"
    assert [pending.kind for pending in party_corrections.pending(store)] == ["更名"]
    for same in ("jia", "jia-2"):
        with pytest.raises(Refused, match="另一人"):
            party_corrections.confirm(store, who(store, same), change)
    assert party_corrections.confirm(store, who(store, "yi"), change) == party
    name, _, versions = stored(store, party)
    assert (name, versions) == ("演示新厂", [(1, "replaced", "演示旧厂"), (2, "unverified", "演示新厂")])
    assert party_corrections.pending(store) == []
    with pytest.raises(Refused, match="没有这项"):
        party_corrections.confirm(store, who(store, "yi"), change)
    assert party_register.add(store, SYSTEM, NewParty(kind=kind, name="演示新厂", code=number)) == party
    if kind == "person":
        with store.read() as work:
            said = work.execute(select(col(AuditEntry.content)).where(col(AuditEntry.action).like("parties.change%")))
            rows = list(said.scalars())
        assert all("演示新厂" not in row for row in rows)
        assert loads(rows[0])["value"].startswith(MARK)


def test_the_operator_may_propose_but_never_confirms(office: Office) -> None:
    store, party = office.store, firm(office.store)
    change = party_corrections.rename(store, SYSTEM, party, name="演示新厂", proof="通知书")
    with pytest.raises(Refused, match="本人"):
        party_corrections.confirm(store, SYSTEM, change)
    party_corrections.reject(store, SYSTEM, change, reason="重复")
    assert party_corrections.pending(store) == [] and stored(store, party)[0] == "演示旧厂"


@pytest.mark.parametrize(
    ("kind", "old", "new"), [("enterprise", code(1), code(2)), ("person", identity_number(1), identity_number(2))]
)
def test_a_wrong_number_is_corrected(office: Office, kind: str, old: str, new: str) -> None:
    store, party = office.store, firm(office.store, kind, old)
    change = party_corrections.correct(store, who(store, "jia"), party, code=new, proof="证照")
    party_corrections.confirm(store, who(store, "yi"), change)
    assert party_register.add(store, SYSTEM, NewParty(kind=kind, name="演示旧厂", code=new)) == party
    other = party_register.add(store, SYSTEM, NewParty(kind=kind, name="演示他厂", code=old))
    with pytest.raises(Refused, match="另一主体"):
        party_corrections.correct(store, who(store, "jia"), other, code=new, proof="证照")


def test_a_merged_party_is_paid_nothing_on_its_old_account(office: Office) -> None:
    store, party = office.store, firm(office.store)
    into = party_register.add(store, SYSTEM, NewParty(kind="enterprise", name="演示承继厂", code=code(3)))
    with pytest.raises(Refused):
        party_corrections.merge(store, who(store, "jia"), party, into=party, proof="合并公告")
    change = party_corrections.merge(store, who(store, "jia"), party, into=into, proof="合并公告")
    party_corrections.confirm(store, who(store, "yi"), change)
    name, _, versions = stored(store, party)
    assert "已并入演示承继厂" in name
    assert [status for _, status, _ in versions] == ["replaced"]


def test_a_code_with_an_odd_check_character_has_a_way_in_and_an_identity_number_has_none(office: Office) -> None:
    store, new = office.store, NewParty(kind="enterprise", name="演示奇码厂", code=ODD)
    with pytest.raises(Refused, match="校验位"):
        party_register.add(store, SYSTEM, new)
    change = party_corrections.add_odd(store, who(store, "jia"), new, proof="营业执照")
    party = party_corrections.confirm(store, who(store, "yi"), change)
    assert stored(store, party)[:2] == ("演示奇码厂", ODD)
    with store.read() as work:
        assert party_register.odd_codes(work) == {ODD}
        assert party_register.named(store, work, ODD) == party
    person = NewParty(kind="enterprise", name="演示", code=identity_number(7))
    with pytest.raises(Refused, match="身份证件号码"):
        party_corrections.add_odd(store, who(store, "jia"), person, proof="营业执照")


@pytest.mark.parametrize(
    ("name", "proof"), [("", "通知书"), ("演示\u200b厂", "通知书"), ("演" * 141, "通知书"), ("演示新厂", " ")]
)
def test_a_change_without_a_name_or_a_proof_is_refused(office: Office, name: str, proof: str) -> None:
    with pytest.raises(Refused):
        party_corrections.rename(office.store, who(office.store, "jia"), firm(office.store), name=name, proof=proof)
    assert party_corrections.pending(office.store) == []


def test_a_form_that_is_sent_several_times_at_once_proposes_once(office: Office) -> None:
    store, party, asking = office.store, firm(office.store), Asking(change=uuid4())

    def propose(_: int) -> UUID:
        proof = "准予变更登记通知书"
        return party_corrections.rename(store, who(store, "jia"), party, name="演示新厂", proof=proof, asking=asking)

    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(propose, range(4)))
    assert made == {asking.change} == {pending.id for pending in party_corrections.pending(store)}
    assert len(party_corrections.pending(store)) == 1
    with pytest.raises(Refused, match="已被使用"):
        party_corrections.rename(store, who(store, "yi"), party, name="演示他厂", proof="通知书", asking=asking)


def test_what_was_looked_at_binds_proposing_and_confirming(office: Office) -> None:
    store, party = office.store, firm(office.store)
    with store.read() as work:
        seen = party_corrections.standing(work, party)
    first = party_corrections.correct(store, who(store, "jia"), party, sector="演示业", proof="证照")
    second = party_corrections.rename(store, who(store, "jia"), party, name="演示新厂", proof="通知书")
    party_corrections.confirm(store, who(store, "yi"), first, seen=seen)
    with pytest.raises(Refused, match="已有变更"):
        party_corrections.confirm(store, who(store, "yi"), second, seen=seen)
    with pytest.raises(Refused, match="已有变更"):
        asking = Asking(change=uuid4(), seen=seen)
        party_corrections.merge(store, who(store, "jia"), party, into=party, proof="公告", asking=asking)
    party_corrections.confirm(store, who(store, "yi"), second)
    assert stored(store, party)[0] == "演示新厂"
