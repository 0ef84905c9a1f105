"""Identity numbers never enter the store: only a keyed hash (to find the same person again) and a masked text.

The key is a file beside an SQLite store, or where `DUIXIAN_IDENTITY_KEY` says. It is made when the first number comes;
once numbers are stored, a missing key is refused aloud, because a new one would find nobody again.
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import URL, make_url
from sqlmodel import col
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from casework.errors import Broken, Refused
from models import Party, PartyKind, Person, sealing
from models.store import Store
from models.work import Work

PREFIX = "id:"
_BYTES = 32
_LETTERS = str.maketrans("0123456789abcdef", "ABCDEFGHIJKLMNOP")


def checked(number: str, field: str = "identity") -> str:
    """A resident identity number in its one spelling; wrong length, birth date or check digit is refused."""
    try:
        return str(ric.validate(number))
    except ValidationError:
        raise Refused(
            "identity",
            "身份证号不正确（18 位，含校验位），请对照证件核对",
            "the identity number is wrong (18 characters with a check digit)",
            field=field,
        ) from None


def plausible(number: str) -> bool:
    """Whether this is an identity number at all."""
    return bool(ric.is_valid(number))


def masked(number: str) -> str:
    """First three and last four."""
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"


def blind(store: Store, work: Work, number: str) -> str:
    """The keyed hash of a checked number."""
    return PREFIX + hmac.new(_key(store, work), number.encode(), hashlib.sha256).hexdigest()


def hidden(work: Work, text: str) -> str:
    """The keyed hash of what says something about a person, in letters only: one spelling in any normal form."""
    key = _key_at(work.connection.engine.url, work)
    return lettered(hmac.new(key, text.encode(), hashlib.sha256).hexdigest())


def lettered(digest: str) -> str:
    """A hexadecimal text in the letters A to P."""
    return digest.translate(_LETTERS)


def key_file(store: Store) -> Path | None:
    """Where a production store's key lives."""
    return _file_at(make_url(store.url))


def _file_at(url: URL) -> Path | None:
    return sealing.key_file(url.database if url.get_backend_name() == "sqlite" else None)


def master(store: Store, work: Work) -> bytes:
    """The installation's identity key, which also wraps the keys of natural persons."""
    return _key(store, work)


def _key(store: Store, work: Work) -> bytes:
    return _key_at(make_url(store.url), work)


def _key_at(url: URL, work: Work) -> bytes:
    if work.demo:
        return sealing.DEMO_KEY
    path = _file_at(url)
    if path is None:
        raise Refused(
            "identity_key",
            "请用环境变量 DUIXIAN_IDENTITY_KEY 指定身份信息密钥文件的位置",
            "set DUIXIAN_IDENTITY_KEY to the path of the identity key file",
        )
    if not path.exists():
        _make(work, path)
    key = path.read_bytes()
    if len(key) < _BYTES:
        raise Broken("identity_key", f"身份信息密钥文件 {path} 已损坏", f"the identity key file {path} is damaged")
    return key


def _make(work: Work, path: Path) -> None:
    used = select(col(Person.id)).where(col(Person.natural_key).startswith(PREFIX))
    owners = select(col(Party.id)).where(col(Party.kind) == PartyKind.PERSON)
    if work.execute(used.limit(1)).first() or work.execute(owners.limit(1)).first():
        raise Broken(
            "identity_key",
            f"身份信息密钥文件 {path} 不见了；请从备份恢复，不能另造",
            f"the identity key file {path} is gone: restore it from the backup",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(_BYTES))
        file.flush()
        os.fsync(file.fileno())
