"""Cases of several measures on one and the same invoice, or on another that is named."""

from typing import Any
from uuid import UUID

from casework.awards import computation
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from models import State
from support.stage import claim, facts
from support.walk import Walk

INVOICE = "3300231130 00012345"
COST = 100_000_00  # fen


def certified(walk: Walk, item: str, number: int, firm: int = 0, **invoice: Any) -> UUID:
    """A case from its draft to its certification, on the shared invoice unless another `document` (and sum, `fen`) is named."""
    case, paper = walk.open(item, number, firm), invoice or {"document": INVOICE, "fen": COST}
    walk.do(r.File, walk.stage.case(case), claim=claim(item, number, **paper))
    walk.to(case, State.SCREENED)
    walk.do(r.Certify, walk.stage.case(case), facts=facts(item, number, **paper))
    while walk.stage.case(case).state == State.UNDER_JOINT_REVIEW:
        walk.forward(case)
    return case


def priced(walk: Walk, item: str, number: int, firm: int = 0, **invoice: Any) -> CaseView:
    """The same with the system's answer."""
    case = certified(walk, item, number, firm, **invoice)
    computation.compute(walk.stage.store, cases=[case])
    return walk.stage.case(case)
