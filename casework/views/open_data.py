"""Open data: each table with its columns in two languages and its rows; files and their description follow from the columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from casework.programmes.payout_rates import basis, official, own, percent, share
from casework.shared.policies_in_use import of_store
from casework.shared.reference import reference
from casework.views.daily_heads import daily_heads
from casework.views.offered_items import offered, unit_named
from casework.views.paid_register import PaidFilter, all_paid
from casework.views.published_notices import notices
from models.store import Store
from policies.forms import Text
from policies.money import Money

TEXT, DATE, COUNT, YUAN, FLAG = "text", "date", "count", "yuan", "flag"


@dataclass(frozen=True, kw_only=True)
class OpenColumn:
    """One column; `kind` yuan: text with two decimals."""

    name: str
    title: Text
    kind: str = TEXT


@dataclass(frozen=True, kw_only=True)
class OpenTable:
    """One table. `rows`: its values in the order of the columns, None where there is none."""

    name: str
    title: Text
    about: Text
    columns: tuple[OpenColumn, ...]
    rows: Callable[[Store], Iterable[tuple[Any, ...]]]


def _column(name: str, zh: str, en: str, kind: str = TEXT) -> OpenColumn:
    return OpenColumn(name=name, title=Text(zh, en), kind=kind)


_POLICY = _column("policy", "政策", "policy")
_ITEM = _column("item", "事项", "item")
_TITLE = (_column("title", "名称", "title (Chinese)"), _column("title_en", "英文名称", "title"))
_UNIT = (_column("unit", "单位", "unit (Chinese)"), _column("unit_en", "单位英文名", "unit"))


def _windows(store: Store) -> Iterator[tuple[Any, ...]]:
    for page in offered(store):
        policy = page.policy
        titles = (policy.code, policy.title.zh, policy.title.en, policy.district.zh, policy.district.en)
        yield (*titles, page.first_day, page.last_day, policy.opens, policy.closes, page.open)


def _items(store: Store) -> Iterator[tuple[Any, ...]]:
    for policy in offered(store):
        for measure in policy.measures:
            for item in measure.items:
                titles = (policy.policy.code, item.item.id, item.item.clause, item.item.title.zh, item.item.title.en)
                among = "、".join(kind.zh for kind in item.item.applicants)
                span = (item.first_day, item.last_day, item.open)
                yield (*titles, item.lead.zh, item.lead.en, among, item.gives.zh, item.gives.en, *span)


def _notices(store: Store) -> Iterator[tuple[Any, ...]]:
    for notice in notices(store):
        titles = (notice.number, notice.policy, notice.measure, notice.measure_title, notice.measure_title_en)
        days = (date.fromisoformat(notice.opens_on), date.fromisoformat(notice.closes_on))
        yield (*titles, *days, notice.lines, notice.open)


def _paid(store: Store) -> Iterator[tuple[Any, ...]]:
    for payment in all_paid(store, PaidFilter()):
        titles = (
            payment.case,
            payment.policy,
            payment.item,
            payment.title,
            payment.title_en,
            payment.unit,
            payment.unit_en,
        )
        yield (payment.paid_on, *titles, payment.applicant, Money(payment.amount_fen))


def _reported(store: Store) -> Iterator[tuple[Any, ...]]:
    for policy in of_store(store):
        with store.read() as work:
            found = official(work, policy, basis(reference(store, work), policy, work.today))
        for payout in found:
            sums = (Money(payout.promised_fen), Money(payout.paid_fen), payout.promised_cases, payout.paid_cases)
            rate = percent(payout.rate.counts)
            yield (
                policy.code,
                payout.unit,
                unit_named(policy, payout.unit).en,
                payout.period,
                *sums,
                rate,
                payout.source,
            )


def _own_payouts(store: Store) -> Iterator[tuple[Any, ...]]:
    """By unit: an item may have one applicant only."""
    for policy in of_store(store):
        with store.read() as work:
            found = own(work, policy)
        for unit in sorted({payout.unit for payout in found}):
            mine = [payout for payout in found if payout.unit == unit]
            approved, paid = sum(payout.approved_fen for payout in mine), sum(payout.paid_fen for payout in mine)
            cases = (sum(payout.approved for payout in mine), sum(payout.paid for payout in mine))
            rate = percent(share(paid, approved))
            yield (policy.code, unit, unit_named(policy, unit).en, Money(approved), Money(paid), *cases, rate)


def _heads(store: Store) -> Iterator[tuple[Any, ...]]:
    for head in daily_heads(store):
        yield (head.day, head.seq, head.hash, head.over)


TABLES: Mapping[str, OpenTable] = {
    column.name: column
    for column in (
        OpenTable(
            name="windows",
            title=Text("申报期", "filing windows"),
            about=Text("各政策的申报期和有效期", "of each policy: when it may be filed, and its term"),
            columns=(
                _POLICY,
                *_TITLE,
                _column("district", "区县", "district (Chinese)"),
                _column("district_en", "区县英文名", "district"),
                _column("first_day", "申报首日", "first day of filing", DATE),
                _column("last_day", "申报末日", "last day of filing", DATE),
                _column("opens", "有效期起", "term begins", DATE),
                _column("closes", "有效期止", "term ends", DATE),
                _column("open", "申报中", "open for filing", FLAG),
            ),
            rows=_windows,
        ),
        OpenTable(
            name="items",
            title=Text("事项", "items"),
            about=Text(
                "各事项的依据、单位、申报主体和支持标准", "of each item: clause, unit, applicants, what it gives"
            ),
            columns=(
                _POLICY,
                _ITEM,
                _column("clause", "条款", "clause"),
                *_TITLE,
                *_UNIT,
                _column("applicants", "申报主体", "applicants"),
                _column("gives", "支持标准", "what it gives (Chinese)"),
                _column("gives_en", "支持标准（英文）", "what it gives"),
                _column("first_day", "申报首日", "first day of filing", DATE),
                _column("last_day", "申报末日", "last day of filing", DATE),
                _column("open", "申报中", "open for filing", FLAG),
            ),
            rows=_items,
        ),
        OpenTable(
            name="notices",
            title=Text("公示", "notices"),
            about=Text(
                "各公示的起止日和件数；名单见公示页",
                "of each notice: its days and how many cases; its page has the list",
            ),
            columns=(
                _column("number", "公示编号", "notice"),
                _POLICY,
                _column("measure", "举措", "measure"),
                *_TITLE,
                _column("first_day", "首日", "first day", DATE),
                _column("last_day", "末日", "last day", DATE),
                _column("cases", "件数", "cases", COUNT),
                _column("open", "公示中", "running", FLAG),
            ),
            rows=_notices,
        ),
        OpenTable(
            name="paid",
            title=Text("兑付公开", "register of payments"),
            about=Text(
                "已到账的每一笔；自然人只显示姓名首字",
                "each payment that was settled; of natural persons the first character",
            ),
            columns=(
                _column("paid_on", "拨付日期", "paid on", DATE),
                _column("case", "案件编号", "case"),
                _POLICY,
                _ITEM,
                *_TITLE,
                *_UNIT,
                _column("applicant", "申报主体", "applicant"),
                _column("amount_yuan", "金额（元）", "yuan", YUAN),
            ),
            rows=_paid,
        ),
        OpenTable(
            name="payout-rates",
            title=Text("兑付率（各单位填报）", "payout rates (as units report)"),
            about=Text(
                "各单位填报的全部惠企政策：承诺、兑付和兑付率",
                "all policies for firms as units report them: promised, paid, rate",
            ),
            columns=(
                _POLICY,
                *_UNIT,
                _column("month", "月份", "month"),
                _column("promised_yuan", "应兑付（元）", "promised, yuan", YUAN),
                _column("paid_yuan", "已兑付（元）", "paid, yuan", YUAN),
                _column("promised_cases", "应兑付件数", "promised, cases", COUNT),
                _column("paid_cases", "已兑付件数", "paid, cases", COUNT),
                _column("rate", "兑付率", "payout rate"),
                _column("source", "来源", "source"),
            ),
            rows=_reported,
        ),
        OpenTable(
            name="payouts",
            title=Text("本方案兑付进度", "how far this plan is paid"),
            about=Text(
                "按单位：审定、已付和比例，由账目得出", "by unit: decided, paid and their share, from the ledger"
            ),
            columns=(
                _POLICY,
                *_UNIT,
                _column("approved_yuan", "审定（元）", "decided, yuan", YUAN),
                _column("paid_yuan", "已付（元）", "paid, yuan", YUAN),
                _column("approved_cases", "审定件数", "decided, cases", COUNT),
                _column("paid_cases", "付清件数", "paid in full, cases", COUNT),
                _column("rate", "比例", "share"),
            ),
            rows=_own_payouts,
        ),
        OpenTable(
            name="audit-heads",
            title=Text("审计链每日链头", "the audit chain's head of each day"),
            about=Text(
                "自行另存：以后改写过记录，链头就对不上",
                "keep them: if the records were written anew later, these would not fit any more",
            ),
            columns=(
                _column("day", "日期", "day", DATE),
                _column("seq", "条数", "rows", COUNT),
                _column("hash", "链头（SHA-256）", "head (SHA-256)"),
                _column("over", "当日已结束", "the day is over", FLAG),
            ),
            rows=_heads,
        ),
    )
}


def spelled(value: Any) -> Any:
    """A value as files have it: dates as ISO text, money as yuan with two decimals."""
    if isinstance(value, Money):
        return f"{value // 100}.{value % 100:02d}"
    return value.isoformat() if isinstance(value, date) else value


_KINDS: Mapping[str, Mapping[str, Any]] = {
    TEXT: {"type": "string"},
    DATE: {"type": "string", "format": "date"},
    COUNT: {"type": ["integer", "null"]},
    YUAN: {"type": "string", "pattern": r"^\d+\.\d\d$"},
    FLAG: {"type": "boolean"},
}


def description(portal: str) -> dict[str, Any]:
    """What the files hold, as OpenAPI; `portal`: its own address."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "兑现：开放数据 / Duixian open data", "version": "1"},
        "servers": [{"url": portal}],
        "paths": {path: {"get": said} for table in TABLES.values() for path, said in _paths(table)},
    }


def _paths(table: OpenTable) -> Iterator[tuple[str, dict[str, Any]]]:
    columns = {
        column.name: {**_KINDS[column.kind], "title": column.title.zh, "description": column.title.en}
        for column in table.columns
    }
    row = {"type": "object", "properties": columns, "required": list(columns), "additionalProperties": False}
    body = {
        "type": "object",
        "properties": {"demo": {"type": "boolean"}, "rows": {"type": "array", "items": row}},
        "required": ["demo", "rows"],
    }
    said = f"{table.title.zh}：{table.about.zh} / {table.title.en}: {table.about.en}"
    for suffix, media, schema in (("json", "application/json", body), ("csv", "text/csv", {"type": "string"})):
        answer = {"description": table.title.en, "content": {media: {"schema": schema}}}
        operation = {"operationId": f"{table.name}-{suffix}", "summary": said, "responses": {"200": answer}}
        yield f"/data/{table.name}.{suffix}", operation
