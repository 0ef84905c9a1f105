"""`duixian demo`: a fresh home, the rehearsal, tables, files and the report; exit code 1 if anything is wrong."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from casework.errors import Refused
from casework.home import Home
from deployments.season import office
from deployments.season.plans import plans
from deployments.season.stage import Folders, Season
from models.store import Store, shared
from models.work import Ids

if TYPE_CHECKING:
    from rich.console import Console

    from deployments.season.automatic import Automatic
    from deployments.season.play import Progress
    from deployments.season.post import Post


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """A season that was played: what it left, and what it took in real seconds."""

    season: Season
    automatic: Automatic
    post: Post
    seconds: float


def demo_home(home: Home) -> Home:
    """The home of the demo beside an installation's own: a folder and a database of its own."""
    return Home.at(home.directory / "demo", language=home.language)


def rehearse(home: Home, out: Path, *, seed: int, small: bool, engine: bool, progress: Progress) -> Rehearsed:
    """Plays a season in a fresh home; `engine` False calls the flows' functions without the engine."""
    from deployments.season.automatic import Automatic, engine_of
    from deployments.season.play import play
    from deployments.season.post import post_office

    season = Season(
        home=home, store=_fresh_store(home, seed), folders=_fresh_folders(out), plans=plans(seed, small=small),
        officers=[], firms=office.firms(), seed=seed,
    )  # fmt: skip
    with engine_of(home) if engine else nullcontext() as running, post_office(season) as post:
        automatic = Automatic(home, running)
        began = time.perf_counter()
        with home.in_use():
            play(season, automatic, post, progress)
        automatic.ask()
        return Rehearsed(season=season, automatic=automatic, post=post, seconds=time.perf_counter() - began)


def _fresh_store(home: Home, seed: int) -> Store:
    """Clears away an earlier demo of this home, and nothing else; makes the store, marked demo for ever."""
    database = home.directory / "duixian.db"
    if home.database_url != f"sqlite:///{database}":
        raise Refused("demo_home", "演示只在自己的目录和数据库中进行", "the demo keeps to a home of its own")
    if database.exists():
        _refuse_production(home)
    shared.cache_clear()
    for path in (database, *home.directory.glob("duixian.db-*")):
        path.unlink(missing_ok=True)
    for folder in (home.evidence, home.engine):
        shutil.rmtree(folder, ignore_errors=True)
    Store.create(home.database_url, demo=True, seed=seed).close()
    store = home.store()
    store.ids = Ids(seed)
    return store


def _refuse_production(home: Home) -> None:
    """Goes on over a demo store alone, by its mark, of whatever version it is; says of anything else what it is and what to do."""
    database, where = home.directory / "duixian.db", home.directory
    mark = _mark(database)
    if mark is True:
        return
    if mark is False:
        zh = f"{where} 里的数据库是正式库，不是演示库，已停止；请用 DUIXIAN_HOME 另指目录"
        en = f"{where} holds a production store and no demo: nothing was touched; name another DUIXIAN_HOME"
        raise Refused("production_store", zh, en)
    zh = f"不能确认 {database} 是演示库（没有读到生产或演示标记），已停止；请用 DUIXIAN_HOME 另指目录，或确认无用后移走该文件"
    en = f"{database} has no mark that says whether it is a demo: nothing was touched; name another DUIXIAN_HOME, or move it away"
    raise Refused("unknown_store", zh, en)


def _mark(database: Path) -> bool | None:
    """What a store says it is, whatever its schema's version; None where it says nothing. Changes nothing."""
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT demo FROM store_mark WHERE id = 1").fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else bool(row[0])


def _fresh_folders(out: Path) -> Folders:
    folders = Folders(out=out)
    shutil.rmtree(folders.out / "season", ignore_errors=True)
    folders.report.unlink(missing_ok=True)
    for name in ("input", "payments", "bank", "audit", "messages"):
        (folders.out / "season" / name).mkdir(parents=True)
    return folders


def run(
    home: Home,
    *,
    seed: int = 1,
    out: Path = Path("out"),
    console: Console | None = None,
    small: bool = False,
    engine: bool = True,
) -> int:
    """Rehearses the season in `home` (see `demo_home`), writes files and report under `out`; 0, or 1 if anything is wrong."""
    from rich.console import Console as RichConsole

    shown = console or RichConsole(highlight=False)
    quiet()
    began = time.perf_counter()
    with _bar(shown) as progress:
        done = rehearse(home, out, seed=seed, small=small, engine=engine, progress=progress)
    return conclude(done, shown, time.perf_counter() - began)


def conclude(done: Rehearsed, console: Console, seconds: float) -> int:
    """Tables, report, verification, and what to open next."""
    from deployments.season import report, tables
    from deployments.season.digest import digest
    from deployments.season.figures import figures
    from models.verify import export_audit, verify

    season, automatic = done.season, done.automatic
    found, checked = figures(season), verify(season.store)
    head = export_audit(season.store, season.folders.audit / "audit.jsonl")
    (season.folders.audit / "head.json").write_text(head.json() + "\n", encoding="utf-8")
    own = digest(season)
    report.write(season, report.render(season, found, checked, head, own, automatic))
    tables.show(console, found)
    live = sum(one.live for one in found.measures)
    for one in checked.bad:
        console.print(f"校验不通过：{one}", style="red")
    runs = f"{sum(automatic.runs.values())} 次（引擎记录完成 {automatic.recorded} 次，{automatic.seconds:.1f} 秒）"
    outcome = f"校验 {len(checked.checks)} 项{'全部通过' if checked.ok else '有误'}"
    console.print(f"人的办理 {season.acts:,} 次，流程运行 {runs}，全程 {seconds:.1f} 秒；未办结 {live} 件；{outcome}")
    told = f"通知 {found.told.messages:,} 条，邮件 {found.told.mails:,} 封，群聊 {found.told.chats:,} 条"
    console.print(f"{told}，发送用时 {done.post.seconds:.1f} 秒")
    console.print(f"本季摘要 {own}")
    console.print(f"审计链末端 {head.seq} {head.hash}")
    _next(console, season)
    return 0 if checked.ok and not live else 1


def quiet() -> None:
    """The engine speaks up only where something is wrong; set before it is first imported."""
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    os.environ.setdefault("DO_NOT_TRACK", "1")


def _next(console: Console, season: Season) -> None:
    folders, directory = season.folders, season.home.directory
    console.print("接下来可以打开（演示数据 DEMO）：")
    console.print(f"  报告        {folders.report}")
    console.print(f"  拨付文件    {folders.payments}（银行回单在 {folders.bank}）")
    console.print(f"  通知        {folders.messages}（邮件 mail/、群聊 chat.txt）")
    console.print(f"  导入的表格  {folders.input}")
    console.print(f"  查看案件    DUIXIAN_HOME={directory} duixian cases")
    console.print(f"  继续运行    DUIXIAN_HOME={directory} duixian serve")


@contextmanager
def _bar(console: Console) -> Iterator[Progress]:
    """A progress bar with the business date; plain lines where nobody looks on."""
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("演示季 {task.fields[day]}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=console, transient=not console.is_terminal) as bars:
        task = bars.add_task("", total=None, day="开办")

        def progress(done: int, whole: int, day: str) -> None:
            bars.update(task, completed=done, total=whole, day=day or "完成")

        yield progress
