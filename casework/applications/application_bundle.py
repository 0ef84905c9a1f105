"""Applications with their papers as one file: a workbook, or a zip that holds one workbook and the papers that it names.

A zip is from a stranger: names, number, links and sizes are looked at before anything is unpacked, and what is unpacked is counted,
never believed. What a paper really is, is looked at where papers are read.
"""

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from casework.applications.evidence_vault import FILE_BYTES
from casework.spreadsheets.workbook_guard import refused

UNPACKED_BYTES = 200 * 1024**2
MEMBERS = 1_000
_UTF8, _ENCRYPTED = 0x800, 0x1
_WORKBOOK = "[content_types].xml"  # what every XLSX holds
_ASIDE = ("__MACOSX/", ".DS_Store", "Thumbs.db", "~$")  # what systems put beside files


def opened_bundle(path: Path, folder: Path) -> tuple[Path, Path | None]:
    """The workbook of a file that was handed in, and the folder of its papers; `folder` takes what is unpacked.

    A workbook alone is answered as it is, without papers; of a zip the papers lie where its workbook lies.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if any(member.filename.lower() == _WORKBOOK for member in members):
                return path, None
            return _unpacked(archive, members, folder)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as broken:
        raise refused("damaged", "文件已损坏，或不是 .xlsx、.zip", "damaged, or neither .xlsx nor .zip") from broken


def _unpacked(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path) -> tuple[Path, Path]:
    if len(members) > MEMBERS:
        raise refused("bomb", f"压缩包内最多 {MEMBERS} 个文件，请分成几份", f"at most {MEMBERS} files: split it")
    wanted = [(name, member) for member in members if (name := _name(member)) is not None]
    if len({str(name).lower() for name, _ in wanted}) < len(wanted):
        raise refused("twice", "压缩包内有两个文件重名", "two files have one name")
    books = [name for name, _ in wanted if name.suffix.lower() == ".xlsx"]
    top = min((len(name.parts) for name in books), default=0)
    books = [name for name in books if len(name.parts) == top]
    if len(books) != 1:
        zh = f"压缩包内须恰有一份申报表（.xlsx），与材料放在一起；现有 {len(books)} 份"
        raise refused("books", zh, f"the zip must hold one workbook beside its papers, not {len(books)}")
    left = UNPACKED_BYTES
    for name, member in wanted:
        left -= _unpack(archive, member, folder.joinpath(*name.parts), left)
    book = folder.joinpath(*books[0].parts)
    return book, book.parent


def _name(member: zipfile.ZipInfo) -> PurePosixPath | None:
    """Where a file lies in the zip; None for folders and what systems put beside files; Refused where it lies outside."""
    text = _text(member).replace("\\", "/")
    path = PurePosixPath(text)
    if member.is_dir() or text.startswith(_ASIDE) or path.name.startswith(_ASIDE):
        return None
    if not path.name or path.is_absolute() or ".." in path.parts or ":" in text or "\x00" in text:
        raise refused("path", "压缩包内有越界路径，疑似恶意文件", "a file's path leaves the zip")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise refused("path", "压缩包内有链接，请放入文件本身", "the zip holds a link: put the file itself there")
    if member.flag_bits & _ENCRYPTED:
        raise refused("encrypted", "压缩包已加密，请去掉密码", "the zip is encrypted")
    return path


def _text(member: zipfile.ZipInfo) -> str:
    """A name as it was meant: Chinese systems write GBK where the zip does not say UTF-8."""
    if member.flag_bits & _UTF8 or member.filename.isascii():
        return member.filename
    raw = member.filename.encode("cp437", "replace")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Writes one file of the zip; how many bytes it has."""
    most = min(left, FILE_BYTES)
    with archive.open(member) as file:
        content = file.read(most + 1)
    if len(content) > most or len(content) != member.file_size:
        zh = f"压缩包解压后过大（单个文件最多 {FILE_BYTES // 1024**2} MB，合计最多 {UNPACKED_BYTES // 1024**2} MB），请分成几份"
        raise refused("bomb", zh, "it unpacks to too much: split it")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return len(content)
