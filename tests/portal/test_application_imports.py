"""Applications for others through the page: compared first, then filed whole and once, with the papers of a zip."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from casework.applications import application_bundle
from casework.applications.application_workbook import CODE, NO, write_applications
from models import Case, Duty, Evidence
from support.office import POLICY, code
from support.portal import Portal, Shown, Visitor
from support.stage import NOON, applicant, officer

PAGE = "/desk/applications/import"
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n"
ROW = {
    "event": "巴黎时装周", "season": "2024 春夏", "brand": "算例牌", "held_on": "2023-08-25",
    "cost_lines.claimed": "1000.50",
}  # fmt: skip
SLOT = next(slot.id for slot in POLICY.item("M5c").evidence if slot.upload)


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {NO: str(number), CODE: code(number), "cost_lines.document": f"3300231130 {number:08d}", **ROW, **changes}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook of two firms; the first names a paper."""
    path = tmp_path / "applications.xlsx"
    rows = [row(1, **{f"evidence.{SLOT}": "材料/参展证明.pdf"}), row(2)]
    write_applications(POLICY, path, {"M5c": rows}, today=NOON.date())
    return path


def packed(files: dict[str, bytes], *, encoding: str = "") -> bytes:
    """A zip; with an encoding its names are written as old Chinese systems write them."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.encode(encoding).decode("cp437") if encoding else name, data)
    found = target.getvalue()
    if not encoding:
        return found
    return _without_utf8(found)


def _without_utf8(data: bytes) -> bytes:
    """The same zip as old systems write it: names as they are in GBK, and no word of UTF-8."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as archive:
        for member in source.infolist():
            plain = _Plain(member.filename)
            archive.writestr(plain, source.read(member))
    return target.getvalue()


class _Plain(zipfile.ZipInfo):
    """A member whose name is written in the bytes that it stands for."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("cp437"), self.flag_bits


def sent(visitor: Visitor, data: bytes, word: str = "import") -> Shown:
    files = {"file": ("applications", data, "application/octet-stream")}
    return visitor.submit(visitor.get(PAGE), action=PAGE, files=files, press=("word", word))


def stored(portal: Portal, table: Any) -> list[Any]:
    with portal.store.read() as work:
        return list(work.execute(select(table.__table__)))


@pytest.mark.parametrize("encoding", ["", "gb18030"])
def test_a_zip_is_compared_first_then_filed_once_with_its_papers(portal: Portal, book: Path, encoding: str) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    data = packed({"申报/表.xlsx": book.read_bytes(), "申报/材料/参展证明.pdf": PDF}, encoding=encoding)
    seen = sent(visitor, data, "check")
    assert "2 份申报，未发现错误" in seen.words() and code(1) in seen.words() and stored(portal, Case) == []
    done = sent(visitor, data)
    assert "申报 2 件，新建 2 件，提交 2 件" in done.words()
    assert [case.state for case in stored(portal, Case)] == ["filed", "filed"]
    (paper,) = stored(portal, Evidence)
    assert (paper.slot, paper.name) == (SLOT, "参展证明.pdf")
    (number,) = [case.number for case in stored(portal, Case) if case.id == paper.case_id]
    assert f"/desk/cases/{number}" in done.links() and visitor.get(f"/desk/cases/{number}").status == 200
    again = sent(visitor, data)
    assert "新建 0 件" in again.words() and again.words().count("此前已提交") == 2 and len(stored(portal, Case)) == 2
    assert "Import applications" in visitor.get(f"{PAGE}?lang=en").words()


def test_while_a_row_is_wrong_nothing_is_imported_and_every_fault_is_shown(portal: Portal, book: Path) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    page = sent(visitor, book.read_bytes())
    assert page.status == 422 and stored(portal, Case) == [] and "#f-file" in page.links()
    (fault,) = [[" ".join(cell.itertext()) for cell in row.xpath("td")] for row in page.tree.xpath("//tbody/tr")]
    assert fault[:2] == ["M5c", "3"] and "材料文件夹" in fault[3]
    lacking = sent(visitor, packed({"表.xlsx": book.read_bytes()}))
    assert lacking.status == 422 and "找不到材料文件" in lacking.words() and stored(portal, Case) == []


def hostile(book: bytes) -> dict[str, tuple[bytes, str]]:
    link = zipfile.ZipInfo("材料")
    link.external_attr = 0o120777 << 16
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        archive.writestr("表.xlsx", book)
        archive.writestr(link, "/etc")
    return {
        "out of it": (packed({"表.xlsx": book, "../x.pdf": PDF}), "越界路径"),
        "absolute": (packed({"表.xlsx": book, "/x.pdf": PDF}), "越界路径"),
        "a link": (linked.getvalue(), "链接"),
        "one name twice": (packed({"表.xlsx": book, "a.pdf": PDF, "A.pdf": PDF}), "重名"),
        "too many": (packed({"表.xlsx": book, **{f"{place}.pdf": PDF for place in range(1001)}}), "最多 1000"),
        "no workbook": (packed({"a.pdf": PDF}), "现有 0 份"),
        "two workbooks": (packed({"a.xlsx": book, "b.xlsx": book}), "现有 2 份"),
        "no zip": (b"PK\x03\x04 and nothing more", "损坏"),
        "a list of commas": (b"a,b\n", "不是 .xlsx"),
    }


def test_what_is_no_honest_zip_is_refused(portal: Portal, book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = portal.as_(officer(Duty.CLERK))
    for name, (data, words) in hostile(book.read_bytes()).items():
        page = sent(visitor, data)
        assert page.status == 422 and words in page.words(), (name, page.words()[:500])
    monkeypatch.setattr(application_bundle, "UNPACKED_BYTES", 100)
    bomb = sent(visitor, packed({"表.xlsx": book.read_bytes(), "a.pdf": PDF}))
    assert bomb.status == 422 and "解压后过大" in bomb.words() and stored(portal, Case) == []


def test_only_clerks_import_and_a_page_takes_so_many(
    portal: Portal, book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acceptor = portal.as_(officer(Duty.ACCEPTOR))
    page = acceptor.get(PAGE)
    assert page.status == 200 and not page.tree.xpath("//main//form") and "由代录人" in page.words()
    token = acceptor.get("/account").form().find(".//input[@name='_token']").get("value")
    data = packed({"表.xlsx": book.read_bytes(), "材料/参展证明.pdf": PDF})
    files = {"file": ("x.zip", data, "application/zip")}
    refused = acceptor.post(PAGE, {"_token": token, "word": "import"}, files)
    assert refused.status == 422 and "无权办理" in refused.words() and stored(portal, Case) == []
    assert portal.as_(applicant(1)).get(PAGE).status == 404
    monkeypatch.setattr("web.pages.application_imports.MOST", 1)
    clerk = portal.as_(officer(Duty.CLERK))
    assert "一次最多 1 份" in sent(clerk, data).words() and stored(portal, Case) == []
    path = tmp_path / "template.xlsx"
    path.write_bytes(clerk.client.get("/desk/applications/template.xlsx").content)
    assert "M5c" in load_workbook(path).sheetnames and PAGE in clerk.get("/desk/lists").links()
