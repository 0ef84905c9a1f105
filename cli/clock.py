"""`clock`: the business time, and how a rehearsal moves it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from cli import home, output
from cli.common import keeper
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t

clock = group("业务时间（演示库可调）", "The business time (set in rehearsals only)", "clock")


@command(clock, "show", "显示业务时间（东八区）", "Show the business time (Asia/Shanghai)")
def clock_show(json: Json = False) -> None:
    from casework.operations import business_clock as register

    _show(register.shown(home.opened()), json)


@command(
    clock,
    "set",
    "设定演示库的业务时间，如 2023-09-04T10:00（正式库不可调）",
    "Set a rehearsal's business time, like 2023-09-04T10:00",
)
def clock_set(
    moment: Annotated[str, argument("时间，东八区，如 2023-09-04T10:00", "the time in Asia/Shanghai", metavar="TIME")],
    freeze: Annotated[bool, option("--freeze", zh="停在这一刻，不再走动", en="stand still there")] = False,
    back: Annotated[bool, option("--back", zh="允许回拨到过去", en="allow an earlier time")] = False,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.operations import business_clock as register

    wanted = _moment(moment)
    store = home.opened()
    actor = keeper(store, as_, token, "clock set", moment)
    _show(register.put(store, actor.register, moment=wanted, frozen=freeze, back=back), json)


def _moment(text: str) -> datetime:
    """A date and a time, to the minute or finer; without a zone it is Shanghai's."""
    from models.clock import SHANGHAI

    try:
        if len(text.strip()) < len("2023-09-04T10:00"):
            raise ValueError
        found = datetime.fromisoformat(text.strip())
        if not 2000 <= found.year < 2100:
            raise ValueError
    except ValueError as error:
        zh, en = f"时间应写成 2023-09-04T10:00；现为 {text}", f"write the time like 2023-09-04T10:00, not {text}"
        raise wrong_use("time", zh, en, field="TIME") from error
    return SHANGHAI.convert(found)


def _show(row: Any, json: bool) -> None:
    from models.clock import in_shanghai, to_the_second

    now, real = to_the_second(row.now), to_the_second(row.real)
    if json:
        body = {"now": in_shanghai(row.now).isoformat(), "real": in_shanghai(row.real).isoformat()}
        output.print_json({"demo": row.demo, **body, "frozen": row.frozen})
        return
    still = t("（停在这一刻）", " (standing still)") if row.frozen else ""
    output.line(t(f"业务时间 {now}{still}", f"business time {now}{still}"))
    output.line(t(f"真实时间 {real}（东八区）", f"real time {real} (Asia/Shanghai)"))
    output.demo_mark(row.demo)
