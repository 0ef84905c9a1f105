"""What may be the same benefit: put before the certifier, kept with the answer, and settled or not as it was said."""

import cProfile
import pstats
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.awards import computation, external_benefits, public_notice
from casework.awards.external_benefits import NewBenefit
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.shared.errors import Refused
from casework.stacking import benefit_comparisons
from casework.views import dossier, inbox, whole_inbox
from models import Duty, Likeness, Message, State, SubjectKey, Verdict
from models.store import Store
from models.verify import verify
from policies.benefits import KeyKind
from support import payment_acts
from support.comparing import CITY, GROSS, enter, listed, received, say
from support.office import code
from support.stage import Stage, claim, facts, named, officer
from support.walk import Walk, answer, batch_of, export_batch, later, order_of

K, S, L = KeyKind, State, Likeness


@pytest.fixture
def walk(store: Store) -> Walk:
    """An office, its people and money."""
    return Walk(Stage(store).furnish())


def certified(walk: Walk, item: str = "M4a", number: int = 1, firm: int = 0, **changes: Any) -> CaseView:
    """A case certified and then priced as far as it goes."""
    case = walk.open(item, number, firm)
    given = {name: value for name, value in changes.items() if name != "certified_on"}
    walk.do(r.File, walk.stage.case(case), claim={**claim(item, number), **given})
    walk.to(case, S.SCREENED)
    walk.do(r.Certify, walk.stage.case(case), facts={**facts(item, number), **given})
    while walk.stage.case(case).state == S.UNDER_JOINT_REVIEW:
        walk.forward(case)
    done = computation.compute(walk.stage.store, cases=[case])
    assert not done.failed, done.failed
    return walk.stage.case(case)


UNCERTAIN = {
    "only the firm is known": (L.ENTERPRISE_ALONE, received(K.ENTERPRISE, "算例企业0")),
    "only the product": (L.PART_OF_NAME, received(K.DEVICE, "算例织机1")),
    "another kind of basis": (L.OTHER_KIND, received(K.AWARD, "算例织机1 | A")),
    "a name that says more": (L.ALIKE, received(K.DEVICE, "算例高速织机1型 | A")),
    "its parts in another order": (L.ALIKE, received(K.DEVICE, "A | 算例织机1")),
}


@pytest.mark.parametrize("name", UNCERTAIN)
@pytest.mark.parametrize(("same", "paid"), [(True, GROSS - CITY), (False, GROSS)], ids=["same", "different"])
def test_what_is_not_certain_waits_for_the_certifier_and_is_settled_as_said(
    walk: Walk, name: str, same: bool, paid: int
) -> None:
    why, new = UNCERTAIN[name]
    enter(walk, new)
    waiting = certified(walk)
    assert (waiting.state, waiting.next_duty, waiting.next_unit) == (S.CERTIFIED, Duty.CERTIFIER, "区经商局")
    assert "比对" in waiting.problem and "duixian comparisons" in waiting.problem
    (row,) = listed(walk, waiting)
    assert (row.why, row.verdict, row.policy) == (why, Verdict.OPEN, "XZ2023")
    assert waiting.number in {task.case.number for task in inbox(walk.stage.store, officer(Duty.CERTIFIER))}
    done = say(walk, waiting, same)
    assert (done.state, done.amount_fen) == (S.COMPUTED, paid)
    (row,) = listed(walk, waiting)
    assert (row.verdict, row.reason) == (Verdict.SAME if same else Verdict.DIFFERENT, "算例理由")
    assert row.decided_by == officer(Duty.CERTIFIER)


def test_a_firms_benefit_of_another_year_is_no_question(walk: Walk) -> None:
    from datetime import date

    years = {"first": date(2021, 1, 1), "last": date(2021, 12, 31)}
    enter(walk, received(K.ENTERPRISE, "算例企业0", **years))
    done = certified(walk)
    assert (done.state, done.amount_fen, listed(walk, done)) == (S.COMPUTED, GROSS, [])


