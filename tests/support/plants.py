"""Faults as a careless change would bring them: each alters real code or a real schema, and names the expectation it breaks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import bindparam, update
from sqlmodel import col

from casework import command_handler
from casework.applications import submission as submitting
from casework.awards import computation_batch, decisions, public_notice
from casework.composition import HANDLERS
from casework.funds import ledger
from casework.funds import release_funds as releasing
from casework.lifecycle import authorization, case_changes, case_writes, filing_window, receipts, step_runner
from casework.lifecycle.commands import Action
from casework.payments import bank_results, batches
from casework.policy_settings import parameter_register
from casework.shared import reference
from casework.shared.run_summary import RunSummary
from models import Account, Case, Fund
from models.clock import start_of
from models.statements import Prepared, given
from models.store import Store
from models.triggers import uninstall
from models.unit_of_work import UnitOfWork
from policies import shapes, stacking, workdays
from policies.money import Rounding
from policies.window import Window
from policies.worksheet import Worksheet

Plant = Callable[[pytest.MonkeyPatch, Store], None]


@dataclass(frozen=True)
class PlantedFault:
    """A fault: what it is, how it is planted, the expectation that must notice."""

    name: str
    plant: Plant
    caught_by: str


FAULTS: list[PlantedFault] = []


def plants(name: str, caught_by: str) -> Callable[[Plant], Plant]:
    """Puts a fault on the list."""

    def listed(plant: Plant) -> Plant:
        FAULTS.append(PlantedFault(name, plant, caught_by))
        return plant

    return listed


def _execute(store: Store, *statements: str, guards_off: bool = False) -> None:
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        if guards_off:
            uninstall(connection)
        for statement in statements:
            connection.exec_driver_sql(statement)


@plants("a missing unique key on decisions", "a_version_has_one_decision")
def _no_key(patch: pytest.MonkeyPatch, store: Store) -> None:
    _execute(store, "DROP INDEX decision_once_a_version")


@plants("a missing unique key on live orders", "an_entitlement_has_one_order_under_way")
def _no_order_key(patch: pytest.MonkeyPatch, store: Store) -> None:
    _execute(store, "DROP INDEX one_live_order")


@plants("no compare-and-set", "a_change_binds_to_the_version_it_was_made_for")
def _no_cas(patch: pytest.MonkeyPatch, store: Store) -> None:
    _execute(store, "DROP INDEX decision_once_a_version", guards_off=True)
    moved = {name: given(f"new_{name}", getattr(Case, name)) for name in case_writes._MOVED}
    blind = update(Case).where(col(Case.id) == bindparam("wanted"))
    patch.setattr(
        case_writes,
        "_MOVE",
        Prepared(blind.values(version=bindparam("seen") + 1, changed_at=bindparam("now"), **moved)),
    )


@plants("the version that was seen is ignored", "an_act_on_a_stale_version_is_refused")
def _seen_ignored(patch: pytest.MonkeyPatch, store: Store) -> None:
    admit = command_handler._admit
    patch.setattr(command_handler, "_admit", lambda *given: admit(*given[:-1], replace(given[-1], seen=None)))


@plants("act ids are not compared", "an_act_sent_twice_is_done_once")
def _ids_ignored(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(receipts, "of_act", lambda work, act: None)


@plants("a float amount", "a_rate_of_a_cost_is_exact_to_the_fen")
def _float(patch: pytest.MonkeyPatch, store: Store) -> None:
    def gross(self: shapes.Ratio, rounding: Rounding = Rounding.DOWN, **quantities: Any) -> int:
        return int(int(quantities["cost"]) * (self.rate.numerator / self.rate.denominator))

    patch.setattr(shapes.Ratio, "gross", gross)


@plants("rounding up instead of down", "a_fraction_of_a_fen_is_dropped")
def _rounds_up(patch: pytest.MonkeyPatch, store: Store) -> None:
    gross = shapes.Ratio.gross
    patch.setattr(shapes.Ratio, "gross", lambda self, rounding=None, **q: gross(self, Rounding.UP, **q))


@plants("the ceiling is not applied", "an_award_stops_at_its_ceiling")
def _no_ceiling(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(Worksheet, "cap", lambda self, *, scope: None)


@plants("the floor of a price is exclusive", "a_price_at_the_floor_is_a_price")
def _exclusive_floor(patch: pytest.MonkeyPatch, store: Store) -> None:
    from policies.xiuzhou_2023 import m22_vertical_factories as law

    class Exclusive(law.Money):  # type: ignore[misc, name-defined]
        def __ge__(self, other: object) -> bool:
            return bool(int(self) > int(other))  # type: ignore[call-overload]

    patch.setattr(law, "Money", Exclusive)


@plants("the first benefit counts, not the highest", "the_order_of_benefits_does_not_matter")
def _first_counts(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(stacking, "_rank", lambda benefit: 0)


@plants("a working day too few", "a_notice_runs_five_working_days")
def _day_short(patch: pytest.MonkeyPatch, store: Store) -> None:
    nth = workdays.Calendar.nth
    patch.setattr(workdays.Calendar, "nth", lambda self, first, number: nth(self, first, max(1, number - 1)))


@plants("make-up days and holidays are not known", "a_notice_runs_five_working_days")
def _weekends_only(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(workdays, "_works_by_notice", lambda day: day.weekday() < 5)
    patch.setattr(workdays.Calendar, "_prepare", _plain_year)


def _plain_year(self: workdays.Calendar, number: int) -> Any:
    days = {day for day in workdays._days_of(number) if day.weekday() < 5}
    return workdays._prepared(number, days)


@plants("a notice ends a day early", "nothing_moves_before_the_last_day_of_a_notice_is_over")
def _day_early(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(public_notice, "end_of", start_of)


@plants("the window's edge belongs to the window", "the_window_ends_with_its_last_instant")
def _edge(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(Window, "inside", lambda self, instant: self.opens_at <= instant <= self.closes_at)
    assert filing_window.window


@plants("an error in a step is swallowed", "a_case_that_cannot_be_moved_is_named_and_flagged")
def _swallowed(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(step_runner, "_singly", lambda *_: RunSummary())


@plants("a delegate's principal is not looked at", "whoever_stands_in_counts_as_the_principal_too")
def _principal_ignored(patch: pytest.MonkeyPatch, store: Store) -> None:
    _execute(store, guards_off=True)
    separate = authorization.separate
    patch.setattr(
        authorization,
        "separate",
        lambda case, who, duty, held, key, principal: separate(case, who, duty, held, who.natural_key, None),
    )


@plants("a second account is a second person", "a_second_account_is_the_same_person")
def _accounts(patch: pytest.MonkeyPatch, store: Store) -> None:
    person = reference.person
    patch.setattr(
        command_handler, "person", lambda work, facts, who: person(work, facts, who)._replace(natural_key=str(who))
    )


@plants("a business write without its audit row", "each_decision_has_its_audit_row")
def _unaudited(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(UnitOfWork, "audit", lambda self, **_: None)


@plants("a message outside the transaction", "what_was_not_written_tells_nobody")
def _told_early(patch: pytest.MonkeyPatch, store: Store) -> None:
    queue, write, told = case_changes.queue, Store.write, []

    @contextmanager
    def writing(self: Store) -> Iterator[UnitOfWork]:
        try:
            with write(self) as work:
                yield work
        finally:
            with write(self) as work:
                while told:
                    tell, more = told.pop()
                    queue(work, tell, **more)

    patch.setattr(case_changes, "queue", lambda work, tell, **more: told.append((tell, more)))
    patch.setattr(Store, "write", writing)


@plants("the fund is not looked at before a reservation", "a_case_waits_when_the_fund_is_short")
def _endless(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(computation_batch.ComputationBatch, "left", lambda self, fund: 10**15)


@plants("a balance is read first and written later", "money_that_is_not_there_is_not_reserved")
def _read_then_write(patch: pytest.MonkeyPatch, store: Store) -> None:
    moved = {
        "available_fen": col(Fund.available_fen) - bindparam("fen"),
        "reserved_fen": col(Fund.reserved_fen) + bindparam("fen"),
    }
    unconditional = Prepared(update(Fund).where(col(Fund.id) == bindparam("wanted")).values(**moved))
    patch.setitem(ledger._TRANSFERS, (Account.AVAILABLE, Account.RESERVED), unconditional)


@plants("a trigger is gone", "the_guards_of_the_database_stand")
def _no_trigger(patch: pytest.MonkeyPatch, store: Store) -> None:
    _execute(store, "DROP TRIGGER guard_ledger_entry_update")


@plants("a case is sent back as often as one likes", "a_case_is_returned_for_correction_once")
def _sent_back(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setitem(
        HANDLERS,
        Action.RETURN,
        lambda desk: submitting.send_back(replace(desk, case=desk.case._replace(corrections=0))),
    )


@plants("a value confirmed by its author's other account", "whoever_proposed_a_value_does_not_confirm_it")
def _self_confirmed(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(
        parameter_register, "one_side", lambda store, work, who, wanted, author, *_: str(author) == str(who.id)
    )


@plants("the same news is booked again", "the_same_news_from_the_bank_counts_once")
def _booked_again(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(bank_results, "known", lambda work, fingerprints: {})


@plants("a payee is not looked at again before release", "a_batch_whose_payee_changed_is_not_released")
def _payee(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(batches, "_still_true", lambda work, opened: None)


@plants("an order outlives its case", "a_case_that_ends_takes_its_order_with_it")
def _outlives(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setattr(releasing, "cancel_live", lambda *_: 0)


@plants("a decision may raise the amount", "a_decision_never_raises_an_amount")
def _raises(patch: pytest.MonkeyPatch, store: Store) -> None:
    _execute(store, guards_off=True)
    patch.setitem(
        HANDLERS, Action.DECIDE, lambda desk: decisions.decide(replace(desk, case=desk.case._replace(amount_fen=10**9)))
    )


@plants("a correction is taken after its deadline", "a_correction_ends_with_its_deadline")
def _late_correction(patch: pytest.MonkeyPatch, store: Store) -> None:
    patch.setitem(
        HANDLERS, Action.FILE, lambda desk: submitting.file(replace(desk, case=desk.case._replace(next_due=None)))
    )
