"""`duixian demo`: a fresh home, the rehearsal, tables, files and the report; exit code 1 if anything is wrong."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from casework.shared.errors import Refused
from casework.shared.home import Home
from demo import mid_season, office_setup
from demo.earlier_store import clear_earlier, refuse_other
from demo.plans import plans
from demo.stage import Folders, Season
from models.store import Store, shared
from models.unit_of_work import Ids

if TYPE_CHECKING:
    from rich.console import Console

    from demo.automatic import Automatic
    from demo.delivery_days import SeasonMail
    from demo.play import Progress


@dataclass(frozen=True, kw_only=True)
class Rehearsed:
    """A season that was played: what it left, and what it took in real seconds."""

    season: Season
    automatic: Automatic
    post: SeasonMail
    seconds: float
    stopped: Season | None = None  # a copy of it in its middle


def demo_home(home: Home) -> Home:
    """The home of the demo beside an installation's own: a folder and a database of its own."""
    return Home.at(home.directory / "demo", language=home.language)


def rehearse(
    home: Home, out: Path, *, seed: int, small: bool, engine: bool, progress: Progress, copies: bool = False
) -> Rehearsed:
    """Plays a season in a fresh home; `engine` False calls the flows' functions without the engine; `copies` leaves another store
    beside it, stopped in mid-season."""
    if copies:
        refuse_other(mid_season.mid_season_home(home))
    from demo.automatic import Automatic, engine_of
    from demo.delivery_days import post_office
    from demo.play import play

    season = Season(
        home=home, store=_fresh_store(home, seed), folders=_fresh_folders(out), plans=plans(seed, small=small),
        officers=[], firms=office_setup.firms(), seed=seed,
    )  # fmt: skip
    with engine_of(home) if engine else nullcontext() as running, post_office(season) as post:
        automatic = Automatic(home, running)
        began = time.perf_counter()
        with home.in_use():
            stopped = play(season, automatic, post, progress, copies=copies)
        automatic.ask()
        seconds = time.perf_counter() - began
        return Rehearsed(season=season, automatic=automatic, post=post, seconds=seconds, stopped=stopped)


def _fresh_store(home: Home, seed: int) -> Store:
    """The store of a new demo, in place of an earlier one; marked demo for ever."""
    database = home.directory / "duixian.db"
    if home.database_url != f"sqlite:///{database}":
        raise Refused("demo_home", "演示只在自己的目录和数据库中进行", "the demo keeps to a home of its own")
    clear_earlier(home)
    shared.cache_clear()
    Store.create(home.database_url, demo=True, seed=seed).close()
    store = home.store()
    store.ids = Ids(seed)
    return store


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
        done = rehearse(home, out, seed=seed, small=small, engine=engine, progress=progress, copies=True)
    result = conclude(done, shown, time.perf_counter() - began)
    if done.stopped is not None:
        if not mid_season.fill(done.stopped):
            shown.print("停在季中的演练库校验不通过，请运行 duixian verify 查看", style="red")
            return 1
        _invite(shown, done.stopped)
    return result


def conclude(done: Rehearsed, console: Console, seconds: float) -> int:
    """Tables, report, verification, and what to open next."""
    from demo import season_report, tables
    from demo.figures import figures
    from demo.season_digest import digest
    from models.verify import export_audit, verify

    season, automatic = done.season, done.automatic
    found, checked = figures(season), verify(season.store)
    head = export_audit(season.store, season.folders.audit / "audit.jsonl")
    (season.folders.audit / "head.json").write_text(head.json() + "\n", encoding="utf-8")
    own = digest(season)
    season_report.write(season, season_report.render(season, found, checked, head, own, automatic))
    tables.show(console, found)
    live = sum(measure.live for measure in found.measures)
    for invariant in checked.bad:
        console.print(f"校验不通过：{invariant}", style="red")
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


def _invite(console: Console, stopped: Season) -> None:
    """How to go into the portal, as whom, and what to try."""
    from demo.portal_accounts import PASSWORD, accounts_of

    console.print()
    console.print(
        f"门户（停在 {mid_season.MOMENT:%Y-%m-%d}，主要岗位都有待办）：make serve，然后打开 http://localhost:8023"
    )
    console.print(f"  演示账号密码一律为 {PASSWORD}")
    for account in accounts_of(stopped.home):
        console.print(f"  {account.login:<28} {account.zh}：{account.try_zh}")


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
