"""Money that comes back to a fund by whatever act wakes the cases that wait for it; nobody has to add any."""

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

import policies
from casework.awards import computation
from casework.calendar_jobs.deadline_watch import watch_deadlines
from casework.calendar_jobs.job_registry import job
from casework.calendar_jobs.new_year_funds import new_budget
from casework.command_handler import act_list
from casework.funds import budget_register
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.errors import Problem
from casework.shared.reference import touch
from models import Duty, State
from models.store import Store
from policies.benefits import KeyKind
from policies.money import Money
from policies.parameters import Origin
from policies.workdays import CHINA
from support.calendar_jobs import at
from support.comparing import CITY, enter, listed, received, say
from support.office_cast import two_versions
from support.stage import LEAD, MARKET, NOON, Stage, named, officer, payable
from support.walk import Walk, answer, export_batch, order_of

ONE = 200_000_00  # fen of a municipal first set
SMALL = payable("M16")
S, D = State, Duty
WHY = "算例理由"


def waits_behind(
    store: Store, state: State, duty: Duty | None = None, item: str = "M16"
) -> tuple[Walk, CaseView, UUID]:
    """A case that holds all the money of its fund, in a state; and another, filed later, that waits for some."""
    walk = Walk(Stage(store).furnish(budget=ONE))
    holder = walk.to(walk.open("M4a", 1), state, duty)
    with store.read() as work:
        filed = work.now + timedelta(hours=1)
    store.set_clock(filed, frozen=True)
    later = walk.open(item, 2, firm=1)
    walk.to(later, S.CERTIFIED)
    computation.compute(store, cases=[later])
    assert walk.stage.case(later).next_duty == D.FUND_OFFICER
    return walk, walk.stage.case(holder.id), later


def woken(walk: Walk, case: UUID) -> bool:
    """Whether the case is the system's to move, at once, in its place in the queue."""
    found = walk.stage.case(case)
    with walk.stage.store.read() as work:
        now = work.now
    return (
        found.next_duty == D.SYSTEM and found.next_due is not None and found.next_due <= now and found.next_unit == LEAD
    )


def twice(walk: Walk, case: UUID, kind: type[r.Act]) -> None:
    for which in (0, 1):
        walk.do(kind, walk.stage.case(case), duty=D.HEAD, by=officer(D.HEAD, which), reason=WHY)


def withdrawn(walk: Walk, case: CaseView) -> None:
    walk.do(r.Withdraw, case, duty=D.APPLICANT)


def refused(walk: Walk, case: CaseView) -> None:
    walk.do(r.Refuse, case, reason=WHY)


def lowered(walk: Walk, case: CaseView) -> None:
    walk.do(r.Decide, case, amount_fen=ONE - SMALL, reason=WHY)


def upheld(walk: Walk, case: CaseView) -> None:
    walk.do(r.Object, case, duty=D.CLERK, reason=WHY)
    walk.do(r.AnswerObjection, walk.stage.case(case.id), upheld=True, reason=WHY)


def the_same(walk: Walk, case: CaseView) -> None:
    """A benefit comes to light that turns out to be the same: the case is priced anew beside it."""
    enter(walk, received(KeyKind.ENTERPRISE, "算例企业0"))
    assert say(walk, case, True, listed(walk, case)[0].sequence).amount_fen == ONE - CITY


def bank(outcome: str) -> Callable[[Walk, CaseView], None]:
    """The bank sends the payment back, and the applicant wants it no more."""

    def go(walk: Walk, case: CaseView) -> None:
        store = walk.stage.store
        if case.state == S.ORDERED:
            export_batch(store, case, officer(D.RELEASER))
        answer(store, order_of(store, case.id), outcome, by=officer(D.RECONCILER), act_id=uuid4())
        withdrawn(walk, walk.stage.case(case.id))

    return go


WAYS: dict[str, tuple[State, Duty | None, Callable[[Walk, CaseView], None]]] = {
    "withdrawn when computed": (S.COMPUTED, None, withdrawn),
    "withdrawn when decided": (S.DECIDED, None, withdrawn),
    "withdrawn on notice": (S.ON_NOTICE, None, withdrawn),
    "withdrawn while an order waits": (S.PAYABLE, D.CHECKER, withdrawn),
    "refused": (S.COMPUTED, D.DECIDER, refused),
    "decided lower": (S.COMPUTED, D.DECIDER, lowered),
    "an objection is upheld": (S.ON_NOTICE, None, upheld),
    "the same benefit": (S.DECIDED, None, the_same),
    "payment failed, then withdrawn": (S.ORDERED, None, bank("failed")),
    "payment returned, then withdrawn": (S.PAID, None, bank("returned")),
}


