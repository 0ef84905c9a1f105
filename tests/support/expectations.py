"""What must hold, each as one function over a furnished stage: the ordinary test runs them, the planted faults must break them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

from chinese_calendar import is_workday
from pytest import MonkeyPatch
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

import policies
from casework.awards import computation, public_notice
from casework.command_handler import act
from casework.funds import budget_register
from casework.funds.ledger import Transfer, transfer
from casework.lifecycle import commands as r
from casework.lifecycle.act_context import applicant as tell_applicant
from casework.lifecycle.case_changes import Change, record
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import Next
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.errors import NeedsOfficer, Problem, Refused, Retryable
from casework.shared.reference import touch
from models import Account, Decision, Delegation, Duty, Message, PaymentOrder, State
from models.clock import end_of
from models.verify import verify
from policies import stacking
from policies.money import Money
from policies.parameters import Origin, hypothetical
from support import payment_acts
from support.stage import BUDGET, CLOSES, LEAD, NOON, Stage, applicant, claim, facts, named, officer
from support.walk import Walk, answer, batch_of, order_of

Expectation = Callable[[Stage], None]
EXPECTATIONS: dict[str, Expectation] = {}


def expectation(check: Expectation) -> Expectation:
    """Puts a check on the list under its name."""
    EXPECTATIONS[check.__name__] = check
    return check


def refused(attempt: Callable[[], object], *kinds: type[Problem], code: str = "") -> None:
    """The attempt is refused in words."""
    try:
        attempt()
    except Problem as no:
        assert isinstance(no, kinds or Refused) and code in ("", no.code), f"refused for another reason: {no}"
        return
    except DBAPIError as no:
        raise AssertionError(f"not refused in words: {no}") from no
    raise AssertionError("this was done")


def sound(stage: Stage) -> None:
    """Every invariant of `verify` holds."""
    bad = [str(invariant) for invariant in verify(stage.store).bad]
    assert not bad, bad


def at(stage: Stage, state: State, duty: Duty | None = None, item: str = "M4a", number: int = 1) -> tuple[Walk, Any]:
    """A walker and a case that stands there."""
    walk = Walk(stage)
    return walk, walk.to(walk.open(item, number), state, duty)


@expectation
def a_version_has_one_decision(stage: Stage) -> None:
    _, case = at(stage, State.FILED)
    with stage.store.engine.connect().execution_options(writes=True) as connection, connection.begin() as transaction:
        row = connection.execute(select(Decision.__table__)).first()._asdict()  # type: ignore[attr-defined, union-attr]
        again = {**row, "id": named("again"), "act_id": named("again")}
        done = True
        try:
            connection.execute(Decision.__table__.insert(), again)  # type: ignore[attr-defined]
        except DBAPIError:
            done = False
        transaction.rollback()
    assert not done, f"{case.number} has two decisions on one version"


@expectation
def an_entitlement_has_one_order_under_way(stage: Stage) -> None:
    _, _ = at(stage, State.PAYABLE, Duty.CHECKER)
    with stage.store.engine.connect().execution_options(writes=True) as connection, connection.begin() as transaction:
        row = connection.execute(select(PaymentOrder.__table__)).first()._asdict()  # type: ignore[attr-defined, union-attr]
        again = {**row, "id": named("again"), "number": "AGAIN-A2", "attempt": 2}
        done = True
        try:
            connection.execute(PaymentOrder.__table__.insert(), again)  # type: ignore[attr-defined]
        except DBAPIError:
            done = False
        transaction.rollback()
    assert not done, "two orders of one entitlement are under way"


@expectation
def a_change_binds_to_the_version_it_was_made_for(stage: Stage) -> None:
    walk, seen = at(stage, State.FILED, Duty.ACCEPTOR)
    walk.forward(seen.id)
    late = Change(case=seen, action=Action.REFUSE, target=State.REFUSED, next=Next(None))

    def write() -> None:
        with stage.store.write() as work:
            record(work, [late])

    refused(write, Retryable)


@expectation
def an_act_on_a_stale_version_is_refused(stage: Stage) -> None:
    _, case = at(stage, State.SCREENED, Duty.CERTIFIER)
    old = r.Certify(
        case=case.id, by=officer(Duty.CERTIFIER), act_id=named("stale"), seen=case.version - 1, facts=facts("M4a", 1)
    )
    refused(lambda: act(stage.store, old), code="stale")


@expectation
def an_act_sent_twice_is_done_once(stage: Stage) -> None:
    _, case = at(stage, State.UNDER_JOINT_REVIEW, item="M5c")
    opinion = r.Opine(case=case.id, by=officer(Duty.JOINT_REVIEWER), act_id=named("twice"))
    first, second = act(stage.store, opinion), act(stage.store, opinion)
    assert second.repeated and second.version == first.version == stage.case(case.id).version


@expectation
def a_rate_of_a_cost_is_exact_to_the_fen(stage: Stage) -> None:
    walk = Walk(stage)
    for number, (fen, worth) in enumerate([(111_111_10, 33_333_33), (90, 27), (166_666_650, 49_999_995)], 1):
        identity = walk.open("M16", number)
        case = stage.case(identity)
        act(
            stage.store,
            r.File(case=identity, by=applicant(0), act_id=walk.act_id(), claim=claim("M16", number, fen=fen)),
        )
        case = walk.to(identity, State.SCREENED)
        walk.do(r.Certify, case, facts=facts("M16", number, fen=fen))
        assert walk.to(identity, State.COMPUTED).amount_fen == worth, f"{fen} fen at 30 %"
    half = policies.get("XZ2023").item("M16")
    shop = half.examples[0].facts
    for rate, fen, worth in (("0.29", 1_00, 29), ("0.07", 1_00, 7), ("0.57", 1_00, 57)):
        shown = replace(shop, cost_lines=(replace(shop.cost_lines[0], claimed=Money(fen), recognised=Money(fen)),))
        award = half.award(shown, hypothetical({"P16-rate": rate}))
        assert award.amount == worth and type(award.amount) is Money, f"{rate} × {fen}: {award.amount!r}"


@expectation
def a_fraction_of_a_fen_is_dropped(stage: Stage) -> None:
    item = policies.get("XZ2023").item("M16")
    shop = item.examples[0].facts
    odd = replace(shop, cost_lines=(replace(shop.cost_lines[0], claimed=Money(33_33), recognised=Money(33_33)),))
    assert item.award(odd, hypothetical({"P16-rate": "0.5"})).amount == 16_66


@expectation
def an_award_stops_at_its_ceiling(stage: Stage) -> None:
    item = policies.get("XZ2023").item("M16")
    shop = item.examples[0].facts
    much = replace(shop, cost_lines=(replace(shop.cost_lines[0], claimed=Money.wan(900), recognised=Money.wan(900)),))
    assert item.award(much, hypothetical({"P16-rate": "1"})).amount == 500_000_00


@expectation
def a_price_at_the_floor_is_a_price(stage: Stage) -> None:
    item = policies.get("XZ2023").item("M22")
    for example in item.examples:
        award = item.award(example.facts, hypothetical(example.parameters), example.prior)
        assert example.difference(award) == ""


@expectation
def the_order_of_benefits_does_not_matter(stage: Stage) -> None:
    key = stacking.subject_key(stacking.KeyKind.DEVICE, "算例织机|A")
    three = [
        stacking.Benefit(
            id=f"算例{n}", keys=frozenset({key}), amount=fen, paid=0, source="XZ2023", level=stacking.Level.DISTRICT,
            ours=True,
        )
        for n, fen in enumerate((30, 50, 40))
    ]  # fmt: skip
    outcomes = [
        {name: outcome_.payable for name, outcome_ in stacking.settle(list(order)).items()}
        for order in permutations(three)
    ]
    assert all(outcome == outcomes[0] for outcome in outcomes), outcomes
    assert sum(outcomes[0].values()) == 50


@expectation
def a_notice_runs_five_working_days(stage: Stage) -> None:
    stage.store.set_clock(datetime(2023, 9, 26, 4, tzinfo=UTC), frozen=True)  # before the National Day holiday
    _, case = at(stage, State.ON_NOTICE)
    day, left = date(2023, 9, 26) - timedelta(days=1), 5
    while left:
        day += timedelta(days=1)
        left -= is_workday(day)
    assert case.next_due == end_of(day), f"the notice ends {case.next_due}, not with {day}"
    assert (day, case.next_due) == (date(2023, 10, 8), datetime(2023, 10, 8, 16, tzinfo=UTC))


@expectation
def nothing_moves_before_the_last_day_of_a_notice_is_over(stage: Stage) -> None:
    walk, case = at(stage, State.DECIDED)
    public_notice.announce(stage.store)
    stage.store.set_clock(datetime(2023, 9, 8, 15, 59, 59, tzinfo=UTC), frozen=True)
    public_notice.end_notice(stage.store)
    assert stage.case(case.id).state == State.ON_NOTICE
    stage.store.set_clock(datetime(2023, 9, 8, 16, tzinfo=UTC), frozen=True)
    public_notice.end_notice(stage.store)
    assert walk.stage.case(case.id).state == State.PAYABLE


@expectation
def the_window_ends_with_its_last_instant(stage: Stage) -> None:
    walk = Walk(stage)
    in_time, late = walk.open("M4a", 1), walk.open("M4a", 2)
    stage.store.set_clock(CLOSES - timedelta(microseconds=1), frozen=True)
    walk.forward(in_time)
    stage.store.set_clock(CLOSES, frozen=True)
    file = r.File(case=late, by=applicant(0), act_id=named("late"), claim=claim("M4a", 2))
    refused(lambda: act(stage.store, file), code="outside_window")


@expectation
def a_case_that_cannot_be_moved_is_named_and_flagged(stage: Stage) -> None:
    _, case = at(stage, State.DECIDED)

    def breaks(*_: object) -> Any:
        raise ZeroDivisionError("what nobody thought of")

    with MonkeyPatch.context() as patch:
        patch.setattr(public_notice, "_published", breaks)
        outcome = public_notice.announce(stage.store)
    assert [number for number, _ in outcome.failed] == [case.number]
    assert stage.case(case.id).problem


def _may_decide_for(stage: Stage, giver: Duty) -> Any:
    """Somebody who stands in for the officer of another duty, who holds the decision too."""
    with stage.store.write() as work:
        stage.grant(work, f"{giver}-0", Duty.DECIDER, LEAD)
        stage.person(work, "stand-in")
        work.flush()
        span = {"valid_from": NOON - timedelta(days=1), "valid_to": NOON + timedelta(days=90)}
        work.add(
            Delegation, from_person=officer(giver), to_person=named("stand-in"), duty=Duty.DECIDER, unit=LEAD, **span
        )
        work.flush()
        touch(work)
    return named("stand-in")


@expectation
def whoever_stands_in_counts_as_the_principal_too(stage: Stage) -> None:
    walk, case = at(stage, State.COMPUTED, Duty.DECIDER)
    by = _may_decide_for(stage, Duty.CERTIFIER)
    refused(lambda: walk.do(r.Decide, case, by=by), code="separation_of_duties")


@expectation
def a_second_account_is_the_same_person(stage: Stage) -> None:
    walk, case = at(stage, State.COMPUTED, Duty.DECIDER)
    with stage.store.write() as work:
        stage.person(work, "second", Duty.DECIDER, key=f"{Duty.CERTIFIER}-0")
        work.flush()
        touch(work)
    refused(lambda: walk.do(r.Decide, case, by=named("second")), code="separation_of_duties")


@expectation
def each_decision_has_its_audit_row(stage: Stage) -> None:
    at(stage, State.COMPUTED)
    sound(stage)


@expectation
def what_was_not_written_tells_nobody(stage: Stage) -> None:
    walk, case = at(stage, State.FILED, Duty.ACCEPTOR)

    def messages() -> int:
        with stage.store.read() as work:
            return int(work.execute(select(func.count()).select_from(Message)).scalar_one())

    before = messages()
    late = Change(
        case=case, action=Action.ACCEPT, target=State.ACCEPTED, next=Next(Duty.SCREENER, LEAD, CLOSES),
        tell=(tell_applicant(case, "accepted"),),
    )  # fmt: skip
    with suppress(InterruptedError), stage.store.write() as work:
        record(work, [late])
        raise InterruptedError("the process ends here")
    assert walk.stage.case(case.id).state == State.FILED
    assert messages() == before


@expectation
def a_case_waits_when_the_fund_is_short(stage: Stage) -> None:
    budget_register.cut(
        stage.store, officer(Duty.FUND_OFFICER), unit=LEAD, year=2023, amount=Money(BUDGET - 1), document="算例"
    )
    _, case = at(stage, State.CERTIFIED)
    outcome = computation.compute(stage.store)
    assert not outcome.failed and [number for number, _ in outcome.waiting] == [case.number]
    assert stage.case(case.id).next_duty == Duty.FUND_OFFICER


@expectation
def money_that_is_not_there_is_not_reserved(stage: Stage) -> None:
    _, case = at(stage, State.CERTIFIED)
    fund = next(row for row in budget_register.listed(stage.store) if (row.unit, row.year) == (LEAD, 2023))

    def reserve() -> None:
        with stage.store.write() as work:
            too_much = Transfer(
                fund=fund.id, case=case.id, source=Account.AVAILABLE, target=Account.RESERVED, fen=BUDGET + 1, once="x"
            )
            transfer(work, [too_much])

    refused(reserve, NeedsOfficer)


@expectation
def the_guards_of_the_database_stand(stage: Stage) -> None:
    sound(stage)


@expectation
def a_case_is_returned_for_correction_once(stage: Stage) -> None:
    walk, case = at(stage, State.FILED, Duty.ACCEPTOR)
    walk.do(r.ReturnForCorrection, case, missing=("算例材料",))
    case = walk.to(case.id, State.FILED, Duty.ACCEPTOR)
    refused(lambda: walk.do(r.ReturnForCorrection, case, missing=("另一材料",)), code="once")


@expectation
def whoever_proposed_a_value_does_not_confirm_it(stage: Stage) -> None:
    with stage.store.write() as work:
        stage.person(work, "second", Duty.PARAMETER_CONFIRMER, key=f"{Duty.PARAMETER_AUTHOR}-0")
        work.flush()
        touch(work)
    new = Proposal(policy="XZ2023", name="P1-shape", value="assessed", citation="算例", origin=Origin.DEMO)
    proposal = parameter_register.propose(stage.store, officer(Duty.PARAMETER_AUTHOR), new)
    refused(lambda: parameter_register.confirm(stage.store, named("second"), proposal), code="second_person")


@expectation
def the_same_news_from_the_bank_counts_once(stage: Stage) -> None:
    walk, case = at(stage, State.PAID)
    order = order_of(stage.store, case.id)
    by = officer(Duty.RECONCILER)
    report = answer(stage.store, order, "settled", by=by, act_id=walk.act_id())
    assert (report.already_known, report.moved) == (1, 0), report
    sound(stage)


@expectation
def a_batch_whose_payee_changed_is_not_released(stage: Stage) -> None:
    walk, case = at(stage, State.PAYABLE, Duty.RELEASER)
    with stage.store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.exec_driver_sql("UPDATE party_account SET status = 'replaced'")
    number, by = batch_of(stage.store, case), officer(Duty.RELEASER)
    refused(
        lambda: payment_acts.release(stage.store, batch=number, by=by, act_id=walk.act_id()), code="account_changed"
    )


@expectation
def a_case_that_ends_takes_its_order_with_it(stage: Stage) -> None:
    walk, case = at(stage, State.PAYABLE, Duty.CHECKER)
    walk.do(r.Withdraw, case, duty=Duty.APPLICANT)
    sound(stage)


@expectation
def a_decision_never_raises_an_amount(stage: Stage) -> None:
    walk, case = at(stage, State.COMPUTED, Duty.DECIDER)
    more = (case.amount_fen or 0) + 1
    refused(lambda: walk.do(r.Decide, case, amount_fen=more, reason="算例理由"), code="amount")


@expectation
def a_correction_ends_with_its_deadline(stage: Stage) -> None:
    walk, case = at(stage, State.FILED, Duty.ACCEPTOR)
    walk.do(r.ReturnForCorrection, case, missing=("算例材料",))
    case = stage.case(case.id)
    assert case.next_due is not None
    stage.store.set_clock(case.next_due, frozen=True)
    refused(lambda: walk.forward(case.id), code="correction_over")
