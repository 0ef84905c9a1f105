"""Papers are examined by content, kept under their hash, and never overwritten; the vault is checked both ways."""

import hashlib
import io
import struct
import zipfile
import zlib
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from casework.applications import evidence_vault
from casework.applications.automatic_checks import submit
from casework.applications.case_opening import NewCase, open_case
from casework.applications.evidence_vault import Vault, examine, inside
from casework.applications.media_types import MediaType
from casework.command_handler import act
from casework.lifecycle.commands import Accept, File
from casework.shared.errors import Refused
from models import Duty, Evidence
from support.office import POLICY, SECOND, Office
from support.workbooks import workbook

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n"
SLOT = next(slot.id for slot in POLICY.item("M5c").evidence if slot.upload)


def png() -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, 1, 1, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xe0\x00\x04\x00\x00" + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00\xff\xd9"


def package(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


DOCX = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<document/>"}
GOOD = {
    "a.pdf": (PDF, MediaType.PDF),
    "a.PNG": (png(), MediaType.PNG),
    "a.jpg": (jpeg(), MediaType.JPEG),
    "a.ofd": (package({"OFD.xml": b"<OFD/>"}), MediaType.OFD),
    "a.docx": (package(DOCX), MediaType.DOCX),
    "a.xml": (b"<invoice/>", MediaType.XML),
    "a.csv": ("甲,乙\n".encode(), MediaType.CSV),
    "a.txt": ("算例".encode("gb18030"), MediaType.TEXT),
}


def refusal(call, *arguments, **named) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    assert caught.value.zh and caught.value.en and caught.value.field
    return caught.value


@pytest.mark.parametrize("name", GOOD)
def test_a_paper_that_is_what_its_name_says_is_taken(tmp_path, name):
    data, kind = GOOD[name]
    (tmp_path / name).write_bytes(data)
    paper = examine(tmp_path / name)
    assert (paper.media_type, paper.size, paper.sha256) == (kind, len(data), hashlib.sha256(data).hexdigest())


def test_a_real_workbook_is_opened_with_its_reader(tmp_path):
    assert examine(workbook(tmp_path / "a.xlsx", {"一": [["甲"]]})).media_type is MediaType.XLSX


BINARY = ("a.pdf", "a.PNG", "a.jpg", "a.ofd", "a.docx", "a.xlsx", "a.xml")


@pytest.mark.parametrize(("name", "other"), [(a, b) for a in BINARY if a in GOOD for b in BINARY if a != b])
def test_a_paper_that_is_something_else_is_refused(tmp_path, name, other):
    (tmp_path / other).write_bytes(GOOD[name][0])
    assert "内容不是有效的" in refusal(examine, tmp_path / other).zh


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.exe", b"MZ", "不接受"),
        ("a.html", b"<script>", "不接受"),
        ("a", b"x", "不接受"),
        ("a.pdf.exe", PDF, "不接受"),
        ("a.pdf", b"", "空文件"),
        ("a.pdf", PDF[:20], "不完整"),
        ("a.pdf", PDF.replace(b"<<>>", b"<</JavaScript 1>>"), "脚本"),
        ("a.png", png()[:-8], "不是有效的"),
        ("a.png", png().replace(b"IDAT", b"IDAX"), "校验和"),
        ("a.jpg", jpeg()[:10], "不完整"),
        ("a.xml", b"<a>", "不是有效的"),
        ("a.xml", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "文档类型"),
        ("a.txt", b"\x00\x01", "二进制"),
        ("a.csv", b"\xff\xff\xff", "编码"),
        ("a.docx", package({**DOCX, "../x.xml": b"<a/>"}), "越界"),
        ("a.docx", package({**DOCX, "word/x.zip": b"PK"}), "内嵌"),
        ("a.docx", package({**DOCX, "word/vbaProject.bin": b"x"}), "宏"),
        ("a.docx", package({**DOCX, "word/x.xml": b" " * (8 * 1024**2)}), "炸弹"),
        ("a.xlsx", package({"[Content_Types].xml": b"<T/>", "xl/workbook.xml": b"<w/>"}), "不是有效的"),
    ],
)
def test_broken_and_hostile_files_are_refused(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    assert words in refusal(examine, tmp_path / name).zh


def test_a_file_beyond_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence_vault, "FILE_BYTES", 10)
    (tmp_path / "a.pdf").write_bytes(PDF)
    assert "超过" in refusal(examine, tmp_path / "a.pdf").zh


def test_links_and_folders_are_no_papers(tmp_path):
    (tmp_path / "a.pdf").write_bytes(PDF)
    (tmp_path / "b.pdf").symlink_to(tmp_path / "a.pdf")
    (tmp_path / "c.pdf").mkdir()
    for name in ("b.pdf", "c.pdf"):
        assert "不是普通文件" in refusal(examine, tmp_path / name).zh


@pytest.mark.parametrize("name", ["", " ", "/etc/passwd", "../a.pdf", "x/../../a.pdf", "\\\\host\\a.pdf", "a\x00.pdf"])
def test_names_that_leave_their_folder_are_refused(tmp_path, name):
    assert "不合法" in refusal(inside, tmp_path, name).zh


