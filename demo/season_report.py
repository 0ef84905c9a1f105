"""The season report: one HTML file with everything in it, to be read on a screen, a telephone or paper."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from casework.lifecycle.wordings import STATES
from casework.shared.atomic_files import written
from demo import charts
from demo.automatic import Automatic
from demo.charts import COMMITTED, FREE, PAID, RED, RESERVED, Bar, Mark
from demo.figures import Figures
from demo.play import BEGINS, ENDS
from demo.season_digest import payment_files
from demo.staff import POLICY
from demo.stage import JournalEntry, Season
from demo.twists import Twist
from models import State
from models.clock import business_date, in_shanghai
from models.verify import Head
from models.verify import Report as Verified
from policies.money import Money
from policies.workdays import Calendar

_WAN = 1_000_000  # fen in ten thousand yuan
_COLOURS = {State.CLOSED: PAID, State.REFUSED: RED, State.WITHDRAWN: RESERVED, State.LAPSED: "#8d979b"}
_TOLD = tuple(twist.value for twist in Twist if twist)
_BESIDE = ("资金不足，排队等待追加", "委托代理", "加批", "重复回单")
_SHORTEST_REST = 3
_SHOWN_DAYS = 0.05


def render(season: Season, found: Figures, checked: Verified, head: Head, digest: str, automatic: Automatic) -> str:
    """The page."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"yuan": yuan, "wan": wan, "percent": percent, "moment": moment, "state": state_words}
    folder = files("demo") / "templates"
    page = environment.from_string((folder / "report.html").read_text(encoding="utf-8"))
    told = incidents(season.journal)
    return page.render(
        style=(folder / "report.css").read_text(encoding="utf-8"),
        policy=POLICY,
        begins=business_date(BEGINS),
        ends=business_date(ENDS),
        figures=found,
        cards=cards(season, found, checked),
        timeline=charts.both("一年申报、审定和拨付", _timeline(season, found)),
        marks=_marks(season),
        strips={measure.measure: _strip(measure.by_state) for measure in found.measures},
        measures={measure.code: measure for measure in POLICY.measures},
        funnel=charts.both("各环节到达件数", charts.bars(_funnel(found)), charts.HALF),
        funds=charts.both("专项资金", charts.bars(_funds(found), own=True), charts.HALF),
        rates=charts.both("兑付率", charts.rate(found.rates), charts.HALF),
        sums=charts.both("累计审定和拨付", charts.sums(found.rates, _round), charts.HALF),
        waits=charts.both("各环节平均用时", charts.bars(_waits(found)), charts.HALF),
        refusals=found.refusals,
        incidents=told,
        payments=payment_files(season.folders.payments),
        checked=checked,
        head=head,
        digest=digest,
        runs=sum(automatic.runs.values()),
        seed=season.seed,
        legend=((PAID, "已拨付"), (COMMITTED, "已承诺"), (RESERVED, "已预留"), (FREE, "可用")),
        state_legend=[(colour, STATES[state][0]) for state, colour in _COLOURS.items()],
    )


def write(season: Season, page: str) -> None:
    """Puts the page under its name, whole."""
    with written(season.folders.report) as part:
        part.write_text(page, encoding="utf-8")


def cards(season: Season, found: Figures, checked: Verified) -> list[tuple[str, str, str]]:
    """The figures at the top: title, figure, what is beside it."""
    approved = sum(payout.approved_fen for payout in found.payouts)
    paid = sum(payout.paid_fen for payout in found.payouts)
    items = len({plan.item for plan in season.plans})
    return [
        ("案件", str(found.cases), f"{items} 个事项，22 条举措及 4 项保障措施"),
        ("虚构申报主体", str(len(season.firms)), "均由表格导入"),
        ("审定金额", wan(approved), f"{sum(payout.approved for payout in found.payouts)} 件"),
        ("已拨付", wan(paid), f"兑付率 {percent(paid, approved)}"),
        ("人的办理", f"{season.acts:,}", "每次一个事务，均有审计记录"),
        ("校验", "全部通过" if checked.ok else "有误", f"{len(checked.checks)} 项不变式"),
    ]


