"""holidays.xlsx or holidays.csv: days that work or rest, one a row, with the notice that says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from casework.errors import Refused
from casework.registers import holidays
from casework.registers.desk import Actor
from casework.sheets.answers import Copy
from casework.sheets.columns import Column, Kind
from casework.sheets.lists import Imported, ListSheet, sound
from models.store import Store
from policies.workdays import Day

WORDS = ((Day.WORKS.value, "上班"), (Day.RESTS.value, "放假"))
COLUMNS = (
    Column(key="day", title="日期", kind=Kind.DATE, required=True),
    Column(key="kind", title="安排", kind=Kind.CHOICE, required=True, choices=WORDS),
    Column(key="citation", title="通知文号", required=True),
)


@dataclass(frozen=True, kw_only=True)
class NewDay:
    """A day as a notice arranges it."""

    day: date
    kind: Day
    citation: str


def _make(values: dict[str, Any]) -> NewDay:
    try:
        day = date.fromisoformat(values["day"])
    except ValueError:
        raise Refused("day", f"{values['day']} 不是日期", f'"{values["day"]}" is no date', field="day") from None
    return NewDay(day=day, kind=Day(values["kind"]), citation=values["citation"])


HOLIDAYS: ListSheet[NewDay] = ListSheet(
    sheet="节假日",
    columns=COLUMNS,
    make=_make,
    legend=("每行一天，注明通知文号。导入时用 --year 指明年份的，只列通知写明的放假日和调休上班日。",),
)


def bring_in(
    store: Store, actor: Actor, path: Path, *, answer: Copy | None = None, year: int | None = None
) -> Imported:
    """Enters the days, all of them or none. With `year` the file is that year's whole notice: it names the days that rest and
    the weekends that work; all other weekends rest and weekdays work."""
    new = sound(HOLIDAYS.read(path), answer)
    notices: dict[str, dict[date, Day]] = {}
    for one in new:
        if notices.setdefault(one.citation, {}).setdefault(one.day, one.kind) is not one.kind:
            raise Refused("day", f"{one.day} 既放假又上班，请核对通知", f"{one.day} is named as both", field="day")
    if year is not None:
        return Imported(rows=len(new), new=_whole(store, actor, new, year))
    return Imported(rows=len(new), new=holidays.add_all(store, actor, notices))


def _whole(store: Store, actor: Actor, new: Sequence[NewDay], year: int) -> int:
    rests, works = ([one.day for one in new if one.kind is kind] for kind in (Day.RESTS, Day.WORKS))
    if not rests:
        zh = f"{year} 年的通知至少有元旦等放假日，文件中一天也没有：请核对"
        raise Refused("days", zh, f"a year's notice names days off, and the file names none for {year}", field="file")
    citation = "；".join(dict.fromkeys(one.citation for one in new))
    return holidays.add_year(store, actor, year=year, rests=rests, works=works, citation=citation)