@pytest.mark.parametrize("way", WAYS)
def test_money_that_comes_back_goes_to_who_waits_for_it(store: Store, way: str) -> None:
    state, duty, does = WAYS[way]
    walk, holder, later = waits_behind(store, state, duty)
    does(walk, holder)
    assert woken(walk, later), "nobody has to do anything for it"
    computation.compute(store)
    assert (walk.stage.case(later).state, walk.stage.case(later).amount_fen) == (S.COMPUTED, SMALL)


def test_a_decision_that_leaves_nothing_over_wakes_nobody(store: Store) -> None:
    walk, holder, later = waits_behind(store, S.COMPUTED, D.DECIDER)
    walk.do(r.Decide, holder)
    assert walk.stage.case(later).next_duty == D.FUND_OFFICER


def test_money_of_another_unit_or_of_last_year_wakes_nobody(store: Store) -> None:
    walk, holder, later = waits_behind(store, S.COMPUTED, D.DECIDER)
    other = walk.to(walk.open("M5c", 3, firm=2), S.COMPUTED)
    withdrawn(walk, other)
    assert walk.stage.case(later).next_duty == D.FUND_OFFICER, f"it waits for {LEAD}, not for {MARKET}"
    store.set_clock(at("2024-01-02", "12:00:00"), frozen=True)
    budget_register.cut(store, officer(D.FUND_OFFICER), unit=LEAD, year=2024, amount=Money(ONE), document="算例收回")
    withdrawn(walk, walk.stage.case(holder.id))
    assert walk.stage.case(later).next_duty == D.FUND_OFFICER, "nobody may draw on last year's budget"


def test_who_was_filed_first_is_served_first(store: Store) -> None:
    """A large claim waits, and a small one behind it for which there is enough: it does not pass."""
    walk, holder, large = waits_behind(store, S.COMPUTED, D.DECIDER, "M4a")
    store.set_clock(NOON + timedelta(hours=2), frozen=True)
    small = walk.open("M16", 3, firm=2)
    walk.to(small, S.CERTIFIED)
    computation.compute(store, cases=[small])
    lowered(walk, holder)
    for case in (small, large):
        assert woken(walk, case)
        computation.compute(store, cases=[case])
    assert [walk.stage.case(case).next_duty for case in (large, small)] == [D.FUND_OFFICER] * 2
    assert walk.stage.case(large).number in walk.stage.case(small).problem
    withdrawn(walk, walk.stage.case(large))
    assert woken(walk, small), "who was before it has left the queue, and there is money"
    computation.compute(store)
    assert walk.stage.case(small).amount_fen == SMALL


def test_who_leaves_a_queue_for_which_there_is_no_money_wakes_nobody(store: Store) -> None:
    walk, _, large = waits_behind(store, S.COMPUTED, D.DECIDER, "M4a")
    small = walk.open("M16", 3, firm=2)
    walk.to(small, S.CERTIFIED)
    computation.compute(store, cases=[small])
    withdrawn(walk, walk.stage.case(large))
    assert walk.stage.case(small).next_duty == D.FUND_OFFICER


def spent(walk: Walk, holder: CaseView) -> None:
    """Lowered and undone, with the difference gone from the fund: it is priced anew."""
    walk.do(r.Decide, holder, amount_fen=ONE - SMALL, reason=WHY)
    fund = {"unit": LEAD, "year": 2023, "amount": Money(SMALL)}
    budget_register.cut(walk.stage.store, officer(D.FUND_OFFICER), document="算例收回", **fund)
    twice(walk, holder.id, r.Undo)


def priced_lower(walk: Walk, holder: CaseView) -> None:
    """Priced anew beside a benefit; what it gives back and does not take again is free."""
    enter(walk, received(KeyKind.ENTERPRISE, "算例企业0"))
    row = listed(walk, holder)[0].sequence
    walk.do(r.Compare, walk.stage.case(holder.id), duty=D.CERTIFIER, comparison=row, verdict="same", reason=WHY)


