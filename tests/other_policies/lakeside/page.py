"""The second district's page of flows: its own measures, the same steps."""

from uuid import UUID

from other_policies.lakeside.policy import POLICY
from prefect import flow

from casework.shared.run_summary import RunSummary
from flows.chains import chain
from flows.options import by_number, options
from tasks.announce import announce
from tasks.certify import certify
from tasks.compute import compute
from tasks.pay import pay
from tasks.submit import submit

M = by_number(POLICY)


@flow(**options(M[1]))
def m01_solar_roofs(cases: list[UUID] | None = None) -> RunSummary:
    return chain(M[1], cases, submit, certify, compute, announce, pay)