@pytest.mark.parametrize(
    "new",
    [
        received(K.DEVICE, "算例织机2 | A"),
        received(K.DEVICE, "算例织机1 | A", firm=1, fen=1),
        received(K.PROJECT, "算例厂房改造"),
        received(K.ENTERPRISE, "算例企业1", firm=1),
        received(K.INVOICE, "3300231130 00000009"),
    ],
    ids=["another product", "unlike nothing", "another project", "another firm", "another invoice"],
)
def test_what_is_another_subject_is_no_question(walk: Walk, new: NewBenefit) -> None:
    enter(walk, new)
    done = certified(walk)
    assert done.state == S.COMPUTED
    assert not [row for row in listed(walk, done) if row.verdict == Verdict.OPEN]


def test_every_comparison_is_decided_before_the_pricing(walk: Walk) -> None:
    enter(walk, received(K.ENTERPRISE, "算例企业0"), received(K.DEVICE, "算例织机1"))
    waiting = certified(walk)
    half = say(walk, waiting, False)
    assert (half.state, half.next_duty) == (S.CERTIFIED, Duty.CERTIFIER) and "有 1 项" in half.problem
    assert say(walk, half, True, number=2).amount_fen == GROSS - CITY


def test_a_word_needs_its_reason_its_duty_and_an_open_comparison(walk: Walk) -> None:
    enter(walk, received(K.ENTERPRISE, "算例企业0"))
    waiting = certified(walk)
    for wrong, field in (
        ({"verdict": "same", "reason": ""}, "reason"),
        ({"verdict": "也许", "reason": "算例"}, "verdict"),
        ({"verdict": "same", "reason": "算例", "comparison": 7}, "comparison"),
        ({"verdict": "same", "reason": "算例", "by": officer(Duty.DECIDER)}, "by"),
    ):
        with pytest.raises(Refused) as no:
            walk.do(r.Compare, waiting, duty=Duty.CERTIFIER, **{"comparison": 1, **wrong})
        assert no.value.field == field
    done = say(walk, waiting, False)
    with pytest.raises(Refused, match="已有结论"):
        walk.do(r.Compare, done, duty=Duty.CERTIFIER, comparison=1, verdict="same", reason="算例")


def test_two_recipients_of_one_store_are_compared_and_not_settled_by_themselves(walk: Walk) -> None:
    enter(walk, received(K.STORE, "算例品牌3 | 算例机场", firm=1, fen=1))
    waiting = certified(walk, "M16", 3)
    (row,) = listed(walk, waiting)
    assert (waiting.next_duty, row.why) == (Duty.CERTIFIER, L.OTHER_RECIPIENT)
    gross = 100_000_00 * 3 // 10
    assert say(walk, waiting, True).amount_fen == gross - 1


def test_one_product_with_another_model_in_the_same_plan_is_compared(walk: Walk) -> None:
    first = certified(walk, number=1)
    second = certified(walk, number=2, product="算例织机1", model="B")
    assert (first.state, second.state, second.next_duty) == (S.COMPUTED, S.CERTIFIED, Duty.CERTIFIER)
    (row,) = listed(walk, second)
    assert (row.other_case_id, row.why) == (first.id, L.PART_OF_NAME) and first.number in row.other
    assert say(walk, second, True).state == S.REFUSED


def test_what_was_settled_by_itself_is_written_down_as_the_same(walk: Walk) -> None:
    enter(walk, received(K.DEVICE, "算例织机1 / a"))
    done = certified(walk)
    (row,) = listed(walk, done)
    assert (done.amount_fen, row.verdict, row.why) == (GROSS - CITY, Verdict.SAME, L.SAME_KEY)
    assert (row.decided_by, row.own_key) == (None, "device:算例织机-1-A")


LATE = [(S.COMPUTED, Duty.DECIDER), (S.DECIDED, Duty.SYSTEM), (S.ON_NOTICE, Duty.SYSTEM), (S.PAYABLE, Duty.MAKER)]


