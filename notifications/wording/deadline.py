"""By when: the day on which a period ends, and how many working days are left until then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self

from models.clock import business_date
from notifications.wording.wording_parts import Said
from policies.workdays import Calendar, CalendarUnknown

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Deadline:
    """The last day on which something may still be done; `provisional` while that year's holidays are not published."""

    last: date
    provisional: bool = False

    @classmethod
    def at(cls, due: datetime, *, provisional: bool = False) -> Self:
        """From the instant at which the period is over: midnight belongs to the day before."""
        return cls(business_date(due - timedelta(microseconds=1)), provisional)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Self | None:
        """The deadline that a message carries: `due` is an instant (period over) or a date (its last day)."""
        due = str(content.get("due") or "")
        if not due:
            return None
        provisional = bool(content.get("provisional"))
        plain = len(due) == len("2023-09-01")
        return (
            cls(date.fromisoformat(due), provisional)
            if plain
            else cls.at(datetime.fromisoformat(due), provisional=provisional)
        )

    def words(self, language: str, today: date, calendar: Calendar) -> str:
        """2023-09-18（剩余 5 个工作日）."""
        told = _LEFT_EN if language == "en" else _LEFT_ZH
        left = self._left(told, today, calendar)
        notes = [left, told["provisional"]] if self.provisional and left else [left or told["unknown"]]
        return f"{self.last} ({'; '.join(notes)})" if language == "en" else f"{self.last}（{'；'.join(notes)}）"

    def _left(self, told: Mapping[str, str], today: date, calendar: Calendar) -> str:
        try:
            if self.last == today:
                return told["today"]
            if self.last > today:
                return told["left"].format(n=Said(calendar.count(today + _DAY, self.last)))
            return told["over"].format(n=Said(calendar.count(self.last + _DAY, today)))
        except CalendarUnknown:
            return ""


_LEFT_ZH = {
    "left": "剩余 {n} 个工作日",
    "today": "今天到期",
    "over": "已逾期 {n} 个工作日",
    "unknown": "期限为暂定，剩余工作日待节假日安排公布后计算",
    "provisional": "期限为暂定，节假日安排公布后重新计算",
}
_LEFT_EN = {
    "left": "{n:working day|working days} left",
    "today": "today is the last day",
    "over": "{n:working day|working days} overdue",
    "unknown": "provisional: working days are counted once the holidays are published",
    "provisional": "provisional until the holidays are published",
}
