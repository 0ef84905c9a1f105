"""Looks at a workbook before anything parses it: what it is, how large it unpacks, where its formulas and edges are.

A workbook is a zip from a stranger. Sizes are counted while unpacking, never believed; each sheet's XML goes once through
expat (no document types, no entities), which stops at the first row beyond the limit. Only then calamine reads values.
"""

import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from xml.parsers import expat

from casework.shared.errors import Refused
from casework.shared.os_errors import said_zh

FILE_BYTES = 20 * 1024**2
UNPACKED_BYTES = 200 * 1024**2
MEMBERS, RATIO, SHEETS = 1_000, 300, 100
ROWS, COLUMNS = 20_000, 256
HEADER_ROWS = 2
_RATIO_FROM = 1024**2  # small members may compress as well as they like
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_NESTED = (".zip", ".xlsx", ".xlsm", ".docx", ".pptx", ".7z", ".rar", ".gz")
_TRUE = ("1", "true")
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


@dataclass
class Scan:
    """What one sheet's XML says: formulas, errors, what is hidden, and how far its values reach; all counted from 1."""

    formulas: set[tuple[int, int]] = field(default_factory=set)  # (row, column)
    arrays: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)  # first and last cell
    errors: set[tuple[int, int]] = field(default_factory=set)  # #N/A and the like, which readers of values call empty
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)  # first and last
    hidden: bool = False  # the sheet as a whole
    last_row: int = 0
    last_column: int = 0

    def computed(self, row: int, column: int) -> bool:
        """Whether a formula made this cell's value: its own, or one that spills over from another cell."""
        if (row, column) in self.formulas:
            return True
        return any(top <= row <= bottom and left <= column <= right for (top, left), (bottom, right) in self.arrays)

    def hides(self, column: int) -> bool:
        """Whether a column is hidden."""
        return any(first <= column <= last for first, last in self.hidden_columns)


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """A workbook that may be parsed: its bytes, their hash, and each sheet's scan by name."""

    name: str
    data: bytes
    sha256: str
    sheets: dict[str, Scan]


def refused(code: str, zh: str, en: str) -> Refused:
    """A refusal of the file as a whole; nothing of it was imported."""
    return Refused(code, f"{zh}（未导入任何内容）", f"{en} (nothing was imported)", field="file")


