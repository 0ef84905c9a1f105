"""What was shown before an act is what it then does: compared row by row with what was committed, over many random acts."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from json import loads
from typing import Any

import pytest
from sqlalchemy import text

from casework.act_preview import ActPreview, OutcomeChanged, confirm, preview
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.receipts import Receipt
from casework.lifecycle.transitions import rows
from casework.shared.errors import Problem, Refused
from models import Duty, State
from models.store import Store
from support.stage import NOON, Stage, named, officer
from support.walk import Walk

ITEMS = ("M16", "M4a", "M5c", "M9", "M14a", "M10", "M16")
TABLES = ("case_file", "decision", "message", "ledger_entry", "fund", "audit_entry")
ASIDE: Mapping[type[r.Act], Mapping[str, Any]] = {
    r.Hold: {"reason": "算例", "review_on": "2030-01-01"},
    r.Unhold: {},
    r.Withdraw: {"reason": "算例"},
    r.Undo: {"reason": "算例"},
    r.Reopen: {"reason": "算例"},
    r.Object: {"reason": "算例异议"},
    r.AnswerObjection: {"reason": "算例答复", "upheld": False},
    r.Refuse: {"reason": "算例不予"},
    r.ReturnForCorrection: {"missing": ("算例材料",)},
    r.Rebind: {"reason": "算例", "rule_version": "1"},
    r.RegisterOffline: {"document": "算例凭证"},
}


@pytest.fixture
def backend() -> str:
    """SQLite: whole tables are read before and after each act."""
    return "sqlite"


def content(store: Store) -> dict[str, dict[str, Any]]:
    """Every row of what acts write, by table and key."""
    found = {}
    with store.read() as work:
        for table in TABLES:
            listed = work.execute(text(f"SELECT * FROM {table}")).mappings()
            key = "seq" if table == "audit_entry" else "id"
            found[table] = {str(row[key]): dict(row) for row in listed}
    return found


def agree(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]], shown: ActPreview) -> None:
    """The new rows are those that were shown."""
    new = {table: [row for key, row in after[table].items() if key not in before[table]] for table in TABLES}
    (decision,) = new["decision"]
    case = next(row for row in after["case_file"].values() if row["number"] == shown.case.number)
    assert (decision["from_state"], case["state"], decision["outcome"]) == (
        shown.case.from_state,
        shown.case.to_state,
        shown.case.outcome,
    )
    assert (case["next_duty"], case["next_unit"], case["amount_fen"], bool(case["held"])) == (
        shown.case.next_duty,
        shown.case.next_unit,
        shown.case.amount_fen,
        shown.case.held,
    )
    assert (shown.case.last_day is not None) == (case["next_duty"] not in (None, "system") and bool(case["next_due"]))
    moved = sorted((row["source"], row["target"], row["amount_fen"]) for row in new["ledger_entry"])
    assert moved == sorted((transfer.source, transfer.target, transfer.fen) for transfer in shown.money)
    told = sorted((row["kind"], row["recipient"], sorted(loads(row["content"]))) for row in new["message"])
    assert told == sorted((message.kind, message.recipient, sorted(message.content)) for message in shown.messages)


@dataclass
class PreviewingWalk(Walk):
    """Each act of a person is previewed, found to have written nothing, confirmed and compared."""

    compared: dict[str, int] = field(default_factory=dict)

    def do(self, kind: type[r.Act], case: CaseView, **more: Any) -> Receipt:
        duty = more.pop("duty", None) or Duty(str(case.next_duty))
        by = more.pop("by", None) or (self.applicant(case) if duty is Duty.APPLICANT else officer(duty, self.which))
        return self.carry_out(kind(case=case.id, by=by, act_id=self.act_id(), seen=case.version, **more))

    def carry_out(self, command: r.Act) -> Receipt:
        store = self.stage.store
        before = content(store)
        shown = preview(store, command)
        assert content(store) == before
        assert isinstance(shown, ActPreview)
        receipt = confirm(store, command, shown.digest)
        assert receipt.state == shown.case.to_state
        agree(before, content(store), shown)
        again = preview(store, command)
        assert isinstance(again, Receipt) and again.repeated and confirm(store, command, "another").repeated
        self.compared[command.action] = self.compared.get(command.action, 0) + 1
        return receipt

    def aside(self, chance: random.Random, case: CaseView) -> None:
        """Something that is nobody's turn, by somebody who may, or a refusal that both ways agree on."""
        kind = chance.choice(list(ASIDE))
        moves = rows(kind.action, State(case.state))
        if not moves:
            return
        duty = chance.choice(moves).duty
        which = chance.randrange(3)
        by = self.applicant(case) if duty is Duty.APPLICANT else officer(duty, which)
        command = kind(case=case.id, by=by, act_id=self.act_id(), seen=case.version, **ASIDE[kind])
        before = content(self.stage.store)
        try:
            shown = preview(self.stage.store, command)
        except Problem as no:
            with pytest.raises(type(no)) as same:
                confirm(self.stage.store, command, "")
            assert same.value.code == no.code and content(self.stage.store) == before
            return
        assert isinstance(shown, ActPreview)
        self.carry_out(command)