@pytest.mark.parametrize(("state", "duty"), LATE, ids=[state.value for state, _ in LATE])
@pytest.mark.parametrize("kind", [K.ENTERPRISE, K.DEVICE], ids=["uncertain", "certain"])
def test_a_benefit_that_comes_late_stops_the_case_and_the_same_is_priced_anew(
    walk: Walk, state: State, duty: Duty, kind: KeyKind
) -> None:
    case = walk.to(certified(walk).id, state, duty)
    enter(walk, received(kind, "算例企业0" if kind is K.ENTERPRISE else "算例织机1 | A"))
    stopped = walk.stage.case(case.id)
    assert (stopped.state, stopped.next_duty) == (state, Duty.CERTIFIER) and "比对" in stopped.problem
    done = say(walk, case, True)
    assert (done.state, done.amount_fen) == (S.COMPUTED, GROSS - CITY)
    end = S.PAYABLE if state is S.PAYABLE else S.CLOSED  # its first document's number is used up
    assert walk.to(case.id, end).amount_fen == GROSS - CITY


def test_anothers_benefit_for_the_same_event_stops_no_case_that_is_priced(walk: Walk) -> None:
    """Each that takes part has a subject of its own; only the benefit of the same recipient is put before anybody."""
    case = walk.to(certified(walk, "M5c").id, S.DECIDED)
    enter(walk, received(K.EVENT, "巴黎时装周 | 2024 春夏 | 算例品牌1", firm=1))
    after = walk.stage.case(case.id)
    assert (after.next_duty, listed(walk, after)) == (case.next_duty, [])
    enter(walk, replace(received(K.EVENT, "巴黎时装周 | 2024 春夏 | 算例品牌1"), reference="算例另一文号"))
    assert [row.why for row in listed(walk, after)] == [L.SAME_KEY]
    assert walk.stage.case(case.id).next_duty == Duty.CERTIFIER


@pytest.mark.parametrize(("state", "duty"), LATE, ids=[state.value for state, _ in LATE])
def test_a_late_benefit_that_is_another_lets_the_case_go_on_where_it_stood(
    walk: Walk, state: State, duty: Duty
) -> None:
    case = walk.to(certified(walk).id, state, duty)
    enter(walk, received(K.ENTERPRISE, "算例企业0"))
    done = say(walk, case, False)
    assert (done.state, done.next_duty, done.amount_fen) == (state, duty, GROSS)
    assert walk.to(case.id, S.CLOSED).amount_fen == GROSS


def test_nothing_is_released_from_a_batch_while_a_comparison_is_open(walk: Walk) -> None:
    case = walk.to(certified(walk).id, S.PAYABLE, Duty.RELEASER)
    enter(walk, received(K.ENTERPRISE, "算例企业0"))
    with pytest.raises(Refused):
        payment_acts.release(
            walk.stage.store, batch=batch_of(walk.stage.store, case), by=officer(Duty.RELEASER), act_id=walk.act_id()
        )
    assert say(walk, case, False).next_duty == Duty.RELEASER
    assert walk.to(case.id, S.CLOSED).amount_fen == GROSS


def test_the_end_of_a_notice_stops_at_what_came_while_an_objection_was_open(walk: Walk) -> None:
    case = walk.to(certified(walk).id, S.ON_NOTICE)
    walk.do(r.Object, case, duty=Duty.CLERK, reason="算例异议")
    enter(walk, received(K.ENTERPRISE, "算例企业0"))
    assert walk.stage.case(case.id).next_duty == Duty.INVESTIGATOR
    walk.do(r.AnswerObjection, walk.stage.case(case.id), reason="算例答复")
    walk.stage.store.set_clock(later(walk.stage.case(case.id).next_due, 0), frozen=True)  # type: ignore[arg-type]
    public_notice.end_notice(walk.stage.store)
    assert walk.stage.case(case.id).next_duty == Duty.CERTIFIER
    assert say(walk, case, True).amount_fen == GROSS - CITY


