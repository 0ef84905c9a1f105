"""What the register commands share: rows of imports, listings, confirmations, and who keeps the register."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli import home, output
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, option
from cli.language import language, t
from cli.paging import Page, more
from cli.terms import say
from cli.which import PolicyCode, policy_named

if TYPE_CHECKING:
    from models.store import Store

File = Annotated[str, argument("文件", "the file", metavar="FILE")]
Answer = Annotated[
    str | None,
    option(
        "--answer",
        zh="有误时写出带“错误”列的副本（默认：原文件名-错误.xlsx）",
        en="where the copy with faults goes",
        metavar="FILE",
    ),
]
Login = Annotated[str, argument("登录名", "the person's login", metavar="LOGIN")]
Duty = Annotated[str, argument("职责，如 acceptor 或 受理人", "the duty, like acceptor", metavar="DUTY")]
Unit = Annotated[str, argument("单位全称", "the unit's full name", metavar="UNIT")]
First = Annotated[str | None, option("--from", zh="起始日（含）", en="first day", metavar="DATE")]
Last = Annotated[str | None, option("--to", zh="截止日（含）", en="last day", metavar="DATE")]


def day(text: str, field: str) -> date:
    """A date from the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        zh, en = f"日期应写成 2023-09-01；现为 {text}", f"write the date like 2023-09-01, not {text}"
        raise wrong_use("date", zh, en, field=field) from error


def span(first: str | None, last: str | None) -> dict[str, date | None]:
    """First and last day, each where given."""
    return {"first": day(first, "--from") if first else None, "last": day(last, "--to") if last else None}


def uuid_of(text: str, field: str) -> UUID:
    """An id from the command line."""
    try:
        return UUID(text)
    except ValueError as error:
        raise wrong_use("id", f"“{text}”不是有效的编号", f"{text} is no valid id", field=field) from error


def keeper(store: Store, login: str | None, token: str | None, command: str, *subjects: Any) -> home.Actor:
    """Who writes into a register, noted in the audit."""
    actor = home.operator(store, login, token)
    home.note(store, actor, command, subjects)
    return actor


def reading(store: Store, login: str | None, token: str | None, zh: str, en: str) -> UUID | None:
    """Asks who reads a register of the office; of an applicant's people the party whose entries are all they see."""
    from casework.lifecycle import read_access

    who = home.reader(store, login, token)
    with store.read() as work:
        return read_access.refuse_outsider(store, work, who, (zh, en))


def office_reads(store: Store, login: str | None, token: str | None, zh: str, en: str) -> None:
    """The same for a register in which nothing is an applicant's own."""
    from casework.lifecycle import read_access

    who = home.reader(store, login, token)
    with store.read() as work:
        read_access.refuse_all_but_office(store, work, who, (zh, en))


def own_or_office(store: Store, login: str | None, token: str | None, holder: str, zh: str, en: str) -> None:
    """Asks who reads what belongs to one holder: the person and their party themselves, or the office."""
    from casework.lifecycle import read_access

    who = home.reader(store, login, token)
    with store.read() as work:
        read_access.refuse_stranger(store, work, who, holder, (zh, en))


def bring_in(
    command: str, importer: Any, file: str, answer: str | None, login: str | None, token: str | None, json: bool
) -> None:
    """Imports a workbook of a register: all of it, or nothing and a copy that says what is wrong in which row."""
    from pathlib import Path

    from casework.shared.errors import Refused
    from casework.spreadsheets.answered_workbook import Copy

    store = home.opened()
    actor = keeper(store, login, token, command, file)
    copy = Path(answer) if answer else Path(file).with_name(f"{Path(file).stem}-错误.xlsx")
    existed = copy.exists()
    kept = Copy(copy, language()) if answer or file != "-" else None
    try:
        with output.progress(t("导入", "importing")):
            found = importer(store, actor.register, Path(file), answer=kept)
    except Refused as no:
        if copy.exists() and not existed:
            no.zh, no.en = f"{no.zh}\n错误已标在 {copy}", f"{no.en}\nthe faults are marked in {copy}"
        raise
    done(
        t(f"读入 {found.rows} 行，新登记 {found.new}", f"{found.rows} rows read, {found.new} new"),
        store,
        json,
        rows=found.rows,
        new=found.new,
        **({"warnings": [t(*warning) for warning in found.warnings]} if found.warnings else {}),
    )
    if not json:
        warn(found.warnings)


def imports(app: typer.Typer, importer: str, zh: str, en: str) -> None:
    """Declares the command that imports a register's workbook; `importer` is loaded when it runs (`module:function`)."""

    @command(app, "import", zh, en)
    def import_(
        file: File, answer: Answer = None, as_: Person = None, token: Secret = None, json: Json = False
    ) -> None:
        from importlib import import_module

        module, _, function = importer.partition(":")
        bring_in(f"{app.info.name} import", getattr(import_module(module), function), file, answer, as_, token, json)


def imports_of_policy(app: typer.Typer, importer: str, zh: str, en: str) -> None:
    """The same where the rows belong to a policy."""

    @command(app, "import", zh, en)
    def import_(
        file: File,
        answer: Answer = None,
        as_: Person = None,
        token: Secret = None,
        json: Json = False,
        policy: PolicyCode = None,
    ) -> None:
        from importlib import import_module

        known = policy_named(policy)
        module, _, function = importer.partition(":")
        load = getattr(import_module(module), function)

        def of_policy(store: Any, actor: Any, path: Any, *, answer: Any) -> Any:
            return load(store, actor, known, path, answer=answer)

        bring_in(f"{app.info.name} import", of_policy, file, answer, as_, token, json)


