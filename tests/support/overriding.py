"""Overrides for tests: a case that lacks a paper, and one person's part in overriding a condition."""

from typing import Any
from uuid import uuid4

from casework.command_handler import act
from casework.lifecycle import commands as r
from casework.lifecycle.case_changes import CaseView
from models import Duty, State
from models.store import Store
from support.walk import Walk

S, D = State, Duty
WHY = {"reason": "算例理由", "reason_code": "document", "paper": "算例文号 1"}


def waive(
    walk: Walk, case: CaseView, by: Any, check: str = "exclusion", store: Store | None = None, **more: Any
) -> Any:
    """One act: the request, or the second person's confirmation."""
    given = {**WHY, **more}
    made = r.Waive(case=case.id, by=by, act_id=uuid4(), seen=case.version, check=check, **given)
    return act(store or walk.stage.store, made)


def missing(walk: Walk) -> CaseView:
    """A filed case without its certificate, before the acceptor."""
    return walk.to(walk.open("M4a", 1, without=("certificate",)), S.FILED, D.ACCEPTOR)
