"""Whether the system is ready: the last sweep, the outbox, the database, the disk. The engine is told of, and decides nothing."""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError

from casework.operations.heartbeat import SWEEP
from casework.shared.home import Home
from deployments.observe.reading import HealthReading, Kept, read
from deployments.settings import SWEEP_ALARM_SECONDS
from models.database import UnsafeStore
from models.database_errors import ErrorKind, code_name, kind_of

OUTBOX_SECONDS = 900.0
DUE_SECONDS = 900.0
DISK_BYTES = 200 * 1024**2
PATIENCE_SECONDS = 3.0  # for the database; a probe that waits longer is worth nothing
log = logging.getLogger("duixian.observe")


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One thing that was looked at; where it only informs, the system is ready without it."""

    id: str
    ok: bool
    zh: str
    en: str
    informs: bool = False


@dataclass(frozen=True)
class Health:
    """All signs of one moment."""

    signs: tuple[Sign, ...]

    @property
    def ready(self) -> bool:
        """Whether the system does its work."""
        return all(sign.ok or sign.informs for sign in self.signs)

    def json(self) -> dict[str, Any]:
        """For a probe, and for `--json`."""
        return {"ready": self.ready, "signs": [vars(sign) for sign in self.signs]}


class Examiner:
    """Asks the records on a thread of its own, so that a database that hangs makes nobody hang."""

    def __init__(self, home: Home, engine: Callable[[], bool | None] = lambda: None) -> None:
        self.engine = engine
        self._kept = Kept(lambda: read(home))
        self._asker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")
        self._asked: Future[HealthReading] | None = None

    def reading(self) -> HealthReading | None:
        """The figures, at most some seconds old; None where there are none (`look` says why)."""
        found = self.look()
        return found if isinstance(found, HealthReading) else None

    def look(self) -> "HealthReading | Sign":
        """The figures, or why there are none: the database did not answer, or something else that is named."""
        if self._asked is None or self._asked.done():
            self._asked = self._asker.submit(self._kept)
        try:
            return self._asked.result(PATIENCE_SECONDS)
        except TooLate:
            return _SILENT
        except Exception as trouble:
            return _silence(trouble)

    def health(self) -> Health:
        """The signs now."""
        found = self.look()
        return Health((*(_signs(found) if isinstance(found, HealthReading) else (found,)), *_engine(self.engine())))

    def close(self) -> None:
        """Asks no more."""
        self._asker.shutdown(wait=False, cancel_futures=True)


def examine(home: Home) -> Health:
    """One look from outside of the running system."""
    examiner = Examiner(home)
    try:
        return examiner.health()
    finally:
        examiner.close()


_SILENT = Sign(id="database", ok=False, zh="数据库无应答", en="the database does not answer")


def _silence(trouble: Exception) -> Sign:
    """Why there are no figures. Only a connection that failed is called so; words of an exception may hold what is personal."""
    if kind_of(trouble) is ErrorKind.AWAY:
        return _SILENT
    log.error("the state of the system could not be read", exc_info=trouble)
    if isinstance(trouble, UnsafeStore):
        return Sign(id="database", ok=False, zh=f"数据库不可使用：{trouble}", en=f"the store is unsafe: {trouble}")
    name = type(trouble.orig if isinstance(trouble, DBAPIError) and trouble.orig else trouble).__name__
    code = code_name(trouble) or getattr(trouble, "strerror", None) or ""
    what = f"{name}（{code}）" if code else name
    en = f"{name} ({code})" if code else name
    return Sign(
        id="reading", ok=False, zh=f"读取运行状态出错：{what}，详情见日志",
        en=f"the state could not be read: {en}; the log says more",
    )  # fmt: skip


def _signs(found: HealthReading) -> Iterator[Sign]:
    yield Sign(id="database", ok=True, zh="数据库有应答", en="the database answers")
    current = found.schema_current
    yield Sign(
        id="schema",
        ok=current,
        zh="数据库结构为最新" if current else "数据库结构与程序不符：请运行 duixian db upgrade",
        en="the schema is the program's" if current else "the schema is not the program's: duixian db upgrade",
    )
    yield _aged("sweep", found.beats.get(SWEEP), SWEEP_ALARM_SECONDS, "最近一次巡检", "the last sweep")
    yield _aged("due", found.due_age, DUE_SECONDS, "系统待办最久", "the oldest action of the system")
    yield _aged("outbox", found.waiting_age, OUTBOX_SECONDS, "待发消息最久", "the oldest message to be sent")
    room = found.disk_free
    yield Sign(
        id="disk",
        ok=room >= DISK_BYTES,
        zh=f"磁盘剩余 {room // 1024**2} MB",
        en=f"{room // 1024**2} MB of disk left",
    )
    yield Sign(
        id="alarms",
        ok=not found.alarms,
        zh=f"未解除的告警 {len(found.alarms)} 个",
        en=f"{len(found.alarms)} alarms not over",
        informs=True,
    )


def _aged(id: str, seconds: float | None, most: float, zh: str, en: str) -> Sign:
    """Something that must not be older than so many seconds; None is something that never was."""
    if seconds is None:
        return Sign(id=id, ok=False, zh=f"{zh}：尚无记录", en=f"{en}: none yet")
    return Sign(
        id=id,
        ok=seconds < most,
        zh=f"{zh} {seconds:.0f} 秒（限 {most:.0f}）",
        en=f"{en}: {seconds:.0f} s of {most:.0f}",
    )


def _engine(up: bool | None) -> Iterator[Sign]:
    if up is not None:
        zh, en = ("流程引擎有应答", "the engine answers") if up else ("流程引擎无应答", "the engine does not answer")
        yield Sign(id="engine", ok=up, zh=zh, en=en, informs=True)
