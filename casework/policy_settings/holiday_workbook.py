"""holidays.xlsx or holidays.csv: days that work or rest, one a row, with the notice that says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from casework.policy_settings import holidays
from casework.shared.errors import Refused
from casework.shared.register_writes import Actor
from casework.spreadsheets.answered_workbook import Copy
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.register_workbook import Imported, RegisterWorkbook, sound
from models.store import Store
from policies.workdays import Day

WORDS = ((Day.WORKS.value, "上班"), (Day.RESTS.value, "放假"))
COLUMNS = (
    Column(key="day", title="日期", kind=CellKind.DATE, required=True),
    Column(key="kind", title="安排", kind=CellKind.CHOICE, required=True, choices=WORDS),
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


HOLIDAYS: RegisterWorkbook[NewDay] = RegisterWorkbook(
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
    for day in new:
        if notices.setdefault(day.citation, {}).setdefault(day.day, day.kind) is not day.kind:
            raise Refused("day", f"{day.day} 既放假又上班，请核对通知", f"{day.day} is named as both", field="day")
    if year is not None:
        return Imported(rows=len(new), new=_whole(store, actor, new, year))
    return Imported(rows=len(new), new=holidays.add_all(store, actor, notices))


def _whole(store: Store, actor: Actor, new: Sequence[NewDay], year: int) -> int:
    rests, works = ([day.day for day in new if day.kind is kind] for kind in (Day.RESTS, Day.WORKS))
    if not rests:
        zh = f"{year} 年的通知至少有元旦等放假日，文件中一天也没有：请核对"
        raise Refused("days", zh, f"a year's notice names days off, and the file names none for {year}", field="file")
    citation = "；".join(dict.fromkeys(day.citation for day in new))
    return holidays.add_year(store, actor, year=year, rests=rests, works=works, citation=citation)
