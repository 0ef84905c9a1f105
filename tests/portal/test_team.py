"""A unit's team: what waits for each duty and person, and delegations made and ended by those who may."""

from sqlalchemy import select
from sqlmodel import col

from models import Delegation, Duty, State
from support.portal import Portal, Shown, Visitor
from support.stage import LEAD, TOWN, Stage, officer
from support.walk import Walk

PAGE, NEW = f"/desk/team?unit={TOWN}", "/desk/team/delegations"
TYPED = {
    "principal": "screener-0", "delegate": "screener-1", "duty": "screener", "first": "2023-09-04", "last": "2023-09-08",
    "reason": "算例：出差",
}  # fmt: skip


def row(page: Shown, text: str) -> str:
    """The first row of a table that says so."""
    found = [" ".join(" ".join(line.itertext()).split()) for line in page.tree.xpath("//tbody/tr")]
    return next(said for said in found if text in said)


def sent(visitor: Visitor, **changed: str) -> Shown:
    return visitor.submit(visitor.get(PAGE), action=NEW, **{**TYPED, **changed})


def delegations(portal: Portal) -> list[tuple[str, str]]:
    with portal.store.read() as work:
        rows = work.execute(select(col(Delegation.duty), col(Delegation.valid_to)).order_by(col(Delegation.id)))
        return [(delegation.duty, delegation.valid_to.date().isoformat()) for delegation in rows]


def test_what_waits_stands_beside_the_duty_and_everybody_who_holds_it(portal: Portal, stage: Stage) -> None:
    walk = Walk(stage)
    for number in (1, 2):
        walk.to(walk.open("M16", number, number), State.ACCEPTED, Duty.SCREENER)
    visitor = portal.as_(officer(Duty.SCREENER))
    page = visitor.get(PAGE)
    assert row(page, "初审人").startswith("初审人 2 ") and "算例screener-2" in row(page, "初审人")
    assert " 2 " in row(page, "screener-1 ") and " 0" in row(page, "decider-0 ")
    assert visitor.get("/desk/team?unit=nowhere").status == 404


def test_who_is_away_lets_somebody_stand_in_and_either_ends_it(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.SCREENER))
    blank = visitor.get(PAGE)
    for _ in range(2):  # the same delegation twice is one
        page = visitor.submit(blank, action=NEW, **TYPED)
        assert "委托已登记" in page.words() and delegations(portal) == [("screener", "2023-09-08")]
    assert "screener-1" in row(page, "算例screener-0")
    other = portal.as_(officer(Duty.SCREENER, 2)).get(PAGE)
    assert not other.tree.xpath("//form[contains(@action,'/end')]")
    taker = portal.as_(officer(Duty.SCREENER, 1))
    own = taker.get(PAGE)
    ending = own.tree.xpath("//form[contains(@action,'/end')]/@action")[0]
    done = taker.submit(own, action=ending)
    assert "委托已结束" in done.words()
    again = taker.submit(own, action=ending)
    assert again.status == 200 and "此前已结束" in again.words()


def test_what_is_refused_keeps_the_form_and_leads_to_its_field(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.SCREENER))
    page = sent(visitor, delegate="screener-0")
    assert page.status == 422 and "不能委托给本人" in page.words() and "#f-delegate" in page.links()
    assert page.form(action=NEW).fields["reason"] == TYPED["reason"]
    assert "#f-first" in sent(visitor, first="", last="").links()
    assert "#f-last" in sent(visitor, last="").links() and "#f-last" in sent(visitor, last="2023-09-01").links()
    assert "#f-reason" in sent(visitor, reason="").links() and delegations(portal) == []


def test_nobody_speaks_for_somebody_else_but_an_administrator(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.SCREENER, 1))
    assert (
        sent(visitor, principal="screener-0", delegate="screener-2").status in (404, 422) and delegations(portal) == []
    )
    keeper = portal.as_(officer(Duty.ADMINISTRATOR))
    assert LEAD in keeper.get(PAGE).words()
    assert "委托已登记" in sent(keeper, principal="screener-0", delegate="screener-2").words()


def test_delegations_come_in_whole_from_a_workbook_of_who_is_away_or_of_an_administrator(portal: Portal) -> None:
    address, head = "/desk/team/import", "委托人,受托人,职责,单位,起始日,截止日,原因"

    def imported(visitor: Visitor, *rows: str) -> Shown:
        files = {"file": ("x.csv", "\n".join((head, *rows)).encode(), "text/csv")}
        return visitor.submit(visitor.get(address), action=address, files=files)

    own = f"screener-0,screener-1,screener,{TOWN},2023-09-04,2023-09-08,算例：出差"
    others = f"screener-1,screener-2,screener,{LEAD},2023-09-04,2023-09-08,算例：出差"
    visitor = portal.as_(officer(Duty.SCREENER))
    assert address in visitor.get(PAGE).links()
    wrong = imported(visitor, own, own.replace("2023-09-08", "2023-09-01"))
    assert wrong.status == 422 and "早于起始日" in wrong.words() and delegations(portal) == []
    foreign = imported(visitor, own, others)
    assert foreign.status == 422 and "系统管理员" in foreign.words() and delegations(portal) == []
    assert "新登记 1" in imported(visitor, own).words() and "新登记 0" in imported(visitor, own).words()
    assert "新登记 1" in imported(portal.as_(officer(Duty.ADMINISTRATOR)), own, others).words()
    assert len(delegations(portal)) == 2
    template = visitor.client.get(f"{address}/template.xlsx")
    assert template.status_code == 200 and "delegations.xlsx" in template.headers["content-disposition"]
