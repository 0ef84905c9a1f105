"""Where this installation keeps its things: the database's address, the evidence, the engine's own files, the language."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy.engine import make_url

from casework.shared.errors import Refused
from casework.shared.os_errors import said_zh
from policies.finding import PLACES, places

if TYPE_CHECKING:
    from models.store import Store

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, kw_only=True)
class Home:
    """One installation. Everything it writes lies in `directory`, but for a database that `database_url` puts elsewhere."""

    directory: Path
    database_url: str
    language: str = "zh"

    @classmethod
    def at(cls, directory: Path, *, database_url: str = "", language: str = "zh") -> Self:
        """A home in a directory (made absolute; not created), with its own SQLite database unless a URL is given."""
        place = directory.expanduser().resolve()
        return cls(directory=place, database_url=database_url or _inside(place), language=language)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """DUIXIAN_HOME (./var), DUIXIAN_DATABASE_URL or _URL_FILE (SQLite in the home), DUIXIAN_LANG (zh); empty is unset."""
        language = environment.get("DUIXIAN_LANG", "").strip().lower()[:2]
        return cls.at(
            Path(environment.get("DUIXIAN_HOME") or "var"),
            database_url=said("DUIXIAN_DATABASE_URL", environment),
            language=language if language in LANGUAGES else "zh",
        )

    @property
    def evidence(self) -> Path:
        """The folder of evidence files, stored by their SHA-256."""
        return self.directory / "evidence"

    @property
    def engine(self) -> Path:
        """The folder of the workflow engine: its database, its secret, its lock and log; may be deleted while it is off."""
        return self.directory / "engine"

    @property
    def shown_url(self) -> str:
        """The database's address without its password."""
        return make_url(self.database_url).render_as_string(hide_password=True)

    def environment(self) -> dict[str, str]:
        """The variables that make another process find this home."""
        given = {
            "DUIXIAN_HOME": str(self.directory),
            "DUIXIAN_DATABASE_URL": self.database_url,
            "DUIXIAN_LANG": self.language,
        }
        return given | ({PLACES: os.pathsep.join(places())} if places() else {})

    @classmethod
    def current(cls) -> "Home":
        """The home that this thread of work was told to use, else the environment's."""
        return _CURRENT.get() or cls.from_environment()

    @contextmanager
    def in_use(self) -> Iterator["Home"]:
        """Makes this the current home of what runs inside."""
        token = _CURRENT.set(self)
        try:
            yield self
        finally:
            _CURRENT.reset(token)

    def store(self) -> "Store":
        """The process's store of this home, opened and checked once; raises UnsafeStore with what to do."""
        from models.store import shared

        return shared(self.database_url)


def _inside(place: Path) -> str:
    """The address of the database in a home; a name that an address cannot hold would put it somewhere else."""
    path = str(place / "duixian.db")
    url = f"sqlite:///{path}"
    read = make_url(url)
    if read.database != path or read.query:
        zh = f"主目录 {place} 的名称含有 ?、# 等数据库地址不能用的字符，请改用别的目录（DUIXIAN_HOME）"
        en = f"{place} holds characters (like ?) that a database's address cannot: choose another folder (DUIXIAN_HOME)"
        raise Refused("home", zh, en, field="DUIXIAN_HOME")
    return url


def said(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """A variable's value, or the content of the file that NAME_FILE names, which is how secrets come; "" for neither."""
    if path := environment.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as trouble:
            zh, en = f"{name}_FILE 指向的文件读不到（{said_zh(trouble)}）", f"{name}_FILE: {trouble.strerror}"
            raise Refused("secret_file", zh, en, field=f"{name}_FILE") from trouble
    return environment.get(name, "").strip()


_CURRENT: ContextVar[Home | None] = ContextVar("home", default=None)
