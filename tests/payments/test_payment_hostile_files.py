"""Result files that are not what they say, or that would cost more than they are worth, are refused and change nothing."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from casework.payments import reading
from casework.payments.reading.result_files import LARGEST
from casework.shared.errors import Refused
from support.paying import HEADER, PAIN002, listed

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + f']><Document xmlns="{PAIN002}">&j;</Document>'
)


def _text(content: str | bytes, name: str = "result.xml") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return make


def _zip(members: dict[str, bytes], name: str = "result.xlsx") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return path

    return make


def _far_cell(folder: Path) -> Path:
    path = folder / "far.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_string(1_048_575, 16_383, "x")
    return path


def _entity(target: Path) -> Callable[[Path], Path]:
    content = (
        f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file://{target}">]>'
        f'<Document xmlns="{PAIN002}"><CstmrPmtStsRpt>&x;</CstmrPmtStsRpt></Document>'
    )
    return _text(content)


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "billion laughs": _text(LAUGHS),
    "an entity from a file": _entity(Path("/etc/hostname")),
    "a document type alone": _text(f'<!DOCTYPE Document><Document xmlns="{PAIN002}"/>'),
    "a document type in UTF-16": _text(f'<!DOCTYPE Document><Document xmlns="{PAIN002}"/>'.encode("utf-16")),
    "cut off": _text(f'<Document xmlns="{PAIN002}"><CstmrPmtStsRpt>'),
    "another message": _text('<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>'),
    "another root": _text(f'<Report xmlns="{PAIN002}"/>'),
    "deep nesting": _text("<a>" * 100_000),
    "too large": _text(b"<" + b" " * LARGEST),
    "empty": _text(b"  \n"),
    "binary": _text(b"\x7fELF\x00\x00", "result.csv"),
    "no columns": _text("a,b\n1,2\n", "result.csv"),
    "a column short": _text("指令编号,结果,金额\nX,成功,1\n", "result.csv"),
    "an endless field": _text('指令编号,结果,金额,收款账号\n"' + "9" * 200_000, "result.csv"),
    "bad bytes": _text(b"\xff\xff\xff\xff", "result.csv"),
    "a zip that is no workbook": _zip({"a.txt": b"a"}),
    "a zip bomb": _zip({"xl/worksheets/sheet1.xml": b"0" * (1 << 28)}),
    "a workbook with entities": _zip(
        {
            "[Content_Types].xml": b"<Types/>",
            "xl/workbook.xml": b"<!DOCTYPE w [<!ENTITY a 'b'>]><workbook/>",
        }
    ),
    "half a zip": _text(b"PK\x03\x04" + b"\x00" * 40, "result.xlsx"),
    "a cell at the end of the world": _far_cell,
}


@pytest.mark.slow
@pytest.mark.parametrize("what", HOSTILE)
def test_it_is_refused(what: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as no:
        reading.read(HOSTILE[what](tmp_path))
    assert no.value.zh


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="无法读取"):
        reading.read(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("X-A1", "也许", "1.00", "62", ""), "outcome"),
        (("", "成功", "1.00", "62", ""), "reference"),
        (("X-A1", "成功", "1.005", "62", ""), "amount"),
        (("X-A1", "成功", "-1", "62", ""), "amount"),
        (("X-A1", "成功", "NaN", "62", ""), "amount"),
        (("X-A1", "成功", "1e3", "62", ""), "amount"),
        (("X-A1", "成功", "一元", "62", ""), "amount"),
    ],
)
def test_an_unreadable_line_is_listed_and_the_others_are_read(
    cells: tuple[str, str, str, str, str], code: str, tmp_path: Path
) -> None:
    good = ("Y-A1", "成功", "1,000.50", "6222-0000", "")
    file = reading.read(listed(tmp_path / "a.csv", [cells, good]))
    assert [(line.line, line.code) for line in file.unreadable] == [(2, code)]
    assert [(line.reference, line.amount_fen, line.account) for line in file.lines] == [("Y-A1", 100_050, "62220000")]


def test_numbers_and_formulas_in_a_workbook_are_no_account(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ("A-A1", "成功", "1.00", 6222000000000001, ""))
        sheet.write_row(2, 0, ("B-A1", "成功", 1234.5, "6222", ""))
        sheet.write_row(3, 0, ("C-A1", "成功", "1.00", "6222", ""))
        sheet.write_formula(3, 2, "=1+1", None, "2.00")
        sheet.write_row(4, 0, ("D-A1", "成功", 0.305, "6222", ""))
    file = reading.read(path)
    assert [(line.line, line.code) for line in file.unreadable] == [(2, "numeric"), (4, "formula"), (5, "amount")]
    assert [(line.reference, line.amount_fen) for line in file.lines] == [("B-A1", 123_450)]


def test_a_status_of_the_whole_message_is_listed_for_a_person(tmp_path: Path) -> None:
    content = (
        f'<Document xmlns="{PAIN002}"><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>ZF2023-00001</OrgnlMsgId>'
        "<GrpSts>RJCT</GrpSts></OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>"
    )
    file = reading.read(_text(content)(tmp_path))
    assert [(line.reference, line.code) for line in file.unreadable] == [("ZF2023-00001", "group_status")]
