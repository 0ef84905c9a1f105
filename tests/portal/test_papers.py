"""Papers in the portal: pages as pictures of our own drawing, files only to keep, nothing to whom the case does not concern."""

import hashlib
import io
import subprocess
from typing import Any

import pytest
from PIL import Image
from pypdfium2 import PdfDocument

from casework.applications import page_drawing
from casework.applications.evidence_vault import Vault
from casework.applications.page_drawing import CannotDraw, draw
from models import AuditEntry, Duty, Evidence
from models.store import Store
from support.portal import Portal
from support.stage import Stage, named, officer
from support.walk import Walk

CASE = "XZ2023-M16-000001"
HTML = b"<script>alert(1)</script>"


def pdf(pages: int = 2) -> bytes:
    document = PdfDocument.new()
    for _ in range(pages):
        document.new_page(300, 500)
    found = io.BytesIO()
    document.save(found)
    return found.getvalue()


def png(width: int = 60, height: int = 20) -> bytes:
    found = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(found, "PNG")
    return found.getvalue()


class Papers:
    """Papers put into the vault and named in a case, whatever they hold."""

    def __init__(self, portal: Portal, stage: Stage) -> None:
        self.store, self.vault = stage.store, Vault(portal.home.evidence)
        self.case = Walk(stage).open("M16", 1, 1)

    def add(self, data: bytes, name: str, media_type: str) -> str:
        """The address of the paper on the officers' side."""
        sha = hashlib.sha256(data).hexdigest()
        place = self.vault.place(sha)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        with self.store.write() as work:
            work.add(
                Evidence, case_id=self.case, slot="other", name=name, sha256=sha, size=len(data), media_type=media_type,
                added_at=work.now,
            )  # fmt: skip
        return f"/desk/cases/{CASE}/evidence/{sha}"


@pytest.fixture
def papers(portal: Portal, stage: Stage) -> Papers:
    """A draft of a firm with its papers."""
    return Papers(portal, stage)


def audited(store: Store) -> int:
    with store.read() as work:
        return sum(row.action == "evidence.read" for row in work.execute(AuditEntry.__table__.select()))  # type: ignore[attr-defined]


def test_a_pdf_is_shown_page_by_page_turned_and_larger(portal: Portal, papers: Papers) -> None:
    address = papers.add(pdf(), "合同.pdf", "application/pdf")
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    page = visitor.get(address)
    assert page.status == 200 and "第 1 页，共 2 页" in page.words() and "与提交时一致" in page.words()
    second = visitor.get(next(link for link in page.links() if "page=2" in link))
    assert "第 2 页，共 2 页" in second.words()
    shown = Image.open(io.BytesIO(visitor.client.get(second.tree.xpath("//img/@src")[0]).content))
    assert shown.format == "PNG" and shown.height > shown.width
    turned = visitor.get(next(link for link in page.links() if "rotate=90" in link))
    answer = visitor.client.get(turned.tree.xpath("//img/@src")[0])
    sideways = Image.open(io.BytesIO(answer.content))
    assert sideways.width > sideways.height and answer.headers["content-type"] == "image/png"
    larger = visitor.get(next(link for link in page.links() if "zoom=150" in link))
    assert Image.open(io.BytesIO(visitor.client.get(larger.tree.xpath("//img/@src")[0]).content)).width > shown.width
    assert audited(papers.store) == 3  # each picture, and not the page about it


def test_a_picture_is_drawn_anew_and_loses_what_hides_behind_it(portal: Portal, papers: Papers) -> None:
    address = papers.add(png() + HTML, "照片.png", "image/png")
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    answer = visitor.client.get(visitor.get(address).tree.xpath("//img/@src")[0])
    assert answer.headers["content-type"] == "image/png" and HTML not in answer.content
    assert Image.open(io.BytesIO(answer.content)).size == (60, 20)


@pytest.mark.parametrize(
    ("name", "kind"), [("a.svg", "image/svg+xml"), ("b.html", "text/html"), ("c.xml", "application/xml"), ("d.txt", "text/plain")]
)  # fmt: skip
def test_what_could_act_in_a_browser_is_only_handed_over_as_a_file(
    portal: Portal, papers: Papers, name: str, kind: str
) -> None:
    address = papers.add(HTML, f'"><svg onload=alert(1)>{name}', kind)
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    page = visitor.get(address)
    assert not page.tree.xpath("//img") and not page.tree.xpath("//main//svg") and "下载" in page.words()
    assert visitor.get(f"{address}/page.png").status == 409
    answer = visitor.client.get(f"{address}/file")
    assert answer.content == HTML
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert (
        answer.headers["x-content-type-options"] == "nosniff" and "sandbox" in answer.headers["content-security-policy"]
    )


