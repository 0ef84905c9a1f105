"""How the stateful test pays: batches and bank results tried on the store, and what the small model expects of them."""

from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import rule

from casework.payments.bank_export import export
from casework.payments.bank_results import import_results
from casework.shared.fund_key import FundKey
from models import Duty
from support import payment_acts
from support import small_effects as effects
from support.office_cast import OUTCOMES, SMALL
from support.payment_acts import allocate, prepare
from support.small_model import ModelBatch, ModelCase
from support.stage import TREASURY, named, officer


class OfficePaying:
    """The payment half of the machine: its rules, what people try with batches and what the bank says."""

    @rule(
        name=st.sampled_from(("allocate", "prepare", "check_batch", "release", "reject_batch")), pick=SMALL, who=SMALL
    )
    def anybody_pays(self, name: str, pick: int, who: int) -> None:
        if case := self._pick(pick, lambda kept_case: kept_case.state == "payable"):
            self._pay(name, case, self.logins[who % len(self.logins)])

    @rule(which=st.integers(0, 2))
    def prepares_a_batch(self, which: int) -> None:
        """One batch of all that can be paid."""
        ready = [case for case in self.model.cases.values() if case.state == "payable" and case.turn == "maker"]
        if ready:
            self._prepare(ready, f"maker-{which}")

    @rule(which=st.integers(0, 2), pick=SMALL)
    def gives_a_batch_back(self, which: int, pick: int) -> None:
        if case := self._pick(
            pick, lambda kept_case: kept_case.turn in ("checker", "releaser") and kept_case.state == "payable"
        ):
            self._pay("reject_batch", case, f"{case.turn}-{which}")

    @rule(pick=SMALL, outcome=st.sampled_from(OUTCOMES), which=st.integers(0, 2), back=st.integers(0, 2))
    def bank_answers(self, pick: int, outcome: str, which: int, back: int) -> None:
        """About this attempt or an earlier one, again or late or out of order."""
        if case := self._pick(pick, lambda kept_case: any(order.batch for order in kept_case.orders)):
            self._bank(case, outcome, f"reconciler-{which}", back)

    @rule(pick=SMALL)
    def bank_answers_with_another_sum(self, pick: int) -> None:
        if case := self._pick(pick, lambda kept_case: kept_case.state == "ordered"):
            self._bank(case, "settled", "reconciler-0", wrong=True)

    def _pay(self, name: str, case: ModelCase, login: str) -> None:
        if name == "allocate":
            part = self.model.may(login, name, case)
            ways: dict[str, Any] = {
                "fund": FundKey(*case.fund),
                "cases": [self._id(case)],
                "by": named(login),
                "act_id": uuid4(),
            }
            no = self._tried(lambda: allocate(self.store, number=f"算例 {uuid4()}", **ways))
            assert (no is None) is self._follows(case, name, login, part), f"allocate {case} by {login}: {no}"
        elif name == "prepare":
            self._prepare([case], login)
        elif case.order is not None and case.order.batch:
            self._batch(name, case.order.batch, login)

    def _prepare(self, cases: list[ModelCase], login: str) -> None:
        fund = cases[0].fund
        sound = [c for c in cases if self.model.may(login, "prepare", c) and c.fund == fund]
        twins = [(c.firm, c.approved) for c in sound]
        sound = [c for c in sound if twins.count((c.firm, c.approved)) == 1 and not c.contradicted()]
        made: list[Any] = []
        ways: dict[str, Any] = {
            "fund": FundKey(*fund),
            "cases": [self._id(c) for c in cases],
            "by": named(login),
            "act_id": uuid4(),
        }
        no = self._tried(lambda: made.append(prepare(self.store, **ways)))
        assert (no is None) is bool(sound), f"prepare {cases} by {login}: {no}"
        if no is None:
            assert (made[0].count, made[0].total_fen) == (len(sound), sum(c.approved for c in sound))
            self.model.batches[made[0].number] = ModelBatch([c.number for c in sound], self.model.now)
            for case in sound:
                part = self.model.may(login, "prepare", case)
                self._follows(case, "prepare", login, part, batch=made[0].number)

    def _batch(self, name: str, number: str, login: str) -> None:
        """An act on a whole batch."""
        batch = self.model.batches[number]
        mine = [
            c for n in batch.cases if (c := self.model.cases[n]) and c.orders and _in(c, number).state != "cancelled"
        ]
        right = {"check_batch": ("prepared",), "release": ("checked",), "reject_batch": ("prepared", "checked")}[name]
        if name == "reject_batch":
            mine = [case for case in mine if case.state == "payable"]
        parts = {case.number: self.model.may(login, name, case) for case in mine}
        fine = batch.state in right and all(parts.values())
        if name != "reject_batch":
            late = [case for case in mine if case.contradicted(batch.made)]
            fine = fine and len(mine) == len(batch.cases) and not late
        elif not mine:
            fine = fine and self.model.people[login].holds("maker", TREASURY)
        doing = {
            "check_batch": payment_acts.check,
            "release": payment_acts.release,
            "reject_batch": payment_acts.reject_batch,
        }[name]
        more: dict[str, Any] = {"reason": "算例"} if name == "reject_batch" else {}
        no = self._tried(lambda: doing(self.store, batch=number, by=named(login), act_id=uuid4(), **more))
        assert (no is None) is fine, f"{name} {number} {mine} by {login}: {no}"
        if no is None:
            batch.state = {"check_batch": "checked", "release": "released", "reject_batch": "cancelled"}[name]
            for case in mine:
                self._follows(case, name, login, parts[case.number])
            if name == "release":
                export(self.store, batch=number, folder=self.folder, by=officer(Duty.RELEASER))
                for case in mine:
                    case.orders[-1].state = "sent"

    def _bank(self, case: ModelCase, outcome: str, login: str, back: int = 0, wrong: bool = False) -> None:
        """One line of the bank about one of the case's orders."""
        asked = [order for order in case.orders if order.batch]
        order = asked[-1 - back % len(asked)]
        fen = order.fen + wrong
        reference = f"{case.name}-A{order.attempt}"
        line = f"{reference},{outcome},{fen // 100}.{fen % 100:02d},62220000{case.firm:04d},算例"
        path = self.folder / "answer.csv"
        path.write_text(f"指令编号,结果,金额,收款账号,原因\n{line}\n", encoding="utf-8")
        effect = effects.ANSWERS.get(order.state, {}).get(outcome)
        known = (order.attempt, outcome) in case.known
        may = self.model.may(login, effect, case) if effect not in (None, "", "acknowledge") else ("", set())
        report = import_results(self.store, path, by=named(login), act_id=uuid4())
        moves = not wrong and not known and effect not in (None, "", "acknowledge") and may is not None
        assert bool(report.moved) is moves, f"{line} on {case}: {report}"
        refused = not known and (wrong or effect is None or may is None)
        assert bool(report.refused) is refused, f"{line} on {case}: {report}"
        if known or refused:
            if refused and not wrong and outcome == "settled":
                case.said_settled.setdefault(order.attempt, self.model.now)
            return
        case.known.add((order.attempt, outcome))
        if effect == "acknowledge":
            order.state = "acknowledged"
        elif moves and effect is not None and may is not None:
            self._follows(case, effect, login, may, outcome=outcome)


def _in(case: ModelCase, batch: str) -> Any:
    return next(order for order in reversed(case.orders) if order.batch == batch)
