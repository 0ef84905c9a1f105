"""Carries cases through all acts, steps and payments in child processes that are killed on the way and go on with the same ids."""

import gc
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from casework.applications import automatic_checks
from casework.awards import computation, public_notice
from casework.command_handler import act_list
from casework.lifecycle import case_closing
from casework.lifecycle import commands as r
from casework.payments.bank_export import export
from casework.payments.bank_results import import_results
from casework.shared.fund_key import FundKey
from models import Decision, Duty, Entitlement, faults
from models.store import Store
from models.verify import verify
from support import payment_acts
from support.apart import ended, fork
from support.payment_acts import allocate, prepare
from support.stage import LEAD, NOON, Stage, applicant, case_number, claim, facts, named, officer, payable
from support.walk import batch_of, on, order_of

ITEMS = ("M4a", "M16")
PAY = ("prepare", "check", "release", "export")
ONCE = (
    "file",
    "submit",
    "accept",
    "screen",
    "certify",
    "compute",
    "confirm",
    "decide",
    "announce",
    "notice",
    "allocate",
)
# What a trial does itself: the whole way, the way to an allocated promise, or the payment of one (at once, or at the second try).
PLANS: dict[str, tuple[str, ...]] = {
    "whole": (*ONCE, *PAY, "settled", "settled again", "close"),
    "promised": ONCE,
    "paid": (*PAY, "settled", "settled again", "close"),
    "paid later": (*PAY, "failed", *(f"{name} 2" for name in PAY), "settled", "settled again", "close"),
}
KINDS = ("whole", "promised", "paid", "promised", "paid later", "whole", "promised", "paid", "promised", "paid")
AFTER_NOTICE = on("2023-09-12")
_MINE = "SELECT COUNT(*) FROM {} WHERE case_id IN (SELECT id FROM case_file WHERE number IN ({}))"
_TABLES = ("decision", "ledger_entry", "payment_order", "message", "award", "entitlement", "snapshot", "notice_line")
_CONTENT = {
    "audited": "SELECT COUNT(*) FROM audit_entry WHERE action NOT LIKE 'payments.%' AND subject IN ({})",
    "reserved": "SELECT COALESCE(SUM(amount_fen), 0) FROM ledger_entry WHERE target = 'reserved' AND case_id IN"
    " (SELECT id FROM case_file WHERE number IN ({}))",
}


