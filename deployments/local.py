"""The system on one machine: engine, triggers and sweep in one long-lived process, or one synchronous pass."""

import gc
import logging
import signal
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING

from casework.calendar_jobs import job_runner
from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.shared.run_summary import RunSummary
from deployments.engine import Engine
from deployments.engine_client import Connection
from deployments.locks import FileLock
from deployments.portal_process import PortalProcess
from deployments.runner import Runner, flow_name, say_wrong_policies
from deployments.scheduled_runs import ScheduledRuns
from deployments.settings import POLL_SECONDS, SWEEP_SECONDS, EngineFiles, be_quiet, now_text
from deployments.watch import Watch
from flows.schedule import GRACE

if TYPE_CHECKING:
    from deployments.observe.observer import Observer
    from notifications.delivery import DeliveryThread

BACKOFF_SECONDS = 1.0
LATE_SECONDS = 15.0  # a sweep that the engine's clock should have started is done without it after so long
PATIENCE_SECONDS = 30.0  # for the engine at the start; then cases move on without it
log = logging.getLogger("duixian.service")


class Service:
    """The running system of one home. One process at a time holds the engine; others use it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.files = EngineFiles.of(home)
        self.engine: Engine | None = None
        self._observer: Observer | None = None
        self._post: DeliveryThread | None = None
        self._lock = FileLock(self.files.lock)
        self._stop = threading.Event()
        self.portal = PortalProcess(home)
        self._loop = threading.Thread(target=self._work, name="runner", daemon=True)
        self._clock = ScheduledRuns(self._reach)
        self._swept = float("-inf")  # in monotonic seconds
        self.runner = Runner(home, self._reach, self._stop.is_set, GRACE)

    # --- the long-lived process -------------------------------------------------------------------------------

    def start(self) -> None:
        """Opens the store, takes the lock, starts the engine and then the loop that moves cases on."""
        from deployments.observe.observer import Observer

        self.home.store()
        be_quiet()
        say_wrong_policies()
        observer = Observer(self.home, self._reach)
        if not self._lock.take():
            holder = self._lock.holder()
            raise Refused(
                "already_running",
                f"本系统已在运行（进程 {holder}，目录 {self.home.directory}）；如需重启，请先停止它",
                f"already running (process {holder}, {self.home.directory}); stop it first",
            )
        self.files.say(
            pid=_pid(), started_at=now_text(), swept_at=None, engine="starting", database=self.home.shown_url
        )
        self._observer = observer
        observer.start()
        self._start_engine()
        self._loop.start()
        self._clock.start()
        self._start_post()
        self.portal.start()

    def stop(self) -> None:
        """Finishes the run at hand, stops the server, lets the lock go."""
        self._stop.set()
        self.portal.stop()
        self._clock.stop()
        if self._loop.is_alive():
            self._loop.join()
        if self._post is not None:
            self._post.stop()
        if self._observer is not None:
            self._observer.stop()
        self._stop_engine()
        if self.files.folder.exists():
            self.files.say(pid=None, engine="down", stopped_at=now_text())
        self._lock.release()

    def run_forever(self) -> None:
        """Runs until Ctrl-C or SIGTERM, and then stops cleanly."""
        asked = threading.Event()

        def ask(_number: int, _frame: FrameType | None) -> None:
            asked.set()
            self._stop.set()

        before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            self.start()
            self._greet(asked)
            while not asked.wait(0.5):
                if not self._loop.is_alive():
                    break
        finally:
            self._say("正在停止……", "stopping …")
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)
            self._say("已停止。", "stopped.")

    # --- one pass ----------------------------------------------------------------------------------------------

    def advance(self, measure: str | None = None) -> RunSummary:
        """Moves everything that is due (of one measure: "M4", "4" or the flow's name) until nothing moves any more.

        The calendar's jobs come first, as the plain functions that they are; for the cases it uses the engine that runs here,
        else the one of a running service, else starts one for as long as this takes. Nothing due costs a few queries. The outcome
        is what this call did; a running service may have done the rest.
        """
        only = flow_name(measure)
        store, done = self.home.store(), RunSummary()
        if only is None and job_runner.anything_due(store):
            done = job_runner.run_due(store)
        if not self.runner.anything_due(everything=only is None):
            return done
        if self.engine is not None or not self._lock.take():
            return done.add(self.runner.until_idle(only))
        try:
            self._start_engine()
            return done.add(self.runner.until_idle(only))
        finally:
            self._stop_engine()
            self._lock.release()

    # --- inside -------------------------------------------------------------------------------------------------

    def _start_engine(self) -> None:
        """Starts the engine and waits for it; without it the work is done all the same."""
        be_quiet()
        self.engine = Engine(self.files)
        try:
            self.engine.start()
        except (OSError, ValueError) as trouble:
            log.error(
                "流程引擎无法启动（%s），案件照常推进 / the engine cannot be started: cases move on without it", trouble
            )
            return
        import flows.scheduled  # noqa: F401  (a second or more, spent while the server starts)

        if not self.engine.wait(PATIENCE_SECONDS, unless=self._stop) and not self._stop.is_set():
            log.warning(
                "流程引擎尚未就绪，案件照常推进 / the engine is not up yet: cases move on without it until it is"
            )

    def _start_post(self) -> None:
        """Sends messages beside everything else; with settings that cannot be read they wait, and nothing else does."""
        from casework.operations.message_delivery import delivery_thread
        from notifications.channels.channel_settings import WrongSettings

        try:
            self._post = delivery_thread(self.home)
        except WrongSettings as wrong:
            log.error("no messages are sent: %s", wrong)
            return
        self._post.start()

    def _stop_engine(self) -> None:
        engine, self.engine = self.engine, None
        if engine is not None:
            engine.stop()

    def _reach(self) -> Connection | None:
        """The engine of this process, or of the service that holds the lock; None while there is none."""
        if self.engine is not None:
            return self.engine if self.engine.up else None
        other = Connection(self.files, self.files.last_port())
        return other if other.answers() else None

    def _work(self) -> None:
        """Waits for what is due and moves it; acts that come while a flow runs are taken together by its next run."""
        self._first_sweep()
        settle()
        watch = Watch(self.home.store())
        try:
            while not self._stop.is_set():
                try:
                    moved = self._by_the_clock()
                    sweep = time.monotonic() - self._swept >= SWEEP_SECONDS + (
                        LATE_SECONDS if self._clock.ticking else 0
                    )
                    if sweep or watch.changed():
                        moved = self._pass(sweep) or moved
                    if sweep:
                        self.runner.swept()
                        self._has_swept()
                    if not moved:
                        self._stop.wait(POLL_SECONDS)
                except Exception:
                    log.exception("a pass failed; the next one tries again")
                    self._stop.wait(BACKOFF_SECONDS)
                    watch.again()
        finally:
            watch.close()

    def _by_the_clock(self) -> bool:
        """The runs that the engine's clock made; whether anything moved."""
        moved = False
        while (taken := self._clock.take()) is not None:
            flow, given, begun = taken
            if (
                flow.name == "sweep"
            ):  # each flow by a run of its own, whose tries are counted; then what is left, and the heartbeat
                moved = self._pass(True) or moved
            done = self.runner.run(flow, given, begun)
            if flow.name == "sweep":
                self._has_swept()
            moved = moved or bool(done.moved or done.refused)
        return moved

    def _has_swept(self) -> None:
        self._swept = time.monotonic()
        self.files.say(swept_at=now_text())

    def _first_sweep(self) -> None:
        """What waited while nothing ran; then as a run of the engine, whose first takes seconds that no act should wait for."""
        from flows.scheduled import sweep

        try:
            self._pass(True)
            log.info("%s", self.runner.run(sweep))
            self._has_swept()
        except Exception:
            log.exception("the first sweep failed; the next pass tries again")

    def _pass(self, sweep: bool) -> bool:
        """One pass; whether anything moved, so that the next follows at once."""
        if not self.runner.anything_due(everything=sweep):
            return False
        done = self.runner.once(everything=sweep)
        log.info("%s", done)
        return bool(done.moved or done.refused)

    def _greet(self, asked: threading.Event) -> None:
        if asked.is_set() or self.engine is None:
            return
        url = self.engine.url.removesuffix("/api")
        self._say(
            f"系统已启动。流程引擎界面：{url}（登录字符串见 {self.files.folder / 'secret'}）。按 Ctrl-C 停止。",
            f"Running. Engine: {url} (its password: {self.files.folder / 'secret'}). Ctrl-C stops.",
        )
        if self.portal.address:
            self._say(f"门户：{self.portal.address}", f"Portal: {self.portal.address}")

    def _say(self, zh: str, en: str) -> None:
        print(en if self.home.language == "en" else zh, flush=True)


def settle() -> None:
    """What start-up loaded stays for good, so that the collector of garbage need not look through it again and again."""
    gc.collect()
    gc.freeze()


def advance(home: Home, measure: str | None = None) -> RunSummary:
    """Moves everything that is due, once and synchronously."""
    return Service(home).advance(measure)


def _pid() -> int:
    import os

    return os.getpid()
