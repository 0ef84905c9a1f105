"""What the demo prints at its end."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from casework.lifecycle.wordings import STATES
from demo.figures import Figures
from demo.season_report import percent, yuan
from models import State

_SLOWEST = 6


def show(console: Console, found: Figures) -> None:
    """Cases by measure and state, money by unit and fund, payout rates, the slowest steps."""
    _cases(console, found)
    _table(
        console,
        "专项资金（元）",
        ("专项资金", "预算", "已拨付", "已承诺", "可用"),
        (
            (fund.key.en, *map(yuan, (fund.budget_fen, fund.paid_fen, fund.committed_fen, fund.available_fen)))
            for fund in found.funds
        ),
    )
    _table(
        console,
        "兑付率",
        ("单位", "事项", "审定（元）", "已拨付（元）", "按金额", "按件数"),
        (
            (
                payout.unit, payout.item, yuan(payout.approved_fen), yuan(payout.paid_fen),
                percent(payout.paid_fen, payout.approved_fen), percent(payout.paid, payout.approved),
            )
            for payout in found.payouts
        ),
    )  # fmt: skip
    _table(
        console,
        "最慢的环节",
        ("状态", "件次", "平均（天）", "最长（天）"),
        (
            (wait.state, wait.cases, f"{wait.mean_days:.1f}", f"{wait.longest_days:.1f}")
            for wait in found.waits[:_SLOWEST]
        ),
    )


def _cases(console: Console, found: Figures) -> None:
    states = [state for state in State if state in found.states]
    rows: list[tuple[Any, ...]] = [
        (measure.measure, measure.cases, *(measure.by_state.get(state, "") for state in states))
        for measure in found.measures
    ]
    rows.append(("合计", found.cases, *(found.states[state] for state in states)))
    _table(console, "案件（按条和状态）", ("条", "案件", *(STATES[state][0] for state in states)), rows)


def _table(console: Console, title: str, titles: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    table = Table(title=f"{title}  演示数据 DEMO", title_justify="left", header_style="bold", pad_edge=False)
    for place, column in enumerate(titles):
        table.add_column(
            column, justify="left" if place == 0 or column in ("单位", "事项", "状态") else "right", no_wrap=True
        )
    for row in rows:
        table.add_row(*map(str, row))
    console.print(table)