@dataclass
class Trial:
    """Two cases on their way; `journal` holds what was answered, on a file that outlives the process."""

    store: Store
    number: int
    folder: Path

    @property
    def kind(self) -> str:
        """Which part of the way is its own."""
        return KINDS[self.number % len(KINDS)]

    @property
    def journal(self) -> Path:
        """What was answered so far."""
        return self.folder / f"{self.number}.journal"

    @property
    def cases(self) -> dict[UUID, tuple[str, int]]:
        """The cases by id: item and number."""
        numbers = (2 * self.number + 1, 2 * self.number + 2)
        return {named(f"case-{n}"): (item, n) for item, n in zip(ITEMS, numbers, strict=True)}

    @property
    def fixed(self) -> list[UUID]:
        return list(self.cases)

    def go_on(self) -> None:
        """Does what was not answered yet, one after the other, and notes each answer."""
        answered = set(self.journal.read_text().splitlines()) if self.journal.exists() else set()
        for step in PLANS[self.kind]:
            if step not in answered:
                self.do(step)
                with self.journal.open("a") as file:
                    file.write(step + "\n")

    def do(self, step: str) -> None:
        """One step of the plan, under ids that are the same whenever it is done."""
        name, act_id = step.removesuffix(" 2"), named(f"{self.number}:{step}")
        if name in _STEPS:
            outcome = _STEPS[name](self.store, cases=self.fixed)
            assert not outcome.failed, outcome.failed
        elif name in _ACTS:
            self._acts(name)
        else:
            self._pays(name, act_id, step)

    def act_id(self, step: str, case: UUID) -> UUID:
        """The id of one act on one case."""
        return named(f"{self.number}:{step}:{case}")

    def _acts(self, name: str) -> None:
        """The same act on both cases, in a list."""
        kind, duty, more = _ACTS[name]
        listed = []
        for case, (item, number) in self.cases.items():
            by = applicant(0) if duty is Duty.APPLICANT else officer(duty)
            listed.append(kind(case=case, by=by, act_id=self.act_id(name, case), **more(item, number)))
        for answer in act_list(self.store, listed):
            if isinstance(answer, Exception):
                raise answer

    def _pays(self, name: str, act_id: UUID, step: str) -> None:
        store, case = self.store, self.fixed[0]
        if name == "notice":
            store.set_clock(AFTER_NOTICE, frozen=True)
            public_notice.end_notice(store, cases=self.fixed)
        elif name == "allocate":
            ways: dict[str, Any] = {"fund": FundKey(LEAD, 2023), "cases": self.fixed, "by": officer(Duty.ALLOCATOR)}
            allocate(store, number=f"算例文号 {self.number}", act_id=act_id, **ways)
        elif name == "prepare":
            prepare(store, fund=FundKey(LEAD, 2023), cases=self.fixed, by=officer(Duty.MAKER), act_id=act_id)
        elif name in ("check", "release"):
            act = payment_acts.check if name == "check" else payment_acts.release
            by = officer(Duty.CHECKER if name == "check" else Duty.RELEASER)
            act(store, batch=batch_of(store, Stage(store).case(case)), by=by, act_id=act_id)
        elif name == "export":
            number = batch_of(store, Stage(store).case(case))
            export(store, batch=number, folder=self.folder / "bank", by=officer(Duty.RELEASER))
        else:
            self._answered(name, act_id)

    def _answered(self, name: str, act_id: UUID) -> None:
        """The bank's file about both orders; the same news may come again in another file."""
        lines = ["指令编号,结果,金额,收款账号,原因"]
        for case in self.fixed:
            order = order_of(self.store, case)
            assert order is not None
            outcome = name.removesuffix(" again")
            yuan = f"{order.fen // 100}.{order.fen % 100:02d}"
            lines.append(f"{order.number},{outcome},{yuan},{order.account},{name}")
        path = self.folder / f"{self.number}-{name}.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        report = import_results(self.store, path, by=officer(Duty.RECONCILER), act_id=act_id)
        assert not report.refused and not report.unmatched, report

    def counted(self) -> dict[str, int]:
        """How many rows of each kind the cases have."""
        numbers = ", ".join(f"'{case_number(item, n)}'" for item, n in self.cases.values())
        queries = {table: _MINE.format(table, numbers) for table in _TABLES}
        queries |= {name: query.format(numbers) for name, query in _CONTENT.items()}
        with self.store.read() as work:
            return {name: int(work.execute(text(query)).scalar_one()) for name, query in queries.items()}

    def judge(self, undisturbed: dict[str, int]) -> dict[str, int]:
        """What was lost, doubled or wrong in the end, against a trial that nobody disturbed."""
        now = self.counted()
        acked = self.journal.read_text().splitlines()
        with self.store.read() as work:
            known = set(work.execute(select(Decision.act_id).where(col(Decision.case_id).in_(self.cases))).scalars())
            promised = select(Entitlement.case_id, Entitlement.approved_fen, Entitlement.paid_fen)
            rows = work.execute(promised.where(col(Entitlement.case_id).in_(self.cases)))
            paid = {row.case_id: (row.approved_fen, row.paid_fen) for row in rows}
        stage = Stage(self.store)
        acts = [self.act_id(name, case) for name in acked if name in _ACTS for case in self.cases]
        amounts = {case: payable(item) for case, (item, _) in self.cases.items()}
        end, part = ("payable", 0) if self.kind == "promised" else ("closed", 1)
        return {
            "lost": sum(act not in known for act in acts)
            + sum(stage.case(each_case).state != end for each_case in self.cases)
            + sum(max(0, undisturbed[name] - now[name]) for name in now),
            "doubled": sum(max(0, now[name] - undisturbed[name]) for name in now),
            "wrong": sum(paid.get(case) != (fen, fen * part) for case, fen in amounts.items()),
        }


@dataclass
class Crowd(Trial):
    """Many trials' cases, brought to an allocated promise together before anybody is killed."""

    crowd: Sequence[Trial] = ()

    @property
    def cases(self) -> dict[UUID, tuple[str, int]]:
        return {case: what for trial in self.crowd for case, what in trial.cases.items()}

    def bring(self) -> None:
        """Drafts for all; and for those whose own part is the payment, everything before it."""
        self.store.set_clock(NOON, frozen=True)
        with self.store.write() as work:
            for case, (item, n) in self.cases.items():
                assert Stage(self.store).draft(work, item, n) == case
        self.crowd = [trial for trial in self.crowd if trial.kind.startswith("paid")]
        for step in ONCE if self.crowd else ():
            self.do(step)


