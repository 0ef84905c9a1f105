"""Personal data at rest: sealed under a natural person's own key (AES-GCM), readable only while that key exists.

A sealed value is a text that names its key. Reading a column of the kind `Sealed` opens it; what was read still carries its
sealed form, so that copying a name or an account into another row copies the seal. Keys lie in `personal_key`, wrapped by the
installation's identity key; destroying one makes everything that it sealed unreadable, wherever it was copied.
"""

import base64
import hashlib
import hmac
import os
import threading
import time
from collections import OrderedDict
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, String, Text, event
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field

MARK = "\x1a1:"  # no text that people enter begins with a control character
GONE = "已匿名"
GONE_DOCUMENT = '{"anonymised":true,"facts":"","keys":{},"lines":[],"parameters":{},"prior":[],"stacking":[]}'
DEMO_KEY = b"demo: no real person is ever entered here"
KEPT_NS = 60 * 10**9  # how long an opened key is kept: after that another process's destruction is known here too
_NONCE = 12
_DATABASES = 64


class KeyMissing(RuntimeError):
    """What is sealed cannot be opened: the identity key is not there or not this database's, or a sealed value was altered."""


class Personal(str):
    """A personal text in clear, with the sealed form in which it is stored."""

    sealed: str


class Anonymised(Personal):
    """What is left of a personal text whose key was destroyed."""


class Sealed(TypeDecorator[str]):
    """A text column that may hold sealed values beside plain ones (firms have no key of their own)."""

    impl = String
    cache_ok = True
    gone = GONE

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return value.sealed if isinstance(value, Personal) else value

    def process_result_value(self, value: str | None, dialect: Any) -> str | None:
        return value if value is None or not value.startswith(MARK) else unseal(value, self.gone)


class SealedText(Sealed):
    """The same for long texts."""

    impl = Text
    cache_ok = True


class SealedDocument(Sealed):
    """The same for canonical JSON; of one whose key is destroyed an empty document is left."""

    impl = Text
    cache_ok = True
    gone = GONE_DOCUMENT


def personal(*, index: bool = False, empty: bool = False) -> Any:
    """A column for a name or a number that may be a natural person's."""
    extra: dict[str, Any] = {"default": ""} if empty else {}
    return Field(sa_type=Sealed, index=index, **extra)


def personal_text() -> Any:
    """A column for a longer text that may be a natural person's."""
    return Field(default="", sa_type=SealedText, sa_column_kwargs={"server_default": ""})


def personal_document() -> Any:
    """Canonical JSON about a case that may be a natural person's."""
    return Field(sa_type=SealedDocument)


def seal(key: UUID, secret: bytes, text: str) -> Personal:
    """The text, to be stored sealed; an empty one holds nothing personal and stays empty."""
    made = Personal(text)
    made.sealed = f"{MARK}{key.hex}:{_encrypted(secret, text, key)}" if text else ""
    return made


def unseal(sealed: str, gone: str = GONE) -> Personal:
    """What was sealed, or `gone` where its key is destroyed."""
    key = UUID(sealed[len(MARK) : len(MARK) + 32])
    secret = RING.secret(key)
    made = Anonymised(gone) if secret is None else Personal(_decrypted(secret, sealed[len(MARK) + 33 :], key))
    made.sealed = sealed
    return made


def sealed_like(known: str, text: str) -> str:
    """A text sealed under the key of another that was read; as it is where that one was not sealed, or its key is gone."""
    if not isinstance(known, Personal) or isinstance(known, Anonymised) or not known.sealed:
        return text
    key = UUID(known.sealed[len(MARK) : len(MARK) + 32])
    secret = RING.secret(key)
    return text if secret is None else seal(key, secret, text)


def new_secret() -> bytes:
    """A fresh key."""
    return os.urandom(32)


def wrap(master: bytes, key: UUID, secret: bytes) -> str:
    """A key as it is stored."""
    return _encrypted(_wrapping(master), base64.b64encode(secret).decode(), key)


def unwrap(master: bytes, key: UUID, wrapped: str) -> bytes:
    """The key itself; a wrong identity key or an altered row raises KeyMissing."""
    return base64.b64decode(_decrypted(_wrapping(master), wrapped, key))


def key_file(database: str | None) -> Path | None:
    """Where the identity key lies: `DUIXIAN_IDENTITY_KEY`, else beside an SQLite database."""
    named = os.environ.get("DUIXIAN_IDENTITY_KEY", "")
    if named:
        return Path(named)
    return Path(f"{database}.identity-key") if database else None