@pytest.mark.parametrize(
    ("does", "sums"), [(spent, (None, None)), (priced_lower, (ONE - CITY, SMALL))], ids=["undone", "the same benefit"]
)
def test_who_is_priced_anew_keeps_its_place_before_those_who_wait_for_what_it_gave_back(
    store: Store, does: Callable[[Walk, CaseView], None], sums: tuple[int | None, ...]
) -> None:
    walk = Walk(Stage(store).furnish(budget=ONE))
    holder = walk.to(walk.open("M4a", 1), S.COMPUTED, D.DECIDER)
    store.set_clock(NOON + timedelta(hours=1), frozen=True)
    later = walk.open("M16", 2, firm=1)
    walk.to(later, S.CERTIFIED)
    computation.compute(store, cases=[later])
    does(walk, holder)
    assert woken(walk, later) and woken(walk, holder.id)
    computation.compute(store, cases=[later])
    assert walk.stage.case(later).amount_fen is None, "its measure's flow ran first, and it does not pass"
    computation.compute(store, cases=[holder.id])
    computation.compute(store)
    assert tuple(walk.stage.case(case).amount_fen for case in (holder.id, later)) == sums


def test_a_list_that_gives_money_back_and_holds_the_case_that_waits_for_it_loses_neither(store: Store) -> None:
    walk, holder, later = waits_behind(store, S.COMPUTED, D.DECIDER)
    head, decider = officer(D.HEAD), officer(D.DECIDER)
    lower = r.Decide(case=holder.id, by=decider, act_id=uuid4(), amount_fen=ONE - SMALL, reason=WHY)
    hold = r.Hold(case=later, by=head, act_id=uuid4(), reason=WHY, review_on="2030-01-01")
    assert not [answer for answer in act_list(store, [lower, hold]) if isinstance(answer, Problem)]
    assert woken(walk, later) and walk.stage.case(later).held
    walk.do(r.Unhold, walk.stage.case(later), duty=D.HEAD)
    computation.compute(store)
    assert walk.stage.case(later).amount_fen == SMALL


# needing less

LESS = "0.1"  # of the costs instead of three tenths


def test_who_needs_less_after_a_parameter_changed_is_looked_at_again(store: Store) -> None:
    walk = Walk(Stage(store).furnish(budget=SMALL - 1))
    case = walk.open("M16", 1)
    walk.to(case, S.CERTIFIED)
    computation.compute(store)
    assert walk.stage.case(case).next_duty == D.FUND_OFFICER
    new = Proposal(policy="XZ2023", name="P16-rate", value=LESS, citation="算例", origin=Origin.DEMO)
    made = parameter_register.propose(store, officer(D.PARAMETER_AUTHOR), new)
    parameter_register.confirm(store, officer(D.PARAMETER_CONFIRMER), made)
    assert woken(walk, case)
    computation.compute(store)
    assert walk.stage.case(case).amount_fen == SMALL // 3


@pytest.mark.parametrize("setting", ["next_year", "pro_rata"])
def test_who_waits_in_a_queue_is_looked_at_again_when_there_is_none_any_more(store: Store, setting: str) -> None:
    walk = Walk(Stage(store).furnish(budget=SMALL - 1))
    case = walk.open("M16", 1)
    walk.to(case, S.CERTIFIED)
    computation.compute(store)
    budget_register.appropriate(
        store, officer(D.FUND_OFFICER), unit=LEAD, year=2024, amount=Money(ONE), document="算例追加"
    )
    computation.compute(store)
    assert walk.stage.case(case).next_duty == D.FUND_OFFICER
    new = Proposal(policy="XZ2023", name="P-shortage", value=setting, citation="算例", origin=Origin.DEMO)
    made = parameter_register.propose(store, officer(D.PARAMETER_AUTHOR), new)
    parameter_register.confirm(store, officer(D.PARAMETER_CONFIRMER), made)
    computation.compute(store)
    assert walk.stage.case(case).amount_fen == (SMALL if setting == "next_year" else SMALL - 1)


