"""The identity key is not in a backup unless asked for; without it nothing that is sealed comes back, and that is said in time."""

import gzip
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url
from sqlmodel import col

from casework.parties import party_register
from casework.parties.party_register import NewParty
from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.shared.register_writes import SYSTEM
from deployments.backup.create import create
from deployments.backup.manifest import KEY
from models import Party, sealing
from models.store import Store, shared
from support.backups import drill
from support.office import identity_number

SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
pytestmark = pytest.mark.slow


@pytest.fixture
def production(make_store: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A production store with a natural person, whose name is sealed under a key that the identity key wraps."""
    store = make_store(demo=False)
    if store.engine.dialect.name == "postgresql":
        monkeypatch.setenv("DUIXIAN_IDENTITY_KEY", str(tmp_path / "identity.key"))
    here = Home.at(tmp_path / "home", database_url=store.url)
    new = NewParty(kind="person", name="算小毕", code=identity_number(7), contact="13912345678")
    party_register.add(here.store(), SYSTEM, new)
    yield here
    shared(store.url).close()
    shared.cache_clear()


def key_of(url: str) -> Path:
    """Where the identity key of a store lies."""
    found = sealing.key_file(make_url(url).database if url.startswith("sqlite") else None)
    assert found is not None
    return found


def forget() -> None:
    """As a new process would: no key is remembered, no database known."""
    sealing.RING.__init__()  # type: ignore[misc]


def test_the_identity_key_is_kept_apart_and_asked_for_at_the_restore(
    production: Home, empty: Callable[[], str], tmp_path: Path
) -> None:
    made, into = create(production, tmp_path / "apart"), empty()
    assert made.manifest.verified, "what is sealed was proven, too"
    key = key_of(production.database_url)
    kept = key.read_bytes()
    assert KEY not in made.manifest.parts and kept not in gzip.decompress(made.path.read_bytes())
    apart = key.rename(tmp_path / "kept-apart")
    forget()
    with pytest.raises(Refused, match="请先把另行保管的密钥文件放到"):
        drill(production, made.path, into)
    there = key_of(into if "://" in into else f"sqlite:///{into}/duixian.db")
    there.parent.mkdir(exist_ok=True)
    there.write_bytes(os.urandom(32))
    with pytest.raises(Refused, match="不是这份备份的密钥"):
        drill(production, made.path, into)
    there.write_bytes(kept)
    forget()
    done = drill(production, made.path, into)
    assert done.report.ok and done.key is None and name_of_the_person(done.home.database_url) == "算小毕"
    forget()
    apart.replace(key)


def name_of_the_person(url: str) -> str:
    """The sealed name, opened."""
    store = Store.open(url)
    try:
        with store.read() as work:
            return str(work.execute(select(col(Party.name))).scalar_one())
    finally:
        store.close()


def test_the_identity_key_goes_along_on_demand(production: Home, empty: Callable[[], str], tmp_path: Path) -> None:
    made, into = create(production, tmp_path / "whole", with_key=True), empty()
    key = key_of(production.database_url)
    kept = key.read_bytes()
    key.unlink()
    forget()
    done = drill(production, made.path, into)
    assert done.key is not None and done.key.read_bytes() == kept and stat.S_IMODE(done.key.stat().st_mode) == 0o600
    assert done.report.ok and name_of_the_person(done.home.database_url) == "算小毕"
    if not key.exists():
        key.write_bytes(kept)


@SQLITE
def test_a_store_whose_identity_key_is_lost_is_backed_up_all_the_same(production: Home, tmp_path: Path) -> None:
    key = key_of(production.database_url)
    kept = key.read_bytes()
    key.unlink()
    forget()
    made = create(production, tmp_path / "lost")
    assert made.manifest.broken in ([], ["identity-key"]) and made.manifest.identity_key == ""
    key.write_bytes(kept)