_ACTS: dict[str, tuple[type[r.Act], Duty, Callable[[str, int], dict[str, Any]]]] = {
    "file": (r.File, Duty.APPLICANT, lambda item, n: {"claim": claim(item, n)}),
    "accept": (r.Accept, Duty.ACCEPTOR, lambda *_: {}),
    "screen": (r.Screen, Duty.SCREENER, lambda *_: {}),
    "certify": (r.Certify, Duty.CERTIFIER, lambda item, n: {"facts": facts(item, n)}),
    "confirm": (r.ConfirmAmount, Duty.AMOUNT_CHECKER, lambda *_: {}),
    "decide": (r.Decide, Duty.DECIDER, lambda *_: {}),
}
_STEPS: dict[str, Callable[..., Any]] = {
    "submit": automatic_checks.submit,
    "compute": computation.compute,
    "announce": public_notice.announce,
    "close": case_closing.close,
}


def main(urls: Sequence[str], trials: int, seed: int) -> dict[str, Any]:
    """Trials over furnished stores in turn; afterwards every store is verified.

    The parent first runs undisturbed trials: its children are forked warm, and the parent holds no connection meanwhile.
    """
    dice, kills, found = Random(seed), Counter[str](), Counter[str]()
    folder = Path(tempfile.mkdtemp(prefix="duixian-kills-"))
    stores = [Store(url) for url in urls]
    calm: dict[str, tuple[dict[str, int], int]] = {}
    for at, store in enumerate(stores):
        spare = [Trial(store, n, folder) for n in range(trials + 10 * at, trials + 10 * at + 10)]
        mine = [Trial(store, n, folder) for n in range(at, trials, len(stores))]
        Crowd(store, -1 - at, folder, [*spare, *mine]).bring()
        calm |= {trial.kind: _undisturbed(trial) for trial in spare}
        store.close()
    gc.freeze()  # the children look at none of the parent's objects again
    for number in range(trials):
        trial = Trial(stores[number % len(stores)], number, folder)
        found.update(_until_done(trial, dice, calm[trial.kind], kills))
    broken = [str(fault) for store in stores for fault in verify(store).bad]
    shutil.rmtree(folder)
    return {"trials": trials, **found, "broken": broken, "points": calm["whole"][1], "kills": dict(kills)}


def _undisturbed(trial: Trial) -> tuple[dict[str, int], int]:
    """A trial that nobody disturbs: what it leaves, and how many points it visits."""
    visited = count(0)
    _live(trial)
    return trial.counted(), len(visited)


def _until_done(trial: Trial, dice: Random, calm: tuple[dict[str, int], int], kills: Counter[str]) -> dict[str, int]:
    """Kills the trial once, and one in three twice; then lets it end, and judges what there is."""
    counted, points = calm
    note, told = trial.folder / "point", trial.folder / "told"
    for deadly in [*(dice.randint(1, points) for _ in range(2 if dice.randrange(3) == 0 else 1)), 0]:

        def life(deadly: int = deadly) -> None:
            count(deadly, note)
            _live(trial)
            told.write_text(json.dumps(trial.judge(counted)))

        if ended(fork(life)):
            found: dict[str, int] = json.loads(told.read_text())
            return found
        kills["killed"] += 1
        kills[note.read_text()] += 1
    raise AssertionError("the last process is not killed")


def _live(trial: Trial) -> None:
    """One process's life: goes on with the trial, which may be its end."""
    if not trial.journal.exists() and not trial.kind.startswith("paid"):
        trial.store.set_clock(NOON, frozen=True)
    trial.go_on()


def count(deadly: int, note: Path | None = None) -> list[str]:
    """From now on points are counted, and the deadly one (0: none) kills, after it noted its name."""
    visited: list[str] = []
    kill = faults.point

    def point(name: str) -> None:
        visited.append(name)
        if len(visited) == deadly:
            assert note is not None
            note.write_text(name)
            faults._WANTED, faults._Countdown.name, faults._Countdown.left = "any", "any", 1
        kill(name)

    import casework.payments.bank_export as exporting
    import casework.shared.atomic_files
    import models.store
    import models.unit_of_work

    for module in (models.store, models.unit_of_work, casework.shared.atomic_files, exporting):
        module.point = point  # type: ignore[attr-defined]
    return visited
