"""`jobs`: what the calendar does by itself, what is due next, and running or skipping one at somebody's word."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli import home, output
from cli.common import day, done, keeper, office_reads, show
from cli.errors import BROKEN
from cli.house import HouseGroup, Json, Person, Secret, argument, command, option
from cli.language import t

Kind = Annotated[str, argument("任务（duixian jobs 列出）", "the job, as duixian jobs lists it", metavar="KIND")]

jobs = typer.Typer(
    name="jobs",
    help=t("定时任务：办了什么、接下来该办什么", "What the calendar does by itself, and what is due next"),
    cls=HouseGroup,
    add_completion=False,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@jobs.callback()
def listing(context: typer.Context, as_: Person = None, token: Secret = None, json: Json = False) -> None:
    if context.invoked_subcommand:
        return
    from casework.calendar_jobs import job_control
    from casework.views import plain

    store = home.opened()
    office_reads(store, as_, token, "定时任务", "the jobs")
    rows = job_control.listed(store)
    if json:
        output.print_json({"demo": store.demo, "count": len(rows), "jobs": [plain(row) for row in rows]})
        return
    output.demo_mark(store.demo)
    titles = (t("任务", "job"), t("说明", "what"), t("最近一次", "last"), t("待办", "due"), t("下一次", "next"))
    output.table(titles, [_cells(row) for row in rows])
    for row in rows:
        if said := row.reason or row.outcome:
            english = row.reason_en or row.outcome_en
            output.line(t(f"{row.kind}（{row.last_date}）：{said}", f"{row.kind} ({row.last_date}): {english}"))
    if any(row.ahead for row in rows):
        zh = "! 有任务已办到尚未到来的日期：系统时钟曾经走快。请核对时钟，需要时用 duixian jobs run … --again 重办"
        en = "! dates are settled that have not come: the clock was ahead once. Check it; run --again what needs it"
        output.line(t(zh, en))


@command(jobs, "history", "列出一项任务各日期的办理情况", "The dates of one job, newest first")
def history(
    kind: Kind,
    most: Annotated[int, option("--most", zh="最多列出几条", en="at most", metavar="N")] = 50,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.calendar_jobs import job_control

    store = home.opened()
    office_reads(store, as_, token, "定时任务", "the jobs")
    columns = (
        "business_date",
        "status",
        "attempts",
        "claimed_by",
        t("outcome", "outcome_en"),
        t("reason", "reason_en"),
    )
    show(store, job_control.history(store, kind, most), columns, json, "dates")


@command(jobs, "run", "立即办理一项任务（默认为最近应办的日期）", "Run a job now (for the newest date that is due)")
def run(
    kind: Kind,
    date: Annotated[str | None, option("--date", zh="业务日期", en="the business date", metavar="DATE")] = None,
    again: Annotated[
        str,
        option("--again", zh="已办过的重新办理，写明理由", en="run one that is done anew: say why", metavar="REASON"),
    ] = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.calendar_jobs import job_control
    from casework.calendar_jobs.job_summaries_in_english import in_english

    store = home.opened()
    wanted = day(date, "--date") if date else None
    actor = keeper(store, as_, token, "jobs run", kind, date or "")
    if job_control.dated(kind):
        ran, outcome = job_control.run_now(store, actor.register, kind, wanted, again=again)
    else:
        ran, outcome = _started(store, actor.register, kind, date or "")
    if json:
        _answer(store.demo, kind, str(ran), outcome)
    else:
        output.line(t(f"{kind}（{ran}）已办理", f"{kind} of {ran} ran"))
        for what, words in (*outcome.moved, *outcome.waiting, *outcome.failed):
            said = f"{what} {words}"
            english = in_english(said)
            output.line(f"  {what}  {words}" if t("zh", "en") == "zh" or english == said else f"  {english}")
        output.demo_mark(store.demo)
    if outcome.failed:
        raise SystemExit(BROKEN)


@command(jobs, "skip", "跳过一项任务的某个日期，写明理由", "Settle a date of a job without running it, and say why")
def skip(
    kind: Kind,
    date: Annotated[str, option("--date", zh="业务日期", en="the business date", metavar="DATE")],
    reason: Annotated[str, option("--reason", zh="理由", en="why", metavar="REASON")],
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.calendar_jobs import job_control

    store = home.opened()
    wanted = day(date, "--date")
    actor = keeper(store, as_, token, "jobs skip", kind, date)
    job_control.skip(store, actor.register, kind, wanted, reason=reason)
    done(t(f"{kind}（{wanted}）已跳过", f"{kind} of {wanted} is skipped"), store, json, kind=kind, date=str(wanted))


@command(
    jobs,
    "watch",
    "外部巡查：推进到期事项；系统超过 5 分钟没有巡检时告警（由 systemd 定时器或 cron 每分钟运行）",
    "Look from outside, each minute by systemd or cron: move what is due, and raise the alarm after 5 silent minutes",
)
def watch(json: Json = False) -> None:
    from deployments.watchdog import look
    from models.clock import lasting

    store = home.opened()
    found = look(home.home())
    silent = found.silent_seconds
    if json:
        body = {"silent": found.silent, "silent_seconds": found.silent_seconds, "delivered": found.delivered}
        output.print_json({"demo": store.demo, **body, "done": str(found.done)})
    elif found.silent:
        output.line(
            t(
                f"系统已有 {lasting(silent)}没有巡检，已告警；{found.done}",
                f"no sweep for {lasting(silent, 'en')}: alarm raised",
            )
        )
    else:
        output.line(t(f"正常；{found.done}", "all is well"))
    if found.silent:
        raise SystemExit(BROKEN)


def _started(store: Any, actor: Any, kind: str, date: str) -> tuple[Any, Any]:
    """What the calendar does at any time, by its flow's name: a sweep, delivery, ends of notices, the hourly proof."""
    from casework.calendar_jobs import job_control
    from casework.shared.errors import Refused
    from flows.pages import scheduled_flow
    from flows.schedule import schedules

    rows = [row for row in schedules() if not job_control.dated(row.kind)]
    row = next((row for row in rows if kind in (row.flow, row.kind)), None)
    if row is None:
        job_control.job_named(kind, [row.flow for row in rows])
        raise AssertionError(kind)
    if date:
        zh = f"{row.flow} 不按业务日期办理，随时办理当前应办的；请不要加 --date"
        raise Refused("date", zh, f"{row.flow} is not run for a date: leave --date out", field="--date")
    today = job_control.started(store, actor, row.flow)
    with home.home().in_use():
        return today, scheduled_flow(row.flow).fn()


def _cells(row: Any) -> tuple[str, ...]:
    from casework.lifecycle.wordings import job_status

    due = f"{row.due[0]} +{len(row.due) - 1}" if len(row.due) > 1 else "".join(map(str, row.due))
    last = f"{row.last_date} {t(*job_status(row.status))}" if row.last_date else "—"
    return row.kind, t(row.title, row.title_en), last, due or "—", str(row.next_date or "—")


def _answer(demo: bool, kind: str, date: str, outcome: Any) -> None:
    listed = {
        name: [{"about": a, "words": b} for a, b in getattr(outcome, name)] for name in ("moved", "waiting", "failed")
    }
    output.print_json({"demo": demo, "kind": kind, "date": date, **listed})