class Ring:
    """The keys that this process has opened lately, and the databases that it has connected to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[UUID, tuple[int, bytes | None]] = {}
        self._databases: OrderedDict[str, tuple[Any, Any, Any]] = OrderedDict()

    def secret(self, key: UUID) -> bytes | None:
        """A key by its id; None where it was destroyed or never was."""
        found = self._keys.get(key)
        if found is None or found[0] < time.monotonic_ns():
            self._load(key)
            found = self._keys.get(key)
        return found[1] if found else None

    def keep(self, key: UUID, secret: bytes | None) -> None:
        """Remembers a key for a while; None: it is destroyed."""
        self._keys[key] = (time.monotonic_ns() + KEPT_NS, secret)

    def met(self, dialect: Any, arguments: Any, options: Any) -> None:
        """Notes how a database is reached."""
        name = f"{dialect.name} {arguments} {sorted(options.items(), key=str)}"
        with self._lock:
            self._databases[name] = (dialect, tuple(arguments), dict(options))
            self._databases.move_to_end(name)
            while len(self._databases) > _DATABASES:
                self._databases.popitem(last=False)

    def _load(self, wanted: UUID) -> None:
        """Reads the keys of the database that has this one; the one connected to last is asked first."""
        with self._lock:
            known = list(reversed(self._databases.values()))
        self._keys.pop(wanted, None)
        for dialect, arguments, options in known:
            for key, secret in _read(dialect, arguments, options, wanted).items():
                self.keep(key, secret)
            if wanted in self._keys:
                return
        self.keep(wanted, None)


RING = Ring()


def watch(engine: Engine) -> None:
    """Every business database that this process opens is one whose keys it may need."""
    event.listen(engine, "do_connect", lambda dialect, _record, *how: RING.met(dialect, *how))


def _read(dialect: Any, arguments: Any, options: Any, wanted: UUID) -> dict[UUID, bytes | None]:
    """All keys of a database if it has the wanted one; nothing where it is gone or not ours. A connection of its own."""
    database = str(arguments[0]) if dialect.name == "sqlite" and arguments else None
    if database is not None and not Path(database).exists():
        return {}
    try:
        with closing(dialect.connect(*arguments, **options)) as connection:
            cursor = connection.cursor()
            mark = "?" if dialect.name == "sqlite" else "%s"
            spelled = wanted.hex if dialect.name == "sqlite" else wanted
            cursor.execute(f"SELECT 1 FROM personal_key WHERE id = {mark}", (spelled,))
            if cursor.fetchone() is None:
                return {}
            cursor.execute("SELECT demo FROM store_mark")
            demo = bool(cursor.fetchone()[0])
            cursor.execute("SELECT id, wrapped FROM personal_key")
            rows = cursor.fetchall()
    except dialect.loaded_dbapi.Error:
        return {}
    master = _master(database, demo)
    found = {(key if isinstance(key, UUID) else UUID(str(key))): wrapped for key, wrapped in rows}
    return {key: unwrap(master, key, wrapped) if wrapped else None for key, wrapped in found.items()}


def _master(database: str | None, demo: bool) -> bytes:
    if demo:
        return DEMO_KEY
    path = key_file(database)
    if path is None or not path.exists():
        where = path or "DUIXIAN_IDENTITY_KEY"
        raise KeyMissing(f"找不到身份信息密钥 {where}，个人信息无法读取 (the identity key is missing)")
    return path.read_bytes()


def _wrapping(master: bytes) -> bytes:
    """The key that wraps keys, derived from the identity key, so that neither stands in for the other."""
    return hmac.new(master, b"duixian personal keys 1", hashlib.sha256).digest()


def _encrypted(secret: bytes, text: str, key: UUID) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE)
    return base64.urlsafe_b64encode(nonce + AESGCM(secret).encrypt(nonce, text.encode(), key.bytes)).decode()


def _decrypted(secret: bytes, coded: str, key: UUID) -> str:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    data = base64.urlsafe_b64decode(coded)
    try:
        return AESGCM(secret).decrypt(data[:_NONCE], data[_NONCE:], key.bytes).decode()
    except InvalidTag as wrong:
        raise KeyMissing(
            "个人信息无法解密：密钥不符或内容被改动 (the key is another, or the text was altered)"
        ) from wrong
