"""Beside programmes: what the records say of papers, conflicts, figures, directories and ways of being reached."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from casework.command_handler import act
from casework.lifecycle import commands as r
from casework.lifecycle.facts_from_records import entries
from casework.lifecycle.procedure import procedure_on
from casework.programmes import figure_workbook, reported_payouts
from casework.shared.errors import Refused
from casework.shared.reference import policy_of, reference, touch
from casework.views.inbox import whole_inbox
from models import (
    Delegation,
    Party,
    Person,
)  # fmt: skip
from models.clock import end_of
from models.parties import PartyKind
from models.store import Store
from models.verify import verify
from policies import get
from policies.forms import document_key
from policies.money import Money
from support.programme_plans import CERTIFIED, PLAN, D, S, begin, hold, refused, report
from support.stage import BEFORE, CLOSES, MARKET, UNITS, Stage, add_draft, named, officer
from support.walk import Walk


@pytest.fixture
def walk(make_store: Callable[..., Store]) -> Walk:
    return Walk(Stage(make_store()).furnish(firms=1))


def test_a_military_standard_needs_no_upload_and_takes_none(walk: Walk) -> None:
    from casework.applications.evidence_vault import checked_slot
    from casework.conditions.condition_checks import CaseFacts, results

    item = get("XZ2023").item("M7")
    for level, words in (("military", "线下核验"), ("national", "缺少材料")):
        facts = CaseFacts(
            item=item, kind="enterprise", code="", town=None, sector="", account=None, claim={"level": level}
        )
        found = {result.id: result.text for result in results(facts) if result.id.startswith("paper:")}
        assert set(found) == {"paper:standard", "paper:drafting_units", "paper:statement"}
        assert all(words in said for said in found.values()), found
    with pytest.raises(Refused, match="不得上传"):
        checked_slot(item, "standard", {"level": "military"})
    assert checked_slot(item, "standard", {"level": "national"}) == "standard"


def test_a_recommendation_is_delivered_with_its_result(walk: Walk) -> None:
    from casework.programmes.fulfilment import _check_result

    class Desk:
        def __init__(self, item: str, result: str) -> None:
            self.act = r.Deliver(case=named("x"), by=named("y"), act_id=named("z"), document="算例", result=result)
            self.procedure = type("Procedure", (), {"item": get("XZ2023").item(item)})

    for item, result in (("M2a", ""), ("M2a", "perhaps"), ("M9", "selected")):
        refused("result", lambda item=item, result=result: _check_result(Desk(item, result)))  # type: ignore[misc]
    for item, result in (("M2a", "selected"), ("M2a", "not_selected"), ("M9", "")):
        _check_result(Desk(item, result))  # type: ignore[arg-type]


def test_an_association_that_applies_for_the_stand_grant_judges_nobodys(walk: Walk) -> None:
    from casework.command_handler import _admit  # noqa: F401  # the guard runs in every act

    association = named("association")
    with walk.stage.store.write() as work:
        for number, (name, party) in enumerate((("算例毛衫协会", association), ("算例家居协会", named("other"))), 1):
            work.add(
                Party, id=party, kind=PartyKind.ASSOCIATION, name=name, code=f"A{number}", created_at=BEFORE, demo=True
            )
            add_draft(work, named(f"stand-{number}"), "M14b", number, party=party)
        walk.stage.person(work, "judge", D.ACCEPTOR)
        walk.stage.person(work, "judge under another account", D.ACCEPTOR, key="judge")
        walk.stage.person(work, "judge's deputy")
        for unit in UNITS:
            work.add(
                Delegation, from_person=named("judge"), to_person=named("judge's deputy"), duty=D.ACCEPTOR, unit=unit,
                reason="算例", valid_from=BEFORE, valid_to=CLOSES,
            )  # fmt: skip
        walk.stage.person(work, "for-1")
        walk.stage.person(work, "for-2")
        work.flush()
        for login, party in (("for-1", association), ("for-2", named("other")), ("judge", association)):
            work.execute(update(Person).where(col(Person.id) == named(login)).values(party_id=party))
        touch(work)
    stated = {
        "fair": "canton_fair", "opened_on": "2023-08-15", "exhibitors": 3, "members": ["甲", "乙", "丙"],
        "cost_lines": [{"document": "发票 00000001", "claimed": "1000.00"}],
    }  # fmt: skip
    for number in (1, 2):
        act(
            walk.stage.store,
            r.File(case=named(f"stand-{number}"), by=named(f"for-{number}"), act_id=walk.act_id(), claim=stated),
        )
    from casework.applications import automatic_checks

    automatic_checks.submit(walk.stage.store)
    case = walk.stage.case(named("stand-2"))
    for judge in ("judge", "judge under another account", "judge's deputy"):
        refused("association_conflict", lambda: walk.do(r.Accept, case, by=named(judge)))  # noqa: B023
        seen = whole_inbox(walk.stage.store, named(judge))
        assert seen.tasks == (), "what the guard refuses is not offered"
        (kept,) = [barred for barred in seen.barred if case.number in barred.cases]
        assert "申请或享受本项补助" in kept.zh and "可由 " in kept.zh and "it can be done by " in kept.en
        assert not [name for name in ("judge", "judge's deputy") if name in kept.zh.partition("可由 ")[2]], kept.zh
    with walk.stage.store.write() as work:
        walk.stage.value(work, "P-association-conflict", False)
        touch(work)
    try:
        walk.do(r.Accept, case, by=named("judge"))
    except Refused as no:
        assert no.code != "association_conflict"


def test_a_sheet_of_figures_is_read_line_by_line_and_any_fault_refuses_it_all(tmp_path: Path) -> None:
    good = tmp_path / "f.csv"
    good.write_text("指标,对象,期间,数值\nM20-long,算例甲行,2023-07,12.5\nM12-fairs,,2023-08,3\n", encoding="utf-8")
    assert figure_workbook.read(good) == {"M20-long@算例甲行@2023-07": "12.5", "M12-fairs@@2023-08": "3"}
    for bad in (
        "M20-long,算例甲行,2023-07,一\n",
        "M20-long,算例甲行,,1\n",
        "M20-long,甲,2023-07,1\nM20-long,甲,2023-07,2\n",
    ):
        good.write_text("指标,对象,期间,数值\n" + bad, encoding="utf-8")
        with pytest.raises(Refused):
            figure_workbook.read(good)


@pytest.mark.parametrize("listed", [True, False])
def test_the_directory_of_key_fairs_feeds_the_stand_grant(walk: Walk, listed: bool) -> None:
    entry = walk.open("M14a", 1)
    walk.to(entry, S.CLOSED if listed else S.COMPUTED)
    with walk.stage.store.read() as work:
        way = procedure_on(reference(walk.stage.store, work), policy_of("XZ2023"), "M14b", work.today)
        found = entries(work, way, "M14a")
    assert found == ({document_key("算例面料展1")} if listed else set())


@pytest.mark.parametrize(
    ("named_", "wanted"),
    [
        ({}, "within_time_limit"),
        ({"M4a": "on_application"}, "on_application"),
        ({"M1": "on_application"}, "within_time_limit"),
    ],
)
def test_how_an_item_is_reached_is_a_setting(walk: Walk, named_: dict[str, str], wanted: str) -> None:
    if named_:
        with walk.stage.store.write() as work:
            walk.stage.value(work, "P-access", named_)
            touch(work)
    with walk.stage.store.read() as work:
        way = procedure_on(reference(walk.stage.store, work), policy_of("XZ2023"), "M4a", work.today)
        assert way.access == wanted
        assert way.decided_by_rule is way.accepted_by_rule is (wanted == "on_application")


def test_an_unknown_way_of_being_reached_is_refused() -> None:
    with pytest.raises(ValueError, match="P-access"):
        get("XZ2023").setting("P-access").parse({"M4a": "at_once"})


@pytest.mark.parametrize(("paid", "closes"), [("99.99", False), ("100", True), (None, False)])
def test_the_payout_rates_target_is_judged_by_its_own_register(walk: Walk, paid: str | None, closes: bool) -> None:
    with walk.stage.store.write() as work:
        hold(walk, work, D.CERTIFIER, "区发改局")
    claim = {**PLAN, "items": [{"title": "算例事项", "access": "on_application"}]}
    case = begin(walk, "M19", unit=MARKET, claim=claim, facts={**CERTIFIED, "complete": True})
    case = report(walk, case)
    walk.stage.store.set_clock(end_of(date(2023, 10, 9)), frozen=True)
    if paid is not None:
        new = reported_payouts.NewFigure(
            unit=MARKET, period="2023-09", promised=Money.yuan("100"), paid=Money.yuan(paid), promised_cases=None,
            paid_cases=None, source="算例报表",
        )  # fmt: skip
        reported_payouts.add(walk.stage.store, officer(D.FUND_OFFICER), get("XZ2023"), new)
    if closes:
        walk.do(r.Review, case)
        assert walk.stage.case(case.id).state == S.REVIEWED
    else:
        assert "兑付率" in refused("shortfall", lambda: walk.do(r.Review, case)).zh


@pytest.mark.tampers
@pytest.mark.parametrize(
    ("paid", "day", "found"),
    [
        ("99.99", date(2023, 10, 9), "99.99%"),
        ("100", date(2023, 10, 9), ""),
        ("99.99", date(2023, 9, 29), ""),  # the target's day was not over
        (None, date(2023, 9, 29), "没有兑付数据"),
    ],
)
def test_verify_finds_a_payout_programme_that_was_closed_silently_below_its_target(
    walk: Walk, monkeypatch: pytest.MonkeyPatch, paid: str | None, day: date, found: str
) -> None:
    store, by = walk.stage.store, officer(D.FUND_OFFICER)
    with store.write() as work:
        hold(walk, work, D.CERTIFIER, "区发改局")
    claim = {**PLAN, "items": [{"title": "算例事项", "access": "on_application"}]}
    case = report(walk, begin(walk, "M19", unit=MARKET, claim=claim, facts={**CERTIFIED, "complete": True}))
    store.set_clock(end_of(day), frozen=True)
    figure = {"unit": MARKET, "period": "2023-09", "promised": Money.yuan("100"), "source": "算例报表"}
    if paid is not None:
        reported_payouts.add(store, by, get("XZ2023"), reported_payouts.NewFigure(**figure, paid=Money.yuan(paid)))
    if found:
        assert "兑付" in refused("shortfall", lambda: walk.do(r.Review, case)).zh
    monkeypatch.setattr("casework.programmes.fulfilment.shortfalls", lambda *_: [])
    walk.do(r.Review, case)
    store.set_clock(end_of(day) + timedelta(days=1), frozen=True)
    corrected = reported_payouts.NewFigure(**figure, paid=Money.yuan("1"))  # afterwards, which is no breach
    reported_payouts.add(store, by, get("XZ2023"), corrected)
    bad = {invariant.id: str(invariant.bad) for invariant in verify(store).bad}
    assert ("I20-programmes" in bad, found in bad.get("I20-programmes", "")) == (bool(found), True)


def test_payout_figures_count_in_the_order_of_their_entry_whatever_the_clock_says(walk: Walk) -> None:
    store, by = walk.stage.store, officer(D.FUND_OFFICER)
    with store.write() as work:
        hold(walk, work, D.CERTIFIER, "区发改局")
    claim = {**PLAN, "items": [{"title": "算例事项", "access": "on_application"}]}
    case = report(walk, begin(walk, "M19", unit=MARKET, claim=claim, facts={**CERTIFIED, "complete": True}))
    moment = end_of(date(2023, 10, 9))
    figure = {"unit": MARKET, "period": "2023-09", "promised": Money.yuan("100"), "source": "算例报表"}
    for hours, paid in (
        (5, "100"),
        (1, "1"),
    ):  # the clock is put right after the first, and once more after the closing
        store.set_clock(moment + timedelta(hours=hours), frozen=True)
        reported_payouts.add(store, by, get("XZ2023"), reported_payouts.NewFigure(**figure, paid=Money.yuan(paid)))
        if paid == "100":
            store.set_clock(moment + timedelta(hours=3), frozen=True)
            walk.do(r.Review, case)
    assert walk.stage.case(case.id).state == S.REVIEWED and verify(store).ok
