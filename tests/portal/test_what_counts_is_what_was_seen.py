"""What a page says or files is what its reader saw and the records bear out: claims, amounts, banners, ways back, errors."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.command_handler import act
from casework.lifecycle import commands
from models import Duty, Snapshot, State
from models.store import Store
from policies.money import Money
from support.paying import Paying
from support.portal import Portal, Shown, Visitor
from support.stage import Stage, applicant, claim, named, officer
from support.walk import Walk
from web.guard import HEADERS

CASE = "XZ2023-M16-000001"


def claim_page(visitor: Visitor, case: str) -> Shown:
    return visitor.get(f"/apply/{case}")


def draft_of(stage: Stage) -> str:
    """A draft of the second firm with its papers, nothing typed yet."""
    number: str = stage.case(Walk(stage).open("M4a", 1, 1)).number
    return number


def typed(visitor: Visitor, case: str, **more: str) -> Shown:
    fields = {**claim("M4a", 1), **more}
    texts = {name: str(value) for name, value in fields.items()}
    return visitor.submit(claim_page(visitor, case), action="/apply/", press=("_go", "later"), **texts)


def test_a_signature_counts_for_the_content_that_its_page_showed(portal: Portal, stage: Stage) -> None:
    case = draft_of(stage)
    first, second = portal.as_(applicant(1, 0)), portal.as_(applicant(1, 1))
    typed(first, case, model="甲")
    check = first.get(f"/apply/{case}/check")
    typed(second, case, model="乙")
    refused = first.submit(check, action="/apply/", truth="yes")
    assert refused.status == 422 and "又有修改" in refused.words() and "乙" in refused.words()
    assert stage.case(named("case-1")).state == State.DRAFT
    assert first.submit(refused, action="/apply/", truth="yes").url.split("?")[0].endswith("/done")
    with stage.store.read() as work:
        contents = work.execute(select(col(Snapshot.content)).where(col(Snapshot.case_id) == named("case-1"))).scalars()
        assert any("乙" in one for one in contents)


def saved(visitor: Visitor, page: Shown, case: str, **more: str) -> tuple[int, dict[str, str]]:
    fields = dict(page.form(action="/apply/").form_values()) | more
    answer = visitor.client.post(f"/apply/{case}/save", data=fields, headers={"accept": "application/json"})
    return answer.status_code, answer.json()


def test_a_save_never_overwrites_what_a_colleague_saved_meanwhile(portal: Portal, stage: Stage) -> None:
    case = draft_of(stage)
    first, second = portal.as_(applicant(1, 0)), portal.as_(applicant(1, 1))
    page, theirs = claim_page(first, case), claim_page(second, case)
    status, told = saved(first, page, case, model="甲1")
    assert status == 200
    status, told = saved(first, page, case, model="甲2", _base=told["base"])
    assert status == 200
    status, told = saved(second, theirs, case, model="乙")
    assert status == 409 and "同事" in told["text"]
    sent = second.submit(theirs, action="/apply/", model="乙")
    assert sent.status == 409 and sent.form(action="/apply/").fields["model"] == "乙" and "同事" in sent.words()
    assert claim_page(first, case).form(action="/apply/").fields["model"] == "甲2"
    second.submit(sent, action="/apply/")
    assert claim_page(first, case).form(action="/apply/").fields["model"] == "乙"


def test_an_amount_that_was_never_granted_is_not_shown_as_decided(portal: Portal, stage: Stage) -> None:
    walk, visitor = Walk(stage), portal.as_(applicant(1))
    case = walk.to(walk.open("M16", 1, 1), State.COMPUTED)
    assert case.amount_fen
    assert "审定金额" not in visitor.get(f"/my/cases/{CASE}").words()
    act(stage.store, commands.Withdraw(case=case.id, by=applicant(1), act_id=named("out"), reason="算例"))
    ended = visitor.get(f"/my/cases/{CASE}").words()
    assert "元，审定金额" not in ended and "没有审定金额" in ended
    other = walk.to(walk.open("M16", 2, 1), State.DECIDED)
    assert "元，审定金额" in visitor.get(f"/my/cases/{other.number}").words()
    walk.to(other.id, State.PAYABLE)
    assert "元，审定金额" in visitor.get(f"/my/cases/{other.number}").words()


def test_an_applicant_sees_what_was_computed_by_how_much_less_was_granted_and_why(portal: Portal, stage: Stage) -> None:
    walk, visitor = Walk(stage), portal.as_(applicant(1))
    case = walk.to(walk.open("M16", 1, 1), State.COMPUTED, Duty.DECIDER)
    computed = Money(case.amount_fen or 0)
    walk.do(commands.Decide, case, amount_fen=int(computed) - 5_000_00, reason="算例预算控制")
    shown = visitor.get(f"/my/cases/{CASE}").words()
    assert f"核算金额 {computed.grouped} 元，核减 5,000.00 元；原因：算例预算控制" in shown
    other = walk.to(walk.open("M16", 2, 1), State.DECIDED)
    assert "核减" not in visitor.get(f"/my/cases/{other.number}").words()


@pytest.mark.parametrize("leads", ["//[", "http://[", "/\\[//["])
def test_an_address_that_is_none_leads_to_the_front_page(portal: Portal, leads: str) -> None:
    visitor = portal.visitor()
    assert visitor.client.get("/sign-in", params={"next": leads}).status_code == 200
    assert visitor.client.get("/language/en", params={"next": leads}).status_code == 200
    assert visitor.client.post("/sign-in", headers={"origin": leads}).status_code == 403


def test_an_answer_to_an_error_carries_the_headers_of_every_other(portal: Portal) -> None:
    def broken() -> None:
        raise RuntimeError("算例")

    portal.app.add_api_route("/broken", broken)
    answer = portal.visitor().client.get("/broken")
    assert answer.status_code == 500 and "系统出错" in answer.text
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["cache-control"] == "no-store"


def banner(page: Shown) -> bool:
    return bool(page.tree.xpath("//div[contains(@class,'govuk-notification-banner')]"))


def test_a_case_page_says_done_only_of_what_was_done_last(portal: Portal, stage: Stage) -> None:
    walk, visitor = Walk(stage), portal.as_(officer(Duty.ACCEPTOR, 1))
    walk.to(walk.open("M16", 1, 1), State.FILED, Duty.ACCEPTOR)
    for said in ("accept", "decide", "已全部办结"):
        assert not banner(visitor.get(f"/desk/cases/{CASE}?done={said}")), said
    walk.to(named("case-1"), State.ACCEPTED)
    assert banner(visitor.get(f"/desk/cases/{CASE}?done=accept"))
    assert not banner(visitor.get(f"/desk/cases/{CASE}?done=return"))


def test_a_batch_page_says_done_only_of_the_last_step(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.allocate()
    batch = paying.prepare().number
    visitor = Portal(store, tmp_path).as_(officer(Duty.MAKER))
    assert banner(visitor.get(f"/pay/batches/{batch}?done=prepare"))
    for said in ("check", "check_batch", "approve", "release", "export", "reject", "zzz"):
        assert not banner(visitor.get(f"/pay/batches/{batch}?done={said}")), said


def test_the_list_says_saved_only_of_a_draft_of_ones_own(portal: Portal, stage: Stage) -> None:
    case = draft_of(stage)
    visitor = portal.as_(applicant(1))
    assert banner(typed(visitor, case))
    for said in ("1", "XZ2023-M04-999999"):
        assert not banner(visitor.get(f"/my?saved={said}")), said
    assert not banner(portal.as_(applicant(0)).get(f"/my?saved={case}"))


def test_an_account_page_says_done_only_of_what_holds(portal: Portal) -> None:
    portal.as_(applicant(1))
    visitor = portal.as_(applicant(1))
    elsewhere = portal.visitor()
    elsewhere.sign_in("applicant-1-0")
    for said in ("factor", "sessions", "zzz"):
        assert not banner(visitor.get(f"/account?done={said}")), said
    assert banner(visitor.submit(visitor.get("/account"), action="/account/sessions"))


@pytest.mark.parametrize(
    ("referer", "leads"),
    [
        ("http://localhost:8023/desk/cases/A/do/accept?list=mine", "/desk/cases/A/do/accept?list=mine"),
        ("http://localhost:8023/pay/batches/B/reject", "/"),
        ("https://evil.example/desk", "/"),
        ("http://localhost:8023//evil.example/", "/"),
        ("http://[", "/"),
    ],
)
def test_who_was_signed_out_while_typing_comes_back_to_the_form(portal: Portal, referer: str, leads: str) -> None:
    client = portal.visitor().client
    sent = client.post("/desk/cases/A/do/accept", data={"x": "y"}, headers={"referer": referer}, follow_redirects=False)
    assert sent.status_code == 303
    assert parse_qs(urlsplit(sent.headers["location"]).query)["next"] == [leads]


def test_a_refused_token_says_to_copy_the_text_first(portal: Portal) -> None:
    refused = portal.as_(applicant(1)).post("/account/sessions", {"_token": "x"})
    assert refused.status == 403 and "先复制" in refused.words()


def test_a_line_is_added_without_saying_that_it_saves_where_nothing_is_saved(portal: Portal, stage: Stage) -> None:
    walk, visitor = Walk(stage), portal.as_(officer(Duty.CERTIFIER, 1))
    walk.to(walk.open("M16", 1, 1), State.SCREENED)
    pages = [visitor.get("/items/XZ2023/M16"), visitor.get(f"/desk/cases/{CASE}/do/certify")]
    forms = [page.tree.xpath("//main//form[.//button[@name='_more']]")[0] for page in pages]
    for form in forms:
        words = [" ".join(one.itertext()) for one in form.xpath(".//button[@name='_more']")]
        assert words and all(one == "再加一行" for one in words)
        assert form.xpath(".//button")[0].get("name") is None  # what Enter presses
    draft = stage.case(walk.open("M16", 2, 1)).number
    kept = portal.as_(applicant(1)).get(f"/apply/{draft}")
    assert "保存并再加一行" in kept.words()
    assert kept.tree.xpath("//main//form//button")[0].get("name") == "_go"
