"""`/desk/parties`: parties are found and entered; what the register says of one is changed by two officers."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select
from sqlmodel import col

from casework.parties import party_corrections
from casework.parties.party_corrections import Asking
from models import AuditEntry, Contact, Duty, Party, PartyAccount
from support.office import code, identity_number
from support.portal import Portal, Shown, Visitor, stale
from support.stage import TOWN, applicant, named, officer

LIST, NEW = "/desk/parties", "/desk/parties/new"
FIRM = f"{LIST}/{named('firm-1')}"
ODD = code(5)[:-1] + ("1" if code(5)[-1] != "1" else "2")
TYPED = {
    "kind": "enterprise", "name": "算例新企业", "code": code(77), "town": TOWN, "sector": "纺织", "registered_on": "2020-05-06",
    "contact": "new@example.com", "account": "622200007777", "bank": "算例银行", "clearing_code": "", "code_proof": "",
}  # fmt: skip


def entered(visitor: Visitor, **changed: str) -> Shown:
    return visitor.submit(visitor.get(NEW), action=NEW, **{**TYPED, **changed})


def rows(portal: Portal, table: Any, *where: Any) -> list[Any]:
    with portal.store.read() as work:
        return list(work.execute(select(table.__table__).where(*where)))


def firm(portal: Portal, number: int = 1) -> Any:
    (row,) = rows(portal, Party, col(Party.id) == named(f"firm-{number}"))
    return row


def proposals(portal: Portal) -> int:
    with portal.store.read() as work:
        mine = select(func.count()).where(col(AuditEntry.action) == party_corrections.PROPOSED)
        return int(work.execute(mine).scalar_one())


def proposed(visitor: Visitor, word: str = "rename", page: Shown | None = None, **typed: str) -> Shown:
    given = {f"{word}.{name}": text for name, text in typed.items()}
    return visitor.submit(page or visitor.get(FIRM), action=f"{FIRM}/{word}", **given)


def test_parties_are_found_by_name_code_and_kind_a_page_at_a_time(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.DECIDER))
    words = visitor.get(f"{LIST}?name=算例企业1").words()
    assert "算例企业1" in words and "算例企业2" not in words and "共 1 个" in words
    assert "算例企业2" in visitor.get(f"{LIST}?name={code(2)}").words()
    assert "共 0 个" in visitor.get(f"{LIST}?name=nobody").words()
    assert "算例企业1" not in visitor.get(f"{LIST}?kind=unit").words()
    page = visitor.get(LIST)
    assert FIRM in page.links() and "622200000001" not in page.text and "****0001" in page.words()
    assert "Parties" in visitor.get(f"{LIST}?lang=en").words()


def test_a_natural_person_is_found_by_the_whole_name_or_number_and_shown_masked(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    number = identity_number(8)
    typed = {"kind": "person", "name": "王算例", "code": number, "account": "", "bank": "", "contact": ""}
    page = entered(visitor, **typed)
    assert "已登记" in page.words() and "王**" in page.words() and "王算例" not in page.text and number not in page.text
    for asked, count in (("王算例", 1), (number, 1), ("王", 0)):
        found = visitor.get(f"{LIST}?kind=person&name={asked}").words()
        assert f"共 {count} 个" in found, asked


def test_a_party_is_entered_once_with_an_account_that_waits_to_be_verified(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    page = entered(visitor)
    assert "已登记" in page.words() and "算例新企业" in page.words() and "未核验" in page.words()
    assert "此前已登记" in entered(visitor).words()
    (row,) = rows(portal, Party, col(Party.code) == code(77))
    assert (row.name, row.town, row.registered_on) == ("算例新企业", TOWN, "2020-05-06")
    (account,) = rows(portal, PartyAccount, col(PartyAccount.party_id) == row.id)
    assert (account.status, account.number) == ("unverified", "622200007777")
    assert len(rows(portal, Contact, col(Contact.holder) == f"party:{row.id}")) == 1


def test_what_is_wrong_with_a_new_party_is_said_at_its_field_and_the_rest_stays(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    before = len(rows(portal, Party))
    for name, value in (
        ("kind", ""), ("name", " "), ("code", ODD), ("registered_on", "2023-13-01"), ("registered_on", "2030-01-01"),
        ("account", ""), ("bank", ""),
    ):  # fmt: skip
        page = entered(visitor, **{name: value})
        assert page.status == 422 and f"#f-{name}" in page.links(), (name, page.words()[:300])
        assert page.form(action=NEW).fields["sector"] == TYPED["sector"]
    assert len(rows(portal, Party)) == before


def test_a_code_with_an_odd_check_digit_waits_for_a_second_officer(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    odd = {"code": ODD, "code_proof": "算例证照", "account": "", "bank": "", "contact": ""}
    form = visitor.get(NEW)
    page = visitor.submit(form, action=NEW, **{**TYPED, **odd})
    assert "已提出" in page.words() and ODD in page.words() and not rows(portal, Party, col(Party.code) == ODD)
    assert "已提出" in visitor.submit(form, action=NEW, **{**TYPED, **odd}).words() and proposals(portal) == 1
    acceptor = portal.as_(officer(Duty.ACCEPTOR))
    acceptor.submit(acceptor.get(page.url.partition("?")[0]), action=f"{LIST}/changes/")
    assert [row.name for row in rows(portal, Party, col(Party.code) == ODD)] == ["算例新企业"]


def test_a_name_is_proposed_once_and_in_force_when_somebody_else_confirms_it(portal: Portal) -> None:
    clerk, acceptor = portal.as_(officer(Duty.CLERK)), portal.as_(officer(Duty.ACCEPTOR))
    form = clerk.get(FIRM)
    page = proposed(clerk, page=form, name="算例改名厂", proof="算例变更登记")
    assert "已提出" in page.words() and "算例改名厂" in page.words()
    assert (
        proposed(clerk, page=form, name="算例改名厂", proof="算例变更登记").url == page.url and proposals(portal) == 1
    )
    own = clerk.get(page.url)
    assert "提出人以外的另一人" in own.words() and not own.tree.xpath("//form[.//input[@value='confirm']]")
    address = page.url.partition("?")[0]
    assert any(address.endswith(link) for link in acceptor.get(LIST).links() if "/changes/" in link)
    asked = acceptor.get(address)
    assert firm(portal).name == "算例企业1" and "算例企业1" in asked.words()
    done = acceptor.submit(asked, action=f"{LIST}/changes/")
    assert "已确认生效" in done.words() and firm(portal).name == "算例改名厂"
    again = acceptor.submit(asked, action=f"{LIST}/changes/")
    assert again.status == 200 and "已生效" in again.words()
    assert "算例改名厂" not in acceptor.get(LIST).form(action=LIST).text_content()


def test_the_proposer_does_not_confirm_even_where_the_form_is_sent(portal: Portal) -> None:
    clerk, acceptor = portal.as_(officer(Duty.CLERK)), portal.as_(officer(Duty.ACCEPTOR))
    address = proposed(clerk, name="算例改名厂", proof="算例变更登记").url.partition("?")[0]
    form = acceptor.get(address).form(action=f"{LIST}/changes/")
    token = clerk.get(FIRM).tree.xpath("//main//input[@name='_token']/@value")[0]
    sent = {**dict(form.form_values()), "_token": token}
    refused = clerk.post(address, sent)
    assert refused.status == 422 and "另一人" in refused.words() and firm(portal).name == "算例企业1"
    decider = portal.as_(officer(Duty.DECIDER))
    page = decider.get(address)
    assert page.status == 200 and "不是代录人" in page.words() and not page.tree.xpath("//main//form")
    assert portal.as_(applicant(1)).get(address).status == 404


@pytest.mark.parametrize(("field", "value", "stored"), [("code", code(88), "code"), ("sector", "算例毛衫", "sector")])
def test_one_thing_is_corrected(portal: Portal, field: str, value: str, stored: str) -> None:
    clerk, acceptor = portal.as_(officer(Duty.CLERK)), portal.as_(officer(Duty.ACCEPTOR))
    form = clerk.get(FIRM)
    assert form.form(action=f"{FIRM}/correct").fields["correct.town"] == "-"  # none, and it can be taken back
    page = proposed(clerk, "correct", form, **{field: value, "proof": "算例证照"})
    assert "已提出" in page.words()
    acceptor.submit(acceptor.get(page.url.partition("?")[0]), action=f"{LIST}/changes/")
    assert getattr(firm(portal), stored) == value


def test_a_merged_party_names_its_successor_and_changes_no_more(portal: Portal) -> None:
    clerk, acceptor = portal.as_(officer(Duty.CLERK)), portal.as_(officer(Duty.ACCEPTOR))
    unknown = proposed(clerk, "merge", into="没有这家", proof="算例公告")
    assert unknown.status == 422 and "#f-merge-into" in unknown.links()
    assert unknown.form(action=f"{FIRM}/merge").fields["merge.proof"] == "算例公告"
    page = proposed(clerk, "merge", into=code(2), proof="算例公告")
    done = acceptor.submit(acceptor.get(page.url.partition("?")[0]), action=f"{LIST}/changes/")
    assert "已确认生效" in done.words()
    merged = clerk.get(FIRM)
    assert "已并入 算例企业2" in merged.words() and not merged.tree.xpath("//main//form")


def test_what_is_wrong_with_a_change_is_said_at_its_field_and_what_was_typed_stays(portal: Portal) -> None:
    clerk = portal.as_(officer(Duty.CLERK))
    for word, typed, at in (
        ("rename", {"name": "", "proof": "算例"}, "rename-name"), ("rename", {"name": "算例企业1", "proof": "算例"}, "rename-name"),
        ("rename", {"name": "算例改名厂", "proof": ""}, "rename-proof"), ("correct", {"proof": "算例"}, "correct-code"),
        ("correct", {"code": code(2), "proof": "算例"}, "correct-code"),
        ("correct", {"town": TOWN, "proof": "算例"}, "correct-town"),
        ("merge", {"into": code(1), "proof": "算例"}, "merge-into"),
    ):  # fmt: skip
        page = proposed(clerk, word, **typed)
        assert page.status == 422 and f"#f-{at}" in page.links(), (word, typed, page.words()[:300])
        assert page.form(action=f"{FIRM}/{word}").fields[f"{word}.proof"] == typed["proof"]
    assert proposals(portal) == 0


def test_who_keeps_no_register_reads_it_only(portal: Portal) -> None:
    decider = portal.as_(officer(Duty.DECIDER))
    for address in (NEW, FIRM):
        page = decider.get(address)
        assert page.status == 200 and not page.tree.xpath("//main//form[@method='post']") and "由代录人" in page.words()
    token = decider.get("/account").form().find(".//input[@name='_token']").get("value")
    more = {"_token": token, "act_id": str(named("x")), "rename.name": "算例改名厂", "rename.proof": "算例"}
    assert decider.post(f"{FIRM}/rename", more).status == 422
    assert decider.post(NEW, {**more, **TYPED}).status == 422
    assert proposals(portal) == 0 and not rows(portal, Party, col(Party.code) == code(77))
    assert portal.as_(applicant(1)).get(LIST).status == 404
    assert decider.get(f"{LIST}/{named('nobody')}").status == 404
    assert decider.get(f"{LIST}/changes/{named('nobody')}").status == 404


def test_a_change_binds_to_the_entry_that_was_looked_at(portal: Portal) -> None:
    clerk, acceptor = portal.as_(officer(Duty.CLERK)), portal.as_(officer(Duty.ACCEPTOR))
    form = clerk.get(FIRM)
    change = _proposed(portal, "算例改名厂")
    waits = _proposed(portal, "算例又改名厂")
    seen = acceptor.get(f"{LIST}/changes/{waits}")
    party_corrections.confirm(portal.store, officer(Duty.ACCEPTOR, 1), change)
    stale_form = proposed(clerk, page=form, name="算例三改名厂", proof="算例")
    assert stale_form.status == 422 and "已有变更" in stale_form.words()
    assert stale_form.form(action=f"{FIRM}/rename").fields["rename.name"] == "算例三改名厂"
    refused = acceptor.submit(seen, action=f"{LIST}/changes/")
    assert refused.status == 422 and "已有变更" in refused.words() and firm(portal).name == "算例改名厂"
    assert "已确认生效" in acceptor.submit(refused, action=f"{LIST}/changes/").words()


def _proposed(portal: Portal, name: str) -> UUID:
    party = named("firm-1")
    return party_corrections.rename(portal.store, officer(Duty.CLERK, 1), party, name=name, proof="算例变更登记")


def test_a_change_is_turned_down_with_a_reason_that_stays(portal: Portal) -> None:
    clerk = portal.as_(officer(Duty.CLERK))
    page = proposed(clerk, name="算例改名厂", proof="算例变更登记")
    bare = clerk.submit(page, action=f"{LIST}/changes/", reason=" ")
    assert bare.status == 422 and "#f-reason" in bare.links()
    done = clerk.submit(page, action=f"{LIST}/changes/", reason="算例录错")
    assert "已否决" in done.words() and "算例录错" in done.words()
    assert clerk.submit(page, action=f"{LIST}/changes/", reason="算例录错").status == 200
    assert party_corrections.pending(portal.store) == []


def test_an_id_that_somebody_elses_form_used_proposes_nothing(portal: Portal) -> None:
    party, asking = named("firm-1"), Asking(change=named("change"))
    first = officer(Duty.CLERK, 1)
    party_corrections.rename(portal.store, first, party, name="算例改名厂", proof="算例", asking=asking)
    clerk = portal.as_(officer(Duty.CLERK))
    page = proposed(clerk, name="算例又改名厂", proof="算例", page=_with_id(clerk.get(FIRM)))
    assert page.status == 422 and "已被使用" in page.words() and proposals(portal) == 1


def _with_id(page: Shown) -> Shown:
    page.form(action=f"{FIRM}/rename").find(".//input[@name='act_id']").set("value", str(named("change")))
    return page


def test_confirming_a_change_asks_who_has_an_authenticator_for_its_code(portal: Portal) -> None:
    change = _proposed(portal, "算例改名厂")
    visitor, _ = stale(portal, officer(Duty.ACCEPTOR))
    asked = visitor.get(f"{LIST}/changes/{change}")
    assert "/account/step-up" in asked.url and firm(portal).name == "算例企业1"
    token = asked.tree.xpath("//header//input[@name='_token']/@value")[0]
    sent = visitor.post(f"{LIST}/changes/{change}", {"_token": token, "word": "confirm"})
    assert sent.status == 403 and firm(portal).name == "算例企业1"


def test_what_waits_is_found_without_a_walk_through_the_audit_chain(portal: Portal) -> None:
    store, seen = portal.store, list[str]()

    def explained(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "audit_entry" in statement:
            plan = cursor.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            seen.extend(str(row[3]) for row in plan)

    event.listen(store.engine, "before_cursor_execute", explained)
    party_corrections.pending(store)
    event.remove(store.engine, "before_cursor_execute", explained)
    assert any("audit_of_party_changes" in step for step in seen), seen
    assert not any(step.startswith("SCAN") and "INDEX" not in step for step in seen), seen
