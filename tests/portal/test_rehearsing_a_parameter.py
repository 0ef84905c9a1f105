"""A parameter rehearsed on a page: real cases repriced by their own rule, who gains and loses, the fund; nothing is written."""

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import text

from casework.lifecycle import commands
from casework.policy_settings.parameter_register import Proposal, propose
from casework.privacy import retention
from casework.shared.reference import touch
from casework.views.parameter_rehearsal import rehearse
from models import Duty, Snapshot, State
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import content_hash
from policies.parameters import Origin
from support.graduate import graduate
from support.portal import Portal
from support.stage import NOON, Stage, applicant, facts, named, officer
from support.walk import Walk, later

TRIED = "/board/rehearse?policy=XZ2023&parameter=P16-rate&value="


@pytest.fixture
def priced(stage: Stage, portal: Portal) -> Portal:
    """Two first stores: one computed, one paid; and a new product that the rate does not touch."""
    walk = Walk(stage)
    walk.to(walk.open("M16", 1, 1), State.COMPUTED)
    walk.to(walk.open("M16", 2, 2), State.CLOSED)
    walk.to(walk.open("M4a", 3, 3), State.COMPUTED)
    return portal


def everything(store: Store) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for what signing in and reading a page write."""
    with store.read() as work:
        tables = [row[0] for row in work.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))]
        own = {"web_session", "sign_in_throttle", "password"}
        return {
            name: [tuple(row) for row in work.execute(text(f'SELECT * FROM "{name}"'))] for name in set(tables) - own
        }


def test_a_higher_rate_shows_who_gains_and_what_the_fund_has_left(priced: Portal) -> None:
    found = rehearse(priced.store, "XZ2023", "P16-rate", "0.5", officer(Duty.PARAMETER_AUTHOR))
    assert [(row.case[-1], row.decided, row.before_fen, row.after_fen) for row in found.cases] == [
        ("1", False, 30_000_00, 50_000_00), ("2", True, 30_000_00, 50_000_00),
    ]  # fmt: skip
    fund = found.funds[0]
    assert (fund.before_fen, fund.after_fen) == (30_000_00, 50_000_00)
    assert fund.left_before_fen - fund.left_after_fen == 20_000_00
    page = priced.as_(officer(Duty.PARAMETER_AUTHOR)).get(TRIED + "50%25")
    assert page.status == 200 and "1件得到更多" in page.words().replace(" ", "")
    assert "50,000.00" in page.words() and "+20,000.00" in page.words()
    assert "同一资金的其他事项不在内" in page.words()


def test_the_value_in_force_changes_nothing_and_a_lower_one_takes(priced: Portal) -> None:
    same = rehearse(priced.store, "XZ2023", "P16-rate", "0.3", officer(Duty.HEAD))
    assert [row.change_fen for row in same.cases] == [0, 0]
    less = rehearse(priced.store, "XZ2023", "P16-rate", "0.1", officer(Duty.HEAD))
    assert [row.change_fen for row in less.cases] == [-20_000_00, -20_000_00]


def test_a_case_that_waits_for_the_parameter_is_priced_as_it_would_be_now(stage: Stage, portal: Portal) -> None:
    with stage.store.write() as work:
        stage.end(work, "P16-rate")
        touch(work)
    walk = Walk(stage)
    walk.to(walk.open("M16", 1, 1), State.CERTIFIED)
    [row] = rehearse(portal.store, "XZ2023", "P16-rate", "0.2", officer(Duty.HEAD)).cases
    assert (row.before_fen, row.after_fen) == (None, 20_000_00) and "P16-rate" in row.before_says
    page = portal.as_(officer(Duty.HEAD)).get(TRIED + "0.2")
    assert "20,000.00" in page.words() and "未设定" in page.words()


def test_rehearsing_writes_nothing(priced: Portal) -> None:
    visitor = priced.as_(officer(Duty.PARAMETER_CONFIRMER))
    before = everything(priced.store)
    for address in (
        TRIED + "0.5",
        TRIED + "nonsense",
        "/board/rehearse.csv?policy=XZ2023&parameter=P16-rate&value=0.5",
    ):
        visitor.get(address)
    assert everything(priced.store) == before


def test_what_cannot_be_tried_is_said_and_what_was_typed_is_kept(priced: Portal) -> None:
    visitor = priced.as_(officer(Duty.HEAD))
    wrong = visitor.get(TRIED + "nonsense")
    assert wrong.status == 422 and wrong.tree.xpath("//input[@name='value']/@value") == ["nonsense"]
    assert wrong.tree.xpath("//div[@role='alert']//a/@href") == ["#f-value"]
    setting = visitor.get("/board/rehearse?policy=XZ2023&parameter=P-notice-days&value=7")
    assert setting.status == 422 and "程序设置" in setting.words()
    assert visitor.get("/board/rehearse?policy=XX2000").status == 404


def test_every_priced_case_is_in_the_table_to_keep(priced: Portal) -> None:
    answer = priced.as_(officer(Duty.AUDITOR)).client.get(TRIED.replace("rehearse?", "rehearse.csv?") + "0.5")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row[4:7] for row in rows[1:]] == [["30000.00", "50000.00", "20000.00"]] * 2


def test_rehearsals_are_for_leaders_and_for_who_sets_parameters(priced: Portal) -> None:
    for person in (officer(Duty.ACCEPTOR), officer(Duty.MAKER), applicant(1)):
        assert priced.as_(person).get(TRIED + "0.5").status == 404
    for duty in (Duty.PARAMETER_AUTHOR, Duty.PARAMETER_CONFIRMER):
        assert "/board/rehearse" in priced.as_(officer(duty)).get("/").links()


def test_a_proposed_value_leads_to_its_rehearsal_before_it_is_confirmed(priced: Portal) -> None:
    new = Proposal(policy="XZ2023", name="P16-rate", value="0.5", citation="算例文号二", origin=Origin.DEMO)
    made = propose(priced.store, officer(Duty.PARAMETER_AUTHOR), new)
    visitor = priced.as_(officer(Duty.PARAMETER_CONFIRMER, 1))
    page = visitor.get(f"/desk/parameters/proposals/{made}")
    [link] = [address for address in page.links() if address.startswith("/board/rehearse?")]
    assert "+20,000.00" in visitor.get(link).words()
    assert "P16-rate = 0.5" in visitor.get("/board/rehearse?policy=XZ2023").words()


def test_an_ended_case_asks_for_no_money_and_one_whose_decision_stands_is_shown(stage: Stage, portal: Portal) -> None:
    walk = Walk(stage)
    computed = walk.to(walk.open("M16", 1, 1), State.COMPUTED)
    walk.to(walk.open("M16", 2, 2), State.COMPUTED)
    walk.to(walk.open("M16", 3, 3), State.CLOSED)
    walk.do(commands.Withdraw, computed, by=walk.applicant(computed), duty=Duty.APPLICANT, reason="算例：不再申报")
    found = rehearse(portal.store, "XZ2023", "P16-rate", "0.5", officer(Duty.HEAD))
    assert [(row.case[-1], row.decided) for row in found.cases] == [("2", False), ("3", True)]
    assert (found.funds[0].before_fen, found.funds[0].after_fen) == (30_000_00, 50_000_00)


def test_facts_certified_anew_are_priced_beside_the_awards_that_stand(stage: Stage, portal: Portal) -> None:
    walk = Walk(stage)
    walk.to(walk.open("M5c", 1, 1), State.CLOSED)  # 100 000 of the 1 000 000 that a brand can get in a season
    second = walk.to(walk.open("M5c", 2, 1), State.COMPUTED)
    anew = canonical_json({**facts("M5c", 2, fen=950_000_00), "brand": facts("M5c", 1)["brand"]})
    with portal.store.write() as work:
        work.add(
            Snapshot, case_id=second.id, version=second.version + 1, kind="facts", content=anew, hash=content_hash(anew),
            made_at=work.now,
        )  # fmt: skip
    rows = {row.case: row for row in rehearse(portal.store, "XZ2023", "P5c-scope", "subject", officer(Duty.HEAD)).cases}
    assert (rows[second.number].before_fen, rows[second.number].after_fen) == (900_000_00, 900_000_00)


def test_what_cannot_be_read_of_somebody_who_is_gone_stops_no_rehearsal(store: Store, tmp_path: Path) -> None:
    someone = graduate(store, tmp_path, **{"P-retention-months": 12})
    someone.case(tmp_path)
    assert len(rehearse(store, "XZ2023", "P2b-times", "4", officer(Duty.HEAD)).cases) == 1
    store.set_clock(later(NOON, 400), frozen=True)
    proposal = retention.propose(store, named("keeper"), someone.party)
    retention.confirm(store, someone.vault, named("second"), proposal)
    assert rehearse(store, "XZ2023", "P2b-times", "4", officer(Duty.HEAD)).cases == ()