def guard(path: Path) -> Guarded:
    """Reads and examines a workbook; refuses what is no plain .xlsx of reasonable size."""
    if path.suffix.lower() != ".xlsx":
        raise refused("kind", f"只接受 .xlsx 文件：{path.name}", f'only .xlsx files are read, not "{path.name}"')
    data = read_limited(path)
    _refuse_other_kinds(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _refuse_bombs(archive)
            parts = _unpack(archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as broken:
        raise refused(
            "damaged",
            f"文件已损坏，请重新另存为 .xlsx：{path.name}",
            f'the file is damaged, save it as .xlsx again: "{path.name}"',
        ) from broken
    names, hidden = _sheet_parts(parts)
    sheets = {name: _scan(name, parts[part]) for name, part in names.items()}
    for name in hidden:
        sheets[name].hidden = True
    return Guarded(name=path.name, data=data, sha256=hashlib.sha256(data).hexdigest(), sheets=sheets)


def read_limited(path: Path) -> bytes:
    """A file's bytes, if there are not too many."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise refused(
            "file", f"文件 {path.name} 打不开：{said_zh(error)}", f'"{path.name}" cannot be opened: {error.strerror}'
        ) from error
    if len(data) > FILE_BYTES:
        limit = FILE_BYTES // 1024**2
        raise refused("size", f"文件超过 {limit} MB，请拆分后分批导入", f"larger than {limit} MB: split it")
    return data


def _refuse_other_kinds(data: bytes) -> None:
    if data.startswith(_OLE):
        raise refused(
            "encrypted",
            "文件已加密或是旧版 .xls，请去掉密码并另存为 .xlsx",
            "encrypted, or an old .xls: save it as plain .xlsx",
        )
    if not data.startswith(_ZIP):
        raise refused("kind", "文件内容不是 Excel 工作簿（与扩展名不符）", "its content is no Excel workbook")


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    names = [_part(member.filename) for member in members]
    if len(members) > MEMBERS or len(set(names)) < len(names):
        raise refused("bomb", "压缩包内文件过多或重名，疑似恶意文件", "too many parts, or two of one name")
    if sum(member.file_size for member in members) > UNPACKED_BYTES:
        raise refused("bomb", "文件解压后过大，疑似压缩炸弹", "it unpacks to far too much")
    for member in members:
        if member.flag_bits & 1:
            raise refused("encrypted", "文件已加密，请去掉密码", "the file is encrypted")
        if member.file_size > _RATIO_FROM and member.file_size > RATIO * max(1, member.compress_size):
            raise refused("bomb", "文件压缩比异常，疑似压缩炸弹", "it is compressed beyond belief")
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise refused("path", "压缩包内有越界路径，疑似恶意文件", "a part's path leaves the archive")
        if path.suffix.lower() in _NESTED:
            raise refused("nested", "工作簿内嵌有其他文件，请删除内嵌对象", "it has files embedded in it")
        if path.name.lower() == "vbaproject.bin":
            raise refused("macro", "工作簿含宏，请另存为不含宏的 .xlsx", "it holds macros: save it without")


def _unpack(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Every part, counted while unpacking and checked against its checksum; what is not XML is dropped at once."""
    parts, total = {}, 0
    for member in archive.infolist():
        with archive.open(member) as file:
            content = file.read(UNPACKED_BYTES - total + 1)
        total += len(content)
        if total > UNPACKED_BYTES or len(content) != member.file_size:
            raise refused("bomb", "文件解压后的大小与所称不符，疑似压缩炸弹", "it unpacks to more than it says")
        if member.filename.lower().endswith((".xml", ".rels")):
            parts[_part(member.filename)] = content
    if "[content_types].xml" not in parts or "xl/workbook.xml" not in parts:
        raise refused("kind", "文件内容不是 Excel 工作簿（与扩展名不符）", "its content is no Excel workbook")
    if b"macroEnabled" in parts["[content_types].xml"]:
        raise refused("macro", "工作簿含宏，请另存为不含宏的 .xlsx", "it holds macros: save it without")
    return parts


def _part(name: str) -> str:
    """A part's name as readers compare it: slashes either way, capitals or not."""
    return name.replace("\\", "/").lstrip("/").lower()


def _parse(data: bytes, start: Callable[[str, dict[str, str]], None]) -> None:
    """One pass of expat: `start(local name, attributes)` for each element."""
    parser = expat.ParserCreate()

    def doctype(*_: object) -> None:
        raise refused("doctype", "工作簿的 XML 含有文档类型声明，疑似恶意文件", "its XML declares a document type")

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, UnicodeError, LookupError) as broken:
        raise refused("damaged", "工作簿的 XML 已损坏，请重新另存为 .xlsx", "its XML is damaged") from broken


def _sheet_parts(parts: dict[str, bytes]) -> tuple[dict[str, str], set[str]]:
    """Sheet name -> its part, as workbook and relations say; and the names of hidden sheets."""
    named: dict[str, str] = {}
    hidden: set[str] = set()
    targets: dict[str, str] = {}

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            relation = next((v for k, v in attributes.items() if k.rpartition(":")[2] == "id"), "")
            title = attributes.get("name", "")
            if title in named:
                raise refused("twice", f"有两张名为“{title}”的工作表", f'two sheets are called "{title}"')
            named[title] = relation
            if attributes.get("state", "visible") != "visible":
                hidden.add(title)

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    _parse(parts["xl/workbook.xml"], sheet)
    _parse(parts.get("xl/_rels/workbook.xml.rels", b"<none/>"), relation)
    if not named or len(named) > SHEETS:
        raise refused("sheets", f"工作表数应在 1 至 {SHEETS} 之间", f"a workbook has 1 to {SHEETS} sheets here")
    found = {}
    for name, identity in named.items():
        target = targets.get(identity, "")
        part = _part(target if target.startswith(("/", "\\")) else f"xl/{target}")
        if part not in parts:
            raise refused("damaged", f"工作表“{name}”缺失，请重新另存为 .xlsx", f'sheet "{name}" is missing')
        found[name] = part
    return found, hidden


def _scan(name: str, data: bytes) -> Scan:
    scan = Scan()
    at = (0, 0)  # the cell being read; cells may leave out their reference and then follow one another

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal at
        if element == "c":
            at = _position(attributes.get("r"), at)
            if attributes.get("t") == "e":
                scan.errors.add(at)
        elif element in ("v", "is", "f"):
            if element == "f":
                scan.formulas.add(at)
                if attributes.get("ref") and attributes.get("t") in ("array", "dataTable"):
                    scan.arrays.append(_area(attributes["ref"]))
            if at[0] > scan.last_row or at[1] > scan.last_column:
                _grow(name, scan, at)
        elif element == "row":
            at = (int(attributes.get("r") or at[0] + 1), 0)
            if attributes.get("hidden") in _TRUE or _zero(attributes.get("ht")):
                scan.hidden_rows.add(at[0])
        elif element == "col" and (attributes.get("hidden") in _TRUE or _zero(attributes.get("width"))):
            scan.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))

    try:
        _parse(data, start)
    except (ValueError, KeyError) as broken:
        raise refused("damaged", f"工作表“{name}”的单元格编号无效", f'sheet "{name}" has invalid cells') from broken
    return scan


def _zero(size: str | None) -> bool:
    """A height or width of nothing hides as well as the word does."""
    return size is not None and re.fullmatch(r"0+(\.0*)?", size) is not None


def _area(reference: str) -> tuple[tuple[int, int], tuple[int, int]]:
    first, _, last = reference.replace("$", "").partition(":")
    return _position(first, (0, 0)), _position(last or first, (0, 0))


def _position(reference: str | None, before: tuple[int, int]) -> tuple[int, int]:
    if reference is None:
        return before[0], before[1] + 1
    match = _CELL.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


def _grow(name: str, scan: Scan, at: tuple[int, int]) -> None:
    scan.last_row, scan.last_column = max(scan.last_row, at[0]), max(scan.last_column, at[1])
    if scan.last_row > ROWS + HEADER_ROWS:
        raise refused(
            "rows",
            f"工作表“{name}”超过 {ROWS:,} 行，请拆分后分批导入",
            f'sheet "{name}" has more than {ROWS:,} rows: split it',
        )
    if scan.last_column > COLUMNS:
        raise refused(
            "columns",
            f"工作表“{name}”超过 {COLUMNS} 列，请删除多余的列",
            f'sheet "{name}" has more than {COLUMNS} columns: remove some',
        )
