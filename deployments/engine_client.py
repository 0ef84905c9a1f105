"""A connection to a running engine: what flows called in this process run through, and the engine's own client for the rest."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from deployments.engine_http import Away, Strange, alive
from deployments.settings import EngineFiles, api_url, client_settings

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.settings import Settings

HEALTH_TIMEOUT = 10.0  # a busy machine answers late
_BRIEF = {"api.request_timeout": 5.0, "client.max_retries": 1}  # for whoever looks again soon


class Gone(LookupError):
    """The engine answers and does not know this."""


class Connection:
    """A running engine, reached by its port: this process's own, or another's. `shared`: by the machines of a cluster."""

    shared = False

    def __init__(self, files: EngineFiles, port: int = 0) -> None:
        self.files = files
        self.port = port
        self._settings: dict[bool, Settings] = {}

    @property
    def url(self) -> str:
        """Its API."""
        return api_url(self.port)

    def answers(self) -> bool:
        """Whether it is up."""
        return bool(self.port) and alive(self.url, HEALTH_TIMEOUT)

    @contextmanager
    def in_use(self, *, brief: bool = False) -> Iterator[None]:
        """Flows called inside run through this engine. `brief`: no question takes longer than some ten seconds."""
        from prefect.context import SettingsContext, get_settings_context

        if (
            brief not in self._settings
        ):  # half a second to build: a run would wait longer for it than for everything else
            wanted: dict[str, Any] = client_settings(self.files, self.url) | (_BRIEF if brief else {})
            self._settings[brief] = get_settings_context().settings.copy_with_update(wanted)  # type: ignore[arg-type]
        with SettingsContext(profile=get_settings_context().profile, settings=self._settings[brief]):
            yield

    @contextmanager
    def client(self, *, brief: bool = True) -> "Iterator[SyncPrefectClient]":
        """The engine's own client. What goes wrong inside is raised as Away, Gone or Strange."""
        from prefect import get_client

        with self.in_use(brief=brief), _told(), get_client(sync_client=True) as client:
            yield client

    def drain(self) -> None:
        """Sends what the engine's client still holds (events, logs); done before the server stops."""
        if "prefect" not in sys.modules:
            return
        from prefect.events.worker import EventsWorker
        from prefect.logging.handlers import APILogWorker

        with self.in_use():
            for worker in (EventsWorker, APILogWorker):
                worker.drain_all(timeout=5)


@contextmanager
def _told() -> Iterator[None]:
    """The errors of the engine's client by what they mean to us."""
    from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError

    try:
        yield
    except ObjectNotFound as unknown:
        raise Gone(str(unknown)) from unknown
    except PrefectHTTPStatusError as refused:
        status, said = refused.response.status_code, f"{refused.request.url.path}: {refused.response.status_code}"
        if status == 404:
            raise Gone(said) from refused
        if status >= 500:
            raise Away(said) from refused
        raise Strange(f"{said} {refused.response.text[:500]}") from refused
    except Exception as trouble:
        if type(trouble).__module__.partition(".")[0] != "httpx":  # the client's own: no answer, or half of one
            raise
        raise Away(f"{type(trouble).__name__} {trouble}".strip()) from trouble
