"""`rates`: payout rates of all policies for firms, as units report them, and of this plan apart from them."""

from __future__ import annotations

from typing import Annotated, Any

from cli import home, output
from cli.common import done, imports_of_policy, keeper
from cli.errors import wrong_use
from cli.funds import money
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.which import PolicyCode, policy_named

app = group(
    "兑付率：各单位填报的全部惠企政策，和本方案自身",
    "Payout rates: all policies as reported, and this plan's own",
    "rates",
)
STANDING = {
    "met": ("达到目标", "met"),
    "below": ("未达目标", "below"),
    "missing": ("未填报", "not reported"),
    "ahead": ("未到期", "ahead"),
}


@command(app, "list", "兑付率、目标和走势", "Rates, targets and trend")
def list_(
    by: Annotated[str, option("--by", zh="走势按 week（周）或 month（月）", en="trend by week or month")] = "month",
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    from casework.programmes import payout_rates
    from casework.programmes.payout_progress import BY
    from casework.shared.reference import reference

    if by not in BY:
        raise wrong_use("by", "走势按 week 或 month", "the trend is by week or month", field="--by")
    known, store = policy_named(policy), home.opened()
    with store.read() as work:
        counted_by = payout_rates.basis(reference(store, work), known, work.today)
        figures = payout_rates.official(work, known, counted_by)
        found = {
            "official": [_official(figure) for figure in figures],
            "targets": [_target(standing) for standing in payout_rates.standings(known, figures, work.today)],
            "own": [_own(payout) for payout in payout_rates.own(work, known)],
            "trend": [_point(point) for point in payout_rates.own_trend(work, known, by)],
        }
    if json:
        output.print_json(
            {"demo": store.demo, "policy": known.code, "basis": counted_by, "count": len(figures), **found}
        )
        return
    output.demo_mark(store.demo)
    _show(found, by)


def _official(figure: Any) -> dict[str, Any]:
    from casework.programmes.payout_rates import percent

    return {
        "unit": figure.unit, "period": figure.period, "promised_yuan": output.plain_yuan(figure.promised_fen),
        "paid_yuan": output.plain_yuan(figure.paid_fen), "promised_fen": figure.promised_fen, "paid_fen": figure.paid_fen,
        "promised_cases": figure.promised_cases, "paid_cases": figure.paid_cases, "rate": percent(figure.rate.by_amount),
        "rate_by_case": percent(figure.rate.by_case), "source": figure.source, "corrections": figure.sequence - 1,
    }  # fmt: skip


def _target(standing: Any) -> dict[str, Any]:
    from casework.programmes.payout_rates import percent

    return {
        "unit": standing.unit, "by": standing.by.isoformat(), "at_least": percent(standing.at_least), "baseline": standing.baseline,
        "rate": percent(standing.rate), "standing": standing.standing,
    }  # fmt: skip


def _own(payout: Any) -> dict[str, Any]:
    from casework.programmes.payout_rates import percent, share

    return {
        "unit": payout.unit, "item": payout.item, "approved_yuan": output.plain_yuan(payout.approved_fen),
        "paid_yuan": output.plain_yuan(payout.paid_fen), "approved_fen": payout.approved_fen, "paid_fen": payout.paid_fen,
        "approved_cases": payout.approved, "paid_cases": payout.paid, "rate": percent(share(payout.paid_fen, payout.approved_fen)),
        "rate_by_case": percent(share(payout.paid, payout.approved)),
    }  # fmt: skip


def _point(point: Any) -> dict[str, Any]:
    from casework.programmes.payout_rates import percent, share

    return {
        "unit": point.unit, "up_to": point.up_to.isoformat(), "approved_yuan": output.plain_yuan(point.approved_fen),
        "paid_yuan": output.plain_yuan(point.paid_fen),
        "approved_fen": point.approved_fen,
        "paid_fen": point.paid_fen, "rate": percent(share(point.paid_fen, point.approved_fen)),
    }  # fmt: skip


def _show(found: dict[str, list[dict[str, Any]]], by: str) -> None:
    """Four tables under each other."""
    rate, case_rate, unit = t("按金额", "by amount"), t("按件", "by case"), t("单位", "unit")
    paid = t("已付（元）", "paid (yuan)")
    output.line(
        t("全部惠企政策（各单位填报，到月末累计）", "All policies for firms, as reported up to the end of a month")
    )
    rows = [(f"{x['period']} {_unit(x)}", output.yuan(x["promised_fen"]), output.yuan(x["paid_fen"]), x["rate"], x["rate_by_case"])
            for x in found["official"]]  # fmt: skip
    output.stacked((t("期间 单位", "month, unit"), t("应付（元）", "promised"), paid, rate, case_rate), rows)
    output.line(t("目标", "Targets"))
    targets = [(_whose(x["unit"]), x["at_least"], x["by"], x["rate"], _standing(x)) for x in found["targets"]]
    output.table((unit, t("目标", "target"), t("截止", "by"), t("兑付率", "rate"), t("情况", "standing")), targets)
    output.line(t("本方案（系统计算）", "This plan, as computed here"))
    rows = [
        (
            f"{_whose(x['unit'])} {x['item']}",
            output.yuan(x["approved_fen"]),
            output.yuan(x["paid_fen"]),
            x["rate"],
            x["rate_by_case"],
        )
        for x in found["own"]
    ]
    output.stacked((t("单位 事项", "unit, item"), t("审定（元）", "approved"), paid, rate, case_rate), rows)
    output.line(
        t("本方案走势（按周）", "Its trend by week") if by == "week" else t("本方案走势（按月）", "Its trend by month")
    )
    trend = [
        (f"{x['up_to']} {_whose(x['unit'])}", output.yuan(x["approved_fen"]), output.yuan(x["paid_fen"]), x["rate"])
        for x in found["trend"]
    ]
    output.stacked((t("截至 单位", "up to, unit"), t("审定（元）", "approved"), paid, rate), trend)


def _whose(unit: str) -> str:
    """A unit's name, or all of them."""
    from casework.programmes.payout_rates import ALL_UNITS

    return t(ALL_UNITS, "all units") if unit == ALL_UNITS else unit


def _unit(figure: dict[str, Any]) -> str:
    """The unit; a sum says of how many units it is, for others may not have reported."""
    from casework.programmes.payout_rates import ALL_UNITS

    return (
        f"{t('已填报合计', 'sum of those reported')}（{figure['source']}）"
        if figure["unit"] == ALL_UNITS
        else str(figure["unit"])
    )


def _standing(standing: dict[str, Any]) -> str:
    words = t(*STANDING[standing["standing"]])
    return words + t("（回溯基线）", " (baseline)") if standing["baseline"] else words


@command(
    app,
    "add",
    "填报一个单位到一个月末的累计数（不同数值即为更正，原数保留）",
    "Report one figure; another value corrects it",
)
def add(
    unit: Annotated[str, argument("单位全称", "the unit's full name", metavar="UNIT")],
    period: Annotated[str, argument("期间，如 2023-09", "the month, like 2023-09", metavar="MONTH")],
    promised: Annotated[str, argument("应兑付金额（元）", "promised, in yuan", metavar="YUAN")],
    paid: Annotated[str, argument("已兑付金额（元）", "paid, in yuan", metavar="YUAN")],
    source: Annotated[str, option("--source", zh="数据来源（报表名称或文号）", en="where the figure comes from")],
    promised_cases: Annotated[
        int | None, option("--promised-cases", zh="应兑付件数", en="cases promised", min=0)
    ] = None,
    paid_cases: Annotated[int | None, option("--paid-cases", zh="已兑付件数", en="cases paid", min=0)] = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    from casework.programmes import reported_payouts as register

    known = policy_named(policy)
    new = register.NewFigure(
        unit=unit, period=period, promised=_sum(promised, "promised"), paid=_sum(paid, "paid"), source=source,
        promised_cases=promised_cases, paid_cases=paid_cases,
    )  # fmt: skip
    store = home.opened()
    actor = keeper(store, as_, token, "rates add", unit, period)
    added = register.add(store, actor.register, known, new)
    zh, en = ("已登记", "entered") if added else ("此前已登记，数值相同", "entered before, the same values")
    done(t(f"{unit} {period} {zh}", f"{unit} {period} {en}"), store, json, new=added)


imports_of_policy(
    app,
    "casework.programmes.payout_workbook:bring_in",
    "导入兑付数据（.xlsx 或 .csv，模板见 template rates）",
    "Import payout figures (.xlsx or .csv)",
)


def _sum(text: str, field: str) -> Any:
    """Yuan, where nothing paid yet is 0."""
    from policies.money import Money

    return Money(0) if text.strip() in ("0", "0.0", "0.00") else money(text, field)