def test_the_same_product_filed_twice_is_said_at_filing(walk: Walk) -> None:
    first, second = walk.open("M4a", 1), walk.open("M4a", 2)
    walk.do(r.File, walk.stage.case(first), claim=claim("M4a", 1))
    stated = {**claim("M4a", 2), "product": "算例 织机１", "model": "a"}
    walk.do(r.File, walk.stage.case(second), claim=stated)
    number = walk.stage.case(first).number
    file = dossier(walk.stage.store, walk.stage.case(second).number)
    assert any(number in words for words in file.same_subject)
    assert number in str(file.history[-1].content["same_subject"])
    query = select(col(Message.recipient), col(Message.content)).where(col(Message.kind) == "same_subject")
    with walk.stage.store.read() as work:
        told = {row.recipient.split(":")[-1]: row.content for row in work.execute(query)}
    assert number in told["acceptor"] and len(told) == 2


def test_a_benefit_registered_before_is_said_at_filing_and_another_product_says_nothing(walk: Walk) -> None:
    enter(walk, received(K.DEVICE, "算例织机1 / A"))
    for item_number in (1, 2):
        walk.do(r.File, walk.stage.case(walk.open("M4a", item_number)), claim=claim("M4a", item_number))
    said = [dossier(walk.stage.store, walk.stage.case(named(f"case-{n}")).number).same_subject for n in (1, 2)]
    assert "算例市级政策" in str(said[0]) and said[1] == ()


# what comes to light once there is an order, and after it

OTHER = K.ENTERPRISE, "算例企业0"


def order_state(walk: Walk, case: CaseView) -> str:
    return order_of(walk.stage.store, case.id).state  # type: ignore[union-attr]


def asked(walk: Walk, duty: Duty) -> list[tuple[str, bool]]:
    """The questions after payment in the inbox of an officer: verdict, and whether it is theirs."""
    return [(question.verdict, question.mine) for question in whole_inbox(walk.stage.store, officer(duty)).questions]


def test_a_batch_given_back_beside_an_open_comparison_leaves_the_case_with_its_certifier(walk: Walk) -> None:
    case = walk.to(certified(walk).id, S.PAYABLE, Duty.RELEASER)
    enter(walk, received(*OTHER))
    store, batch = walk.stage.store, batch_of(walk.stage.store, case)
    payment_acts.reject_batch(store, batch=batch, by=officer(Duty.MAKER), act_id=walk.act_id(), reason="算例理由")
    back = walk.stage.case(case.id)
    assert (back.state, back.next_duty, order_state(walk, case)) == (S.PAYABLE, Duty.CERTIFIER, "cancelled")
    assert say(walk, case, False).next_duty == Duty.MAKER
    assert walk.to(case.id, S.CLOSED).amount_fen == GROSS


def test_a_released_batch_is_not_written_for_the_bank_beside_an_open_comparison(walk: Walk) -> None:
    case = walk.to(certified(walk).id, S.ORDERED)
    enter(walk, received(*OTHER))
    (row,) = listed(walk, case)
    assert (row.verdict, walk.stage.case(case.id).next_duty) == (Verdict.OPEN, Duty.RECONCILER)
    assert asked(walk, Duty.CERTIFIER) == [("open", True)] and not verify(walk.stage.store).bad
    with pytest.raises(Refused, match="payments reject") as no:
        export_batch(walk.stage.store, case, officer(Duty.RELEASER))
    assert no.value.code == "comparison" and order_state(walk, case) == "released"
    with pytest.raises(Refused, match="退回该批次"):
        say(walk, case, True)
    assert say(walk, case, False).state == S.ORDERED
    assert asked(walk, Duty.CERTIFIER) == []
    assert walk.to(case.id, S.CLOSED).amount_fen == GROSS


