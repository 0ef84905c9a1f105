"""Fresh business databases for tests, on SQLite and PostgreSQL alike, each verified when its test is over."""

import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.engine import make_url

from models.store import Store
from support.postgres import Server


def filled(demo: bool) -> Callable[[str], None]:
    """What puts the schema and the mark into an empty database."""

    def fill(url: str) -> None:
        Store.create(url, demo=demo).close()

    return fill


class Databases:
    """Hands out addresses of fresh databases; the schema is made once a kind and copied from then on."""

    def __init__(self, folder: Path, server: Callable[[], Server]) -> None:
        self._folder = folder
        self._server = server

    def fresh(self, backend: str, folder: Path, *, demo: bool) -> str:
        """The address of a new database with the schema in it; a demo one has a clock that can be set."""
        kind = "demo" if demo else "production"
        if backend == "postgresql":
            return self._server().database(kind, filled(demo))
        template = self._folder / f"{kind}.sqlite"
        if not template.exists():
            filled(demo)(f"sqlite:///{template}")
        copy = folder / f"duixian-{len(list(folder.glob('duixian-*.sqlite'))) + 1}.sqlite"
        shutil.copy(template, copy)
        return f"sqlite:///{copy}"

    def drop(self, url: str) -> None:
        """Give a database's room back."""
        parsed = make_url(url)
        if parsed.drivername.startswith("postgresql"):
            self._server().drop(url)
        elif parsed.database:
            for suffix in ("", "-wal", "-shm"):
                Path(parsed.database + suffix).unlink(missing_ok=True)


def broken(store: Store) -> list[str]:
    """What `verify` finds amiss, one line a fault."""
    from models.verify import verify

    return [str(found) for found in verify(store).bad]
