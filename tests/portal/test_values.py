"""Parameters and settings in the portal: listed with their law, proposed by one person, put in force by another, never unseen."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update
from sqlmodel import col

from casework.policy_settings import parameter_register as register
from casework.policy_settings.parameter_definitions import definition
from casework.policy_settings.value_texts import as_typed, value_typed
from casework.shared.reference import touch
from models import Duty, ParameterValue, State, WebSession
from models.clock import real_now
from models.store import Store
from support.office import POLICY
from support.portal import PASSWORD, Portal, Shown, Visitor
from support.stage import TREASURY, Stage, officer
from support.walk import Walk

SET = "P16-rate"
LIST = "/desk/parameters?policy=XZ2023"
AUTHOR, CONFIRMER = officer(Duty.PARAMETER_AUTHOR), officer(Duty.PARAMETER_CONFIRMER)


def at(name: str) -> str:
    return f"/desk/parameters/XZ2023/{name}"


def stored(store: Store, name: str) -> list[Any]:
    with store.read() as work:
        mine = select(ParameterValue.__table__).where(col(ParameterValue.parameter) == name)  # type: ignore[attr-defined]
        return list(work.execute(mine.order_by(col(ParameterValue.set_at), col(ParameterValue.id))))


def proposed(visitor: Visitor, name: str, value: str, **more: str) -> Shown:
    fields = {"value": value, "citation": "算例纪要 9 号：测算后确定", "first": "2023-09-05", **more}
    return visitor.submit(visitor.get(at(name)), action=at(name), **fields)


def test_the_list_says_value_law_people_and_what_is_not_payable_while_a_value_is_unset(portal: Portal) -> None:
    page = portal.as_(officer(Duty.DECIDER)).get(LIST)
    (row,) = [line for line in page.tree.xpath("//tbody/tr") if SET in " ".join(line.itertext())]
    said = " ".join(row.itertext())
    assert "0.3" in said and "算例文号" in said and "2023-07-01" in said and "算例parameter_author-0" in said
    assert "算例parameter_confirmer-0" in said
    unset = [line for line in page.tree.xpath("//tbody/tr") if "不可兑付：" in " ".join(line.itertext())]
    assert len(unset) > 10
    settings = portal.as_(officer(Duty.DECIDER)).get(LIST + "&of=settings")
    assert "P-lead" in settings.words() and "（默认）" in settings.words() and SET not in settings.words()


def test_two_people_set_a_value_and_neither_alone(portal: Portal) -> None:
    author = portal.as_(AUTHOR)
    sent = proposed(author, SET, "25%")
    assert "待确认" in sent.words() and "由另一人确认后生效" in sent.words()
    _, made = stored(portal.store, SET)
    assert (made.status, made.value, made.valid_from) == ("proposed", '"25%"', "2023-09-05")
    assert not sent.tree.xpath("//main//input[@value='confirm']")  # its author is offered no confirmation
    confirmer = portal.as_(CONFIRMER)
    page = confirmer.get(f"/desk/parameters/proposals/{made.id}")
    assert "25%" in page.words() and "0.3" in page.words() and "算例纪要 9 号" in page.words()
    assert made.id and f"/desk/parameters/proposals/{made.id}" in confirmer.get(LIST).links()
    done = confirmer.submit(page, action="/desk/parameters/proposals/")
    assert "已确认生效" in done.words()
    old, new = stored(portal.store, SET)
    assert (old.valid_to, new.status, new.confirmed_by) == ("2023-09-04", "confirmed", CONFIRMER)
    again = confirmer.submit(page, action="/desk/parameters/proposals/")  # the same page once more
    assert again.status == 200 and stored(portal.store, SET) == [old, new]


def test_one_person_under_two_duties_cannot_do_both_halves(portal: Portal, stage: Any) -> None:
    with portal.store.write() as work:
        both = stage.person(work, "both", Duty.PARAMETER_AUTHOR, Duty.PARAMETER_CONFIRMER)
    visitor = portal.as_(both)
    sent = proposed(visitor, SET, "25%")
    token = sent.tree.xpath("//main//input[@name='_token']")[0].get("value")
    refused = visitor.post(sent.url.split("?")[0], {"_token": token, "word": "confirm"})
    assert refused.status == 422 and "设定人以外的另一人" in refused.words()
    assert [value.status for value in stored(portal.store, SET)] == ["confirmed", "proposed"]


@pytest.mark.parametrize(
    ("name", "value", "citation", "leads"),
    [(SET, "abc", "算例", "#f-value"), (SET, "0.25", "", "#f-citation"), (SET, "", "算例", "#f-value")],
)
def test_what_is_refused_stays_as_it_was_typed_and_leads_to_its_field(
    portal: Portal, name: str, value: str, citation: str, leads: str
) -> None:
    page = proposed(portal.as_(AUTHOR), name, value, citation=citation)
    assert page.status == 422 and len(stored(portal.store, name)) == 1
    assert page.tree.xpath("//div[contains(@class,'govuk-error-summary')]//a/@href") == [leads]
    assert (page.form(action=at(name)).fields["value"], page.form(action=at(name)).fields["citation"]) == (
        value,
        citation,
    )


def test_a_value_proposed_twice_is_one_and_one_written_unseen_is_refused(portal: Portal) -> None:
    author, other = portal.as_(AUTHOR), portal.as_(officer(Duty.PARAMETER_AUTHOR, 1))
    page, theirs = author.get(at(SET)), other.get(at(SET))
    typed = {"value": "0.25", "citation": "算例", "first": "2023-09-05"}
    first, second = author.submit(page, action=at(SET), **typed), author.submit(page, action=at(SET), **typed)
    assert first.url == second.url and len(stored(portal.store, SET)) == 2
    late = other.submit(theirs, action=at(SET), **{**typed, "value": "0.2"})
    assert late.status == 422 and "已有变化" in late.words() and late.form(action=at(SET)).fields["value"] == "0.2"
    assert len(stored(portal.store, SET)) == 2


def test_a_confirmation_counts_for_what_was_seen(portal: Portal) -> None:
    made = register.propose(portal.store, AUTHOR, _new("0.25"))
    visitor = portal.as_(CONFIRMER)
    page = visitor.get(f"/desk/parameters/proposals/{made}")
    other = register.propose(portal.store, AUTHOR, _new("0.2"))
    register.confirm(portal.store, officer(Duty.PARAMETER_CONFIRMER, 1), other)
    late = visitor.submit(page, action="/desk/parameters/proposals/")
    assert late.status == 422 and "已有变化" in late.words()
    assert sorted(value.status for value in stored(portal.store, SET)) == ["confirmed", "ended", "proposed"]


def _new(value: str) -> register.Proposal:
    from policies.parameters import Origin

    return register.Proposal(policy="XZ2023", name=SET, value=value, citation="算例", origin=Origin.DEMO)


def test_a_proposal_is_turned_down_with_a_reason_that_stays_readable(portal: Portal) -> None:
    made = register.propose(portal.store, AUTHOR, _new("0.25"))
    address = f"/desk/parameters/proposals/{made}"
    visitor = portal.as_(CONFIRMER)
    token = visitor.get(address).tree.xpath("//main//input[@name='_token']")[0].get("value")
    bare = visitor.post(address, {"_token": token, "word": "reject", "reason": " "})
    assert bare.status == 422 and "理由必填" in bare.words()
    visitor.post(address, {"_token": token, "word": "reject", "reason": "算例：依据不足"})
    assert stored(portal.store, SET)[-1].status == "rejected"
    assert "算例：依据不足" in portal.as_(AUTHOR).get(address).words()


def test_who_has_an_authenticator_shows_it_before_a_value_is_typed_or_confirmed(portal: Portal) -> None:
    made = register.propose(portal.store, AUTHOR, _new("0.25"))
    for person, address in ((AUTHOR, at(SET)), (CONFIRMER, f"/desk/parameters/proposals/{made}")):
        visitor = portal.as_(person)
        visitor.submit(visitor.get("/account"), action="/account/factor", proof=PASSWORD)
        key = visitor.get("/account").tree.xpath("//main//code/text()")[0]
        visitor.submit(visitor.get("/account"), action="/account/factor/confirm", code=pyotp.TOTP(key).at(real_now()))
        with portal.store.write() as work:
            work.execute(update(WebSession).values(stepped_up_at=real_now() - timedelta(minutes=30)))
        assert "/account/step-up" in visitor.get(address).url
        token = visitor.get("/account").form().find(".//input[@name='_token']").get("value")
        sent = visitor.client.post(address, data={"_token": token, "word": "confirm"}, follow_redirects=False)
        assert sent.status_code == 403 and "验证码" in sent.text
    assert [value.status for value in stored(portal.store, SET)] == ["confirmed", "proposed"]


def test_who_sets_no_values_reads_them_and_is_told_who_does(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.DECIDER))
    page = visitor.get(at(SET))
    assert not page.tree.xpath("//main//form") and "由参数设定人办理" in page.words() and "区经商局" in page.words()
    token = visitor.get("/account").form().find(".//input[@name='_token']").get("value")
    sent = visitor.post(at(SET), {"_token": token, "value": "0.2", "citation": "算例"})
    assert sent.status == 422 and len(stored(portal.store, SET)) == 1
    assert visitor.get(at("P-none")).status == 404 and visitor.get("/desk/parameters/NONE/P16-rate").status == 404


def test_lists_and_tables_are_typed_a_line_an_entry_and_come_back_as_they_were(portal: Portal) -> None:
    table, listed = definition(POLICY, "P-sectors"), definition(POLICY, "P-reminder-days")
    assert value_typed("30\n 7 \n", listed) == ["30", "7"]
    assert value_typed("M4a = 算例行业、算例二\nM16=算例", table) == {"M4a": ["算例行业", "算例二"], "M16": ["算例"]}
    for what, value in ((listed, ["30", "7"]), (table, {"M4a": ["算例行业", "算例二"]})):
        assert value_typed(as_typed(value, what.what.kind), what) == value
    for value in (["30"], ["12"], ["007"]):  # one entry alone spells JSON
        assert value_typed(as_typed(value, listed.what.kind), listed) == value
    assert value_typed('["30", "7"]', listed) == ["30", "7"]
    assert value_typed('{"M4a": ["算例"]}', table) == {"M4a": ["算例"]}
    sent = proposed(portal.as_(AUTHOR), "P-reminder-days", "30\n7")
    assert "待确认" in sent.words() and stored(portal.store, "P-reminder-days")[-1].value == '["30","7"]'


def test_a_case_that_waits_for_a_value_leads_its_author_to_it_from_the_inbox_and_from_its_page(
    store: Store, tmp_path: Path
) -> None:
    walk = Walk(Stage(store).furnish(firms=2, values={}))
    with store.write() as work:
        author = walk.stage.person(work, "author-who-pays")
        walk.stage.grant(work, "author-who-pays", Duty.PARAMETER_AUTHOR, TREASURY)
        touch(work)
    case = walk.to(walk.open("M16", 1), State.CERTIFIED, Duty.PARAMETER_AUTHOR)
    portal = Portal(store, tmp_path)
    visitor = portal.as_(author)
    assert at(SET) in visitor.get("/desk").links() and visitor.get(at(SET)).status == 200
    page = visitor.get(f"/desk/cases/{case.number}")
    assert at(SET) in page.links() and "现在没有由您办理的事项" not in page.words()
    other = portal.as_(officer(Duty.CERTIFIER)).get(f"/desk/cases/{case.number}")
    assert at(SET) not in other.links() and "现在没有由您办理的事项" in other.words()
