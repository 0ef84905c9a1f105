"""Programmes: filed by the unit in charge, on the plan's own days, closed with their figures and targets or with a reason."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from casework import requests as r
from casework.acting import act
from casework.cases import CaseView
from casework.errors import Refused
from casework.procedure import procedure
from casework.queries import dossier
from casework.reference import policy_of, reference, touch
from casework.registers import rates
from casework.registers.desk import SYSTEM
from casework.sheets import figures
from casework.steps import compute
from casework.wholes import entries
from models import (
    Case,
    Duty,
    Evidence,
    IndicatorValue,
    JointOpinion,
    Message,
    Milestone,
    Party,
    Person,
    State,
    Unit,
)  # fmt: skip
from models.clock import end_of
from models.parties import PartyKind
from models.store import Store
from models.verify import verify
from models.work import Work
from policies import get
from policies.forms import document_key
from policies.money import Money
from support.stage import BEFORE, CLOSES, LEAD, MARKET, TOWN, Stage, named, officer
from support.walk import Walk

S, D = State, Duty
PLAN = {"name": "算例计划", "starts": "2023-07-01", "ends": "2024-06-30", "summary": "算例"}
FAIRS = [{"title": f"算例展销会{n}", "kind": "fair", "held_on": f"2023-10-0{n}"} for n in range(1, 5)]
CERTIFIED = {"name": "算例计划", "on_task": True, "accountable": True}
CLAIMS: dict[str, dict[str, Any]] = {
    "M12": {**PLAN, "events": FAIRS},
    "M20": {**PLAN, "banks": ["算例甲行", "算例乙行"]},
    "M17": {**PLAN, "season_events": 1},
    "S2": {**PLAN, "town": TOWN, "industries": ["毛衫"]},
}
FACTS: dict[str, dict[str, Any]] = {
    "M12": {**CERTIFIED, "events": FAIRS},
    "M20": {**CERTIFIED, "banks": ["算例甲行", "算例乙行"], "manufacturing_only": True, "monthly": True},
    "M17": {**CERTIFIED, "season_events": 1},
    "S2": {**CERTIFIED, "town": TOWN, "industries": ["毛衫"], "traditional": True, "detailed_plan": True},
}
UNITS = {"M12": LEAD, "M17": LEAD, "M20": "区金融办", "S2": TOWN}


@pytest.fixture
def walk(make_store: Callable[..., Store]) -> Walk:
    return Walk(Stage(make_store()).furnish(firms=1))


def file(walk: Walk, item: str, number: int = 1, *, unit: str = "", claim: dict[str, Any] | None = None) -> UUID:
    """A plan of a unit, filed."""
    party, case = named(f"unit-{number}"), named(f"case-{number}")
    measure = item.rstrip("abcd")
    with walk.stage.store.write() as work:
        work.add(
            Party, id=party, kind=PartyKind.UNIT, name=unit or UNITS[item], code=f"U{number}", town=TOWN,
            created_at=BEFORE, demo=True,
        )  # fmt: skip
        walk.stage.person(work, f"planner-{number}", firm=None)
        work.flush()
        work.execute(update(Person).where(col(Person.id) == named(f"planner-{number}")).values(party_id=party))
        work.add(
            Case, id=case, number=f"XZ2023-{measure}-{number:06d}", policy="XZ2023", measure=measure, item=item,
            party_id=party, state="draft", next_duty=D.APPLICANT, next_due=CLOSES, opened_at=work.now,
            changed_at=work.now,
        )  # fmt: skip
        work.add(
            Evidence, case_id=case, slot="plan", name="plan.pdf", sha256="a" * 64, size=1, media_type="application/pdf",
            added_at=work.now,
        )  # fmt: skip
    act(walk.stage.store, r.File(case=case, by=planner(number), act_id=walk.act_id(), claim=claim or CLAIMS[item]))
    return case


def hold(walk: Walk, work: Work, duty: Duty, unit: str) -> None:
    """One more unit with its officer."""
    work.add(Unit, name=unit, kind="bureau")
    work.flush()
    walk.stage.grant(work, f"{duty}-0", duty, unit)
    touch(work)


def planner(number: int) -> UUID:
    return named(f"planner-{number}")


def begin(walk: Walk, item: str, number: int = 1, *, facts: dict[str, Any] | None = None, **more: Any) -> CaseView:
    """A plan filed, certified, seen by the joint units and begun."""
    case = walk.stage.case(file(walk, item, number, **more))
    walk.do(r.Certify, case, facts=facts or FACTS[item])
    case = walk.stage.case(case.id)
    while case.state == S.UNDER_JOINT_REVIEW:
        walk.do(r.Opine, case)
        case = walk.stage.case(case.id)
    outcome = compute.compute(walk.stage.store)
    assert not outcome.failed, outcome.failed
    return walk.stage.case(case.id)


def report(walk: Walk, case: CaseView, number: int = 1, **figures: str) -> CaseView:
    """Reports every open milestone, the figures with the first."""
    said: dict[str, str] = {name.replace("__", "@").replace("_", "-"): value for name, value in figures.items()}
    with walk.stage.store.read() as work:
        positions = [
            row.position
            for row in work.execute(select(Milestone.__table__).where(col(Milestone.case_id) == case.id))  # type: ignore[attr-defined]
            if row.state in ("planned", "in_progress")
        ]
    for position in sorted(positions):
        case = walk.stage.case(case.id)
        walk.do(r.Report, case, by=planner(number), milestone=position, text="算例进展", indicators=said)
        said = {}
    return walk.stage.case(case.id)


def refused(code: str, attempt: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as no:
        attempt()
    assert no.value.code == code, no.value.zh
    return no.value


# Who files


@pytest.mark.parametrize(("item", "unit"), [("M12", MARKET), ("M20", LEAD), ("S2", LEAD), ("M17", TOWN)])
def test_a_plan_is_filed_by_the_unit_in_charge_only(walk: Walk, item: str, unit: str) -> None:
    claim = {**CLAIMS[item], **({"town": unit} if item == "S2" else {})}
    no = refused("not_in_charge", lambda: file(walk, item, unit=unit, claim=claim))
    assert unit in no.zh


def test_a_town_files_no_other_towns_plan(walk: Walk) -> None:
    refused("not_in_charge", lambda: file(walk, "S2", claim={**CLAIMS["S2"], "town": "另一算例镇"}))
    file(walk, "S2", 2)


@pytest.mark.parametrize(
    ("starts", "ends", "passes"),
    [
        ("2023-01-01", "2023-06-30", False),
        ("2023-01-01", "2023-07-01", True),
        ("2024-06-30", "2025-01-01", True),
        ("2024-07-01", "2025-01-01", False),
    ],
)
def test_a_plan_reaches_into_the_policys_time(walk: Walk, starts: str, ends: str, passes: bool) -> None:
    claim = {**CLAIMS["M12"], "starts": starts, "ends": ends}
    if passes:
        file(walk, "M12", claim=claim)
    else:
        refused("plan_dates", lambda: file(walk, "M12", claim=claim))


# What happens to a plan


def test_the_joint_units_of_a_programme_give_their_opinion(walk: Walk) -> None:
    with walk.stage.store.write() as work:
        hold(walk, work, D.JOINT_REVIEWER, "区文旅局")
    case = walk.stage.case(file(walk, "M17"))
    walk.do(r.Certify, case, facts=FACTS["M17"])
    case = walk.stage.case(case.id)
    assert (case.state, case.next_duty) == (S.UNDER_JOINT_REVIEW, D.JOINT_REVIEWER)
    with walk.stage.store.read() as work:
        assert list(work.execute(select(col(JointOpinion.unit))).scalars()) == ["区文旅局"]
    walk.do(r.Opine, case)
    compute.compute(walk.stage.store)
    assert walk.stage.case(case.id).state == S.IN_PROGRESS


@pytest.mark.parametrize("by", ["rule", "refuse", "return"])
def test_a_plan_that_does_not_do_goes_back_and_comes_again_without_a_court_in_its_letter(walk: Walk, by: str) -> None:
    case = walk.stage.case(file(walk, "M12"))
    if by == "rule":
        walk.do(r.Certify, case, facts={**FACTS["M12"], "on_task": False})
        compute.compute(walk.stage.store)
    elif by == "refuse":
        walk.do(r.Refuse, case, reason="算例：内容不符")
    else:
        walk.do(r.ReturnForCorrection, case, missing=("算例：写明责任人",))
    back = walk.stage.case(case.id)
    assert (back.state, back.next_duty, back.corrections) == (S.IN_CORRECTION, D.APPLICANT, 1)
    with walk.stage.store.read() as work:
        kinds = set(work.execute(select(col(Message.kind)).where(col(Message.case_id) == case.id)).scalars())
    assert "returned" in kinds and "refused" not in kinds
    walk.do(r.File, back, by=planner(1), claim=CLAIMS["M12"])
    again = walk.stage.case(case.id)
    assert (again.state, again.next_duty) == (S.PLANNED, D.CERTIFIER)
    walk.do(r.Certify, again, facts=FACTS["M12"])
    compute.compute(walk.stage.store)
    assert walk.stage.case(case.id).state == S.IN_PROGRESS
    assert verify(walk.stage.store).ok


def test_the_plans_own_days_carry_its_milestones(walk: Walk) -> None:
    case = begin(walk, "M12", claim={**CLAIMS["M12"], "starts": "2023-09-15", "ends": "2024-01-31"})
    with walk.stage.store.read() as work:
        days = list(work.execute(select(col(Milestone.due_on)).order_by(col(Milestone.position))).scalars())
    assert days == ["2023-11-30", "2024-01-31", "2024-01-31", "2024-01-31"]
    assert case.next_due == end_of(date(2023, 11, 30))
    walk.do(r.Report, case, by=planner(1), milestone=1, text="算例进展")
    assert walk.stage.case(case.id).next_due == end_of(date(2024, 1, 31)), "the next milestone's day"


# Figures


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        ("M20-long", "about"),
        ("M20-long@算例丙行", "about"),
        ("M20-long@算例甲行@2023-13", "period"),
        ("M20-long@算例甲行@2023-10", "period"),
        ("M20-long@算例甲行@八月", "period"),
        ("M20-nothing@算例甲行", "indicator"),
        ("M20-long@算例甲行@2023-07@x", "indicator"),
    ],
)
def test_a_figure_says_whose_it_is_and_for_when(walk: Walk, figure: str, code: str) -> None:
    case = begin(walk, "M20")
    refused(code, lambda: walk.do(r.Report, case, by=planner(1), milestone=1, text="算例", indicators={figure: "1"}))


def test_many_months_of_many_banks_are_kept_apart_and_corrected_by_later_rows(walk: Walk) -> None:
    case = begin(walk, "M20")
    figures = {
        f"M20-long@{bank}@2023-{month:02d}": f"{month}{n}.50"
        for n, bank in enumerate(("算例甲行", "算例乙行"))
        for month in (7, 8, 9)
    }
    walk.do(r.Report, case, by=planner(1), milestone=1, text="算例", indicators=figures)
    case = walk.stage.case(case.id)
    walk.do(r.Report, case, by=planner(1), milestone=2, text="更正", indicators={"M20-long@算例甲行@2023-07": "99"})
    with walk.stage.store.read() as work:
        rows = work.execute(select(IndicatorValue.__table__).order_by(col(IndicatorValue.sequence))).all()  # type: ignore[attr-defined]
    assert len(rows) == 7
    latest = {(row.about, row.period): row.value for row in rows}
    assert latest["算例甲行", "2023-07"] == "99" and latest["算例乙行", "2023-07"] == "71.50"
    assert latest["算例甲行", "2023-09"] == "90.50"


def test_a_register_of_its_own_is_not_reported_by_hand(walk: Walk) -> None:
    with walk.stage.store.write() as work:
        hold(walk, work, D.CERTIFIER, "区发改局")
    claim = {**PLAN, "items": [{"title": "算例事项", "access": "on_application"}]}
    case = begin(walk, "M19", unit=MARKET, claim=claim, facts={**CERTIFIED, "complete": True})
    refused(
        "indicator",
        lambda: walk.do(r.Report, case, by=planner(1), milestone=1, text="算例", indicators={"M19-all@区经商局": "80"}),
    )


# Closing


def test_reports_without_figures_do_not_close_a_programme_unless_somebody_says_why(walk: Walk) -> None:
    case = report(walk, begin(walk, "M12"))
    assert case.state == S.REPORTED
    no = refused("shortfall", lambda: walk.do(r.Review, case))
    assert "没有数据" in no.zh
    walk.do(r.Review, case, reason="算例：活动取消，数据为零")
    shown = dossier(walk.stage.store, case.number).history[-1]
    assert (shown.outcome, shown.reason) == ("satisfied_in_spite", "算例：活动取消，数据为零")
    assert any("没有数据" in one for one in shown.content["short"])
    assert verify(walk.stage.store).ok


@pytest.mark.parametrize(("mine", "others", "closes"), [("2", None, False), ("2", "1", True), ("3", None, True)])
def test_the_target_of_three_fairs_is_judged_over_all_plans(
    walk: Walk, mine: str, others: str | None, closes: bool
) -> None:
    figures = {"M12_events": "4", "M12_firms": "30"}
    if others:
        report(walk, begin(walk, "M12", 2), 2, M12_fairs=others, **figures)
    case = report(walk, begin(walk, "M12"), M12_fairs=mine, **figures)
    if closes:
        walk.do(r.Review, case)
        assert walk.stage.case(case.id).state == S.REVIEWED
    else:
        assert "合计 2，目标 ≥ 3" in refused("shortfall", lambda: walk.do(r.Review, case)).zh


def test_every_bank_of_the_plan_has_reported_before_it_closes(walk: Walk) -> None:
    indicators = ("long", "long_share", "unsecured", "unsecured_share", "rate", "fees")
    one_bank = {f"M20_{name}__算例甲行": "1" for name in indicators} | {"M20_guarantees__算例担保": "1"}
    case = report(walk, begin(walk, "M20"), **one_bank)
    assert "算例乙行" in refused("shortfall", lambda: walk.do(r.Review, case)).zh


@pytest.mark.tampers
@pytest.mark.parametrize(("fairs", "found"), [("2", True), ("3", False)])
def test_a_programme_closed_below_its_target_without_a_reason_is_found(
    walk: Walk, monkeypatch: pytest.MonkeyPatch, fairs: str, found: bool
) -> None:
    case = report(walk, begin(walk, "M12"), M12_fairs=fairs, M12_events="3", M12_firms="1")
    monkeypatch.setattr("casework.handlers.fulfil.shortfalls", lambda *_: [])
    walk.do(r.Review, case)
    bad = {one.id: one.bad for one in verify(walk.stage.store).bad}
    assert ("I20-programmes" in bad) is found
    assert not found or case.number in str(bad["I20-programmes"])


# Over the whole, by the records


def test_a_towns_third_industry_is_seen_in_its_other_plan(walk: Walk) -> None:
    begin(walk, "S2", 1, facts={**FACTS["S2"], "industries": ["毛衫", "家居"]})
    case = begin(
        walk, "S2", 2, claim={**CLAIMS["S2"], "industries": ["服装"]}, facts={**FACTS["S2"], "industries": ["服装"]}
    )
    assert case.state == S.IN_CORRECTION
    same = begin(walk, "S2", 3, facts={**FACTS["S2"], "industries": ["家居"]})
    assert same.state == S.IN_PROGRESS
    assert verify(walk.stage.store).ok


def test_the_trace_names_the_papers_that_the_facts_rest_on(walk: Walk) -> None:
    case = walk.open("M16", 9)
    walk.to(case, S.COMPUTED)
    lines = dossier(walk.stage.store, "XZ2023-M16-000009").awards[-1].trace["lines"]
    price = next(line for line in lines if line["step"] == "price")
    named_ = [paper for one in price["inputs"] for paper in one["evidence"]]
    assert {paper.split(":")[0] for paper in named_} == {
        "lease", "first_store", "contract", "invoices", "bank_slips", "photos",
    }  # fmt: skip
    assert verify(walk.stage.store).ok


def test_a_second_officer_reviews(walk: Walk) -> None:
    case = report(walk, begin(walk, "M12"), M12_fairs="3", M12_events="3", M12_firms="1")
    with pytest.raises(Refused):
        act(walk.stage.store, r.Review(case=case.id, by=planner(1), act_id=walk.act_id(), seen=case.version))
    walk.do(r.Review, case, by=officer(D.CERTIFIER, 0))


# Beside programmes: what the records say


def test_a_military_standard_needs_no_upload_and_takes_none(walk: Walk) -> None:
    from casework.checks import CaseFacts, results
    from casework.evidence import checked_slot

    item = get("XZ2023").item("M7")
    for level, words in (("military", "线下核验"), ("national", "缺少材料")):
        facts = CaseFacts(
            item=item, kind="enterprise", code="", town=None, sector="", account=None, claim={"level": level}
        )
        found = {one.id: one.text for one in results(facts) if one.id.startswith("paper:")}
        assert set(found) == {"paper:standard", "paper:drafting_units", "paper:statement"}
        assert all(words in said for said in found.values()), found
    with pytest.raises(Refused, match="不得上传"):
        checked_slot(item, "standard", {"level": "military"})
    assert checked_slot(item, "standard", {"level": "national"}) == "standard"


def test_a_recommendation_is_delivered_with_its_result(walk: Walk) -> None:
    from casework.handlers.fulfil import _check_result

    class Desk:
        def __init__(self, item: str, result: str) -> None:
            self.act = r.Deliver(case=named("x"), by=named("y"), act_id=named("z"), document="算例", result=result)
            self.way = type("Way", (), {"item": get("XZ2023").item(item)})

    for item, result in (("M2a", ""), ("M2a", "perhaps"), ("M9", "selected")):
        refused("result", lambda item=item, result=result: _check_result(Desk(item, result)))  # type: ignore[misc]
    for item, result in (("M2a", "selected"), ("M2a", "not_selected"), ("M9", "")):
        _check_result(Desk(item, result))  # type: ignore[arg-type]


def test_an_association_that_applies_for_the_stand_grant_judges_nobodys(walk: Walk) -> None:
    from casework.acting import _admit  # noqa: F401  # the guard runs in every act

    association = named("association")
    with walk.stage.store.write() as work:
        for number, (name, party) in enumerate((("算例毛衫协会", association), ("算例家居协会", named("other"))), 1):
            work.add(
                Party, id=party, kind=PartyKind.ASSOCIATION, name=name, code=f"A{number}", created_at=BEFORE, demo=True
            )
            work.add(
                Case, id=named(f"stand-{number}"), number=f"XZ2023-M14-{number:06d}", policy="XZ2023", measure="M14",
                item="M14b", party_id=party, state="draft", next_duty=D.APPLICANT, next_due=CLOSES, opened_at=work.now,
                changed_at=work.now,
            )  # fmt: skip
        walk.stage.person(work, "judge", D.ACCEPTOR)
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
    from casework.steps import submit

    submit.submit(walk.stage.store)
    case = walk.stage.case(named("stand-2"))
    refused("association_conflict", lambda: walk.do(r.Accept, case, by=named("judge")))
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
    assert figures.read(good) == {"M20-long@算例甲行@2023-07": "12.5", "M12-fairs@@2023-08": "3"}
    for bad in (
        "M20-long,算例甲行,2023-07,一\n",
        "M20-long,算例甲行,,1\n",
        "M20-long,甲,2023-07,1\nM20-long,甲,2023-07,2\n",
    ):
        good.write_text("指标,对象,期间,数值\n" + bad, encoding="utf-8")
        with pytest.raises(Refused):
            figures.read(good)


@pytest.mark.parametrize("listed", [True, False])
def test_the_directory_of_key_fairs_feeds_the_stand_grant(walk: Walk, listed: bool) -> None:
    entry = walk.open("M14a", 1)
    walk.to(entry, S.CLOSED if listed else S.COMPUTED)
    with walk.stage.store.read() as work:
        way = procedure(reference(walk.stage.store, work), policy_of("XZ2023"), "M14b", work.today)
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
        way = procedure(reference(walk.stage.store, work), policy_of("XZ2023"), "M4a", work.today)
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
        new = rates.NewFigure(
            unit=MARKET, period="2023-09", promised=Money.yuan("100"), paid=Money.yuan(paid), promised_cases=None,
            paid_cases=None, source="算例报表",
        )  # fmt: skip
        rates.add(walk.stage.store, SYSTEM, get("XZ2023"), new)
    if closes:
        walk.do(r.Review, case)
        assert walk.stage.case(case.id).state == S.REVIEWED
    else:
        assert "兑付率" in refused("shortfall", lambda: walk.do(r.Review, case)).zh
