"""The stateful test's machine: random people do random things to a real store; the small model says what must come of it."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from casework.command_handler import act, act_list
from casework.funds import budget_register
from casework.lifecycle import commands as r
from casework.policy_settings import parameter_register
from casework.policy_settings.parameter_register import Proposal
from casework.shared.errors import Problem
from casework.staff import delegations
from models import Duty
from models.store import Store
from models.unit_of_work import Ids
from models.verify import verify
from policies.money import Money
from policies.parameters import Origin
from support import small_effects as effects
from support.office_cast import (
    ACTS,
    ASIDE,
    BUDGET,
    FIRMS,
    ITEMS,
    REQUESTS,
    SMALL,
    STAND_INS,
    STEPS,
    SYSTEM_S,
    VERSION,
    cast,
)
from support.office_paying import OfficePaying
from support.rehearsal import Rehearsal
from support.small_model import TURNS, Fund, Model, ModelCase
from support.stage import LEAD, MARKET, NOON, Stage, claim, facts, filer, named, officer
from support.watch import WatchedProcess


class OfficeMachine(OfficePaying, RuleBasedStateMachine):
    """Rules are what people, the system, the bank and fate do."""

    fresh: ClassVar[Callable[[], str]]
    drop: ClassVar[Callable[[str], None]]
    steps: ClassVar[int] = 0
    done: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(type(self).fresh(), seed=1)
        self.model = Model(now=NOON, people=cast(), funds=dict.fromkeys(_funds(), BUDGET))
        self.logins = tuple(sorted(self.model.people))
        self.watch = WatchedProcess(self.store)
        self.sent: list[r.Act] = []
        self.folder = Path(tempfile.mkdtemp(prefix="duixian-machine-"))

    # people

    @precondition(lambda self: len(self.model.cases) < 5)
    @rule(item=st.sampled_from(ITEMS), firm=st.integers(0, FIRMS - 1), yuan=st.integers(1, 3_000_000))
    def opens(self, item: str, firm: int, yuan: int) -> None:
        self._open(item, firm, yuan)

    def _open(self, item: str, firm: int, yuan: int) -> None:
        number, firm = len(self.model.cases) + 1, filer(item, firm)
        with self.store.write() as work:
            Stage(self.store).draft(work, item, number, firm)
        self.model.cases[number] = ModelCase(number, item, firm, yuan * 100 + number)

    @initialize(items=st.lists(st.sampled_from(ITEMS), min_size=2, max_size=2))
    def begins(self, items: list[str]) -> None:
        """Some drafts are there from the beginning."""
        for firm, item in enumerate(items):
            self._open(item, firm, 100_000)

    def _forward(self, pick: int, which: int) -> None:
        """The act whose turn it is, by somebody who holds the duty."""
        case = self._pick(pick, lambda kept_case: kept_case.turn not in (None, "parameter_author", "fund_officer"))
        if case is None:
            return
        if case.turn == "system":
            self._until(max(case.due, self.model.now))
            self.system_works(SYSTEM_S[case.state])
            return
        wanted = [
            name for name in TURNS if case.turn in TURNS[name].get(case.state, ()) and name not in ("refuse", "return")
        ]
        if case.turn == "investigator":
            wanted = ["answer"]
        login = f"applicant-{case.firm}-{which % 2}" if case.turn == "applicant" else f"{case.turn}-{which % 3}"
        if wanted and wanted[0] in REQUESTS:
            self._act(case, wanted[0], login)
        elif wanted and wanted[0] in ("allocate", "prepare", "check_batch", "release"):
            self._pay(wanted[0], case, login)
        elif wanted:
            self._bank(case, "settled", login)

    @rule(pick=SMALL, which=SMALL, times=st.integers(1, 16))
    def goes_on(self, pick: int, which: int, times: int) -> None:
        """One case goes on, each time looked at as after any step."""
        for _ in range(times - 1):
            self._forward(pick, which)
            self._looked_at()
        self._forward(pick, which)

    @rule(picks=st.lists(SMALL, min_size=3, max_size=6), which=SMALL)
    def several_go_on(self, picks: list[int], which: int) -> None:
        for pick in picks:
            self._forward(pick, which)
            self._looked_at()

    @rule(pick=SMALL, name=st.sampled_from(ACTS), who=SMALL)
    def anybody_does_anything(self, pick: int, name: str, who: int) -> None:
        if case := self._pick(pick):
            self._act(case, name, self.logins[who % len(self.logins)])

    @rule(pick=SMALL, name=st.sampled_from(ASIDE), which=st.integers(0, 2), no=st.booleans())
    def steps_aside(self, pick: int, name: str, which: int, no: bool) -> None:
        """Holds, objections, withdrawals, undoing and reopening, by somebody who holds the duty."""
        case = self._pick(pick, lambda kept_case: _duty(kept_case, name) != "")
        if case is not None:
            duty = _duty(case, name)
            login = f"applicant-{case.firm}-{which % 2}" if duty == "applicant" else f"{duty}-{which}"
            self._act(
                case, name, login, upheld=no, **({"objection": 1 + pick % 3} if name == "answer" and pick % 2 else {})
            )

    @rule(pick=SMALL, heads=st.tuples(SMALL, SMALL), versions=st.tuples(VERSION, VERSION))
    def heads_decide_on_a_version(self, pick: int, heads: tuple[int, int], versions: tuple[str, str]) -> None:
        """One head after the other asks for a version of the rule; whether they agree, and are two, is chance."""
        case = self._pick(pick, lambda kept_case: _duty(kept_case, "rebind") != "")
        for which, version in zip(heads, versions, strict=True):
            if case is not None:
                self._act(case, "rebind", f"head-{which % 3}", version=version)

    @rule(pick=SMALL, which=st.integers(0, 2))
    def joint_unit_objects(self, pick: int, which: int) -> None:
        if case := self._pick(pick, lambda kept_case: kept_case.turn == "joint_reviewer"):
            self._act(case, "opine", f"joint_reviewer-{which}", positive=False)

    @rule(pick=SMALL, which=st.integers(0, 2), share=st.integers(-1, 120))
    def decides_another_amount(self, pick: int, which: int, share: int) -> None:
        if case := self._pick(pick, lambda kept_case: kept_case.turn == "decider"):
            self._act(case, "decide", f"decider-{which}", fen=(case.amount or 0) * share // 100)

    @rule(pick=SMALL, name=st.sampled_from(ACTS), who=SMALL)
    def somebody_looked_too_long_ago(self, pick: int, name: str, who: int) -> None:
        if case := self._pick(pick):
            stale = self._request(case, name, self.logins[who % len(self.logins)], seen=case.version - 1)
            self._refused(lambda: act(self.store, stale))

    @precondition(lambda self: self.sent)
    @rule(pick=SMALL, other=st.sampled_from(("nothing", "person", "reason", "seen")))
    def sends_again(self, pick: int, other: str) -> None:
        """The same act comes twice, or another act under its id: somebody else's, or the same person's with other words."""
        again = self.sent[pick % len(self.sent)]
        if other == "person":
            stranger = next(head for head in (officer(Duty.HEAD, 2), officer(Duty.HEAD, 1)) if head != again.by)
            forged = r.Hold(case=again.case, by=stranger, act_id=again.act_id, reason="算例", review_on="2030-01-01")
            self._refused(lambda: act(self.store, forged))
        elif other == "reason":
            self._refused(lambda: act(self.store, replace(again, reason="另一理由")))
        else:
            assert act(self.store, replace(again, seen=None) if other == "seen" else again).repeated

    @rule(picks=st.lists(SMALL, min_size=2, max_size=4), which=st.integers(0, 2))
    def acts_on_a_list(self, picks: list[int], which: int) -> None:
        """Several cases in one list; each is done or refused for itself."""
        chosen = {
            case.number: case
            for pick in picks
            if (case := self._pick(pick, lambda c: c.turn in ("acceptor", "decider")))
        }
        acts = [("accept" if c.turn == "acceptor" else "decide", c) for c in chosen.values()]
        wanted = [self._request(case, name, f"{case.turn}-{which}") for name, case in acts]
        for (name, case), answer in zip(acts, act_list(self.store, wanted), strict=True):
            login = f"{case.turn}-{which}"
            part = self.model.may(login, name, case)
            assert isinstance(answer, Problem) is not self._follows(case, name, login, part), (name, case, answer)

    # the system, time and money

    @rule(step=st.sampled_from(tuple(STEPS)))
    def system_works(self, step: str) -> None:
        outcome = STEPS[step](self.store)
        assert step == "lapse" or not outcome.failed, outcome.failed
        effects.work(self.model, step)

    @rule()
    def system_does_all(self) -> None:
        for step in ("submit", "compute", "announce", "end_notice"):
            self.system_works(step)
            self._looked_at()
        self.system_works("close")

    @rule(hours=st.sampled_from((1, 9, 24, 24 * 7, 24 * 7, 24 * 21, -2)))
    def time_passes(self, hours: int) -> None:
        moment = min(self.model.now + timedelta(hours=hours), datetime(2024, 9, 1, tzinfo=UTC))
        ended = [case for case in self.model.cases.values() if moment < case.notice_ends <= self.model.now]
        if not ended:  # a clock may be put right, but an ended notice does not begin again
            self._until(moment)

    def _until(self, moment: datetime) -> None:
        if moment != self.model.now:
            self.model.now = moment
            self.store.set_clock(moment, frozen=True)

    @rule(percent=st.integers(1, 100), same=st.booleans(), which=st.integers(0, 2))
    def rate_is_set(self, percent: int, same: bool, which: int) -> None:
        """One person proposes, another confirms; the same natural person may not."""
        new = Proposal(policy="XZ2023", name="P16-rate", value=f"{percent}%", citation="算例", origin=Origin.DEMO)
        proposal = parameter_register.propose(self.store, officer(Duty.PARAMETER_AUTHOR), new)
        if same:
            self._refused(lambda: parameter_register.confirm(self.store, officer(Duty.PARAMETER_AUTHOR), proposal))
            return
        parameter_register.confirm(self.store, officer(Duty.PARAMETER_CONFIRMER, which), proposal)
        self.model.rate = (percent, 100)
        for turn in ("parameter_author", "fund_officer"):  # with another rate it may need less money
            self._wake(turn, lambda case: case.item == "M16")

    @rule(
        unit=st.sampled_from((LEAD, MARKET)),
        yuan=st.integers(1, 400_000),
        more=st.booleans(),
        owner=st.sampled_from(("", "", "XZ2023")),
    )
    def budget_changes(self, unit: str, yuan: int, more: bool, owner: str) -> None:
        key = (unit, self.model.today.year, owner)
        change: dict[str, Any] = {"unit": unit, "year": key[1], "policy": owner}
        change |= {"amount": Money(yuan * 100), "document": f"算例 {uuid4()}"}
        clerk = officer(Duty.FUND_OFFICER)
        if more:
            budget_register.appropriate(self.store, clerk, **change)
            with self.model.nobody_sleeps():
                self.model.funds[key] = self.model.funds.get(key, 0) + yuan * 100
        elif self.model.funds.get(key, 0) < yuan * 100:
            self._refused(lambda: budget_register.cut(self.store, clerk, **change))
        else:
            budget_register.cut(self.store, clerk, **change)
            self.model.funds[key] -= yuan * 100

    @precondition(lambda self: any(case.turn == "fund_officer" for case in self.model.cases.values()))
    @rule(pick=SMALL, name=st.sampled_from(("withdraw", "refuse", "decide", "undo")), which=st.integers(0, 2))
    def somebody_gives_money_back(self, pick: int, name: str, which: int) -> None:
        """While others wait for it; or leaves the queue."""
        case = self._pick(pick, lambda kept_case: kept_case.amount or kept_case.in_queue)
        if case is not None:
            others = {"withdraw": f"applicant-{case.firm}-{which % 2}", "undo": f"head-{which}"}
            login = others.get(name, f"decider-{which}")
            self._act(case, name, login, **({"fen": (case.amount or 0) // 3} if name == "decide" else {}))

    @precondition(lambda self: len(self.model.delegations) < 6)
    @rule(pair=st.sampled_from(STAND_INS))
    def somebody_stands_in(self, pair: tuple[str, str, str]) -> None:
        giver, taker, unit = pair
        duty, first = giver.split("-")[0], self.model.today
        ways: dict[str, Any] = {"principal": giver, "delegate": taker, "duty": duty, "unit": unit, "reason": "算例"}
        delegations.add(self.store, named(giver), first=first, last=first + timedelta(days=9), **ways)
        begins = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(hours=8)
        self.model.delegations.append((giver, taker, duty, unit, begins, begins + timedelta(days=10)))

    # crashes

    @rule(pick=SMALL, which=SMALL)
    def crashes_before_the_commit(self, pick: int, which: int) -> None:
        """The transaction is complete, and lost; the store is opened again."""
        lost = Rehearsal(self.store.url)
        case = self._pick(pick, lambda kept_case: kept_case.turn == "acceptor" or kept_case.turn == "decider")
        if case is not None:
            name = "accept" if case.turn == "acceptor" else "decide"
            login = f"{case.turn}-{which % 3}"
            possible = self.model.may(login, name, case) is not None
            assert possible is (self._tried(lambda: act(lost, self._request(case, name, login))) is None)
        for step in STEPS.values():
            step(lost)
        lost.close()
        self.watch.close()
        self.store.close()
        self.store = Store(self.store.url)
        self.watch = self.watch.again(self.store)
        self.store.ids = Ids()

    # what must always hold

    @invariant()
    def looked_at(self) -> None:
        """After every step: store and model agree, and every invariant holds."""
        self._looked_at()

    def _looked_at(self) -> None:
        type(self).steps += 1
        self._agree()
        assert not (broken := self.watch.broken()), broken

    def _agree(self) -> None:
        """Each case, the rule that binds it, what is promised and paid on it, and what is left in each fund."""
        query = (
            "SELECT c.number, c.state, c.version, c.next_duty, c.amount_fen, c.held, c.contested, c.rule_version,"
            " e.approved_fen, e.paid_fen"
            " FROM case_file c LEFT JOIN entitlement e ON e.case_id = c.id AND NOT e.ended"
        )
        with self.store.engine.connect() as connection:
            stored = {row[0]: tuple(row[1:]) for row in connection.exec_driver_sql(query)}
            rows = connection.exec_driver_sql("SELECT unit, year, policy, available_fen FROM fund")
            funds = {(unit, year, policy): left for unit, year, policy, left in rows}
        for case in self.model.cases.values():
            promised = (case.approved, case.paid) if case.approved else (None, None)
            wanted = (
                case.state,
                case.version,
                case.turn,
                case.amount,
                case.held,
                case.contested,
                case.bound,
                *promised,
            )
            assert stored[case.name] == wanted, f"{case.name}: stored {stored[case.name]}, the model says {wanted}"
        assert funds == self.model.funds
        objections = {case.name: case.objections for case in self.model.cases.values() if case.objections}
        assert self._objections() == objections

    def _objections(self) -> dict[str, list[str]]:
        """The objections of each case in the order in which they came, by what has become of them."""
        found: dict[str, list[str]] = {}
        query = "SELECT c.number, o.outcome FROM objection o JOIN case_file c ON c.id = o.case_id ORDER BY o.position"
        with self.store.engine.connect() as connection:
            for number, outcome in connection.exec_driver_sql(query):
                found.setdefault(number, []).append(outcome)
        return found

    def teardown(self) -> None:
        try:
            assert not verify(self.store).bad, [str(value) for value in verify(self.store).bad]
        finally:
            for case in self.model.cases.values():
                type(self).done[case.state] = type(self).done.get(case.state, 0) + 1
            self.watch.close()
            self.store.close()
            shutil.rmtree(self.folder, ignore_errors=True)
            type(self).drop(self.store.url)

    # how it is done

    def _pick(self, pick: int, which: Callable[[ModelCase], Any] = bool) -> ModelCase | None:
        found = [case for case in self.model.cases.values() if which(case)]
        return found[pick % len(found)] if found else None

    def _request(self, case: ModelCase, name: str, login: str, *, seen: int | None = None, **more: Any) -> r.Act:
        kind, fixed = REQUESTS[name]
        sent: dict[str, Any] = {**fixed}
        if name == "file":
            sent["claim"] = claim(case.item, case.number, fen=case.fen) if case.state == "draft" else None
        if name == "certify":
            sent["facts"] = facts(case.item, case.number, fen=case.fen)
        if name == "report":
            sent["milestone"] = case.reports + 1
        if name == "opine":
            sent |= {"positive": more.get("positive", True), "reason": "算例"}
        if name == "answer":
            sent |= {"upheld": more.get("upheld", False), "objection": more.get("objection")}
        if name == "rebind":
            sent["rule_version"] = more.get("version", "2")
        if name == "decide":
            sent |= {"amount_fen": more.get("fen"), "reason": "算例"}
        version = case.version if seen is None else seen
        return kind(case=named(f"case-{case.number}"), by=named(login), act_id=uuid4(), seen=version, **sent)

    def _act(self, case: ModelCase, name: str, login: str, **more: Any) -> None:
        """An act that the model either follows or says is refused; an answer is to the first open objection unless named."""
        if name == "answer":
            more.setdefault("objection", 1 + case.objections.index("open") if case.contested else 1)
        request = self._request(case, name, login, **more)
        part = self.model.may(login, name, case)
        no = self._tried(lambda: act(self.store, request))
        assert (no is None) is self._follows(case, name, login, part, **more), f"{name} on {case} by {login}: {no}"
        if no is None:
            self.sent.append(request)

    def _follows(self, case: ModelCase, name: str, login: str, part: Any, **more: Any) -> bool:
        return part is not None and effects.do(self.model, case, name, login, part, **more)

    def _tried(self, attempt: Callable[[], object]) -> Problem | None:
        try:
            attempt()
        except Problem as no:
            return no
        return None

    def _refused(self, attempt: Callable[[], object]) -> None:
        assert self._tried(attempt) is not None, "this should have been refused"

    def _wake(self, duty: str, which: Callable[[ModelCase], bool]) -> None:
        for case in self.model.cases.values():
            if case.turn == duty and which(case):
                case.turn, case.due = "system", self.model.now

    @staticmethod
    def _id(case: ModelCase) -> UUID:
        return named(f"case-{case.number}")


def _duty(case: ModelCase, name: str) -> str:
    """Who does this in the case's state, if it can be done there."""
    from support.small_model import ANYTIME

    if name in ("return", "refuse"):
        return case.turn if case.turn in TURNS[name].get(case.state, ()) else ""  # type: ignore[return-value]
    duty, states = ANYTIME[name]
    return duty if case.state in states.split() else ""


def _funds() -> list[Fund]:
    return [(unit, year, "") for unit in (LEAD, MARKET) for year in (2023, 2024)]
