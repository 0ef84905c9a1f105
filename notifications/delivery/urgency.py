"""Which messages ask nobody's leave: escalations, alarms and codes come at once, whatever a preference says."""

from notifications.wording import WORDINGS
from notifications.wording.themes import accounts, operators

ALARMS = frozenset(operators.WORDINGS) | {"holidays_missing", "job_failed", "message_set_aside"}
URGENT = ALARMS | set(accounts.WORDINGS) | {kind for kind in WORDINGS if kind.endswith("_escalated")}
"""Alarms about the system, what an account's owner waits for, and whatever a theme names an escalation (`…_escalated`)."""


def urgent(kind: str) -> bool:
    """Whether this kind is not muted by preferences."""
    return kind in URGENT
