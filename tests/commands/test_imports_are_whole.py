"""Imports of registers: every row or none, the faults of all rows in their order, in whatever encoding and form they come."""

from typing import Any

import pytest
from sqlalchemy import func, select

from models import Contact, Delegation, Fund, Grant, HolidayOverride, LedgerEntry, Person, UnitRecord
from support.office import LEAD

TABLES = (UnitRecord, Person, Grant, Delegation, Fund, LedgerEntry, Contact, HolidayOverride)


def counts(office: Any) -> list[int]:
    with office.store.read() as work:
        return [work.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES]


# command: header, a good row, wrong rows with what is said of them
LISTS: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "units": ("name,kind", "演示三镇,town", (("演示四镇,village", "类别"), (",town", "必填"))),
    "people": (
        "login,name,unit,duties",
        f"yanshi11,演示甲,{LEAD},受理人",
        ((f"yanshi12,演示乙,{LEAD},审计人员；受理人", "不得兼任"), ("yanshi13,演示丙,没有局,受理人", "没有单位")),
    ),
    "roles": (
        "person,duty,unit,from,to",
        f"clerk-1,acceptor,{LEAD},,",
        ((f"nobody,acceptor,{LEAD},,", "没有人员"), (f"clerk-1,大王,{LEAD},,", "没有职责")),
    ),
    "delegations": (
        "principal,delegate,duty,unit,from,to,reason",
        f"acceptor-0,clerk-1,acceptor,{LEAD},2023-09-10,2023-09-12,演示",
        (
            (f"acceptor-0,acceptor-0,acceptor,{LEAD},2023-09-10,2023-09-12,演示", "本人"),
            (f"acceptor-0,clerk-1,acceptor,{LEAD},2023-09-12,2023-09-10,演示", "早于"),
        ),
    ),
    "budgets": (
        "unit,year,amount,document",
        f"{LEAD},2023,100,演示文号1",
        (
            ("没有局,2023,200,演示文号2", "没有单位"),
            (f"{LEAD},2023,-1,演示文号3", "大于零"),
            (f"{LEAD},2023,9,演示文号1", "已登记"),
        ),
    ),
    "contacts": (
        "holder,channel,address,proof",
        "person:clerk-1,email,a@demo.example,演示",
        (("person:nobody,email,b@demo.example,", "没有人员"), ("person:clerk-1,email,不是地址,", "邮箱")),
    ),
    "holidays": (
        "day,kind,citation",
        "2023-09-30,放假,演示通知",
        (("2023-13-01,放假,演示", "日期"),),
    ),
}


def by(what: str) -> tuple[str, ...]:
    """Who imports it: money is moved by the unit's own officer, the rest by the operator."""
    return ("--as", "fund_officer-0") if what == "budgets" else ()


@pytest.mark.parametrize("what", LISTS)
def test_one_wrong_row_keeps_every_other_out_and_all_are_named_in_their_order(office: Any, what: str) -> None:
    head, good, wrong = LISTS[what]
    before = counts(office)
    path = office.write("list.csv", "\n".join([head, good, *(row for row, _ in wrong)]) + "\n")
    error = office.error(what, "import", path, *by(what), code=2)
    messages = [fault["message"] for fault in error["faults"]]
    assert [says in message for (_, says), message in zip(wrong, messages, strict=True)] == [True] * len(wrong)
    rows = [int(fault["field"].split("!")[1].split(":")[0]) for fault in error["faults"]]
    assert rows == sorted(rows) == [3 + n for n in range(len(wrong))]
    assert counts(office) == before


@pytest.mark.parametrize("what", LISTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030"])
def test_a_good_list_is_read_in_every_usual_encoding(office: Any, what: str, encoding: str) -> None:
    head, good, _ = LISTS[what]
    before = counts(office)
    path = office.home / "list.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(f"{head}\n{good}\n".encode(encoding))
    office(what, "import", path, *by(what))
    once = counts(office)
    assert once != before
    office(what, "import", path, *by(what))
    assert counts(office) == once


@pytest.mark.parametrize("what", [name for name in LISTS if name not in ("people", "holidays")])
def test_a_list_may_be_json_or_a_workbook(office: Any, what: str) -> None:
    from support.workbooks import workbook

    head, good, _ = LISTS[what]
    keys, cells = head.split(","), good.split(",")
    path = office.write("list.json", [dict(zip(keys, cells, strict=True))])
    office(what, "import", path, *by(what))
    once = counts(office)
    cells = [int(cell) if key == "year" else cell for key, cell in zip(keys, cells, strict=True)]
    office(what, "import", workbook(office.home / "list.xlsx", {"表": [keys, cells]}), *by(what))
    assert counts(office) == once


def test_surplus_cells_and_a_column_twice_move_no_money(office: Any) -> None:
    before = counts(office)
    for content, says in (
        (f"unit,year,amount,document\n{LEAD},2023,10,000,000,演示文号1\n", "千分位"),
        (f"unit,year,amount,amount,document\n{LEAD},2023,100,900,演示文号1\n", "重复的列"),
        (f"unit,year,amount,金额,document\n{LEAD},2023,100,900,演示文号1\n", "重复的列"),
    ):
        assert says in office.error("budgets", "import", office.write("b.csv", content), code=2)["message"]
    assert counts(office) == before
    good = office.write("b.csv", f'单位,年度,金额,文号\n{LEAD},2023,"10,000,000.00",演示文号1\n')
    office("budgets", "import", good, *by("budgets"))
    assert [after - earlier for after, earlier in zip(counts(office), before, strict=True)][5] == 1  # one ledger row
    with office.store.read() as work:
        assert work.execute(select(LedgerEntry.amount_fen).where(LedgerEntry.note == "演示文号1")).scalar_one() == 10**9


def test_a_json_list_with_a_key_twice_is_refused(office: Any) -> None:
    path = office.write("b.json", '[{"unit": "x", "year": 2023, "year": 2024, "amount": "1", "document": "d"}]')
    assert "重复" in office.error("budgets", "import", path, code=2)["message"]
