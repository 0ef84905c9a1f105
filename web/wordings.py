"""How values are shown in pages: money, dates and instants in Shanghai, days left, rates."""

from datetime import date, datetime, timedelta
from typing import Any

from models.clock import in_shanghai
from notifications.wording.wording_parts import Said

_MOMENT = timedelta(microseconds=1)


def yuan(fen: int | None) -> str:
    """Whole fen as yuan with separators: 1,500,000.00."""
    if fen is None:
        return ""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02d}"


def plain_yuan(fen: int | None) -> str:
    """The same without separators, as tables are kept: 1500000.00."""
    return yuan(fen).replace(",", "")


def day(value: date | datetime | None) -> str:
    """A date; an instant as its date in Shanghai."""
    if value is None:
        return ""
    return in_shanghai(value).strftime("%Y-%m-%d") if isinstance(value, datetime) else value.isoformat()


def minute(value: datetime | None) -> str:
    """An instant to the minute, in Shanghai."""
    return "" if value is None else in_shanghai(value).strftime("%Y-%m-%d %H:%M")


def last_day(due: datetime | None) -> str:
    """The last day of a deadline, which ends at 24:00 of it."""
    return "" if due is None else day(due - _MOMENT)


def left(due: datetime | None, now: datetime, language: str = "zh") -> str:
    """How long is left until a deadline, or how long it is over, in calendar days; "" where there is none."""
    if due is None:
        return ""
    days = (in_shanghai(due - _MOMENT).date() - in_shanghai(now).date()).days
    if due <= now:
        if days >= 0:
            return "今天已逾期" if language == "zh" else "overdue since today"
        return f"逾期 {-days} 天" if language == "zh" else f"{Said(-days):day|days} late"
    if days == 0:
        return "今天到期" if language == "zh" else "due today"
    return f"剩 {days} 天" if language == "zh" else f"{Said(days):day|days} left"


def text_of(value: Any, language: str = "zh") -> str:
    """A wording of the law (`Text`, `Unit`, `Choice`) in the reader's language."""
    return str(
        value.en if language == "en" and hasattr(value, "en") and value.en else getattr(value, "zh", None) or value
    )


def half(text: str, language: str = "zh") -> str:
    """The reader's half of a hint that says "中文 / English"; one without the two stays as it is."""
    zh, sign, en = text.partition(" / ")
    return (en if language == "en" else zh) if sign else text