def test_a_file_that_was_changed_is_named_so_and_not_shown(portal: Portal, papers: Papers) -> None:
    address = papers.add(pdf(), "合同.pdf", "application/pdf")
    place = papers.vault.place(address.rsplit("/", 1)[1])
    place.write_bytes(pdf(1))
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    page = visitor.get(address)
    assert "材料文件已被改动" in page.words() and not page.tree.xpath("//img")
    assert visitor.get(f"{address}/page.png").status == visitor.get(f"{address}/file").status == 409
    place.unlink()
    assert "原文件不在材料库" in visitor.get(address).words()


def test_papers_are_there_for_whom_the_case_concerns_and_for_nobody_else(portal: Portal, papers: Papers) -> None:
    address = papers.add(pdf(), "合同.pdf", "application/pdf")
    own = address.replace("/desk/", "/my/")
    applicant = portal.as_(named("applicant-1-0"))
    assert (applicant.get(own).status, applicant.get(address).status) == (200, 404)
    strangers = (named("applicant-2-0"), officer(Duty.ADMINISTRATOR))
    for person in strangers:
        visitor = portal.as_(person)
        absent = visitor.get(address.replace(CASE, "XZ2023-M16-999999"))
        for asked in (own, address, f"{address}/page.png", f"{address}/file"):
            page = visitor.get(asked)
            assert (page.status, page.words()) == (404, absent.words())
    officer_ = portal.as_(officer(Duty.ACCEPTOR))
    assert officer_.get(f"/desk/cases/{CASE}/evidence/{'0' * 64}").status == 404
    assert officer_.get(address.replace("/desk/", "/pay/")).status == 404


@pytest.mark.slow
def test_a_paper_that_breaks_its_drawing_does_not_break_the_page(portal: Portal, papers: Papers) -> None:
    broken = papers.add(b"%PDF-1.7\n" + bytes(range(256)) * 40, "坏.pdf", "application/pdf")
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    assert "请下载后查看" in visitor.get(broken).words() and visitor.get(f"{broken}/page.png").status == 409
    with pytest.raises(CannotDraw):
        draw(pdf(), "application/pdf", page=3)
    bomb = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(bomb, "PNG")  # 110 kB that would be 2.7 GB in colour
    with pytest.raises(CannotDraw):
        draw(bomb.getvalue(), "image/png", page=1)


def test_the_fourth_paper_is_opened_whatever_the_hashes_begin_with(portal: Portal, papers: Papers) -> None:
    addresses = [papers.add(b"text %d" % number, f"{number}.txt", "text/plain") for number in range(12)]
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    assert {visitor.client.get(f"{address}/file").status_code for address in addresses} == {200}


def test_while_two_pages_are_drawn_a_third_is_put_off_in_words(
    portal: Portal, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = papers.add(png(31), "照片.png", "image/png")
    visitor = portal.as_(officer(Duty.ACCEPTOR))
    monkeypatch.setattr(page_drawing, "WAIT_SECONDS", 0.05)
    for _ in range(page_drawing.AT_ONCE):
        page_drawing._turns.acquire()
    try:
        late = visitor.get(f"{address}/page.png")
        assert late.status == 503 and "请稍后再试" in late.words()
        assert visitor.get(address).status == 503
    finally:
        for _ in range(page_drawing.AT_ONCE):
            page_drawing._turns.release()
    assert visitor.get(f"{address}/page.png").status == visitor.get(address).status == 200


def test_pages_are_counted_once_for_a_paper(portal: Portal, papers: Papers, monkeypatch: pytest.MonkeyPatch) -> None:
    address = papers.add(pdf(3), "合同.pdf", "application/pdf")
    visitor, started, run = portal.as_(officer(Duty.ACCEPTOR)), [], subprocess.run

    def counted(*given: Any, **more: Any) -> Any:
        started.append(given)
        return run(*given, **more)

    monkeypatch.setattr(subprocess, "run", counted)
    for page in (1, 2, 3):
        assert f"第 {page} 页，共 3 页" in visitor.get(f"{address}?page={page}").words()
        assert visitor.get(f"{address}/page.png?page={page}").status == 200
    assert len(started) == 4  # one that counts, one a page
