"""/health, /ready and /metrics over HTTP: loopback unless a token is set, read only, and gone when the service stops.

/health says that the process lives and asks nothing. /ready (503 where not) and /metrics share one reading of some seconds.
Where a token is set, metrics and the details of /ready need it (`Authorization: Bearer …`).
"""

import hmac
import json
import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from casework.shared.errors import Refused
from deployments.observe.health import Examiner
from deployments.observe.metrics import CONTENT_TYPE, exposition

PORT = 9470
CLIENT_SECONDS = 5.0  # a client that says nothing for so long is disconnected
AT_ONCE = 8
JSON = "application/json; charset=utf-8"
log = logging.getLogger("duixian.observe")


@dataclass(frozen=True, kw_only=True)
class Where:
    """Address, port (0: any that is free) and token of the endpoint."""

    host: str = "127.0.0.1"
    port: int = PORT
    token: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Where":
        """DUIXIAN_OBSERVE_BIND (127.0.0.1), _PORT (9470), _TOKEN or _TOKEN_FILE (none); empty counts as unset."""
        port = environment.get("DUIXIAN_OBSERVE_PORT", "") or str(PORT)
        file = environment.get("DUIXIAN_OBSERVE_TOKEN_FILE", "")
        if not port.isdecimal() or int(port) > 65_535:
            raise Refused("port", "DUIXIAN_OBSERVE_PORT 应为端口号", "DUIXIAN_OBSERVE_PORT is no port", field="port")
        try:
            token = Path(file).read_text(encoding="utf-8").strip() if file else ""
        except OSError as error:
            zh, en = f"不能读取 DUIXIAN_OBSERVE_TOKEN_FILE（{error.strerror}）", "the token's file cannot be read"
            raise Refused("token", zh, en, field="token") from error
        host = environment.get("DUIXIAN_OBSERVE_BIND", "") or "127.0.0.1"
        return cls(host=host, port=int(port), token=token or environment.get("DUIXIAN_OBSERVE_TOKEN", ""))

    @property
    def local(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    def checked(self) -> "Where":
        """Itself, or a refusal: what others can reach has a token."""
        if not self.local and not self.token:
            raise Refused(
                "public_without_token",
                f"监测端口绑定在 {self.host}，他人可以访问：请设置 DUIXIAN_OBSERVE_TOKEN_FILE，或改回 127.0.0.1",
                f"others can reach {self.host}: set DUIXIAN_OBSERVE_TOKEN_FILE, or bind to 127.0.0.1",
                field="DUIXIAN_OBSERVE_BIND",
            )
        return self


class Endpoint:
    """The server, on a thread of its own."""

    def __init__(self, where: Where, examiner: Examiner) -> None:
        self.where, self.examiner = where.checked(), examiner
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Its address, once it runs."""
        assert self._server is not None
        host = self.where.host if ":" not in self.where.host else f"[{self.where.host}]"
        return f"http://{host}:{self._server.server_address[1]}"

    def start(self) -> None:
        """Listens; on any free port of loopback where the wanted one is taken, so that cases move on all the same."""
        try:
            self._server = _Server((self.where.host, self.where.port), self)
        except OSError as taken:
            log.error("%s:%d cannot be used (%s)", self.where.host, self.where.port, taken.strerror)
            if not self.where.local:
                return
            self._server = _Server(("127.0.0.1", 0), self)
        threading.Thread(target=self._server.serve_forever, name="observe", daemon=True).start()
        log.info("health and metrics at %s", self.url)

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    def stop(self) -> None:
        """Listens no more."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def answer(self, path: str, *, known: bool) -> tuple[int, str, bytes]:
        """Status, content type and body for a path; `known` where the client has shown the token."""
        if path == "/health":
            return HTTPStatus.OK, JSON, b'{"alive": true}\n'
        if path == "/ready":
            health = self.examiner.health()
            told: dict[str, Any] = health.json() if known else {"ready": health.ready}
            return (200 if health.ready else 503), JSON, (json.dumps(told, ensure_ascii=False) + "\n").encode()
        if path != "/metrics":
            return HTTPStatus.NOT_FOUND, JSON, b'{"error": "not found"}\n'
        if not known:
            return HTTPStatus.UNAUTHORIZED, JSON, b'{"error": "token required"}\n'
        return HTTPStatus.OK, CONTENT_TYPE, exposition(self.examiner.reading(), engine_up=self.examiner.engine())


class _Server(ThreadingHTTPServer):
    """Some clients at a time; one that asks for too much waits for its turn."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], endpoint: Endpoint) -> None:
        import socket

        self.endpoint = endpoint
        self.turns = threading.BoundedSemaphore(AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.turns.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.turns.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a client of the endpoint went away", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """GET and HEAD only."""

    server: _Server
    timeout = CLIENT_SECONDS
    server_version, sys_version = "duixian", ""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        endpoint = self.server.endpoint
        if endpoint.where.local and not self._ours():
            status, kind, said = 421, JSON, b'{"error": "ask for this machine by its own name"}\n'
        else:
            status, kind, said = endpoint.answer(self.path.partition("?")[0], known=self._known())
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if body:
            self.wfile.write(said)

    def _ours(self) -> bool:
        """Whether the client meant this machine: a web page elsewhere could lead a browser here by a name of its own."""
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0].strip("[]")
        return host in ("127.0.0.1", "localhost", "::1", self.server.endpoint.where.host, "")

    def _known(self) -> bool:
        token = self.server.endpoint.where.token
        shown = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        return not token or hmac.compare_digest(shown.encode(), token.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds: nothing to write."""