@pytest.mark.parametrize("duty", [D.FUND_OFFICER, D.PARAMETER_AUTHOR])
def test_who_is_bound_to_another_version_is_looked_at_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, duty: Duty
) -> None:
    """By another version it may need less money, or no value that nobody has set."""
    xz = policies.get("XZ2023")
    monkeypatch.setitem(policies._registered, xz.code, two_versions(xz))
    walk = Walk(Stage(store).furnish(budget=SMALL - 1))
    case = walk.open("M16" if duty is D.PARAMETER_AUTHOR else "M4a", 1)
    walk.to(case, S.CERTIFIED)
    if duty is D.PARAMETER_AUTHOR:
        with store.write() as work:
            walk.stage.end(work, "P16-rate")
            touch(work)
    computation.compute(store)
    before = walk.stage.case(case)
    assert before.next_duty == duty
    for which in (0, 1):
        again = walk.stage.case(case)
        walk.do(r.Rebind, again, duty=D.HEAD, by=officer(D.HEAD, which), reason=WHY, rule_version="1")
    after = walk.stage.case(case)
    kept = (LEAD, before.due_from) if duty is D.FUND_OFFICER else (None, "")
    assert (after.next_duty, after.next_unit, after.due_from) == (D.SYSTEM, *kept)


# the deadline of who waits on


def test_a_case_that_is_woken_and_waits_on_keeps_the_deadline_of_its_first_wait(store: Store) -> None:
    walk, holder, large = waits_behind(store, S.COMPUTED, D.DECIDER, "M4a")
    first = walk.stage.case(large)
    days = 3
    store.set_clock(at(CHINA.deadline(date(2023, 9, 4), days).isoformat(), "12:00:00"), frozen=True)
    lowered(walk, holder)
    assert woken(walk, large)
    computation.compute(store)
    again = walk.stage.case(large)
    for name in ("next_duty", "next_unit", "next_due", "due_from", "due_setting"):
        assert getattr(again, name) == getattr(first, name), name
    assert again.due_from == "2023-09-04"


def test_the_fund_officer_is_reminded_once_however_often_the_case_is_woken(store: Store) -> None:
    walk, holder, large = waits_behind(store, S.COMPUTED, D.DECIDER, "M4a")
    over = walk.stage.case(large).next_due
    assert over is not None
    store.set_clock(over + timedelta(hours=12), frozen=True)
    told = [len(watch_deadlines(store, date(2023, 9, 30)).moved)]
    lowered(walk, holder)
    computation.compute(store)
    assert walk.stage.case(large).next_due == over
    told.append(len(watch_deadlines(store, date(2023, 9, 30)).moved))
    assert told == [1, 0]


def test_a_wait_for_another_units_money_has_a_deadline_of_its_own(store: Store) -> None:
    walk, _, large = waits_behind(store, S.COMPUTED, D.DECIDER, "M4a")
    store.set_clock(at("2023-09-07", "12:00:00"), frozen=True)
    with store.write() as work:
        walk.stage.value(work, "P-lead", {"M4a": MARKET})
        touch(work)
    budget_register.cut(store, officer(D.FUND_OFFICER), unit=MARKET, year=2023, amount=Money(ONE), document="算例收回")
    budget_register.appropriate(
        store, officer(D.FUND_OFFICER), unit=LEAD, year=2023, amount=Money(1), document="算例追加"
    )
    computation.compute(store)
    moved = walk.stage.case(large)
    assert (moved.next_duty, moved.next_unit, moved.due_from) == (D.FUND_OFFICER, MARKET, "2023-09-07")
    assert named("case-2") == large


# the new year


def test_who_waits_into_the_new_year_is_looked_at_with_its_budget(store: Store) -> None:
    walk, _, large = waits_behind(store, S.COMPUTED, D.DECIDER, "M4a")
    store.set_clock(at("2023-12-30"), frozen=True)
    assert not due_on(store, "2023-12-30")
    store.set_clock(at("2024-01-02"), frozen=True)
    assert due_on(store, "2024-01-02") == [date(2024, 1, 1)]
    done = new_budget(store, date(2024, 1, 1))
    assert woken(walk, large) and done.moved == [(f"{LEAD} 2024 年度", "1 件重新安排资金")]
    computation.compute(store)
    assert walk.stage.case(large).amount_fen == ONE


def test_a_new_year_without_a_budget_wakes_nobody(store: Store) -> None:
    walk, _, large = waits_behind(store, S.COMPUTED, D.DECIDER, "M4a")
    budget_register.cut(store, officer(D.FUND_OFFICER), unit=LEAD, year=2024, amount=Money(ONE), document="算例收回")
    store.set_clock(at("2024-01-02"), frozen=True)
    assert not new_budget(store, date(2024, 1, 1)).moved
    assert walk.stage.case(large).next_duty == D.FUND_OFFICER


def due_on(store: Store, day: str) -> list[date]:
    """The dates for which the job of the new year is due, of those since the case began to wait."""
    return list(job("new_budget").due(date(2023, 9, 4), date.fromisoformat(day)))
