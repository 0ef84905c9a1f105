"""The second district's page of flows: its own measures, the same chains."""

from uuid import UUID

from other_policies.lakeside.policy import POLICY
from prefect import flow

from casework.outcome import Outcome
from flows.chains import run_chains
from flows.options import by_number, options

M = by_number(POLICY)


@flow(**options(M[1]))
def m01_solar_roofs(cases: list[UUID] | None = None) -> Outcome:
    return run_chains(M[1], cases)
