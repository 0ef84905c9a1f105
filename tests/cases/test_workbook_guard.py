"""Workbooks that are not what they seem are refused before anything parses them."""

import io
import resource
import struct
import time
import zipfile

import pytest

from casework.shared.errors import Refused
from casework.spreadsheets import workbook_guard as guards
from casework.spreadsheets.workbook_guard import ROWS, guard
from support.bilingual import in_both
from support.workbooks import changed, repacked, workbook

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def book(tmp_path):
    return workbook(tmp_path / "book.xlsx", {"一": [["甲", "乙"], ["1", 2]]})


def refusal(path) -> Refused:
    with pytest.raises(Refused) as caught:
        guard(path)
    assert "未导入任何内容" in caught.value.zh and caught.value.field == "file"
    assert caught.value.en.endswith("(nothing was imported)")
    return in_both(caught.value)


def test_a_plain_workbook_passes_with_its_edges_and_formulas(tmp_path):
    path = workbook(tmp_path / "b.xlsx", {"一": [["甲"], ["=1+1", 3]], "二": []})
    found = guard(path)
    assert list(found.sheets) == ["一", "二"]
    assert found.sheets["一"].formulas == {(2, 1)}
    assert (found.sheets["一"].last_row, found.sheets["一"].last_column) == (2, 2)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.xlsx", b"", "不是 Excel"),
        ("a.xlsx", b"hello", "不是 Excel"),
        ("a.xlsx", b"%PDF-1.7", "不是 Excel"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "加密或是旧版"),
        ("a.xls", b"PK\x03\x04", "只接受 .xlsx"),
        ("a.xlsm", b"PK\x03\x04", "只接受 .xlsx"),
        ("a.xlsx", b"PK\x03\x04" + b"\0" * 100, "已损坏"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path, name, data, words):
    path = tmp_path / name
    path.write_bytes(data)
    assert words in refusal(path).zh


def test_a_missing_file_or_a_folder_is_refused(tmp_path):
    assert "打不开" in refusal(tmp_path / "none.xlsx").zh
    (tmp_path / "folder.xlsx").mkdir()
    assert "打不开" in refusal(tmp_path / "folder.xlsx").zh


def test_a_truncated_workbook_is_refused(book):
    book.write_bytes(book.read_bytes()[:-200])
    assert "已损坏" in refusal(book).zh


def test_a_document_or_a_plain_zip_is_no_workbook(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert "不是 Excel" in refusal(path).zh


def test_a_zip_bomb_is_refused_without_unpacking_it(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"\0" * (60 * 1024**2))
    began, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "压缩" in refusal(path).zh
    assert time.process_time() - began < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


def test_one_part_compressed_beyond_belief_is_refused(book):
    repacked(book, add={"xl/media/a.xml": b"\0" * (20 * 1024**2)})
    assert "压缩比异常" in refusal(book).zh


def test_a_bomb_that_lies_about_its_size_is_refused(book):
    repacked(book, add={"xl/zzz.xml": b"<a>" + b" " * 500_000 + b"</a>"})
    data = bytearray(book.read_bytes())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/zzz.xml"))
    data[at + 24 : at + 28] = struct.pack("<I", 100)
    book.write_bytes(bytes(data))
    assert refusal(book).code in ("bomb", "damaged")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("xl/embeddings/a.xlsx", "内嵌"),
        ("xl/embeddings/a.zip", "内嵌"),
        ("xl/vbaProject.bin", "宏"),
        ("../evil.xml", "越界"),
        ("/etc/evil.xml", "越界"),
        ("xl\\..\\..\\evil.xml", "越界"),
    ],
)
def test_nested_files_macros_and_stray_paths_are_refused(book, name, words):
    assert words in refusal(repacked(book, add={name: b"x"})).zh


def test_a_macro_workbook_under_a_plain_name_is_refused(book):
    def claim(name, data):
        if name != "[Content_Types].xml":
            return data
        plain = b"spreadsheetml.sheet.main+xml"
        return data.replace(plain, b"macroEnabled.main+xml").replace(b"officedocument.", b"")

    assert "宏" in refusal(repacked(book, replace=claim)).zh


def test_an_encrypted_zip_is_refused(book):
    data = bytearray(book.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(signature, at + 4)
    book.write_bytes(bytes(data))
    assert "加密" in refusal(book).zh


def test_entities_are_never_expanded(book):
    laughs = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    repacked(book, replace=lambda name, data: laughs if name == SHEET else data)
    assert "文档类型" in refusal(book).zh


def test_broken_xml_is_refused(book):
    repacked(book, replace=lambda name, data: data[: len(data) // 2] if name == SHEET else data)
    assert "已损坏" in refusal(book).zh


def test_one_value_in_the_last_corner_does_not_fill_the_memory(book):
    def corner(workbook):
        workbook["一"].cell(row=1_048_576, column=16_384, value="x")

    assert "超过" in refusal(changed(book, corner)).zh


def test_a_hundred_thousand_rows_are_refused_at_once_by_the_stated_limit(tmp_path):
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>x</t></is></c></row>' for n in range(1, 100_001))
    path = workbook(tmp_path / "many.xlsx", {"M4a": [["x"]]})
    sheet = f"<worksheet><sheetData>{cells}</sheetData></worksheet>"
    repacked(path, replace=lambda name, data: sheet.encode() if name == SHEET else data)
    began = time.process_time()
    said = refusal(path).zh
    assert f"{ROWS:,} 行" in said and "拆分" in said
    assert time.process_time() - began < 20


def test_cells_without_their_reference_are_counted_all_the_same(tmp_path):
    sheet = b"<w><row><c><v>1</v></c><c><f>A1</f><v>1</v></c></row><row><c><v>2</v></c></row></w>"
    path = workbook(tmp_path / "b.xlsx", {"一": [["x"]]})
    repacked(path, replace=lambda name, data: sheet if name == SHEET else data)
    scan = guard(path).sheets["一"]
    assert scan.formulas == {(1, 2)} and (scan.last_row, scan.last_column) == (2, 2)


def test_styled_but_empty_rows_far_below_do_not_count(book):
    def paint(workbook):
        from openpyxl.styles import Font

        workbook["一"].cell(row=900_000, column=1).font = Font(bold=True)

    assert guard(changed(book, paint)).sheets["一"].last_row == 2


def test_a_file_beyond_the_limit_is_not_even_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(guards, "FILE_BYTES", 1000)
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04" + b"x" * 5000)
    assert "拆分" in refusal(path).zh


def test_too_many_parts_or_two_of_one_name_are_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(1001):
            archive.writestr(f"a{number}.xml", "")
    assert "过多" in refusal(path).zh
    buffer = io.BytesIO()
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.xml", "1")
        archive.writestr("a.xml", "2")
    path.write_bytes(buffer.getvalue())
    assert "重名" in refusal(path).zh
