"""The third level: above a sum set by two people the head of the paying unit approves too. Unreadable means no."""

from collections.abc import Iterable

from casework.lifecycle.procedure import Procedure
from casework.shared.errors import Refused

SETTING = "P-release-threshold"


def above(lines: Iterable[tuple[Procedure, int]]) -> bool:
    """Whether one of the payments (its item's procedure, fen) is above the threshold in force; Refused when it cannot be read.

    Each single payment counts, not the batch: a list that is cut into small batches passes no sooner.
    """
    return any(_above(procedure, fen) for procedure, fen in lines)


def _above(procedure: Procedure, fen: int) -> bool:
    try:
        limit = procedure.setting(SETTING)
    except (ValueError, TypeError, LookupError) as wrong:
        raise _unreadable() from wrong
    if limit is None:
        return False
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
        raise _unreadable()
    return fen > limit


def _unreadable() -> Refused:
    return Refused(
        "threshold",
        f"加批限额（{SETTING}）无法读取，不得放行：请由两人重新设定",
        f"the threshold {SETTING} cannot be read: nothing passes until two people set it again",
        field=SETTING,
    )
