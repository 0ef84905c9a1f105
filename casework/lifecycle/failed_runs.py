"""Where a flow failed as a whole: its due cases are flagged and wait, a minute at first and then an hour, so that nothing spins."""

import logging
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import or_
from sqlmodel import col

from casework.lifecycle.case_changes import locked, put_off, set_waiting, view
from casework.lifecycle.step_runner import CHUNK, TRY_AGAIN
from models import Case, Duty
from models.database_errors import ErrorKind, kind_of
from models.store import Store

FIRST = timedelta(minutes=1)
TOLD = "已通知运维"
log = logging.getLogger("duixian.steps")


class Killed(Exception):
    """A flow's runs were killed one after the other."""


def words_for(wrong: BaseException) -> str:
    """What stands on the case: the kind of fault, never its words, which may hold what is personal."""
    if isinstance(wrong, TimeoutError):
        return f"流程运行超时，{TOLD}"
    if isinstance(wrong, Killed):
        return f"流程运行被反复中断，{TOLD}"
    return f"流程运行出错（{type(wrong).__name__}），{TOLD}"


def nobodys_fault(wrong: BaseException) -> bool:
    """A database that is away or a race that was lost: nothing is wrong with the cases."""
    return kind_of(wrong) in (ErrorKind.AWAY, ErrorKind.RACE)


def set_back(store: Store, measures: Iterable[tuple[str, str]], wrong: BaseException) -> int:
    """Flags what is due of these (policy, measure) and puts it off; how many. A second failure in a row waits the hour."""
    if nobodys_fault(wrong):
        return 0
    which = or_(*((col(Case.policy) == policy) & (col(Case.measure) == measure) for policy, measure in measures))
    words, total = words_for(wrong), 0
    while True:
        with store.write() as work:
            ours = col(Case.next_duty) == Duty.SYSTEM, col(Case.next_due) <= work.now, col(Case.held).is_(False)
            found = locked(work, view().where(which, *ours).order_by(col(Case.id)).limit(CHUNK))
            for case in found:
                pause = TRY_AGAIN if case.problem.endswith(TOLD) else FIRST
                set_waiting(work, case, put_off(case, work.now + pause), words)
        total += len(found)
        if len(found) < CHUNK:
            log.error("%d cases were put off: %s", total, type(wrong).__name__)
            return total
