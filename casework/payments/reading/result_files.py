"""Opens a result file by what it is, not by its name: XML, XLSX or a list of texts; hostile ones are refused."""

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from casework.payments.reading import pain002, result_tables
from casework.payments.reading.result_line import ResultLine, Unreadable
from casework.shared.errors import Refused
from casework.shared.os_errors import said_zh

LARGEST = 20 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ResultFile:
    """A file as read: its hash, its lines, and the lines that say nothing."""

    hash: str
    lines: tuple[ResultLine, ...]
    unreadable: tuple[Unreadable, ...]


def read(path: Path, *, signature: str = "", key: bytes | None = None) -> ResultFile:
    """Reads a result file of at most 20 MB.

    With a `key` (shared with the bank) the file's HMAC-SHA256 in hex must be given and right; without one the lines are
    only as good as their agreement with the orders in amount and account.
    """
    data = _bytes(path)
    authentic(data, signature, key)
    digest = hashlib.sha256(data).hexdigest()
    if data[:4] == b"PK\x03\x04":
        lines, unreadable = result_tables.xlsx(path, digest)
    elif data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] == b"<":
        lines, unreadable = pain002.lines(data)
    elif b"\x00" in data:
        raise Refused(
            "kind", "文件既不是 pain.002、XLSX，也不是 CSV", "neither pain.002 nor XLSX nor CSV", field="file"
        )
    else:
        lines, unreadable = result_tables.csv(data)
    if not lines and not unreadable:
        zh, en = (
            "文件中没有任何回单（只有表头），未处理任何内容",
            "the file holds no result, only a header: nothing was done",
        )
        raise Refused("empty", zh, en, field="file")
    return ResultFile(hash=digest, lines=tuple(lines), unreadable=tuple(unreadable))


def shared_key(environment: Mapping[str, str] = os.environ) -> bytes | None:
    """The key shared with the bank, from the file that DUIXIAN_BANK_KEY names; None where none is set up.

    Refused where it cannot be read or is empty: an empty key would let any signature of nobody pass.
    """
    named = environment.get("DUIXIAN_BANK_KEY")
    if not named:
        return None
    try:
        key = Path(named).read_bytes().strip()
    except OSError as trouble:
        zh = f"与银行共用的密钥文件读不到（{said_zh(trouble)}），请检查 DUIXIAN_BANK_KEY"
        raise Refused("bank_key", zh, f"DUIXIAN_BANK_KEY: {trouble.strerror}", field="DUIXIAN_BANK_KEY") from trouble
    if not key:
        zh, en = "与银行共用的密钥文件是空的，请检查 DUIXIAN_BANK_KEY", "the key that DUIXIAN_BANK_KEY names is empty"
        raise Refused("bank_key", zh, en, field="DUIXIAN_BANK_KEY")
    return key


def authentic(data: bytes, signature: str, key: bytes | None) -> None:
    """Refuses a file whose signature is missing or wrong, where a key is set."""
    if key is None:
        if signature:
            raise Refused(
                "signature", "尚未配置验签密钥，无法核对签名", "no key is set to check a signature", field="signature"
            )
        return
    right = hmac.new(key, data, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right, signature.strip().lower()):
        raise Refused(
            "signature",
            "回单文件签名缺失或不符，未处理任何内容",
            "the signature is missing or wrong",
            field="signature",
        )


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as wrong:
        raise Refused("file", f"无法读取文件 {path.name}", f"cannot read {path.name}", field="file") from wrong
    if len(data) > LARGEST:
        raise Refused("size", "文件超过 20 MB，请分批导入", "larger than 20 MB: split it", field="file")
    if not data.strip():
        raise Refused("empty", "文件是空的", "the file is empty", field="file")
    return data
