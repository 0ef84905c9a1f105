"""`payments unmatched`, `overdue`, `reconcile`: what does not fit, what is late, and whether everything agrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli import home, output
from cli.house import Json, Person, Secret, command
from cli.language import t
from cli.paging import Limit, Offset, Page, cut, more
from cli.payments import app, reading_payments
from cli.terms import say

if TYPE_CHECKING:
    from models.store import Store


@command(app, "unmatched", "未匹配或与指令不符的回单", "Results that fit no order")
def unmatched_list(
    limit: Limit = 200, offset: Offset = 0, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.payments.payment_lists import unmatched

    store = home.opened()
    with reading_payments(store, as_, token) as work:
        found = unmatched(work)
    _listing(store, cut(found, limit, offset), "results", ("id", "reference", "outcome", "amount_fen", "reason"), json)


@command(app, "overdue", "逾期未见结果的支付指令", "Orders whose result is overdue")
def overdue_list(
    limit: Limit = 200, offset: Offset = 0, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.payments.payment_lists import overdue

    store = home.opened()
    with reading_payments(store, as_, token) as work:
        found = overdue(work)
    _listing(
        store,
        cut(found, limit, offset),
        "orders",
        ("number", "batch", "state", "amount_fen", "due", "told_at", "escalated_at"),
        json,
    )


@command(app, "reconcile", "三方核对：指令、账目、回单；应无差异", "Orders, ledger and results compared")
def reconcile_list(as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework.payments.payment_lists import reconcile

    store = home.opened()
    with reading_payments(store, as_, token) as work:
        found = reconcile(work)
    if not found and not json:
        output.demo_mark(store.demo)
        output.line(t("指令、账目、回单三方一致，没有差异", "orders, ledger and results agree: no differences"))
        return
    _listing(store, found, "differences", ("kind", "subject", "expected_fen", "found_fen"), json)


_TITLES = {
    "id": ("编号", "id"),
    "reference": ("指令", "order"),
    "number": ("指令", "order"),
    "batch": ("批次", "batch"),
    "state": ("状态", "state"),
    "outcome": ("结果", "outcome"),
    "amount_fen": ("金额（元）", "yuan"),
    "expected_fen": ("应为（元）", "expected"),
    "found_fen": ("现为（元）", "found"),
    "reason": ("说明", "reason"),
    "due": ("应有结果", "due"),
    "told_at": ("已提醒", "told"),
    "escalated_at": ("已上报", "escalated"),
    "kind": ("类别", "kind"),
    "subject": ("对象", "subject"),
}


def _listing(store: Store, rows: Sequence[Any] | Page, name: str, columns: Sequence[str], json: bool) -> None:
    from casework.views import plain

    page = rows if isinstance(rows, Page) else Page(rows, len(rows), 0)
    rows = page.rows
    if json:
        output.print_json({"demo": store.demo, **page.counts, name: [plain(entry) for entry in rows]})
        return
    output.demo_mark(store.demo)
    fen = tuple(index for index, column in enumerate(columns) if column.endswith("_fen"))
    listed = [[_cell(getattr(row, column), column) for column in columns] for row in rows]
    output.table([t(*_TITLES[column]) for column in columns], listed, right=fen)
    more(page)


def _cell(value: Any, column: str) -> str:
    if column.endswith("_fen"):
        return output.yuan(value)
    family = {"state": "order", "outcome": "outcome", "kind": "difference"}.get(column)
    if family:
        return say(family, value)
    return output.moment(value) if column in ("due", "told_at", "escalated_at") else str(value)