def test_a_released_batch_is_given_back_and_the_same_is_priced_anew(walk: Walk) -> None:
    case = walk.to(certified(walk).id, S.ORDERED)
    enter(walk, received(*OTHER))
    store = walk.stage.store
    gives = {"batch": batch_of(store, case), "act_id": walk.act_id(), "reason": "算例理由"}
    with pytest.raises(Refused):
        payment_acts.reject_batch(store, by=officer(Duty.MAKER), **gives)  # type: ignore[arg-type]
    payment_acts.reject_batch(store, by=officer(Duty.RELEASER), **gives)  # type: ignore[arg-type]
    back = walk.stage.case(case.id)
    assert (back.state, back.next_duty, order_state(walk, case)) == (S.PAYABLE, Duty.CERTIFIER, "cancelled")
    done = say(walk, case, True)
    assert (done.state, done.amount_fen) == (S.COMPUTED, GROSS - CITY)


def test_a_batch_that_went_to_the_bank_is_not_given_back(walk: Walk) -> None:
    case = walk.to(certified(walk).id, S.ORDERED)
    store, by = walk.stage.store, officer(Duty.RELEASER)
    export_batch(store, case, by)
    with pytest.raises(Refused, match="已发出"):
        payment_acts.reject_batch(store, batch=batch_of(store, case), by=by, act_id=walk.act_id(), reason="算例理由")


@pytest.mark.parametrize("outcome", ["settled", "failed"])
def test_what_the_bank_had_already_is_asked_once_it_answers(walk: Walk, outcome: str) -> None:
    case = walk.to(certified(walk).id, S.ORDERED)
    store = walk.stage.store
    export_batch(store, case, officer(Duty.RELEASER))
    enter(walk, received(*OTHER))
    answer(store, order_of(store, case.id), outcome, by=officer(Duty.RECONCILER), act_id=walk.act_id())
    now = walk.stage.case(case.id)
    assert listed(walk, case)[0].verdict == Verdict.OPEN and not verify(store).bad
    if outcome == "settled":
        assert (now.state, now.next_duty) == (S.PAID, Duty.SYSTEM)
        return
    assert (now.state, now.next_duty) == (S.PAYABLE, Duty.CERTIFIER) and "比对" in now.problem
    assert say(walk, case, True).amount_fen == GROSS - CITY


@pytest.mark.parametrize("state", [S.PAID, S.CLOSED])
@pytest.mark.parametrize("kind", [K.ENTERPRISE, K.DEVICE], ids=["uncertain", "certain"])
def test_a_benefit_entered_after_the_payment_is_a_question_and_no_broken_rule(
    walk: Walk, state: State, kind: KeyKind
) -> None:
    case, store = walk.to(certified(walk).id, state), walk.stage.store
    enter(walk, received(kind, "算例企业0" if kind is K.ENTERPRISE else "算例织机1 | A"))
    (row,) = listed(walk, case)
    after = walk.stage.case(case.id)
    assert (row.verdict, after.state, after.next_duty, after.amount_fen) == (Verdict.OPEN, state, case.next_duty, GROSS)
    assert (asked(walk, Duty.CERTIFIER), asked(walk, Duty.AUDITOR)) == ([("open", True)], [("open", False)])
    report = verify(store)
    assert not report.bad and any(case.number in note for note in report.notes)
    told = select(col(Message.recipient)).where(col(Message.kind) == "comparison_after_payment")
    with store.read() as work:
        assert len(work.execute(told).scalars().all()) == 2