def warn(words: Iterable[tuple[str, str]]) -> None:
    """What was taken and may be looked at again, on stderr."""
    import sys

    for word in words:
        print(t("请核对：", "look again: ") + t(*word), file=sys.stderr)


def done(words: str, store: Store, json: bool = False, **facts: Any) -> None:
    """What was done, with the demo mark; as JSON with what a program wants to know of it."""
    if json:
        output.print_json({"demo": store.demo, "done": words, **facts})
        return
    output.line(words)
    output.demo_mark(store.demo)


def show(store: Store, rows: Sequence[Any] | Page, columns: Iterable[str], as_json: bool, name: str) -> None:
    """A listing, or a page of one: every field as JSON, or some as a table."""
    from casework.views import plain

    page = rows if isinstance(rows, Page) else None
    listed = rows.rows if isinstance(rows, Page) else rows
    if as_json:
        counts = page.counts if page else {"count": len(listed)}
        output.print_json({"demo": store.demo, **counts, name: [plain(entry) for entry in listed]})
        return
    output.demo_mark(store.demo)
    wanted = tuple(columns)
    output.table(
        [_title(column) for column in wanted],
        [[_of(row, column) for column in wanted] for row in listed],
        keep=_whole(wanted),
    )
    if page:
        more(page)


def _whole(columns: Sequence[str]) -> tuple[int, ...]:
    """Which columns never fold: the first, and what is copied from the screen to be typed."""
    return tuple(index for index, column in enumerate(columns) if not index or column in ("login", "id"))


def _of(row: Any, name: str) -> str:
    """A cell; what ends at 24:00 of a day shows that day, not the next."""
    value = getattr(row, name)
    family = _FAMILIES.get((type(row).__name__, name)) or _FAMILIES.get(("", name))
    if family:
        return say(family, value)
    return output.last_day(value) if name in ("valid_to", "ends_at") else _cell(value)


# Which columns hold a value that has words, by the row's kind where a column's name is not enough.
_FAMILIES = {
    ("", "duty"): "duty",
    ("", "account_status"): "account",
    ("UnitRow", "kind"): "unit_kind",
    ("ChangeRow", "kind"): "change",
    ("", "status"): "job",
}

_TITLES = {
    "business_date": ("业务日期", "business date"),
    "status": ("状态", "status"),
    "attempts": ("次数", "attempts"),
    "claimed_by": ("认领者", "claimed by"),
    "outcome": ("结果", "outcome"),
    "outcome_en": ("结果", "outcome"),
    "reason": ("原因", "reason"),
    "reason_en": ("原因", "reason"),
    "name": ("名称", "name"),
    "name_en": ("英文名", "English name"),
    "kind": ("类别", "kind"),
    "login": ("登录名", "login"),
    "party": ("主体", "party"),
    "active": ("有效", "active"),
    "unit": ("单位", "unit"),
    "duty": ("职责", "duty"),
    "valid_from": ("自", "from"),
    "valid_to": ("至", "to"),
    "principal": ("委托人", "principal"),
    "delegate": ("受托人", "delegate"),
    "id": ("编号", "id"),
    "made_at": ("生成", "made"),
    "scopes": ("权限范围", "scopes"),
    "ends_at": ("失效", "ends"),
    "year": ("年度", "year"),
    "budget": ("预算", "budget"),
    "available": ("可用", "available"),
    "reserved": ("预留", "reserved"),
    "committed": ("已承诺", "committed"),
    "paid": ("已拨付", "paid"),
    "day": ("日期", "day"),
    "works": ("上班", "works"),
    "citation": ("依据", "citation"),
    "code": ("代码", "code"),
    "town": ("镇（街道）", "town"),
    "account": ("账户", "account"),
    "account_status": ("核验", "verified"),
    "subject": ("事项", "subject"),
    "basis": ("依据", "basis"),
    "basis_en": ("依据", "basis"),
    "source": ("来源", "source"),
    "reference": ("文号", "document"),
    "amount": ("金额（元）", "yuan"),
    "proof": ("证明", "proof"),
    "value": ("变更为", "becomes"),
    "returned": ("已退回", "returned"),
}


def _title(name: str) -> str:
    return t(*_TITLES.get(name, (name, name)))


def _cell(value: Any) -> str:
    from datetime import datetime

    from policies.money import Money

    if isinstance(value, bool):
        return t("是", "yes") if value else t("否", "no")
    if isinstance(value, Money):
        return value.grouped
    if isinstance(value, datetime):
        return output.moment(value)
    if isinstance(value, tuple):
        return " ".join(map(_cell, value))
    return "" if value is None else str(value)


def unit_known(store: Store, text: str | None) -> str | None:
    """A unit to look for; an unknown one is refused with those that look like it."""
    from casework.shared.errors import Refused
    from casework.staff import unit_register

    if not text:
        return None
    with store.read() as work:
        try:
            return unit_register.must_exist(work, text.strip())
        except Refused as no:
            raise wrong_use("unit", no.zh, no.en, field="--unit") from no


def party_named(store: Store, text: str) -> UUID:
    """A party by its code or its exact name (a natural person's number); several of one name are told apart by code."""
    from casework.parties import party_register
    from casework.shared.errors import Refused

    with store.read() as work:
        try:
            return party_register.named(store, work, text)
        except Refused as no:
            raise wrong_use("party", no.zh, no.en, field="party") from no
