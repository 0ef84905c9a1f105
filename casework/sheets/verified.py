"""accounts.xlsx: accounts that wait for verification, in clear, beside what the bank's paper says; read back as a whole."""

from pathlib import Path
from typing import Any
from uuid import UUID

from casework.errors import Refused
from casework.registers import accounts
from casework.registers.accounts import Seen
from casework.registers.desk import Actor
from casework.sheets.answers import Copy
from casework.sheets.columns import Column, Kind
from casework.sheets.lists import Imported, ListSheet, enter_all
from casework.sheets.writing import filled
from models.store import Store
from models.work import Work

COLUMNS = (
    Column(key="id", title="账户编号", kind=Kind.CODE, required=True),
    Column(key="party", title="申报主体"),
    Column(key="code", title="代码", kind=Kind.CODE),
    Column(key="entered_holder", title="登记户名"),
    Column(key="entered_bank", title="登记开户银行"),
    Column(key="entered", title="登记账号", kind=Kind.CODE),
    Column(key="number", title="凭证上的账号", kind=Kind.CODE, hint="照银行凭证逐位录入，不要复制左边一列"),
    Column(key="holder", title="凭证上的户名"),
    Column(key="paper", title="核验依据", hint="开户许可、银行证明的名称和编号；不核验的行留空"),
)
LEGEND = (
    "每行一个待核验账户。对照银行凭证，把凭证上的账号、户名照录到右侧三列，并写明凭证名称；暂不核验的行右侧留空。",
    "与登记不一致的、本人录入的账户不能核验；有任何一行有误，整份都不核验。第二行请勿删改。",
)


def _make(values: dict[str, Any]) -> Seen | None:
    typed = {key: values[key] for key in ("number", "holder", "paper") if key in values}
    if not typed:
        return None
    if missing := [one for one in ("number", "paper") if one not in typed]:
        titles = {column.key: column.title for column in COLUMNS}
        zh = f"{titles[missing[0]]} 必填"
        raise Refused("required", zh, f"{missing[0]} is required", field=missing[0])
    try:
        return Seen(id=UUID(values["id"]), **typed)
    except ValueError:
        raise Refused("id", "账户编号无效", "no valid id", field="id") from None


ACCOUNTS: ListSheet[Seen | None] = ListSheet(sheet="待核验账户", columns=COLUMNS, make=_make, legend=LEGEND)


def write(store: Store, actor: Actor, path: Path) -> int:
    """The workbook of accounts that wait, for somebody who may verify them; how many."""
    found = accounts.waiting(store, actor)
    rows = [
        {
            "id": str(one.id),
            "party": one.party,
            "code": one.code,
            "entered_holder": one.holder,
            "entered_bank": one.bank,
            "entered": one.number,
        }
        for one in found
    ]
    filled(path, LEGEND, {ACCOUNTS.sheet: (COLUMNS, rows)})
    path.chmod(0o600)
    return len(rows)


def bring_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Verifies the accounts that were typed from their papers: all that are filled in, or none."""

    def enter(work: Work, seen: Seen | None) -> bool:
        return seen is not None and accounts.verify_in(store, work, actor, seen)

    return enter_all(store, ACCOUNTS.read(path), answer, enter)
