"""What a file really is, told by its content: the first bytes, and then by opening it as what it claims to be."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from enum import StrEnum
from pathlib import PurePosixPath
from xml.parsers import expat

from casework.shared.errors import Refused

MEMBERS, UNPACKED_BYTES, RATIO = 5_000, 300 * 1024**2, 300
_RATIO_FROM = 1024**2
_PDF_MARK, _PADDING = 1024, b"\xef\xbb\xbf\x00 \t\r\n\x0c"
_ACTIVE = {b"/JavaScript", b"/Launch"}
_STREAM = re.compile(rb">>\s*stream\r?\n.*?endstream", re.DOTALL)
_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "gb_2312-80", "cp936"})
_NESTED = (".zip", ".7z", ".rar", ".gz", ".exe", ".js", ".vbs")


class MediaType(StrEnum):
    """The kinds of paper that are taken."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"
    OFD = "application/ofd"
    XML = "application/xml"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    CSV = "text/csv"
    TEXT = "text/plain"


BY_NAME = {
    ".pdf": MediaType.PDF,
    ".jpg": MediaType.JPEG,
    ".jpeg": MediaType.JPEG,
    ".png": MediaType.PNG,
    ".ofd": MediaType.OFD,
    ".xml": MediaType.XML,
    ".xlsx": MediaType.XLSX,
    ".docx": MediaType.DOCX,
    ".csv": MediaType.CSV,
    ".txt": MediaType.TEXT,
}


class _Wrong(ValueError):
    """The content is not what it should be."""


def media_type(name: str, data: bytes) -> MediaType:
    """The kind of a file, if name and content agree and its reader can open it; Refused says what to do."""
    suffix = PurePosixPath(name.lower()).suffix
    kind = BY_NAME.get(suffix)
    if kind is None:
        kinds = sorted(known_suffix.lstrip(".") for known_suffix in BY_NAME)
        among, english = "、".join(kinds), ", ".join(kinds)
        raise Refused(
            "kind",
            f"不接受“{name}”这类文件；可用：{among}",
            f'files like "{name}" are not taken; use {english}',
            field="file",
        )
    try:
        _READERS[kind](data)
    except (
        _Wrong,
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        expat.ExpatError,
        NotImplementedError,
        EOFError,
    ) as no:
        raise Refused(
            "content",
            f"“{name}”的内容不是有效的 {suffix.lstrip('.').upper()} 文件（{no}），请重新扫描或导出",
            f'"{name}" is no valid {suffix.lstrip(".").upper()} file: scan or export it again',
            field="file",
        ) from no
    return kind


def _pdf(data: bytes) -> None:
    """The mark near the start, where readers look for it (behind a byte order mark or padding), and the end at the end."""
    start = data.find(b"%PDF-", 0, _PDF_MARK)
    if start < 0 or data[:start].strip(_PADDING):
        raise _Wrong("文件头不符")
    tail = data.rstrip(_PADDING)[-2048:]
    if b"%%EOF" not in tail or not re.search(rb"startxref\s+\d+", tail):
        raise _Wrong("文件不完整")
    if _names(data) & _ACTIVE:
        raise _Wrong("含脚本")


def _names(data: bytes) -> set[bytes]:
    """The names in a PDF's objects: not what stands in texts, comments and streams; #4a is J."""
    found = re.findall(rb"/[^\s()<>\[\]{}/%]+", _without_texts(_STREAM.sub(b">> ", data)))
    return {re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes.fromhex(code[1].decode()), name) for name in found}


def _without_texts(data: bytes) -> bytes:
    """Without (texts) and % comments; a text that is never closed is none."""
    kept, depth, start, skip = [], 0, 0, 0
    for mark in re.finditer(rb"\\.|[()%]", data, re.DOTALL):
        token, at = mark[0], mark.start()
        if at < skip or token.startswith(b"\\"):
            continue
        if token == b"(":
            if depth == 0:
                kept.append(data[start:at])
                start = at
            depth += 1
        elif token == b")" and depth:
            depth -= 1
            if depth == 0:
                start = mark.end()
        elif token == b"%" and depth == 0:
            kept.append(data[start:at])
            end = re.compile(rb"[\r\n]").search(data, at)
            start = skip = end.start() if end else len(data)
    return b" ".join([*kept, data[start:]])


