"""Moves a measure's cases along the chain that its flow shows: the steps in their order, over a set of cases.

A run takes the cases named, or all that are due, and moves each as far as recorded decisions allow. It never waits for a
person, may be cut off anywhere, and may run beside another: every step looks again before it writes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from uuid import UUID

from prefect import Task
from prefect.context import TagsContext

from casework.lifecycle import due_cases
from casework.lifecycle.due_cases import DueCase
from casework.shared.run_summary import RunSummary
from flows.carriers import carriers, set_back_all
from flows.options import tags_of_step
from flows.runs import in_order, leave_artifact
from policies.measures import Chain, Item, Measure
from policies.policy import Policy
from tasks.deliver import deliver
from tasks.pay import pay
from tasks.report import report
from tasks.runtime import store

SET = 5_000  # cases a step takes at once; it commits every few hundred
Step = Task[[list[UUID]], RunSummary]
FULFILS: Mapping[Chain, Step] = {Chain.CASH_GRANT: pay, Chain.IN_KIND: deliver, Chain.PROGRAMME: report}


class WrongChain(ValueError):
    """A flow that shows another end than the law says of an item, or none; the message names the flow and what to write."""


def chain(measure: Measure, cases: list[UUID] | None, *steps: Step) -> RunSummary:
    """Moves the measure's cases, whatever their item, through these steps: those named, or None for every one that is due.

    The outcome names each case that moved, waits (for whom), was refused or failed (why). A bad case is flagged on the case
    and stops no other; the run itself fails only where nothing could be read or written, or where the chain is not the law's
    (`WrongChain`). Then its due cases are flagged and put off, so that it is not run again at once and for ever.
    """
    return _moved(measure, cases, lambda item: steps)


def chains(measure: Measure, cases: list[UUID] | None, **items: Sequence[Step]) -> RunSummary:
    """As `chain`, for a measure whose items go different ways: each item by its letter, M14a as a=(…), M14b as b=(…)."""
    return _moved(measure, cases, lambda item: tuple(items.get(_letter(item, measure), ())))


def _moved(measure: Measure, cases: list[UUID] | None, steps_of: Callable[[Item], tuple[Step, ...]]) -> RunSummary:
    try:
        return _along(measure, cases, steps_of)
    except Exception as wrong:
        set_back_all(measure, wrong)
        raise


def _along(measure: Measure, cases: list[UUID] | None, steps_of: Callable[[Item], tuple[Step, ...]]) -> RunSummary:
    total = RunSummary()
    for policy, carried in carriers(measure):
        steps = _ways(measure, carried, steps_of)
        found = due_cases.cases(store(), policy.code, carried.code) if cases is None else _own(policy, carried, cases)
        for chosen, items, group in _by_steps(steps, found):
            with TagsContext(current_tags=frozenset(tags_of_step(carried, items))):
                for start in range(0, len(group), SET):
                    total.add(in_order(group[start : start + SET], *chosen))
    if cases is not None:
        total.failed += _strangers(measure, cases)
    leave_artifact(measure, total)
    return total


def _ways(
    measure: Measure, carried: Measure, steps_of: Callable[[Item], tuple[Step, ...]]
) -> dict[str, tuple[Step, ...]]:
    """Each item's steps as the flow shows them; one that only a renewal has goes as the items of its kind go."""
    alike = {item.chain: steps_of(item) for item in measure}
    steps = {item.id: steps_of(item) or alike.get(item.chain, ()) for item in carried}
    for item in carried:
        _refuse_wrong(carried, item, steps[item.id])
    return steps


def _refuse_wrong(measure: Measure, item: Item, steps: Sequence[Step]) -> None:
    """Cases do not go a way whose end is not the law's: money is paid, things are delivered, programmes are reported."""
    right = FULFILS[item.chain]
    ends = [step for step in steps if step in FULFILS.values()]
    if ends == [right] and steps[-1] is right:
        return
    shown = "、".join(step.name for step in steps) or "无"
    said = f"流程 {measure.flow}：{item.id} 是{item.chain.zh}，步骤应以 {right.name} 结束，现为：{shown}"
    raise WrongChain(f"{said}；请在政策页面上改正（{item.id} is a {item.chain.en}: its steps end with {right.name}）")


def _letter(item: Item, measure: Measure) -> str:
    """M14a of M14: a."""
    return item.id.removeprefix(measure.code).lower()


def _by_steps(
    steps: Mapping[str, tuple[Step, ...]], found: Sequence[DueCase]
) -> Iterator[tuple[tuple[Step, ...], list[str], list[UUID]]]:
    """The cases by the steps of their item; one whose item is unknown goes with the first, where its step flags it."""
    first = next(iter(steps.values()), ())
    for chosen in dict.fromkeys(steps.values()):
        group = [case for case in found if steps.get(case.item, first) == chosen]
        if group:
            yield chosen, sorted({case.item for case in group}), [case.id for case in group]


def _own(policy: Policy, measure: Measure, cases: list[UUID]) -> list[DueCase]:
    return [
        case for case in due_cases.named(store(), cases) if (case.policy, case.measure) == (policy.code, measure.code)
    ]


def _strangers(measure: Measure, cases: list[UUID]) -> list[tuple[str, str]]:
    """Named cases that do not exist or belong to another flow."""
    ours = {(policy.code, carried.code) for policy, carried in carriers(measure)}
    found = {case.id: case for case in due_cases.named(store(), cases)}
    unknown = [(str(case), "没有这个案件") for case in cases if case not in found]
    others = [case for case in found.values() if (case.policy, case.measure) not in ours]
    return unknown + [(other.number, f"不属于本举措（应由 {other.policy} {other.measure} 办理）") for other in others]
