"""Endpoints on loopback that answer like the four robots, an SMS gateway and a plain webhook, and that misbehave on demand."""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

TOKEN, SECRET = "tok3n0000fictional", "SECfictional0000"


class EndpointFault(StrEnum):
    """What an endpoint does with one request."""

    NONE = "none"
    CODE = "code"  # an error code inside 200: nothing is delivered
    THROTTLED = "throttled"  # the robot's own code for "too many", inside 200
    TOO_MANY = "429"  # HTTP 429 with Retry-After
    SERVER_ERROR = "503"
    HANG = "hang"  # takes the request and says nothing
    DRIP = "drip"  # answers a byte at a time
    CLOSED = "closed"  # hangs up without an answer and keeps nothing
    LATE = "late"  # keeps the message, answers when the sender has given up
    DROPPED = "dropped"  # keeps the message, then hangs up
    REDIRECT = "redirect"
    GARBAGE = "garbage"  # 200 with a body that is no JSON


@dataclass(frozen=True)
class Request:
    """A request as it came in, and whether its message was kept."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    fault: EndpointFault
    delivered: bool

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The message's own text, wherever the kind keeps it."""
        if not self.body:
            return self.query.get("TemplateParam", "")
        found = self.json
        inner = found.get("text") or found.get("content")
        return str(inner.get("content") or inner.get("text") if isinstance(inner, dict) else inner)


@dataclass
class LoopbackEndpoint:
    """One running endpoint. `plan(n)` says what happens to the n-th request (from 0)."""

    kind: str
    plan: Callable[[int], EndpointFault] = lambda _: EndpointFault.NONE
    slow: float = 1.2  # seconds that LATE takes and that DRIP waits between bytes
    retry_after: int = 7  # seconds that TOO_MANY names
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _count: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def delivered(self) -> list[Request]:
        """What the people behind it have seen, repeats included."""
        return [request for request in self.requests if request.delivered]

    def always(self, fault: EndpointFault) -> "LoopbackEndpoint":
        """From now on the same for every request."""
        self.plan = lambda _: fault
        return self

    def next_fault(self) -> EndpointFault:
        with self._lock:
            number, self._count = self._count, self._count + 1
        return self.plan(number)

    def judge(self, path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> dict[str, Any] | None:
        """The error that the real service would answer with inside 200; None where the message is good."""
        judge = JUDGES.get(self.kind)
        return judge(path, query, headers, body) if judge else None


def _dingtalk(path: str, query: dict[str, str], _: dict[str, str], body: bytes) -> dict[str, Any] | None:
    if query.get("access_token") != TOKEN or path != "/robot/send":
        return {"errcode": 300005, "errmsg": "token is not exist"}
    stamp = query.get("timestamp", "")
    wanted = base64.b64encode(hmac.digest(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), "sha256")).decode()
    if query.get("sign") != wanted or abs(time.time() - int(stamp) / 1000) > 3600:
        return {"errcode": 310000, "errmsg": "sign not match"}
    if len(body) > 20_000:
        return {"errcode": 460101, "errmsg": "message too long"}
    return None


def _wecom(path: str, query: dict[str, str], _: dict[str, str], body: bytes) -> dict[str, Any] | None:
    if query.get("key") != TOKEN or path != "/cgi-bin/webhook/send":
        return {"errcode": 93000, "errmsg": "invalid webhook url"}
    if len(json.loads(body)["text"]["content"].encode()) > 2048:
        return {"errcode": 40058, "errmsg": "text.content exceed max length 2048. invalid Request Parameter"}
    return None


def _feishu(path: str, _query: dict[str, str], _: dict[str, str], body: bytes) -> dict[str, Any] | None:
    if path.rstrip("/") != f"/open-apis/bot/v2/hook/{TOKEN}":
        return {"code": 19001, "data": {}, "msg": "param invalid: incoming webhook access token invalid"}
    found = json.loads(body)
    if "sign" in found:
        key = f"{found['timestamp']}\n{SECRET}".encode()
        if found["sign"] != base64.b64encode(hmac.digest(key, b"", "sha256")).decode():
            return {"code": 19021, "data": {}, "msg": "sign match fail or timestamp is not within one hour"}
    if len(body) > 20_000:
        return {"code": 11246, "data": {}, "msg": "request body too large"}
    return None


