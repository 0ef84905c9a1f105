"""An act sent again with its id is answered again and does nothing; with other content it is refused, and does nothing."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.applications.case_opening import NewCase, open_case
from casework.command_handler import act
from casework.lifecycle import commands as r
from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from models import Duty, State
from models.store import Store
from support import payment_acts
from support.payment_acts import allocate, prepare
from support.rehearsal import written
from support.stage import Stage, applicant, claim, named, officer
from support.walk import Walk, batch_of


def test_a_release_repeated_after_the_export_is_answered_again(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.PAYABLE, Duty.RELEASER)
    sent: dict[str, Any] = {"batch": batch_of(store, case), "by": officer(Duty.RELEASER), "act_id": named("release")}
    first = payment_acts.release(store, **sent)
    walk.to(case.id, State.CLOSED)
    before = written(store)
    again = payment_acts.release(store, **sent)
    assert (again, again.repeated, written(store)) == (first, True, before)


@pytest.fixture
def decided(store: Store) -> r.Decide:
    """One decision, not sent yet."""
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.COMPUTED, Duty.DECIDER)
    return r.Decide(case=case.id, by=officer(Duty.DECIDER), act_id=named("decide"), seen=case.version, reason="算例")


def test_a_decision_repeated_is_one_decision(store: Store, decided: r.Decide) -> None:
    first = act(store, decided)
    before = written(store)
    for seen in (decided.seen, None, first.version):  # looked at again or not, it says the same
        again = act(store, replace(decided, seen=seen))
        assert (again.version, again.state, again.repeated) == (first.version, first.state, True)
    assert written(store) == before


@pytest.mark.parametrize("other", [{"reason": ""}, {"reason": "算例二"}, {"amount_fen": 0}, {"minutes": "会议纪要"}])
def test_a_decision_under_a_used_id_with_other_content_is_refused(
    store: Store, decided: r.Decide, other: dict[str, Any]
) -> None:
    act(store, decided)
    before = written(store)
    with pytest.raises(Refused) as no:
        act(store, replace(decided, **other))
    assert (no.value.code, no.value.field) == ("act_id", "act_id")
    assert "内容不同" in no.value.zh and "other content" in no.value.en
    assert written(store) == before


def test_an_act_that_said_nothing_is_not_repeated_by_one_that_says_something(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.FILED, Duty.ACCEPTOR)
    sent = r.Accept(case=case.id, by=officer(Duty.ACCEPTOR), act_id=named("accept"))
    act(store, sent)
    assert act(store, sent).repeated
    with pytest.raises(Refused, match="内容不同"):
        act(store, replace(sent, reason="算例"))


def test_facts_are_the_same_in_any_order_and_others_are_other_facts(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.open("M4a", 1)
    sent: list[r.Act] = []
    send = walk.do

    def kept(kind: type[r.Act], view: Any, **more: Any) -> Any:
        receipt = send(kind, view, **more)
        by = officer(Duty(str(view.next_duty)))
        if kind is r.Certify:
            sent.append(kind(case=view.id, by=by, act_id=receipt.act_id, facts=more["facts"]))
        return receipt

    walk.do = kept  # type: ignore[method-assign]
    walk.to(case, State.COMPUTED, Duty.DECIDER)
    (certified,) = sent
    assert isinstance(certified, r.Certify)
    assert act(store, replace(certified, facts=dict(reversed(certified.facts.items())))).repeated
    with pytest.raises(Refused, match="内容不同"):
        act(store, replace(certified, facts={**certified.facts, "model": "B"}))


TEXTS, NAMED = st.text(max_size=9), st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3)
VALUES: Mapping[Any, Any] = {
    str: TEXTS,
    bool: st.booleans(),
    int: st.integers(0, 9),
    int | None: st.none() | st.integers(0, 9),
    tuple[str, ...]: st.lists(TEXTS, max_size=3).map(tuple),
    Mapping[str, Any]: NAMED,
    Mapping[str, str]: NAMED,
    Mapping[str, Any] | None: st.none() | NAMED,
}
COMMON = ("case", "by", "act_id", "seen")
KINDS = [value for value in vars(r).values() if isinstance(value, type) and issubclass(value, r.Act)]


@given(st.data())
def test_two_acts_of_a_kind_have_one_digest_where_they_say_the_same(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(KINDS))
    said = {field.name: VALUES[field.type] for field in fields(kind) if field.name not in COMMON}
    first, second = (
        kind(case=UUID(int=n), by=UUID(int=n), act_id=UUID(int=n), seen=n, **data.draw(st.fixed_dictionaries(said)))
        for n in (1, 2)
    )
    same = all(_alike(getattr(first, name), getattr(second, name)) for name in said)
    assert (first.digest == second.digest) is same
    assert replace(first, case=second.case, by=second.by, act_id=second.act_id, seen=None).digest == first.digest


def _alike(first_answer: Any, other: Any) -> bool:
    """Nothing said is nothing said, however it is spelled."""
    return bool(first_answer == other) or (first_answer in (None, "", ()) and other in (None, "", ()))


def test_a_case_is_opened_once_under_an_id_and_never_for_something_else(store: Store) -> None:
    Stage(store).furnish(firms=2)
    parties = {firm: _party(store, firm) for firm in (0, 1)}
    new = NewCase(act_id=named("open"), policy="XZ2023", item="M4a", party=parties[0], claim=claim("M4a", 1))
    opened = open_case(store, applicant(0), new)
    before = written(store)
    assert open_case(store, applicant(0), new) == replace(opened, repeated=True)
    others: list[dict[str, Any]] = [
        {"claim": claim("M4a", 2)},
        {"party": parties[1]},
        {"item": "M16", "claim": claim("M16", 1)},
    ]
    for other in others:
        with pytest.raises(Refused, match="内容不同"):
            open_case(store, applicant(0), replace(new, **other))
    assert written(store) == before


def _party(store: Store, firm: int) -> UUID:
    with store.read() as work:
        rows = work.connection.exec_driver_sql("SELECT id, name FROM party")
        return next(UUID(str(row.id)) for row in rows if row.name == f"算例企业{firm}")


@pytest.mark.parametrize("step", ["allocate", "prepare"])
def test_a_document_or_a_batch_under_a_used_id_with_other_content_is_refused(store: Store, step: str) -> None:
    walk = Walk(Stage(store).furnish(firms=2))
    duty = Duty.ALLOCATOR if step == "allocate" else Duty.MAKER
    case, other = (walk.to(walk.open("M4a", n, n - 1), State.PAYABLE, duty) for n in (1, 2))
    sent: dict[str, Any] = {"fund": _fund(store), "cases": [case.id], "by": officer(duty), "act_id": named(step)}
    sent |= {"number": "算例 1 号"} if step == "allocate" else {}
    carry_out: Callable[..., Any] = {"allocate": allocate, "prepare": prepare}[step]
    first = carry_out(store, **sent)
    before = written(store)
    for repeated in ({}, {"cases": [case.id, case.id]}, {"cases": []}):  # without cases: whatever it was done for
        assert carry_out(store, **{**sent, **repeated}) == first
    changes: list[dict[str, Any]] = [
        {"cases": [other.id]},
        {"cases": [case.id, other.id]},
        {"fund": FundKey("别处", 2023)},
    ]
    changes += [{"number": "算例 2 号"}] if step == "allocate" else [{"confirmed": {case.number: "算例"}}]
    for change in changes:
        with pytest.raises(Refused, match="内容不同"):
            carry_out(store, **{**sent, **change})
    assert written(store) == before


def _fund(store: Store) -> FundKey:
    """The fund on which something is promised."""
    with store.read() as work:
        rows = work.connection.exec_driver_sql("SELECT unit, year FROM fund WHERE committed_fen > 0")
        return next(FundKey(row.unit, row.year) for row in rows)


def test_a_batch_given_back_for_another_reason_is_refused(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.PAYABLE, Duty.CHECKER)
    sent: dict[str, Any] = {"batch": batch_of(store, case), "by": officer(Duty.CHECKER), "act_id": named("back")}
    first = payment_acts.reject_batch(store, **sent, reason="算例")
    assert payment_acts.reject_batch(store, **sent, reason=" 算例 ") == first
    with pytest.raises(Refused, match="内容不同"):
        payment_acts.reject_batch(store, **sent, reason="算例二")


def test_another_act_on_an_exported_batch_is_refused_in_words(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    case = walk.to(walk.open("M4a", 1), State.CLOSED)
    with pytest.raises(Refused):
        payment_acts.reject_batch(
            store, batch=batch_of(store, case), by=officer(Duty.MAKER), act_id=named("late"), reason="算例理由"
        )
