"""enterprises.xlsx: firms, associations, institutions, persons and units with their accounts, one a row."""

from datetime import date
from pathlib import Path
from typing import Any

from casework.parties import party_register
from casework.parties.party_register import NewParty
from casework.parties.payee_accounts import NewAccount
from casework.shared.register_writes import Actor
from casework.spreadsheets.answered_workbook import Copy, Intake
from casework.spreadsheets.columns import CellKind, Column
from casework.spreadsheets.register_workbook import Entry, Imported, RegisterWorkbook, county_warnings, located, sound
from models.store import Store
from policies.measures import ApplicantKind

KINDS = tuple((kind.value, kind.zh) for kind in ApplicantKind)
COLUMNS = (
    Column(key="kind", title="主体类别", kind=CellKind.CHOICE, required=True, choices=KINDS),
    Column(key="name", title="名称", required=True),
    Column(
        key="code",
        title="统一社会信用代码",
        kind=CellKind.CODE,
        required=True,
        hint="自然人填身份证号，责任单位填单位全称；该列须为文本格式",
    ),
    Column(key="town", title="所属镇（街道）"),
    Column(key="sector", title="行业"),
    Column(key="registered_on", title="成立日期", kind=CellKind.DATE),
    Column(key="contact", title="联系方式"),
    Column(key="account", title="收款账号", kind=CellKind.CODE),
    Column(key="bank", title="开户银行"),
    Column(key="holder", title="户名", hint="与名称一致时可不填"),
    Column(key="clearing_code", title="联行号", kind=CellKind.CODE),
    Column(key="proof", title="代收证明", hint="户名与名称不一致时必填"),
)
LEGEND = (
    "每行登记一个申报主体；带 * 的列必填。第二行是程序识别用的列名，请勿删改。",
    "代码、账号、联行号列须保持“文本”格式：数字格式会丢失后几位，导入时会被拒绝。",
    "同一代码、同一名称重复导入不会重复登记；账号与原登记不同即为账户变更，须由另一人核验后才能付款。",
    "有任何一行有误，整份表格都不导入；系统另存一份带“错误”列的副本，改好后重新导入即可。",
)


def _make(values: dict[str, Any]) -> NewParty:
    account = None
    if any(values.get(key) for key in ("account", "bank", "holder", "clearing_code")):
        account = NewAccount(
            number=values.get("account", ""),
            bank=values.get("bank", ""),
            holder=values.get("holder", ""),
            clearing_code=values.get("clearing_code", ""),
            proof=values.get("proof", ""),
        )
    day = values.get("registered_on")
    return NewParty(
        kind=values["kind"],
        name=values["name"],
        code=values["code"],
        town=values.get("town", ""),
        sector=values.get("sector", ""),
        registered_on=_day(day) if day else None,
        contact=values.get("contact", ""),
        account=account,
    )


def _day(text: str) -> date:
    from casework.shared.errors import Refused

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("date", f"{text} 不是日期", f'"{text}" is no date', field="registered_on") from None


ENTERPRISES: RegisterWorkbook[NewParty] = RegisterWorkbook(sheet="申报主体", columns=COLUMNS, make=_make, legend=LEGEND)


def read(store: Store, path: Path) -> Intake[Entry[NewParty]]:
    """Reads the workbook and compares it with the register; nothing is written."""
    intake = ENTERPRISES.read(path)
    return intake.with_faults(located(intake.rows, party_register.faults(store, [entry.new for entry in intake.rows])))


def bring_in(store: Store, actor: Actor, path: Path, *, answer: Copy | None = None) -> Imported:
    """Enters every row, or none; with faults a copy that names them goes to `answer` and the refusal is raised."""
    intake = read(store, path)
    new = sound(intake, answer)
    warnings = county_warnings((row, row.new.code) for row in intake.rows if row.new.kind == ApplicantKind.PERSON)
    return Imported(rows=len(new), new=party_register.add_many(store, actor, new).new, warnings=warnings)
