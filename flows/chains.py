"""The three chains, each once: the steps that a case goes through, in their order, over a set of cases.

A run takes the cases named, or all that are due, and moves each as far as recorded decisions allow. It never waits for a
person, may be cut off anywhere, and may run beside another: every step looks again before it writes.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import policies
from casework.outcome import Outcome
from casework.steps import due
from casework.steps.due import Waiting
from casework.steps.setback import set_back
from flows.runs import in_order, leave_artifact
from policies.measures import Chain, Measure
from policies.policy import Policy
from tasks.announce import announce
from tasks.certify import certify
from tasks.compute import compute
from tasks.deliver import deliver
from tasks.kit import store
from tasks.pay import pay
from tasks.report import report
from tasks.submit import submit

log = logging.getLogger("duixian.flows")
SET = 5_000  # cases a step takes at once; it commits every few hundred


def cash_grant(cases: list[UUID]) -> Outcome:
    """资金兑付: filed, certified, computed, paid."""
    return in_order(cases, submit, certify, compute, announce, pay)


def in_kind(cases: list[UUID]) -> Outcome:
    """要素与名单支持: filed, certified, computed (a quota, a price, a place), delivered."""
    return in_order(cases, submit, certify, compute, announce, deliver)


def programme(cases: list[UUID]) -> Outcome:
    """工作推进: planned, certified, computed (0 yuan with its reason), reported."""
    return in_order(cases, submit, certify, compute, report)


CHAINS: dict[Chain, Callable[[list[UUID]], Outcome]] = {
    Chain.CASH_GRANT: cash_grant,
    Chain.IN_KIND: in_kind,
    Chain.PROGRAMME: programme,
}


def run_chains(measure: Measure, cases: list[UUID] | None = None) -> Outcome:
    """Moves the measure's cases, each along the chain of its item: those named, or None for every one that is due.

    The outcome names each case that moved, waits (for whom), was refused or failed (why). A bad case is flagged on the case
    and stops no other; the run itself fails only where nothing could be read or written. Then its due cases are flagged and put
    off, so that it is not run again at once and for ever.
    """
    try:
        return _run_chains(measure, cases)
    except Exception as wrong:
        set_back_all(measure, wrong)
        raise


def set_back_all(measure: Measure, wrong: BaseException) -> None:
    """Puts the measure's due cases off after its flow failed; where even that cannot be written, the log says so."""
    try:
        set_back(store(), [(policy.code, one.code) for policy, one in carriers(measure)], wrong)
    except Exception:
        log.exception("the cases of %s could not be put off", measure.flow)


def _run_chains(measure: Measure, cases: list[UUID] | None) -> Outcome:
    total = Outcome()
    for policy, carried in carriers(measure):
        found = due.cases(store(), policy.code, carried.code) if cases is None else _own(policy, carried, cases)
        for chain, group in _by_chain(carried, found):
            for start in range(0, len(group), SET):
                total.add(CHAINS[chain](group[start : start + SET]))
    if cases is not None:
        total.failed += _strangers(measure, cases)
    leave_artifact(measure, total)
    return total


def carriers(measure: Measure) -> Iterator[tuple[Policy, Measure]]:
    """Every policy that has a measure with this flow: the one that the page was written for, and its renewals."""
    for policy in policies.all_policies():
        yield from ((policy, one) for one in policy.measures if one.flow == measure.flow)


def _by_chain(measure: Measure, found: Sequence[Waiting]) -> Iterator[tuple[Chain, list[UUID]]]:
    """The cases by the chain of their item; one whose item is unknown goes with the first, where its step flags it."""
    chains = {item.id: item.chain for item in measure}
    first = next(iter(chains.values()), Chain.PROGRAMME)
    for chain in dict.fromkeys([*chains.values(), first]):
        group = [one.id for one in found if chains.get(one.item, first) is chain]
        if group:
            yield chain, group


def _own(policy: Policy, measure: Measure, cases: list[UUID]) -> list[Waiting]:
    return [one for one in due.named(store(), cases) if (one.policy, one.measure) == (policy.code, measure.code)]


def _strangers(measure: Measure, cases: list[UUID]) -> list[tuple[str, str]]:
    """Named cases that do not exist or belong to another flow."""
    ours = {(policy.code, one.code) for policy, one in carriers(measure)}
    found = {one.id: one for one in due.named(store(), cases)}
    unknown = [(str(one), "没有这个案件") for one in cases if one not in found]
    others = [one for one in found.values() if (one.policy, one.measure) not in ours]
    return unknown + [(one.number, f"不属于本举措（应由 {one.policy} {one.measure} 办理）") for one in others]