def _sms(path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> dict[str, Any] | None:
    signed = ["host", *sorted(name for name in headers if name.startswith("x-acs-"))]
    canonical = "\n".join(
        [
            "POST",
            path,
            "&".join(f"{quote(name, safe='~')}={quote(query[name], safe='~')}" for name in sorted(query)),
            *(f"{name}:{headers[name]}" for name in signed),
            "",
            ";".join(signed),
            hashlib.sha256(body).hexdigest(),
        ]
    )
    words = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    signature = hmac.new(SECRET.encode(), words.encode(), "sha256").hexdigest()
    wanted = f"ACS3-HMAC-SHA256 Credential={TOKEN},SignedHeaders={';'.join(signed)},Signature={signature}"
    if headers.get("authorization") != wanted:
        return {"Code": "SignatureDoesNotMatch", "Message": "Specified signature does not match our calculation."}
    if not query["PhoneNumbers"].isdigit() or len(query["PhoneNumbers"]) != 11:
        return {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "手机号码格式错误"}
    return None


JUDGES: dict[str, Callable[..., dict[str, Any] | None]] = {
    "dingtalk": _dingtalk,
    "wecom": _wecom,
    "feishu": _feishu,
    "lark": _feishu,
    "sms": _sms,
}
GOOD: dict[str, dict[str, Any]] = {
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "wecom": {"errcode": 0, "errmsg": "ok"},
    "feishu": {"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"},
    "lark": {"StatusCode": 0, "StatusMessage": "success"},
    "sms": {"Code": "OK", "Message": "OK", "BizId": "9006197469364984400", "RequestId": "F655A8D5"},
    "webhook": {"ok": True},
}
BAD: dict[str, dict[str, Any]] = {
    "dingtalk": {"errcode": 400102, "errmsg": "robot is disabled"},
    "wecom": {"errcode": 93000, "errmsg": "invalid webhook url"},
    "feishu": {"code": 19024, "msg": "Key Words Not Found", "data": {}},
    "lark": {"code": 19022, "msg": "Ip Not Allowed", "data": {}},
    "sms": {"Code": "isv.SMS_TEMPLATE_ILLEGAL", "Message": "模板不合法"},
    "webhook": {"ok": False},
}
THROTTLED: dict[str, dict[str, Any]] = {
    "dingtalk": {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"},
    "wecom": {"errcode": 45009, "errmsg": "api freq out of limit"},
    "feishu": {"code": 9499, "msg": "too many request", "data": {}},
    "lark": {"code": 11232, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]", "data": {}},
    "sms": {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发小时级流控Permits:5"},
    "webhook": {"ok": False},
}


class _Handler(BaseHTTPRequestHandler):
    """Carries the fault out."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_POST(self) -> None:
        end = self.server.endpoint
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) < length:  # the sender died in mid-sentence
            self.close_connection = True
            return
        fault = end.next_fault()
        error = end.judge(parts.path, query, headers, body)
        keeps = (
            fault
            in (
                EndpointFault.NONE,
                EndpointFault.DRIP,
                EndpointFault.LATE,
                EndpointFault.DROPPED,
                EndpointFault.GARBAGE,
            )
            and error is None
        )
        end.requests.append(Request(parts.path, query, headers, body, fault, keeps))
        self._act(end, fault, error)

    def _act(self, end: LoopbackEndpoint, fault: EndpointFault, error: dict[str, Any] | None) -> None:
        answer = {EndpointFault.CODE: BAD, EndpointFault.THROTTLED: THROTTLED}.get(fault, GOOD)[end.kind]
        if fault is EndpointFault.HANG:
            end.closing.wait(60)
        if fault is EndpointFault.LATE:
            end.closing.wait(end.slow)
        if fault in (EndpointFault.HANG, EndpointFault.CLOSED, EndpointFault.DROPPED):
            self.close_connection = True
        elif fault is EndpointFault.TOO_MANY:
            self._say(429, b"slow down", {"Retry-After": str(end.retry_after)})
        elif fault is EndpointFault.SERVER_ERROR:
            self._say(503, b"down")
        elif fault is EndpointFault.REDIRECT:
            self._say(302, b"", {"Location": end.url + "/elsewhere"})
        elif fault is EndpointFault.GARBAGE:
            self._say(200, b"<html>a portal</html>")
        elif fault is EndpointFault.DRIP:
            self._drip(end, b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n" + b" " * 30)
        else:
            wrong = end.kind == "sms" and "Code" in (error or {}) and (error or {})["Code"] == "SignatureDoesNotMatch"
            self._say(400 if wrong else 200, json.dumps(error or answer, ensure_ascii=False).encode())

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, end: LoopbackEndpoint, answer: bytes) -> None:
        for piece in answer:
            self.wfile.write(bytes([piece]))
            self.wfile.flush()
            if end.closing.wait(end.slow / 10):
                break
        self.close_connection = True

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the sender gave up: that is what these endpoints are for
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            self.connection.close()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    endpoint: LoopbackEndpoint

    def handle_error(self, *_: Any) -> None:
        """A broken connection is no news here."""


@contextmanager
def endpoint(
    kind: str, plan: Callable[[int], EndpointFault] | None = None, slow: float = 1.2, tls: ssl.SSLContext | None = None
) -> Iterator[LoopbackEndpoint]:
    """A running endpoint of a kind: dingtalk, wecom, feishu, lark, sms or webhook; encrypted where it has a context for it."""
    end = LoopbackEndpoint(kind, plan or (lambda _: EndpointFault.NONE), slow)
    server = _Server(("127.0.0.1", 0), _Handler)
    server.endpoint = end
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    end.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield end
    finally:
        end.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port
