"""Cells and sheets that are not what was typed or what is seen: refused by their place, never taken as they come."""

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from casework.parties.party_workbook import ENTERPRISES
from casework.shared.errors import Refused
from casework.spreadsheets.columns import CellKind, Column, WrongCell
from casework.spreadsheets.register_workbook import RegisterWorkbook
from casework.spreadsheets.workbook_reading import open_book
from support.workbooks import changed, repacked, workbook

COLUMNS = (
    Column(key="name", title="名称", required=True),
    Column(key="amount", title="金额（元）", kind=CellKind.DECIMAL),
    Column(key="paid", title="已到账", kind=CellKind.FLAG),
)
LIST: RegisterWorkbook[dict] = RegisterWorkbook(sheet="清单", columns=COLUMNS, make=dict)
HEAD = ["名称", "金额（元）", "已到账"]


def refusal(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        LIST.read(path)
    assert caught.value.en and caught.value.en != caught.value.zh
    return caught.value.zh


def faults(path: Path) -> list[str]:
    return [fault.words() for fault in LIST.read(path).faults]


def rows(path: Path) -> list[dict]:
    intake = LIST.read(path)
    assert not intake.faults
    return [entry.new for entry in intake.rows]


def book(path: Path, *lines: list, **further: list) -> Path:
    return workbook(path, {"清单": [HEAD, *lines], **further})


@pytest.mark.parametrize("word", ["是", "有", "对", "Y", "yes", "√", "✓", "１", "1", 1, True])  # noqa: RUF001
def test_words_of_yes_are_yes(word) -> None:
    assert COLUMNS[2].read(word) is True


@pytest.mark.parametrize("word", ["否", "无", "没有", "N", "No", "×", "0", 0, False])
def test_words_of_no_are_no(word) -> None:
    assert COLUMNS[2].read(word) is False


@pytest.mark.parametrize(
    "word",
    ["不同意", "反对", "也许", "是的吗", "2", 2, "10", -1, "不是", "是否", datetime(2023, 1, 1)],  # noqa: DTZ001
)
def test_whatever_is_neither_is_refused(word) -> None:
    with pytest.raises(WrongCell):
        COLUMNS[2].read(word)


@pytest.mark.parametrize("cell", [123456, 123456.0, 1e5, date(2023, 3, 15), datetime(2023, 3, 15), True])  # noqa: DTZ001
def test_a_number_or_a_date_is_no_text(tmp_path, cell) -> None:
    found = faults(book(tmp_path / "l.xlsx", [cell, "1", "是"]))
    assert len(found) == 1 and "第 2 行" in found[0] and "（A2）" in found[0] and "文本" in found[0]


@pytest.mark.parametrize("cell", ["1.23457E+17", "6.2E+18"])
def test_a_number_shortened_in_a_csv_is_refused(tmp_path, cell) -> None:
    path = tmp_path / "l.csv"
    path.write_text(f"名称,金额（元）\n{cell},1\n", encoding="utf-8")
    assert "后几位已丢失" in faults(path)[0]


@pytest.mark.parametrize(("column", "place"), [(1, "A2"), (2, "B2"), (3, "C2")])
def test_an_error_value_is_not_empty(tmp_path, column, place) -> None:
    path = book(tmp_path / "l.xlsx", ["演示甲", "1", "是"])

    def broken(found) -> None:
        found["清单"].cell(2, column).value = "#N/A"
        found["清单"].cell(2, column).data_type = "e"

    (says,) = [fault for fault in faults(changed(path, broken)) if place in fault]
    assert "错误值" in says


def test_a_line_of_errors_alone_is_not_passed_over(tmp_path) -> None:
    path = book(tmp_path / "l.xlsx", ["演示甲", "1", "是"], ["演示乙", "2", "是"])

    def broken(found) -> None:
        for place in (1, 2, 3):
            found["清单"].cell(3, place).value = "#REF!"
            found["清单"].cell(3, place).data_type = "e"

    assert len(faults(changed(path, broken))) == 3


def test_a_hidden_sheet_that_holds_something_is_refused_and_an_empty_one_is_not(tmp_path) -> None:
    path = book(tmp_path / "l.xlsx", ["演示甲", "1", "是"], 旧表=[HEAD, ["演示乙", "1", "是"]], 空表=[])

    def hide(found) -> None:
        found["旧表"].sheet_state = "veryHidden"
        found["空表"].sheet_state = "hidden"

    assert "“旧表”是隐藏的" in refusal(changed(path, hide))

    def drop(found) -> None:
        del found["旧表"]

    assert [row["name"] for row in rows(changed(path, drop))] == ["演示甲"]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_the_sheets_that_another_program_hides_for_itself_are_passed_over(tmp_path, state) -> None:
    path = book(
        tmp_path / "l.xlsx", ["演示甲", "1", "是"], WpsReserved_CellImgList=[["ID_1"]], Sheet2=[], Sheet3=[[""]]
    )
    path = changed(path, lambda found: setattr(found["WpsReserved_CellImgList"], "sheet_state", state))
    assert [row["name"] for row in rows(path)] == ["演示甲"]


def test_a_further_sheet_with_content_is_refused_by_name(tmp_path) -> None:
    assert "“续表”" in refusal(book(tmp_path / "l.xlsx", ["演示甲", "1", "是"], 续表=[HEAD, ["演示乙", "1", "是"]]))


def test_a_hidden_or_filtered_row_is_refused(tmp_path) -> None:
    path = book(tmp_path / "l.xlsx", ["演示甲", "1", "是"], ["演示乙", "1", "是"])

    def hide(found) -> None:
        found["清单"].auto_filter.ref = "A1:C3"
        found["清单"].row_dimensions[3].hidden = True

    (says,) = faults(changed(path, hide))
    assert "第 3 行" in says and "筛选" in says


def test_a_hidden_column_that_holds_something_is_refused(tmp_path) -> None:
    path = book(tmp_path / "l.xlsx", ["演示甲", "1", "是"])
    (says,) = faults(changed(path, lambda found: setattr(found["清单"].column_dimensions["B"], "hidden", True)))
    assert "（B2）" in says and "隐藏" in says


def test_what_an_array_formula_spills_is_a_formula_too(tmp_path) -> None:
    path = book(tmp_path / "l.xlsx", ["演示甲", "1", "是"], ["演示乙", "2", "是"])
    cell = b'<c r="B2" t="str"><f t="array" ref="B2:B3">Z2:Z3</f><v>1</v></c>'

    def spilled(name: str, data: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return data
        start = data.index(b'<c r="B2"')
        end = data.index(b"</c>", start) + 4
        return data[:start] + cell + data[end:]

    found = faults(repacked(path, replace=spilled))
    assert ["公式" in words and place in words for words, place in zip(found, ("B2", "B3"), strict=True)] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    "head", ["名称,金额（元）,金额（元）", "名称,金额（元）,金额(元)", "名称,amount,金额（元）", "name,name"]
)
def test_a_column_twice_is_refused_in_whatever_spelling(tmp_path, head) -> None:
    path = tmp_path / "l.csv"
    path.write_text(head + "\n" + ",".join(["1"] * len(head.split(","))) + "\n", encoding="utf-8")
    assert "重复的列" in refusal(path)


def test_more_cells_than_columns_are_refused_with_their_row(tmp_path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("名称,金额（元）\n演示甲,10,000,000\n演示乙,20\n", encoding="utf-8")
    (says,) = faults(path)
    assert "第 2 行" in says and "千分位" in says


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_a_csv_is_read_in_every_usual_encoding(tmp_path, encoding) -> None:
    path = tmp_path / "l.csv"
    path.write_bytes("名称,金额（元）\n演示镇,1.5\n".encode(encoding))
    assert rows(path) == [{"name": "演示镇", "amount": "1.5"}]


def test_digits_in_full_width_are_digits(tmp_path) -> None:
    assert rows(book(tmp_path / "l.xlsx", ["演示甲", "１２.５０", "是"]))[0]["amount"] == "12.50"  # noqa: RUF001
    assert Column(key="code", title="账号", kind=CellKind.CODE).read("６２２２") == "6222"  # noqa: RUF001
    with pytest.raises(WrongCell):
        Column(key="n", title="数", kind=CellKind.COUNT).read("١٢٣")


def test_a_title_may_say_帐_for_账() -> None:
    assert "收款账号" in {column.title for column in ENTERPRISES.columns}
    from casework.spreadsheets.workbook_reading import titled

    assert titled("收款帐号 *") == titled("收款账号")


def test_a_zip_with_slashes_the_other_way_is_read(tmp_path) -> None:
    path = book(tmp_path / "l.xlsx", ["演示甲", "1", "是"])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            info = zipfile.ZipInfo("x")
            info.filename = name.replace("/", "\\")
            archive.writestr(info, data)
    assert [row["name"] for row in rows(path)] == ["演示甲"]


def test_two_parts_whose_names_differ_in_capitals_alone_are_refused(tmp_path) -> None:
    path = book(tmp_path / "l.xlsx", ["演示甲", "1", "是"])
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert "重名" in refusal(repacked(path, add={"xl/worksheets/Sheet1.xml": sheet}))


def test_the_template_itself_is_read_with_other_programs_empty_sheets(tmp_path) -> None:
    ENTERPRISES.template(tmp_path / "e.xlsx")
    found = load_workbook(tmp_path / "e.xlsx")
    found.create_sheet("Sheet2")
    found.save(tmp_path / "e.xlsx")
    assert open_book(tmp_path / "e.xlsx").only(ENTERPRISES.sheet) == ENTERPRISES.sheet