def _now(store: Store) -> datetime:
    with store.read() as work:
        return work.now


def wander(stage: Stage, seed: int, steps: int) -> dict[str, int]:
    """A walk of so many steps over cases of several items; how many of each act were compared."""
    chance = random.Random(seed)
    walk = PreviewingWalk(stage, seed=f"previews-{seed}")
    identities = [walk.open(item, number, number % 4) for number, item in enumerate(ITEMS, start=1)]
    for number in range(len(ITEMS) + 1, len(ITEMS) + steps + 1):
        place = chance.randrange(len(identities))
        case = stage.case(identities[place])
        if case.next_duty is None and chance.random() < 0.7:  # what ended makes room for another
            identities[place] = walk.open(chance.choice(ITEMS), number, number % 4)
            continue
        walk.which, began = chance.randrange(3), _now(stage.store)
        try:
            if case.next_duty is None or chance.random() < 0.3:
                walk.aside(chance, case)
            else:
                walk.forward(case.id)
        except (Problem, KeyError, StopIteration):  # the same person twice, an end, money that is short
            continue
        finally:  # the end of one notice sets the clock to its day: for the others time does not go back
            stage.store.set_clock(max(began, _now(stage.store)), frozen=True)
    return walk.compared


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_random_acts_do_what_was_previewed(store: Store, seed: int) -> None:
    done = wander(Stage(store).furnish(), seed, 90)
    assert sum(done.values()) > 30 and len(done) > 8, done


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(100, 108))
def test_many_random_acts_do_what_was_previewed(store: Store, seed: int) -> None:
    assert sum(wander(Stage(store).furnish(), seed, 250).values()) > 60


def filed(store: Store) -> tuple[Stage, CaseView]:
    """A case that waits for its acceptor."""
    stage = Stage(store).furnish()
    walk = Walk(stage)
    return stage, walk.to(walk.open("M16", 1), State.FILED, Duty.ACCEPTOR)


def accept(case: CaseView) -> r.Accept:
    return r.Accept(case=case.id, by=officer(Duty.ACCEPTOR, 1), act_id=named("previewed"), seen=case.version)


def test_what_changed_since_it_was_shown_is_shown_anew_and_nothing_is_written(store: Store) -> None:
    _, case = filed(store)
    shown = preview(store, accept(case))
    assert isinstance(shown, ActPreview)
    store.set_clock(NOON + timedelta(days=1), frozen=True)  # the next step is due a day later now
    before = content(store)
    with pytest.raises(OutcomeChanged) as changed:
        confirm(store, accept(case), shown.digest)
    assert content(store) == before
    assert changed.value.preview.case.last_day != shown.case.last_day
    assert confirm(store, accept(case), changed.value.preview.digest).state == "accepted"


def test_instants_and_ids_do_not_count_and_words_do(store: Store) -> None:
    _, case = filed(store)
    refuse = r.Refuse(case=case.id, by=officer(Duty.ACCEPTOR, 1), act_id=named("a"), seen=case.version, reason="算例")
    first = preview(store, refuse)
    store.set_clock(NOON + timedelta(minutes=3), frozen=True)
    second = preview(store, refuse)
    other = preview(store, r.Refuse(**{**vars(refuse), "reason": "另一理由"}))
    assert isinstance(first, ActPreview) and isinstance(second, ActPreview) and isinstance(other, ActPreview)
    assert first.digest == second.digest != other.digest


def test_the_letter_is_seen_before_it_is_sent(store: Store) -> None:
    _, case = filed(store)
    refuse = r.Refuse(
        case=case.id, by=officer(Duty.ACCEPTOR, 1), act_id=named("a"), seen=case.version, reason="算例理由"
    )
    shown = preview(store, refuse)
    assert isinstance(shown, ActPreview)
    (told,) = [message for message in shown.messages if message.kind == "refused"]
    assert told.to == ("申报人 算例企业0", "the applicant 算例企业0")
    assert "算例理由" in told.text[0] and "不予支持告知书" in told.papers[0].name
    assert "算例理由" in told.papers[0].page.decode()


def test_a_refusal_is_the_acts_own(store: Store) -> None:
    _, case = filed(store)
    wrong = r.Accept(case=case.id, by=officer(Duty.DECIDER), act_id=named("x"), seen=case.version)
    with pytest.raises(Refused, match="算例acceptor-0"):
        preview(store, wrong)
