"""Green, amber, red: how near a deadline in working days is. Dates only, no clock."""

from datetime import date, timedelta

from policies.forms import Choice
from policies.workdays import CHINA, Calendar, CalendarUnknown


class Light(Choice):
    """How urgent a step is."""

    GREEN = "green", "绿灯（期限充裕）", "green: time enough"
    AMBER = "amber", "黄灯（即将到期）", "amber: due soon"
    RED = "red", "红灯（已逾期）", "red: overdue"


def light(last: date, today: date, calendar: Calendar = CHINA, *, days: int = 5, percent: int = 20) -> Light:
    """The light of a step that may take `days` working days until `last` (included), of which `percent` are the amber end.

    Amber begins while at least that share of the days, rounded up, is still left after today. A year that the calendar does
    not know leaves it green until the last day is over: a deadline in such a year is provisional anyhow.
    """
    if today > last:
        return Light.RED
    try:
        left = working_days_left(last, today, calendar)
    except CalendarUnknown:
        return Light.GREEN
    return Light.AMBER if left <= -(-days * percent // 100) else Light.GREEN


def working_days_left(last: date, today: date, calendar: Calendar = CHINA) -> int:
    """Working days after today, up to and including the last; 0 on that day and after it."""
    return calendar.count(today + timedelta(days=1), last) if today < last else 0
