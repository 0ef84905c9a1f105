"""Whose cases a flow moves: every policy that has a measure with it; and how they are put off where the flow failed."""

import logging
from collections.abc import Iterator

import policies
from casework.lifecycle.failed_runs import set_back
from flows import pages
from policies.measures import Measure
from policies.policy import Policy
from tasks.runtime import store

log = logging.getLogger("duixian.flows")


def set_back_all(measure: Measure, wrong: BaseException) -> None:
    """Puts the measure's due cases off after its flow failed; where even that cannot be written, the log says so."""
    try:
        set_back(store(), [(policy.code, carrier.code) for policy, carrier in carriers(measure)], wrong)
    except Exception:
        log.exception("the cases of %s could not be put off", measure.flow)


def carriers(measure: Measure) -> Iterator[tuple[Policy, Measure]]:
    """Every policy that has a measure with this flow: the one that the page was written for, and its renewals."""
    for policy in policies.all_policies():
        if pages.belongs(policy.code, measure.flow):
            yield from ((policy, served) for served in policy.measures if served.flow == measure.flow)
