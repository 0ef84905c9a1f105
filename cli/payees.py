"""`payments show`: whom a batch pays, to which accounts, before it is checked or released."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from cli import home, output
from cli.house import Json, Person, Secret, argument, command
from cli.language import t
from cli.terms import say

Batch = Annotated[str, argument("批次号，如 ZF2023-00001", "the batch's number", metavar="BATCH")]


def mount(app: typer.Typer) -> None:
    """Puts the command into its group."""
    zh, en = "批次清单：收款人、开户行、账号、金额（复核、放行前核对）", "A batch's payees and accounts"
    command(app, "show", zh, en)(show_batch)


def show_batch(batch: Batch, as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework.payments.batch_list import batch_list
    from casework.views import plain

    store = home.opened()
    who = home.person(store, as_, token)
    home.note(store, who, "payments show", [batch])
    listed = batch_list(store, batch, by=who.person)
    if json:
        rows = [{**plain(line), "amount_yuan": output.plain_yuan(line.amount_fen)} for line in listed.lines]
        body = {**plain(listed), "total_yuan": output.plain_yuan(listed.total_fen), "lines": rows}
        output.print_json({"demo": store.demo, **body})
        return
    output.demo_mark(store.demo)
    names = (("案件", "case"), ("收款人", "payee"), ("开户行", "bank"), ("账号", "account"), ("金额（元）", "yuan"))
    rows_ = [(line.case, _payee(line), line.bank, line.account, output.yuan(line.amount_fen)) for line in listed.lines]
    output.table([t(*name) for name in names], rows_, right=(4,), keep=(0, 3))
    exceptions((line.case, line.overridden) for line in listed.lines)
    output.pairs(
        {
            t("批次", "batch"): f"{listed.number} {say('order', listed.state)}",
            t("笔数", "count"): listed.count,
            t("合计", "total"): f"{output.yuan(listed.total_fen)} {t('元', 'yuan')}",
            t("清单摘要", "list hash"): listed.list_hash,
        }
    )
    if not listed.full:
        output.line(t("账号只显示末四位：完整账号供付款单位的办理人核对", "accounts in full for those who pay only"))


def _payee(line: Any) -> str:
    """The payee; with a warning where it is not the applicant, or the account is no longer the one in use."""
    odd = "" if line.payee == line.applicant else t(f"\n申报主体 {line.applicant}", f"\napplicant {line.applicant}")
    old = t("\n账户已变更", "\naccount replaced") if line.account_status == "replaced" else ""
    return f"{line.payee}{odd}{old}"


def exceptions(rows: Iterable[tuple[str, Sequence[str]]]) -> None:
    """A line for each case in which something was overridden."""
    for case, names in rows:
        if names:
            output.line(t(f"例外 {case}：{'、'.join(names)}", f"overridden in {case}: {', '.join(names)}"))
