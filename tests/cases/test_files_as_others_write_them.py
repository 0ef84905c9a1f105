"""Papers, homes and folders as cameras, offices and shares make them: read, or refused by name; never a broken program."""

import errno
import os
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from casework.applications.evidence_vault import Vault, examine
from casework.applications.media_types import media_type
from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.spreadsheets.columns import CellKind, Column
from models import placing
from notifications.channels.channel_settings import read_settings

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\nxref\n0 1\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x01\x00\x01\x01\x01\x11\x00"
    b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00x\xff\xd9"
)


def taken(name: str, data: bytes) -> bool:
    try:
        media_type(name, data)
    except Refused as no:
        assert no.zh and no.en
        return False
    return True


@pytest.mark.parametrize(
    "before",
    [b"", b"\xef\xbb\xbf", b"\n\n", b"\x00" * 100, b"\xef\xbb\xbf\r\n "],
    ids=["none", "bom", "lines", "zeros", "both"],
)
@pytest.mark.parametrize(
    "after", [b"", b"\x00" * 4000, b"\r\n" * 3000, b" " * 2500], ids=["none", "zeros", "lines", "blanks"]
)
def test_a_pdf_behind_a_mark_or_between_padding_is_one(before: bytes, after: bytes) -> None:
    assert taken("a.pdf", before + PDF + after)


@pytest.mark.parametrize("data", [b"MZ" + PDF, b"\x00" * 2000 + PDF, PDF[:-8], b"x" + PDF, PDF + b"x" * 3000])
def test_what_is_no_pdf_is_none(data: bytes) -> None:
    assert not taken("a.pdf", data)


@pytest.mark.parametrize(
    ("objects", "sound"),
    [
        (b"<</Title(/JavaScript handbook)>>", True),
        (b"<</Title(a \\) (nested /Launch) b)>>", True),
        (b"% about /JavaScript\n<</A 1>>", True),
        (b"<</Length 12>>\nstream\n/JavaScript \nendstream", True),
        (b"<</S/JavaScript/JS(app.alert)>>", False),
        (b"<</S/J#61vaScript>>", False),
        (b"<</S /#4c#61unch /F(x)>>", False),
        (b"<</Title(never closed /S/JavaScript", False),
        (b"%(\n<</S/Launch>>\n%)\n", False),
    ],
)
def test_a_script_is_found_by_its_name_and_a_word_in_a_title_is_none(objects: bytes, sound: bool) -> None:
    assert taken("a.pdf", PDF.replace(b"xref\n", objects + b"\nxref\n", 1)) is sound


@pytest.mark.parametrize("behind", [b"", b"MotionPhoto_Data" + b"\x00" * 9000, b"\x00" * 70, b"ftypmp42" * 500])
def test_a_photo_with_something_behind_its_end_is_one(behind: bytes) -> None:
    assert taken("a.jpg", JPEG + behind)


def test_half_a_photo_is_none_and_padding_between_segments_is_nothing() -> None:
    assert not taken("a.jpg", JPEG[:-2])
    assert taken("a.jpg", JPEG.replace(b"\xff\xc0", b"\xff\xff\xff\xc0"))


@pytest.mark.parametrize("encoding", ["gbk", "GB2312", "GB18030", "utf-8", "UTF-16"])
def test_an_invoice_in_a_chinese_encoding_is_one(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><发票><买方>演示一厂</买方></发票>'
    assert taken("f.xml", text.encode(encoding))
    assert not taken("f.xml", text.replace("</发票>", "").encode(encoding))
    assert not taken("f.xml", text.replace("?><发票>", '?><!DOCTYPE x [<!ENTITY a "b">]><发票>').encode(encoding))


@pytest.mark.parametrize("encoding", ["big5", "shift_jis", "nonsense", "utf-7"])
def test_an_encoding_that_nobody_reads_is_refused(encoding: str) -> None:
    assert not taken("f.xml", f'<?xml version="1.0" encoding="{encoding}"?><a>'.encode() + b"\xff\xfe\x80</a>")


def test_slashes_the_other_way_in_a_package_are_slashes() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("[Content_Types].xml", "word\\document.xml"):
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, "<a/>")
    assert taken("a.docx", buffer.getvalue())


def test_a_comma_of_lists_may_stand_in_a_files_name() -> None:
    column = Column(key="evidence.x", title="材料", kind=CellKind.FILES)
    assert column.read("证书、附件一.pdf；照片.jpg;b、c.pdf") == ["证书、附件一.pdf", "照片.jpg", "b、c.pdf"]


@pytest.fixture(params=[errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def no_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder as vfat or a network share is: hard links are refused."""

    def link(value: object, other: object, **_: object) -> None:
        raise OSError(request.param, os.strerror(request.param), str(value), None, str(other))

    monkeypatch.setattr(os, "link", link)


@pytest.mark.usefixtures("no_links")
def test_without_hard_links_files_get_their_names_and_overwrite_nothing(tmp_path: Path) -> None:
    part, path = tmp_path / "part", tmp_path / "whole"
    part.write_bytes(b"one")
    placing.place(part, path)
    part.write_bytes(b"two")
    with pytest.raises(FileExistsError):
        placing.place(part, path)
    assert path.read_bytes() == b"one"
    paper = tmp_path / "a.pdf"
    paper.write_bytes(PDF)
    vault, found = Vault(tmp_path / "vault"), examine(paper)
    assert vault.keep(found) == vault.keep(found)
    assert vault.read(found.sha256) == PDF
    assert not list((tmp_path / "vault").glob("*.part"))


@pytest.mark.usefixtures("no_links")
def test_a_backup_is_written_without_hard_links(tmp_path: Path) -> None:
    from deployments.backup.archive import writing

    with pytest.raises(Refused, match="已经存在"):  # the second time
        for _ in range(2):
            with writing(tmp_path / "b.tar.gz"):
                pass
    assert [path.name for path in tmp_path.iterdir()] == ["b.tar.gz"]


@pytest.mark.parametrize("name", ["q?1", "a?b=c", "?"])
def test_a_home_whose_name_would_put_the_database_outside_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="DUIXIAN_HOME"):
        Home.at(tmp_path / name)


@pytest.mark.parametrize("name", ["演示 家", "a#b", "a%3Fb", "a@b:c", "a&b=c", "a+b"])
def test_every_other_home_holds_its_database(tmp_path: Path, name: str) -> None:
    from models.store import Store

    home = Home.at(tmp_path / name)
    store = Store.create(home.database_url, demo=True)
    store.close()
    assert (home.directory / "duixian.db").is_file()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_the_channels_file_is_read_in_every_usual_encoding(tmp_path: Path, encoding: str) -> None:
    text = '# 演示\r\n[channels.archive]\r\nkind = "folder"\r\npath = "outgoing"\r\n'
    (tmp_path / "channels.toml").write_bytes(text.encode(encoding))
    assert [channel.name for channel in read_settings(tmp_path, {}).channels] == ["archive"]
