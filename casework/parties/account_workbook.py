"""accounts.xlsx: accounts that wait for verification, in clear, beside what the bank's paper says; read back as a whole."""

from pathlib import Path
from typing import Any
from uuid import UUID

from casework.parties import payee_accounts
from casework.parties.payee_accounts import Seen
from casework.shared.errors import Refused
from casework.shared.register_writes import Actor
from casework.spreadsheets.answered_workbook import Copy
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.register_workbook import Imported, RegisterWorkbook, enter_all
from casework.spreadsheets.workbook_writing import filled
from models.store import Store
from models.unit_of_work import UnitOfWork

COLUMNS = (
    Column(key="id", title="账户编号", kind=CellKind.CODE, required=True),
    Column(key="party", title="申报主体"),
    Column(key="code", title="代码", kind=CellKind.CODE),
    Column(key="entered_holder", title="登记户名"),
    Column(key="entered_bank", title="登记开户银行"),
    Column(key="entered", title="登记账号", kind=CellKind.CODE),
    Column(key="number", title="凭证上的账号", kind=CellKind.CODE, hint="照银行凭证逐位录入，不要复制左边一列"),
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
    if missing := [name for name in ("number", "paper") if name not in typed]:
        titles = {column.key: column.title for column in COLUMNS}
        zh = f"{titles[missing[0]]} 必填"
        raise Refused("required", zh, f"{missing[0]} is required", field=missing[0])
    try:
        return Seen(id=UUID(values["id"]), **typed)
    except ValueError:
        raise Refused("id", "账户编号无效", "no valid id", field="id") from None


ACCOUNTS: RegisterWorkbook[Seen | None] = RegisterWorkbook(
    sheet="待核验账户", columns=COLUMNS, make=_make, legend=LEGEND
)


def write(store: Store, actor: Actor, path: Path) -> int:
    """The workbook of accounts that wait, for somebody who may verify them; how many."""
    found = payee_accounts.waiting(store, actor)
    rows = [
        {
            "id": str(account.id),
            "party": account.party,
            "code": account.code,
            "entered_holder": account.holder,
            "entered_bank": account.bank,
            "entered": account.number,
        }
        for account in found
    ]
    filled(path, LEGEND, {ACCOUNTS.sheet: (COLUMNS, rows)})
    path.chmod(0o600)
    return len(rows)


def bring_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Verifies the accounts that were typed from their papers: all that are filled in, or none."""

    def enter(work: UnitOfWork, seen: Seen | None) -> bool:
        return seen is not None and payee_accounts.verify_in(store, work, actor, seen)

    return enter_all(store, ACCOUNTS.read(path), answer, enter)
