"""Brings the schema to the newest revision; Alembic is loaded only when there is something to do.

`python -m models.migrate "what it does"` writes the next revision from the difference between records and schema.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url

from models.database import UnsafeStore, open_engine
from models.triggers import faults

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).parent / "migrations"
_RULES_SINCE = "0012"  # from this revision on, rules, public subjects and conditions are what they are today
_LOCK = text("SELECT pg_advisory_xact_lock(1146444112)")  # one schema change at a time; the number means nothing


def head() -> str:
    """The newest revision's id, from the name of its file (`v0001_…`); empty before the first."""
    return max(_numbers(), default="")


def twice() -> list[str]:
    """The numbers that two migrations of this program bear: which of them made a database's schema, nobody can tell."""
    return sorted(number for number, files in Counter(_numbers()).items() if files > 1)


def _numbers() -> list[str]:
    return [path.name[1:5] for path in (HERE / "versions").glob("v[0-9]*.py")]


def current(url: str) -> str | None:
    """The revision that a database is at, or None when it holds no schema of ours. Creates nothing."""
    parsed = make_url(url)
    if parsed.drivername.startswith("sqlite") and not (parsed.database and Path(parsed.database).exists()):
        return None
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return revision_of(connection)
    finally:
        engine.dispose()


def revision_of(connection: Connection) -> str | None:
    """The revision of the database behind an open connection."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def upgrade(url: str) -> str:
    """Makes the schema, or brings it and its guards up to date, in one transaction; returns the revision reached.

    A store with cases of the old rules raises UnsafeStore and stays as it is: no upgrade can bind them to rules that are here.
    """
    wanted = head()
    if wrong := twice():
        raise UnsafeStore(doubled(wrong))
    with _changing(url) as connection:
        found = revision_of(connection)
        if found is not None and found < _RULES_SINCE:
            _refuse_cases_of_old_rules(connection, found)
        if found != wanted or faults(connection):
            from alembic import command

            command.upgrade(_config(connection, guards="on"), wanted)
    return wanted


def downgrade(url: str, revision: str) -> None:
    """Goes back to an older revision (`base`: nothing is left). Such a store opens only with its own version."""
    from alembic import command

    with _changing(url) as connection:
        command.downgrade(_config(connection, guards="off"), revision)


def differences(connection: Connection) -> list[str]:
    """How the schema of a database differs from the records, one line each."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlmodel import SQLModel

    options = {"compare_type": True}
    return [
        str(found)
        for found in compare_metadata(MigrationContext.configure(connection, opts=options), SQLModel.metadata)
    ]


def write_revision(message: str) -> Path:
    """Writes the next revision into versions/, from a fresh SQLite schema; to be read and tidied by its author."""
    from alembic import command

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/schema.db"
        if head():
            upgrade(url)
        with _changing(url) as connection:
            config = _config(connection, guards="keep")
            number = f"{int(head() or 0) + 1:04d}"
            command.revision(config, message, autogenerate=True, rev_id=number)
    return next((HERE / "versions").glob(f"v{number}_*.py"))


def doubled(numbers: Sequence[str]) -> str:
    """What is said of a program whose migrations are not in one line, in both languages."""
    listed = "、".join(numbers)
    return (
        f"程序不完整：编号 {listed} 的数据库迁移有两份，混有两个版本的文件，数据库未作任何改动。请重新安装完整的同一版本"
        f" (two migrations are numbered {', '.join(numbers)}: files of two versions are mixed; install one version whole)"
    )


def _refuse_cases_of_old_rules(connection: Connection, found: str) -> None:
    """Digests, subject keys and checks of before cannot be made those of today; drafts bind no rule and go along."""
    if not inspect(connection).has_table("case_file"):
        return
    count = connection.execute(text("SELECT count(*) FROM case_file WHERE filed_at IS NOT NULL")).scalar_one()
    if count:
        raise UnsafeStore(
            f"数据库结构为 {found}，其中 {count} 件已申报案件按旧版规则受理：规则摘要、就高不重复依据和办理条件都无法换算，"
            "不能升级，数据库未作任何改动。请用原来的程序把这些案件办结并留存该数据库备查，新程序另用新目录运行 duixian init；"
            "演示数据请重新预演（make demo）"
            f" (the schema is {found} and {count} filed cases rest on the rules of an older program, which cannot be converted:"
            " nothing was changed. Finish them with the program that made them and keep its database; start the new program"
            " in a new home with duixian init; rehearse demonstrations anew)"
        )


@contextmanager
def _changing(url: str) -> Iterator[Connection]:
    """A transaction that may change the schema. SQLite's foreign keys rest meanwhile: a table may be rebuilt."""
    engine = open_engine(url)
    try:
        with engine.connect().execution_options(writes=True) as connection:
            sqlite = connection.dialect.name == "sqlite"
            if sqlite:
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            with connection.begin():
                if not sqlite:
                    connection.execute(_LOCK)
                yield connection
                if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                    raise RuntimeError(f"the schema change would leave an orphan: {tuple(broken)}")
    finally:
        engine.dispose()


def _config(connection: Connection, *, guards: str) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    config.attributes.update(connection=connection, guards=guards)
    return config


if __name__ == "__main__":
    sys.stdout.write(f"{write_revision(' '.join(sys.argv[1:]))}\n")
