"""contacts.xlsx or contacts.csv: addresses of people, parties and units, one a row; all rows in one transaction, or none."""

from pathlib import Path
from typing import Any

from casework.parties import party_register
from casework.shared.errors import Refused
from casework.shared.register_writes import Actor
from casework.spreadsheets.answered_workbook import Copy
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.register_workbook import Imported, RegisterWorkbook, enter_all
from casework.staff import contact_addresses
from models.store import Store
from models.unit_of_work import UnitOfWork

CONTACTS: RegisterWorkbook[dict[str, Any]] = RegisterWorkbook(
    sheet="联系方式",
    columns=(
        Column(key="holder", title="谁的", required=True, hint="person:登录名、party:代码或名称、unit:单位全称"),
        Column(key="channel", title="渠道", required=True, hint="email、sms 或渠道名"),
        Column(key="address", title="地址", kind=CellKind.CODE),
        Column(key="proof", title="核验依据"),
    ),
    make=lambda values: {"address": "", "proof": "", **values},
    legend=("每行一个联系方式；带 * 的列必填，第二行请勿删改。有任何一行有误，整份表格都不导入。",),
)


def bring_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Enters addresses."""

    def enter(work: UnitOfWork, new: dict[str, Any]) -> bool:
        before = work.now
        made = contact_addresses.add_in(store, work, actor, holder_of(store, work, new["holder"]), **_rest(new))
        return contact_addresses.entered_at(work, made) == before

    return enter_all(store, CONTACTS.read(path), answer, enter)


def holder_of(store: Store, work: UnitOfWork, text: str) -> str:
    """The holder as the register takes it; a party is found by its code or name."""
    kind, colon, name = text.partition(":")
    if not colon or kind not in ("person", "party", "unit"):
        zh = "应写成 person:登录名、party:代码或名称、unit:单位全称"
        raise Refused("holder", zh, "write person:LOGIN, party:CODE or unit:NAME", field="holder")
    return f"party:{party_register.named(store, work, name)}" if kind == "party" else text


def _rest(new: dict[str, Any]) -> dict[str, Any]:
    return {key: new[key] for key in ("channel", "address", "proof")}
