"""Which messages ask nobody's leave: escalations and alarms come at once, whatever a preference says."""

from notifications.wording import WORDINGS
from notifications.wording.themes import operators

ALARMS = frozenset(operators.WORDINGS) | {"holidays_missing", "job_failed", "message_set_aside"}
URGENT = ALARMS | {kind for kind in WORDINGS if kind.endswith("_escalated")}
"""Alarms about the system, and whatever a theme names an escalation (`…_escalated`)."""


def urgent(kind: str) -> bool:
    """Whether this kind is not muted by preferences."""
    return kind in URGENT