def incidents(journal: Sequence[JournalEntry]) -> list[tuple[str, list[JournalEntry]]]:
    """What happened beside the plain way, by kind, each in the order of the season."""
    kinds = dict.fromkeys((*_TOLD, *_BESIDE))
    found: dict[str, list[JournalEntry]] = {str(kind): [] for kind in kinds}
    for event in journal:
        if str(event.kind) in found:
            found[str(event.kind)].append(event)
    return [(kind, entries) for kind, entries in found.items() if entries]


def yuan(fen: int | None) -> str:
    """12,345.00."""
    return "–" if fen is None else Money(fen).grouped


def wan(fen: int) -> str:
    """Whole ten thousands of yuan with two decimals, for charts and cards."""
    whole, rest = divmod(fen * 100 // _WAN, 100)
    return f"{whole:,}.{rest:02d} 万元"


def _round(fen: float) -> str:
    """Whole ten thousands of yuan, for an axis."""
    return f"{fen / _WAN:,.0f} 万"


def percent(part: int, whole: int) -> str:
    """A rate with two decimals, rounded down; a dash of nothing."""
    if not whole:
        return "–"
    points = part * 10_000 // whole
    return f"{points // 100}.{points % 100:02d}%"


def moment(at: Any) -> str:
    """A moment in Shanghai; seconds only where they matter."""
    local = in_shanghai(at)
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second or local.hour == 0 else f"{local:%Y-%m-%d}"


def state_words(state: str) -> str:
    """The officer's wording."""
    return STATES[State(state)][0]


def _strip(by_state: dict[str, int]) -> str:
    order = [state for state in State if state in by_state]
    parts = ((by_state[name], _COLOURS.get(name, COMMITTED), f"{STATES[name][0]} {by_state[name]}") for name in order)
    return charts.strip(parts)


def _funnel(found: Figures) -> list[Bar]:
    return [Bar(label=name, parts=((count, PAID),), note=f"{count} 件") for name, count in found.funnel]


def _funds(found: Figures) -> list[Bar]:
    return [
        Bar(
            label=fund.key.en,
            parts=(
                (fund.paid_fen, PAID),
                (fund.committed_fen, COMMITTED),
                (fund.reserved_fen, RESERVED),
                (fund.available_fen, FREE),
            ),
            note=f"{wan(fund.paid_fen)} / {wan(fund.budget_fen)}",
        )
        for fund in found.funds
    ]


def _waits(found: Figures) -> list[Bar]:
    return [
        Bar(
            label=f"{wait.state}（{wait.cases} 件）",
            parts=((wait.mean_days, RESERVED),),
            note=f"{wait.mean_days:.1f} 天",
        )
        for wait in found.waits
        if wait.mean_days >= _SHOWN_DAYS
    ]


def _marks(season: Season) -> list[Mark]:
    """A dozen days that the timeline names."""
    found: list[Mark] = []
    for kind, entries in incidents(season.journal):
        if kind in _MARKED:
            found.append(Mark(day=business_date(entries[0].moment), words=kind))
    return sorted(found, key=lambda point: point.day)


_MARKED = frozenset(
    point.value
    for point in (
        Twist.EARLY, Twist.CORRECTION, Twist.OPINION_OVERRIDDEN, Twist.SHARED_LOWER, Twist.OUTSIDE_LOWER,
        Twist.WITHDRAWN_LATE, Twist.HOLDER_DIFFERS, Twist.UNDONE, Twist.BANK_RETURNS, Twist.LAST_SECOND,
        Twist.ONE_SECOND_LATE, Twist.BANK_FAILS,
    )
) | {"资金不足，排队等待追加"}  # fmt: skip


def _timeline(season: Season, found: Figures) -> Any:
    span = (business_date(BEGINS).replace(day=1), business_date(ENDS))
    window = (POLICY.opens, POLICY.closes)
    return charts.timeline(found.weeks, span, window, list(_rests(*span)), _marks(season))


def _rests(first: date, last: date) -> Iterable[tuple[date, date]]:
    """The holidays of more than a weekend."""
    calendar, day, begun = Calendar(), first, None
    while day <= last:
        rests = not calendar.is_workday(day)
        if rests and begun is None:
            begun = day
        if not rests and begun is not None:
            if (day - begun).days >= _SHORTEST_REST:
                yield begun, day
            begun = None
        day += timedelta(days=1)