def _jpeg(data: bytes) -> None:
    """Walks the segments from the start to the image data; its end must be marked, whatever a camera puts behind it."""
    if not data.startswith(b"\xff\xd8\xff"):
        raise _Wrong("文件头不符")
    at, frame = 2, False
    while True:
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 4 > len(data) or data[at] != 0xFF:
            raise _Wrong("文件不完整")
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker == 0xDA:
            break
        frame = frame or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC))
        at += 2 + length
    if not frame or data.find(b"\xff\xd9", at) < 0:
        raise _Wrong("文件不完整")


def _png(data: bytes) -> None:
    """Walks the chunks, each with its checksum, from IHDR to IEND."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise _Wrong("文件头不符")
    names: list[bytes] = []
    at = 8
    while not names or names[-1] != b"IEND":
        (length,) = struct.unpack_from(">I", data, at)
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(name + body) != checksum:
            raise _Wrong("校验和不符")
        names.append(name)
        at += 12 + length
    if names[0] != b"IHDR" or b"IDAT" not in names:
        raise _Wrong("文件不完整")


def _zip(data: bytes, must_have: str, *, main: str | None = None) -> None:
    """A package with a part that tells what it is; sizes counted while unpacking, nothing nested, nothing encrypted."""
    if not data.startswith(b"PK\x03\x04"):
        raise _Wrong("文件头不符")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        names = {member.filename.replace("\\", "/"): member for member in members}
        if len(members) > MEMBERS or len(names) < len(members) or sum(m.file_size for m in members) > UNPACKED_BYTES:
            raise _Wrong("疑似压缩炸弹")
        for member in members:
            _refuse_member(member)
            with archive.open(member) as file:
                if len(file.read(UNPACKED_BYTES + 1)) != member.file_size:
                    raise _Wrong("疑似压缩炸弹")
        if must_have not in names or (main is not None and main not in names):
            raise _Wrong("缺少必要部件")
        _xml(archive.read(names[main or must_have]))


def _refuse_member(member: zipfile.ZipInfo) -> None:
    path = PurePosixPath(member.filename.replace("\\", "/"))
    if member.flag_bits & 1:
        raise _Wrong("已加密")
    if path.is_absolute() or ".." in path.parts:
        raise _Wrong("含越界路径")
    if path.suffix.lower() in _NESTED or path.name.lower() == "vbaproject.bin":
        raise _Wrong("含内嵌文件或宏")
    if member.file_size > _RATIO_FROM and member.file_size > RATIO * max(1, member.compress_size):
        raise _Wrong("疑似压缩炸弹")


def _xml(data: bytes) -> None:
    """Well-formed, without a document type (and so without entities); in Chinese encodings too."""
    declared = re.match(rb"\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)", data[:200])
    chinese = declared is not None and declared[1].decode().lower() in _CHINESE
    try:
        parser = expat.ParserCreate("utf-8") if chinese else expat.ParserCreate()
        data = data.decode("gb18030").encode() if chinese else data
    except UnicodeDecodeError as wrong:
        raise _Wrong("内容与所声明的编码不符") from wrong

    def doctype(*_: object) -> None:
        raise _Wrong("含文档类型声明")

    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except (ValueError, LookupError) as wrong:
        if isinstance(wrong, _Wrong):
            raise
        raise _Wrong("不认识的编码") from wrong


def _text(data: bytes) -> None:
    if b"\x00" in data:
        raise _Wrong("含二进制内容")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return
    raise _Wrong("编码无法识别")


def _xlsx(data: bytes) -> None:
    from python_calamine import CalamineError, CalamineWorkbook

    _zip(data, "[Content_Types].xml", main="xl/workbook.xml")
    try:
        CalamineWorkbook.from_filelike(io.BytesIO(data)).close()
    except (CalamineError, ValueError) as broken:
        raise _Wrong("无法读取") from broken


_READERS: dict[MediaType, Callable[[bytes], None]] = {
    MediaType.PDF: _pdf,
    MediaType.JPEG: _jpeg,
    MediaType.PNG: _png,
    MediaType.OFD: lambda data: _zip(data, "OFD.xml"),
    MediaType.XML: _xml,
    MediaType.XLSX: _xlsx,
    MediaType.DOCX: lambda data: _zip(data, "[Content_Types].xml", main="word/document.xml"),
    MediaType.CSV: _text,
    MediaType.TEXT: _text,
}