def test_the_same_after_the_payment_is_to_be_got_back_until_it_is_given_back_elsewhere(walk: Walk) -> None:
    case, store = walk.to(certified(walk).id, S.CLOSED), walk.stage.store
    enter(walk, received(*OTHER))
    done = say(walk, case, True)
    assert (done.state, done.amount_fen) == (S.CLOSED, GROSS)
    assert asked(walk, Duty.CERTIFIER) == [] and asked(walk, Duty.AUDITOR) == [("same", False)]
    report = verify(store)
    assert not report.bad and any("追回" in note for note in report.notes)
    with store.read() as work:
        assert work.execute(select(col(Message.id)).where(col(Message.kind) == "to_recover")).first()
    held = external_benefits.listed(store)[0].id
    external_benefits.set_returned(store, officer(Duty.FUND_OFFICER), held, proof="算例退回凭证")
    assert asked(walk, Duty.AUDITOR) == [] and not verify(store).notes


def test_another_benefit_after_the_payment_leaves_nothing_open(walk: Walk) -> None:
    case = walk.to(certified(walk).id, S.CLOSED)
    enter(walk, received(*OTHER))
    assert say(walk, case, False).state == S.CLOSED
    assert asked(walk, Duty.AUDITOR) == [] and not verify(walk.stage.store).notes


def test_money_that_comes_back_is_not_paid_again_beside_the_same_benefit(walk: Walk) -> None:
    case, store = walk.to(certified(walk).id, S.CLOSED), walk.stage.store
    enter(walk, received(*OTHER))
    say(walk, case, True)
    answer(store, order_of(store, case.id), "returned", by=officer(Duty.RECONCILER), act_id=walk.act_id())
    back = walk.stage.case(case.id)
    assert (back.state, back.next_duty) == (S.PAYABLE, Duty.MAKER)
    with pytest.raises(Refused, match="undo"):
        walk.forward(case.id)
    with pytest.raises(Refused, match="undo"):
        walk.do(r.RegisterOffline, walk.stage.case(case.id), duty=Duty.MAKER, document="算例凭证")
    for which in (0, 1):
        by = officer(Duty.HEAD, which)
        walk.do(r.Undo, walk.stage.case(case.id), duty=Duty.HEAD, by=by, reason="算例理由")
    computation.compute(store, cases=[case.id])
    done = walk.stage.case(case.id)
    assert (done.state, done.amount_fen) == (S.COMPUTED, GROSS - CITY)


def test_a_case_is_compared_with_what_is_near_it_and_not_with_every_benefit(store: Store) -> None:
    """A chunk of cases and a large import: each pair that shares neither recipient nor key is passed over."""
    many = 8
    walk = Walk(Stage(store).furnish(firms=many))
    cases = [walk.open("M4a", number, number) for number in range(many)]
    with store.write() as work:
        for number, case in enumerate(cases):
            work.add(SubjectKey, case_id=case, key=f"device:算例-{number}")
    enter(walk, *(received(K.PROJECT, f"算例旁项{number}", firm=number) for number in range(many)))
    looks = cProfile.Profile()
    with store.write() as work:
        assert looks.runcall(benefit_comparisons.find, work, cases) == []
    calls = {name: calls for (_, _, name), (calls, *_) in pstats.Stats(looks).stats.items()}  # type: ignore[attr-defined]
    assert calls["_like"] == many


@pytest.mark.parametrize(
    ("basis", "taken"),
    [("算例企业0", True), (code(0).lower(), True), (code(77), True), ("x", False), ("算例未登记厂", False)],
)
def test_where_only_the_firm_is_known_its_code_or_a_partys_name_is_written(walk: Walk, basis: str, taken: bool) -> None:
    new = received(K.ENTERPRISE, basis)
    said = external_benefits.faults(walk.stage.store, [new])
    if taken:
        assert not said and external_benefits.add(walk.stage.store, officer(Duty.FUND_OFFICER), [new]) == 1
        return
    with pytest.raises(Refused, match="统一社会信用代码") as no:
        external_benefits.add(walk.stage.store, officer(Duty.FUND_OFFICER), [new])
    assert (no.value.field, [words.zh for _, words in said]) == (
        "basis",
        [no.value.zh],
    ) and "credit code" in no.value.en
    assert external_benefits.listed(walk.stage.store) == []
