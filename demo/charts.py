"""Charts as plain SVG, drawn here: no script, no font and no picture from elsewhere; one for wide pages, one for narrow."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from models.clock import months_later

WIDE, HALF, NARROW = 1000, 476, 348
PAID, COMMITTED, RESERVED, FREE = "#0f5257", "#5b9a8b", "#c9a24a", "#d5dbd5"
INK, GREY, LINE, RED = "#1d2b30", "#64727a", "#d9ddd7", "#a8382c"


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar of several parts: (value, colour) each; `note` stands at its end."""

    label: str
    parts: tuple[tuple[float, str], ...]
    note: str = ""

    @property
    def whole(self) -> float:
        """Its length."""
        return sum(value for value, _ in self.parts)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something on the timeline: a day and what happened."""

    day: date
    words: str


def both(title: str, draw: Callable[[int], str], wide_is: int = WIDE) -> str:
    """A chart for wide and for narrow pages; the style sheet shows one of them."""
    label = escape(title)
    wide = f'<div class="wide" role="img" aria-label="{label}">{draw(wide_is)}</div>'
    return f'{wide}<div class="narrow" role="img" aria-label="{label}">{draw(NARROW)}</div>'


def bars(rows: Sequence[Bar], *, own: bool = False) -> Callable[[int], str]:
    """Horizontal bars, the label above each; on one scale, or each filling its own."""
    most = max((row.whole for row in rows), default=1) or 1

    def draw(width: int) -> str:
        height, room = 44, width - 4
        body = []
        for number, row in enumerate(rows):
            top, left = number * height, 2.0
            body.append(_text(2, top + 14, row.label, INK))
            body.append(_text(width - 2, top + 14, row.note, GREY, anchor="end"))
            body.append(_rect(2, top + 21, room, 12, FREE))
            for value, colour in row.parts:
                wide = room * value / ((row.whole or 1) if own else most)
                body.append(_rect(left, top + 21, wide, 12, colour))
                left += wide
        return _svg(width, height * len(rows), body)

    return draw


def rate(points: Sequence[tuple[date, int, int]]) -> Callable[[int], str]:
    """Paid over approved, so far, as a step line from 0 to 100 %; sums in fen."""
    shares = [(day, paid / approved if approved else 0.0) for day, approved, paid in points]
    return _steps([(PAID, shares)], [(percent / 100, f"{percent}%") for percent in (0, 25, 50, 75, 100)])


def sums(points: Sequence[tuple[date, int, int]], written: Callable[[float], str]) -> Callable[[int], str]:
    """Approved and paid so far, in fen, as two step lines."""
    most = max((max(approved, paid) for _, approved, paid in points), default=1) or 1
    lines = [
        (RESERVED, [(day, approved / most) for day, approved, _ in points]),
        (PAID, [(day, paid / most) for day, _, paid in points]),
    ]
    return _steps(lines, [(quarter / 4, written(most * quarter / 4)) for quarter in range(5)])


def _steps(
    lines: Sequence[tuple[str, Sequence[tuple[date, float]]]], axis: Sequence[tuple[float, str]]
) -> Callable[[int], str]:
    """Lines of steps over time; heights from 0 to 1, named along the axis."""
    first, last = lines[0][1][0][0], lines[0][1][-1][0]

    def draw(width: int) -> str:
        height, left, top, bottom = 230, 14 + 7 * max(len(words) for _, words in axis), 14, 34
        span, tall, body = max((last - first).days, 1), 230 - 14 - 34, []
        for share, words in axis:
            y = top + tall * (1 - share)
            body += [_line(left, y, width - 6, y, LINE), _text(left - 6, y + 4, words, GREY, anchor="end")]
        for colour, points in lines:
            path = ""
            for day, share in points:
                x, y = left + (width - left - 6) * (day - first).days / span, top + tall * (1 - share)
                path += f"{'H' if path else 'M'}{x:.1f}{'V' if path else ' '}{y:.1f}"
            body.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"/>')
        body += list(_months(first, last, left, width - 6, height - bottom + 22, 3))
        return _svg(width, height, body)

    return draw


def timeline(
    weeks: Sequence[tuple[date, int, int, int]],
    span: tuple[date, date],
    window: tuple[date, date],
    rests: Sequence[tuple[date, date]],
    marks: Sequence[Mark],
) -> Callable[[int], str]:
    """Weekly filings, decisions and payments over the season, with the window, the holidays and what happened when."""

    def draw(width: int) -> str:
        left, right, row, gap = 6.0, width - 6.0, 58, 22
        first, last = span

        def at(day: date) -> float:
            return left + (right - left) * (day - first).days / (last - first).days

        top, height = 30, 30 + 3 * (row + gap) + 46
        body = [_rect(at(window[0]), 22, at(window[1]) - at(window[0]), height - 62, "#f0f4ef")]
        body.append(_text(at(window[0]) + 4, 16, f"申报窗口 {window[0]} 至 {window[1]}", PAID))
        for begin, end in rests:
            body.append(_rect(at(begin), 22, max(at(end) - at(begin), 2), height - 62, "#f3e3d3"))
        for number, (title, colour) in enumerate((("申报", PAID), ("审定", RESERVED), ("拨付或兑现", COMMITTED))):
            base = top + (number + 1) * row + number * gap + 12
            most = max((counts(week)[number] for week in weeks), default=1) or 1
            body += [_line(left, base, right, base, LINE), _text(left + 2, base - row + 8, title, GREY)]
            wide = max((right - left) / ((last - first).days / 7) - 1.5, 2)
            for week in weeks:
                monday, value = week[0], counts(week)[number]
                tall = (row - 14) * value / most
                body.append(_rect(at(monday), base - tall, wide, tall, colour, f"{monday} 当周 {value} 件"))
        for number, mark in enumerate(marks, 1):
            y = height - 40 + (number % 2) * 15
            body.append(f'<circle cx="{at(mark.day):.1f}" cy="{y}" r="7.5" fill="{RED}"><title>')
            body.append(f"{escape(f'{mark.day} {mark.words}')}</title></circle>")
            body.append(_text(at(mark.day), y + 3.5, str(number), "#fff", size=10, anchor="middle"))
        body += list(_months(first, last, left, right, height - 4, 1 if width > NARROW else 3))
        return _svg(width, height, body)

    return draw


def counts(week: tuple[date, int, int, int]) -> tuple[int, int, int]:
    """A week's figures without its Monday."""
    return week[1], week[2], week[3]


