"""Identity numbers never enter the store: only a keyed hash (to find the same person again) and a masked text.

The key is a file beside an SQLite store, or where `DUIXIAN_IDENTITY_KEY` says. It is made when the first number comes;
once numbers are stored, a missing key is refused aloud, because a new one would find nobody again.
"""

import hashlib
import hmac
import os
import re
import secrets
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import URL, make_url
from sqlmodel import col
from stdnum import numdb

from casework.shared.errors import Broken, Refused
from casework.shared.text_normalization import narrow
from models import Party, PartyKind, Person, sealing
from models.store import Store
from models.unit_of_work import UnitOfWork

PREFIX = "id:"
_EARLIEST, _SHORT = 1850, 15
_EIGHTEEN = re.compile(r"[1-9][0-9]{16}[0-9X]")
_OTHERS = (
    re.compile(r"[A-Z]{1,2}[0-9]{6,9}"),  # passports; permits to travel of Hong Kong and Macao (H or M and 8 digits)
    re.compile(r"[HM][0-9]{10}"),  # the same with the count of renewals
    re.compile(r"[0-9]{8}"),  # permits to travel of Taiwan
    re.compile(r"[A-Z]{3}[0-9]{12}"),  # permanent residence cards before 2023
)
_BYTES = 32
_LETTERS = str.maketrans("0123456789abcdef", "ABCDEFGHIJKLMNOP")


def checked(number: str, field: str = "identity", *, today: date | None = None) -> str:
    """The number of a person's document in its one spelling; wrong length, birth date or check character is refused.

    Residents, people from Hong Kong, Macao and Taiwan with a residence permit, and foreigners with a permanent residence
    card have 18 characters: six digits of place, the day of birth, three digits, a check character. Passports and permits
    to travel have letters and digits of their own. The place is looked at by nobody here: counties come and go.
    """
    plain = _plain(number)
    if _EIGHTEEN.fullmatch(plain):
        born = _born(plain)
        if born is not None and plain[-1] == _check(plain) and (today is None or born <= today):
            return plain
    elif any(shape.fullmatch(plain) for shape in _OTHERS):
        return plain
    raise Refused(
        "identity",
        "身份证号不正确：身份证、居住证、永久居留身份证为 18 位（含真实的出生日期和校验位），"
        "护照、通行证为字母和数字；请对照证件核对",
        "the identity number is wrong: identity and residence cards have 18 characters with a real day of birth and a check"
        " character, passports and travel permits letters and digits",
        field=field,
    )


def plausible(number: str) -> bool:
    """Whether this is the number of a person's document at all."""
    try:
        checked(number)
    except Refused:
        return False
    return True


def resident(number: str) -> bool:
    """Whether this is a number of 18 characters that fits, as identity and residence cards have it."""
    return bool(_EIGHTEEN.fullmatch(_plain(number))) and plausible(number)


def warning(number: str) -> tuple[str, str] | None:
    """What somebody may look at again, in two languages: a place that no list of counties has."""
    shown = _plain(number)[:6]
    known = any("county" in facts for _, facts in numdb.get("cn/loc").info(shown))
    if known or not resident(number) or shown.startswith(("81", "82", "83", "9")):
        return None
    return (
        f"证件号前 6 位 {shown} 不在行政区划表中，请核对",
        f"{shown}, no list of counties has these six digits",
    )


def masked(number: str) -> str:
    """First three and last four; of a short number less."""
    if len(number) < _SHORT:
        return f"{number[:1]}{'*' * (len(number) - 3)}{number[-2:]}"
    return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"


def _plain(number: str) -> str:
    """Without blanks and hyphens, in plain capitals and digits."""
    return "".join(narrow(number).upper().replace("-", "").split())


def _born(number: str) -> date | None:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return born if born.year >= _EARLIEST else None


def _check(number: str) -> str:
    """The check character of GB 11643 (ISO 7064 MOD 11-2)."""
    rest = (1 - 2 * int(number[:-1], 13)) % 11
    return "X" if rest == 10 else str(rest)


def blind(store: Store, work: UnitOfWork, number: str) -> str:
    """The keyed hash of a checked number."""
    return PREFIX + hmac.new(_key(store, work), number.encode(), hashlib.sha256).hexdigest()


def hidden(work: UnitOfWork, text: str) -> str:
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


def master(store: Store, work: UnitOfWork) -> bytes:
    """The installation's identity key, which also wraps the keys of natural persons."""
    return _key(store, work)


def derived(store: Store, work: UnitOfWork, purpose: bytes) -> bytes | None:
    """A key of its own for one purpose, the same in every process; None where the identity key is not at hand.

    It is made here only beside an SQLite store, where every process finds it: of several machines none may make its own.
    """
    path, url = key_file(store), make_url(store.url)
    if not work.demo and (path is None or (not path.exists() and url.get_backend_name() != "sqlite")):
        return None
    try:
        return hmac.new(_key(store, work), purpose, hashlib.sha256).digest()
    except (Broken, OSError):
        return None


def _key(store: Store, work: UnitOfWork) -> bytes:
    return _key_at(make_url(store.url), work)


def _key_at(url: URL, work: UnitOfWork) -> bytes:
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


def _make(work: UnitOfWork, path: Path) -> None:
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
