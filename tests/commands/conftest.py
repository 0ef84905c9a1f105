"""The real command line against a furnished store: a runner whose answers carry exit code, text and JSON."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from cli.app import app
from models import AwardRecord, Case, Decision, Duty, Fund, LedgerEntry, PaymentOrder, State
from models.store import Store, shared
from support.stage import Stage
from support.walk import Walk


@dataclass
class Desk:
    """Runs commands in one home."""

    home: Path
    url: str = ""
    runner: CliRunner = field(default_factory=CliRunner)

    def run(self, *arguments: object, lang: str = "zh", token: str = "", stdin: str | None = None) -> Result:
        """A command's exit code, stdout and stderr; a traceback is a fault of its own."""
        env = {
            "DUIXIAN_HOME": str(self.home),
            "DUIXIAN_DATABASE_URL": self.url,
            "DUIXIAN_LANG": lang,
            "DUIXIAN_TOKEN": token,
            "DUIXIAN_BANK_KEY": "",
        }
        handlers = logging.getLogger().handlers[:]
        result = self.runner.invoke(app, [str(argument) for argument in arguments], env=env, input=stdin)
        logging.getLogger().handlers[:] = handlers  # the engine's write to this command's output, which is closed now
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert "Traceback" not in result.output
        return result

    def __call__(self, *arguments: object, code: int = 0, **more: Any) -> str:
        """The output of a command that must end with this exit code."""
        result = self.run(*arguments, **more)
        assert result.exit_code == code, f"{arguments}: exit {result.exit_code}\n{result.output}"
        return result.output

    def json(self, *arguments: object, code: int = 0, **more: Any) -> Any:
        """The same with --json, as what stdout holds."""
        result = self.run(*arguments, "--json", **more)
        assert result.exit_code == code, f"{arguments}: exit {result.exit_code}\n{result.output}"
        return json.loads(result.stdout)

    def error(self, *arguments: object, code: int, **more: Any) -> dict[str, Any]:
        """The error of a command that must fail; its JSON and its plain words agree."""
        found: dict[str, Any] = self.json(*arguments, code=code, **more)["error"]
        assert set(found) == {"code", "message", "field", "faults"}
        assert found["message"]
        return found

    def write(self, name: str, content: Any) -> Path:
        """A file handed in: text as it is, anything else as JSON."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
        path.write_text(text, encoding="utf-8")
        return path


@dataclass
class CommandOffice(Desk):
    """The same in front of a furnished store; `walk` moves cases on behind the command line's back."""

    store: Store = field(default_factory=lambda: Store(""))

    @cached_property
    def stage(self) -> Stage:
        return Stage(self.store)

    @cached_property
    def walk(self) -> Walk:
        return Walk(self.stage)

    def case(self, item: str, number: int, state: State = State.DRAFT, duty: Duty | None = None, firm: int = 0) -> str:
        """A case brought to a state; its number."""
        return self.walk.to(self.walk.open(item, number, firm), state, duty).number

    def seen(self) -> tuple[object, ...]:
        """Cases, decisions and money as they stand: what a refusal must leave unchanged."""
        with self.store.read() as work:
            tables = (Case, Decision, AwardRecord, LedgerEntry, Fund, PaymentOrder)
            return tuple(tuple(map(tuple, work.execute(select(table.__table__)))) for table in tables)  # type: ignore[attr-defined]


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    """SQLite, unless a test asks for both: commands are thin, and what is below them is tested on both."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A home in which nothing is yet."""
    home = tmp_path / "home"
    yield Desk(home=home)
    shut(f"sqlite:///{home / 'duixian.db'}" if (home / "duixian.db").exists() else "")


@pytest.fixture
def office(make_store: Callable[..., Store], tmp_path: Path) -> Iterator[CommandOffice]:
    """A demo store with people, firms, money and values; verified when the test is over."""
    store = make_store()
    Stage(store).furnish()
    yield CommandOffice(home=tmp_path / "home", url=store.url, store=store)
    shut(store.url)


@pytest.fixture
def production(make_store: Callable[..., Store], tmp_path: Path) -> Iterator[CommandOffice]:
    """An empty production store."""
    store = make_store(demo=False)
    yield CommandOffice(home=tmp_path / "home", url=store.url, store=store)
    shut(store.url)


def shut(url: str) -> None:
    """Lets go of the store that the commands opened."""
    if url and shared.cache_info().currsize:
        shared(url).close()
    shared.cache_clear()
