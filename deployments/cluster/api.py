"""The few questions that we ask the engine's API, over plain HTTP: no import to pay, no waiting that we did not ask for."""

import base64
import json
import time
import urllib.error
import urllib.request
from typing import Any

from deployments.cluster.settings import Cluster

TIMEOUT = 10.0
BUSY, TIMES = 503, 20  # "come again in 0.2 s": nothing was done


class Away(OSError):
    """The engine does not answer, or says that it cannot."""


class Gone(LookupError):
    """The engine answers and does not know this."""


class Strange(RuntimeError):
    """The engine answers and refuses: a wrong secret, or a request that it does not understand."""


class Api:
    """One engine's API."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.header = "Basic " + base64.b64encode(cluster.secret.encode()).decode()

    def get(self, path: str) -> Any:
        """What stands there."""
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """What it answers."""
        return self._ask("POST", path, body)

    def delete(self, path: str) -> None:
        """Removes what stands there."""
        self._ask("DELETE", path, None)

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            return bool(self.get("/health"))
        except (Away, Gone, Strange):
            return False

    def _ask(self, method: str, path: str, body: dict[str, Any] | None, *, again: int = TIMES) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": self.header, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.cluster.url}{path}", data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                text = answer.read()
        except urllib.error.HTTPError as refused:
            said = refused.read()[:500].decode("utf-8", "replace")
            if refused.code == 404:
                raise Gone(f"{method} {path}") from refused
            if refused.code == BUSY and "Retry-After" in refused.headers and again:
                time.sleep(float(refused.headers["Retry-After"]))
                return self._ask(method, path, body, again=again - 1)
            if refused.code >= 500:
                raise Away(f"{method} {path}: {refused.code}") from refused
            raise Strange(f"{method} {path}: {refused.code} {said}") from refused
        except (OSError, ValueError) as trouble:
            raise Away(f"{method} {path}: {trouble}") from trouble
        return json.loads(text) if text else None
