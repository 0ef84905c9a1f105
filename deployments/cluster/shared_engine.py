"""The engine that several machines share, as a connection: its address and its secret are given, not made here."""

from dataclasses import dataclass, field
from pathlib import Path

from deployments.cluster.cluster_settings import Cluster
from deployments.engine_client import HEALTH_TIMEOUT, Connection
from deployments.engine_http import alive
from deployments.settings import EngineFiles


@dataclass(frozen=True, kw_only=True)
class SharedFiles(EngineFiles):
    """The files of a process whose engine is elsewhere."""

    given: str = field(repr=False)

    def secret(self) -> str:
        """The engine's."""
        return self.given


class Shared(Connection):
    """The engine that several machines share; `folder` is where this process keeps the files of its client."""

    shared = True

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        super().__init__(SharedFiles(folder=folder, given=cluster.secret), cluster.port)
        self.cluster = cluster

    @property
    def url(self) -> str:
        """Its API."""
        return self.cluster.url

    def answers(self) -> bool:
        """Whether it is up."""
        return alive(self.url, HEALTH_TIMEOUT)