class TestVault:
    @pytest.fixture
    def office(self, store):
        store.set_clock(datetime(2023, 10, 9, 4, tzinfo=UTC), frozen=True)
        return Office(store)

    @pytest.fixture
    def case(self, office):
        claim = {
            "event": "paris", "season": "春夏", "brand": "算例牌", "held_on": "2023-09-25",
            "cost_lines": [{"document": "3300231130 00000001", "claimed": "1"}],
        }  # fmt: skip
        party = office.party(1)
        self.signer = office.person("signer", party=party)
        new = NewCase(act_id=uuid4(), policy=POLICY.code, item="M5c", party=party, claim=claim)
        return open_case(office.store, self.signer, new).case

    @pytest.fixture
    def vault(self, tmp_path):
        return Vault(tmp_path / "vault")

    @pytest.fixture
    def pdf(self, tmp_path):
        (tmp_path / "合同.pdf").write_bytes(PDF)
        return tmp_path / "合同.pdf"

    def rows(self, office):
        with office.store.read() as work:
            return work.execute(select(func.count()).select_from(Evidence)).scalar_one()

    def test_a_paper_is_kept_once_under_its_hash(self, office, case, vault, pdf):
        paper = vault.add(office.store, pdf, case=case, slot=SLOT, by=self.signer)
        again = vault.add(office.store, pdf, case=case, slot=SLOT, by=self.signer)
        assert paper.sha256 == again.sha256 and self.rows(office) == 1
        assert vault.read(paper.sha256) == PDF
        assert vault.check(office.store).sound and vault.check(office.store).unnamed == []

    def test_only_who_has_to_do_with_a_case_adds_papers(self, office, case, vault, pdf):
        rival, other = (
            office.person("rival", party=office.party(2)),
            office.person("elsewhere", Duty.CERTIFIER, unit="区科技局"),
        )
        for stranger in (rival, other, office.person("nobody")):
            assert refusal(vault.add, office.store, pdf, case=case, slot=SLOT, by=stranger).code == "no_duty"
        assert self.rows(office) == 0 and not vault.folder.exists()
        for insider in (office.person("certifier", Duty.CERTIFIER, unit=SECOND), office.person("clerk", Duty.CLERK)):
            vault.add(office.store, pdf, case=case, slot=SLOT, by=insider)
        for slot in POLICY.item("M5c").evidence:
            if slot.required and slot.upload:
                vault.add(office.store, pdf, case=case, slot=slot.id, by=self.signer)
        act(office.store, File(case=case, by=self.signer, act_id=uuid4()))
        submit(office.store)
        act(office.store, Accept(case=case, by=office.person("acceptor", Duty.ACCEPTOR, unit=SECOND), act_id=uuid4()))
        assert refusal(vault.add, office.store, pdf, case=case, slot=SLOT, by=self.signer).code == "not_the_turn"

    def test_what_is_kept_is_never_overwritten(self, office, case, vault, pdf):
        paper = vault.add(office.store, pdf, case=case, slot=SLOT, by=None)
        place = vault.place(paper.sha256)
        inode = place.stat().st_ino
        vault.keep(paper)
        assert place.stat().st_ino == inode and place.stat().st_mode & 0o222 == 0
        assert [path.name for path in vault.folder.iterdir() if path.name.startswith(".")] == []

    def test_lost_altered_and_stray_files_are_found(self, office, case, vault, pdf, tmp_path):
        paper = vault.add(office.store, pdf, case=case, slot=SLOT, by=None)
        place = vault.place(paper.sha256)
        place.chmod(0o600)
        place.write_bytes(b"forged")
        assert vault.check(office.store).altered == [paper.sha256]
        assert refusal(vault.read, paper.sha256).code == "altered"
        place.unlink()
        (tmp_path / "b.txt").write_text("落单")
        stray = examine(tmp_path / "b.txt")
        vault.keep(stray)
        found = vault.check(office.store)
        assert (found.missing, found.unnamed, found.sound) == ([paper.sha256], [stray.sha256], False)

    def test_a_file_changed_between_two_readings_is_refused(self, vault, pdf):
        paper = examine(pdf)
        pdf.write_bytes(PDF + b" ")
        assert refusal(vault.keep, paper).code == "changed"
        assert not vault.place(paper.sha256).exists()

    def test_unknown_slots_and_cases_are_refused_and_nothing_is_kept(self, office, case, vault, pdf):
        assert "现有" in refusal(vault.add, office.store, pdf, case=case, slot="nothing", by=None).zh
        assert refusal(vault.add, office.store, pdf, case=uuid4(), slot=SLOT, by=None).field == "case"
        assert self.rows(office) == 0 and not vault.folder.exists()

    def test_a_paper_that_must_not_be_uploaded_is_refused(self):
        from casework.applications.evidence_vault import checked_slot

        sealed = [(item, slot) for item in POLICY for slot in item.evidence if not slot.upload]
        assert sealed, "the policy has papers that are checked off line only"
        for item, slot in sealed:
            assert "线下核验" in refusal(checked_slot, item, slot.id).zh

    def test_a_vault_that_is_not_there_yet_holds_nothing(self, office, tmp_path):
        office.person("x", Duty.CLERK)
        found = Vault(tmp_path / "nowhere").check(office.store)
        assert found.sound and not found.unnamed