def strip(parts: Iterable[tuple[float, str, str]]) -> str:
    """A thin stacked strip that fills its cell: (value, colour, title) each."""
    listed = [part for part in parts if part[0]]
    whole, left, body = sum(value for value, *_ in listed) or 1, 0.0, []
    for value, colour, title in listed:
        body.append(_rect(left, 0, 100 * value / whole, 10, colour, title))
        left += 100 * value / whole
    return f'<svg class="strip" viewBox="0 0 100 10" preserveAspectRatio="none">{"".join(body)}</svg>'


def _months(first: date, last: date, left: float, right: float, y: float, every: int) -> Iterable[str]:
    """The names of months along the axis."""
    day, number = first.replace(day=1), 0
    while day <= last:
        if day >= first:
            if number % every == 0:
                x = left + (right - left) * (day - first).days / max((last - first).days, 1)
                words = f"{day.year}年{day.month}月" if day.month <= every or number == 0 else f"{day.month}月"
                yield _text(min(x, right - 30), y, words, GREY, size=11)
            number += 1
        day = months_later(day, 1)


def _svg(width: float, height: float, body: Iterable[str]) -> str:
    return f'<svg viewBox="0 0 {width} {height}" width="100%" font-size="13">{"".join(body)}</svg>'


def _rect(x: float, y: float, width: float, height: float, colour: str, title: str = "") -> str:
    inside = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" fill="{colour}">{inside}</rect>'


def _line(x: float, y: float, to_x: float, to_y: float, colour: str) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, words: str, colour: str, *, size: float = 0, anchor: str = "start") -> str:
    bigger = f' font-size="{size}"' if size else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}"{bigger}>{escape(words)}</text>'
