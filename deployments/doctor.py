"""Examines an installation: what is well, what is not, and what to do about it. Changes nothing, needs no engine."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import metadata

from sqlalchemy import func, select
from sqlmodel import col

from casework.shared.home import Home
from casework.shared.policies_in_use import of_work
from casework.shared.reference import reference
from deployments.engine_client import Connection
from deployments.engine_http import as_stranger
from deployments.examining.deployed import deployed
from deployments.examining.duties import duties
from deployments.examining.filing_windows import filing, installed, readable
from deployments.examining.private import database_role, files, identity_key
from deployments.examining.rule_versions import rules
from deployments.examining.second_factors import second_factors
from deployments.examining.undelivered import messages
from deployments.finding import DoctorFinding, Level
from deployments.locks import FileLock
from deployments.settings import SWEEP_ALARM_SECONDS, EngineFiles
from models import AuditEntry
from models.clock import lasting, real_now
from models.store import Store

SKEW = timedelta(seconds=5)
DISK_LOW, DISK_OUT = 2 * 1024**3, 200 * 1024**2
STRANGER = "http://elsewhere.example"


def doctor(home: Home) -> list[DoctorFinding]:
    """Every check of an installation, the ground first; one that breaks is a finding itself."""
    found: list[DoctorFinding] = []
    for check in (versions, disk, fonts, files, database):
        found += _guarded(check, home)
    if any(finding.id == "database" and finding.level == "fail" for finding in found):
        found += _guarded(readable, home)
    else:
        for check in (
            database_role, identity_key, clock, working_days, installed, filing, rules, parameters, duties, second_factors,
            channels, messages,
        ):  # fmt: skip
            found += _guarded(check, home)
    return found + _guarded(engine, home)


def _guarded(check: Callable[[Home], Iterator[DoctorFinding]], home: Home) -> list[DoctorFinding]:
    found: list[DoctorFinding] = []
    try:
        found += iter(check(home))  # one by one: what was found before it broke is told as well
    except Exception as trouble:
        words = f"{type(trouble).__name__}: {trouble}"
        found.append(DoctorFinding(check.__name__, "fail", f"检查未能完成（{words}）", f"the check broke ({words})"))
    return found


def versions(home: Home) -> Iterator[DoctorFinding]:
    """Python and the packages whose ranges pyproject.toml states."""
    from packaging.requirements import Requirement

    wrong = []
    for line in metadata.requires("duixian") or ():
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{wanted.name}（缺 missing）")
            continue
        if not wanted.specifier.contains(installed, prereleases=True):
            wrong.append(f"{wanted.name} {installed}（需 wants {wanted.specifier}）")
    if wrong:
        listed = "、".join(wrong)
        yield DoctorFinding(
            "versions", "fail", f"软件包版本不符：{listed}；请运行 make env", f"wrong versions: {listed}; run make env"
        )
    else:
        python = ".".join(map(str, sys.version_info[:3]))
        engine = metadata.version("prefect")
        yield DoctorFinding(
            "versions", "ok", f"Python {python}、Prefect {engine}，版本均在范围内", f"Python {python}, Prefect {engine}"
        )


def disk(home: Home) -> Iterator[DoctorFinding]:
    """Room where the home is."""
    place = next(path for path in (home.directory, *home.directory.parents) if path.exists())
    free = shutil.disk_usage(place).free
    level: Level = "fail" if free < DISK_OUT else "warn" if free < DISK_LOW else "ok"
    zh = f"{place} 剩余 {free / 1024**3:.1f} GB" + ("" if level == "ok" else "，请清理或扩容，否则无法写入")
    yield DoctorFinding(
        "disk",
        level,
        zh,
        f"{free / 1024**3:.1f} GB free" + ("" if level == "ok" else ": make room, or writes will fail"),
    )


def fonts(home: Home) -> Iterator[DoctorFinding]:
    """A Chinese font, for what is printed."""
    if not shutil.which("fc-list"):
        yield DoctorFinding(
            "fonts", "ok", "系统没有 fontconfig，使用系统自带字体", "no fontconfig: the system's own fonts"
        )
        return
    listed = subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False, timeout=20).stdout
    if listed.strip():
        yield DoctorFinding("fonts", "ok", "已安装中文字体", "a Chinese font is installed")
    else:
        advice = "apt install fonts-noto-cjk"
        yield DoctorFinding(
            "fonts", "warn", f"没有中文字体，打印件会缺字；请安装（Debian：{advice}）", f"no Chinese font: {advice}"
        )


def database(home: Home) -> Iterator[DoctorFinding]:
    """Reachable, safe, with the schema of this version and all its guards."""
    from models.migrate import head
    from models.startup import problems

    store = Store(home.database_url)
    try:
        wrong = problems(store.engine)
    finally:
        store.close()
    if not wrong:
        shown = home.shown_url
        zh, en = (
            f"数据库可用，设置和防护完好：{shown}",
            f"the database is reachable, its settings and guards whole: {shown}",
        )
        yield DoctorFinding("database", "ok", zh, en)
        yield DoctorFinding("schema", "ok", f"数据库结构为最新（{head()}）", f"the schema is the newest ({head()})")
    for problem in wrong:
        yield DoctorFinding("database", "fail", problem, f"the database must not be used: {problem}")


def clock(home: Home) -> Iterator[DoctorFinding]:
    """This machine's clock against the database's, and against the last thing that was written."""
    store = home.store()
    with store.read() as work:
        last = work.execute(select(func.max(col(AuditEntry.at)))).scalar_one_or_none()
        theirs = work.execute(select(func.now())).scalar_one() if work.postgres else real_now()
        ours, demo = real_now(), work.demo
    gap = abs(ours - theirs)
    if gap > SKEW:
        zh_gap, en_gap = (lasting(gap.total_seconds(), language) for language in ("zh", "en"))
        zh = f"本机与数据库时钟相差 {zh_gap}，窗口起止时刻会判错；请校时（NTP）"
        yield DoctorFinding(
            "clock", "fail", zh, f"this machine and the database differ by {en_gap}: set the clocks (NTP)"
        )
    elif last is not None and not demo and last > ours + SKEW:
        zh = f"最后一条审计记录的时间 {last:%Y-%m-%d %H:%M:%S} 在未来，时钟可能被调慢；请校时（NTP）"
        yield DoctorFinding(
            "clock", "fail", zh, "the last audit row lies in the future: the clock went back; set it (NTP)"
        )
    else:
        yield DoctorFinding("clock", "ok", "时钟一致", "the clocks agree")


def working_days(home: Home) -> Iterator[DoctorFinding]:
    """Data for this business year and the next; deadlines in a year without are provisional."""
    store = home.store()
    with store.read() as work:
        calendar, year = reference(store, work).calendar, work.today.year
    gone = [missing for missing in (year, year + 1) if not calendar.knows(missing)]
    if not gone:
        yield DoctorFinding(
            "working-days", "ok", f"{year}、{year + 1} 年工作日数据齐全", f"working days of {year}, {year + 1}"
        )
        return
    listed = "、".join(map(str, gone))
    zh = f"缺 {listed} 年的放假调休安排，该年的期限为暂定；国务院通知发布后请用 duixian holidays import 录入"
    en = f"no working-day data for {listed}: deadlines there are provisional; enter them (duixian holidays import)"
    yield DoctorFinding("working-days", "fail" if year in gone else "warn", zh, en)


def parameters(home: Home) -> Iterator[DoctorFinding]:
    """Values that the text leaves open: without them their items are not payable."""
    store = home.store()
    with store.read() as work:
        values, known_here, today = reference(store, work).dated, of_work(work), work.today
    for policy in known_here:
        known = values.get(policy.code, {})
        unset = [
            parameter.id
            for item in policy
            for parameter in policy.item_on(item.id, today).parameters
            if parameter.required and parameter.id not in known
        ]
        if not unset:
            yield DoctorFinding(
                "parameters", "ok", f"{policy.code} 必需参数均已确定", f"{policy.code}: every parameter is set"
            )
            continue
        listed = "、".join(dict.fromkeys(unset))
        zh = f"{policy.code} 未确定的参数：{listed}；相关事项暂不可兑付，请用 duixian parameters set / confirm 录入"
        en = f"{policy.code} parameters not set: {listed}; their items cannot be paid (duixian parameters set, confirm)"
        yield DoctorFinding("parameters", "warn", zh, en)


def channels(home: Home) -> Iterator[DoctorFinding]:
    """The ways to reach people: set up, with their keys, and none that a demo store must not use."""
    from notifications.channels.channel_settings import WrongSettings, read_settings
    from notifications.channels.opening import open_sound

    try:
        settings = read_settings(home.directory)
        opened, faults = open_sound(settings, demo=home.store().demo)
        faults += settings.app_faults
    except WrongSettings as fault:
        opened, faults = {}, [fault]
    for wrong in faults:
        yield DoctorFinding("channels", "fail", wrong.zh, wrong.en)
    if opened:
        names = ", ".join(opened)
        words = f"通知渠道 {len(opened)} 个：{names}；逐个试发：duixian channels test"
        yield DoctorFinding(
            "channels", "ok", words, f"{len(opened)} channels: {names}; try each: duixian channels test"
        )
    elif not faults:
        zh = "没有通知渠道：消息在待发箱中等待；请设置 channels.toml"
        yield DoctorFinding("channels", "warn", zh, "no channels: messages wait in the outbox; set up channels.toml")


def engine(home: Home) -> Iterator[DoctorFinding]:
    """The running system, where one runs: alive, on a private address, with its password on and closed to foreign pages."""
    from deployments.cluster.cluster_settings import Cluster

    if (shared := Cluster.from_environment()) is not None:
        from deployments.cluster.examine import cluster

        yield from cluster(home, shared)
        return
    files = EngineFiles.of(home)
    holder = FileLock(files.lock).holder()
    if holder is None:
        zh = "系统未在运行：案件只在 duixian advance 时推进；长期运行请用 duixian serve"
        yield DoctorFinding(
            "engine", "warn", zh, "not running: cases move on only by duixian advance; run duixian serve"
        )
        return
    connection = Connection(files, files.last_port())
    if not connection.answers():
        zh = f"流程引擎无应答（进程 {holder}），案件照常推进、界面不可用；见 {files.log}"
        yield DoctorFinding(
            "engine", "warn", zh, f"the engine does not answer; cases move on without it; see {files.log}"
        )
    else:
        yield DoctorFinding(
            "engine", "ok", f"流程引擎运行中：{connection.url}（仅本机）", f"the engine runs: {connection.url}"
        )
        yield from _closed(connection)
        yield from _forgets(connection)
        yield from deployed(connection)
    yield from _swept(files)


def _closed(connection: Connection) -> Iterator[DoctorFinding]:
    status, headers = as_stranger(connection.url, origin=STRANGER)
    if status == 401:
        yield DoctorFinding("engine-password", "ok", "引擎接口需登录", "the engine asks for its password")
    else:
        zh = f"引擎接口无需登录即可访问（{status}）：请立即停止并重新启动 duixian serve"
        yield DoctorFinding(
            "engine-password", "fail", zh, f"the engine answers strangers ({status}): restart duixian serve now"
        )
    if headers.get("access-control-allow-origin") in ("*", STRANGER):
        zh = "引擎接口允许任意网页访问：请重新启动 duixian serve"
        yield DoctorFinding("engine-origins", "fail", zh, "the engine answers any web page: restart duixian serve")
    else:
        yield DoctorFinding("engine-origins", "ok", "引擎接口只接受本机页面", "the engine answers its own pages only")
    mode = (connection.files.folder / "secret").stat().st_mode & 0o777
    if mode & 0o077:
        zh = f"登录字符串文件权限为 {mode:o}：请改为 600（chmod 600 {connection.files.folder / 'secret'}）"
        yield DoctorFinding("engine-secret", "fail", zh, f"others may read the engine's password ({mode:o}): chmod 600")


def _forgets(connection: Connection) -> Iterator[DoctorFinding]:
    from deployments.cluster.exposure import unswept

    found = list(unswept(connection.url, connection.files.secret()))
    for _, zh, en in found:
        yield DoctorFinding("engine-kept", "fail", zh, en)
    if not found:
        yield DoctorFinding("engine-kept", "ok", "引擎按期清理旧记录", "the engine removes its old history")


def _swept(files: EngineFiles) -> Iterator[DoctorFinding]:
    said = files.status().get("swept_at")
    if not said:
        yield DoctorFinding(
            "sweep", "warn", "尚无巡检记录：刚启动请稍候再查", "no sweep yet: if it has just started, look again"
        )
        return
    age = (real_now() - datetime.fromisoformat(said)).total_seconds()
    if age > SWEEP_ALARM_SECONDS:
        zh = f"最近一次巡检在 {lasting(age)}前：请查看日志并重新启动 duixian serve；案件没有丢失，重启后继续"
        yield DoctorFinding("sweep", "fail", zh, f"the last sweep was {lasting(age, 'en')} ago: restart duixian serve")
    else:
        yield DoctorFinding("sweep", "ok", f"最近一次巡检在 {lasting(age)}前", f"last sweep {lasting(age, 'en')} ago")
