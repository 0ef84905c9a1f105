"""What every request passes before a page sees it, and every answer on its way out: host, address, size, origin, headers."""

import re
from urllib.parse import unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.api.problems import problem
from web.portal_settings import WebSettings, session_cookie

UPLOAD_BYTES = 51 * 1024**2  # one paper of 50 MB with its form
FORM_BYTES = 2 * 1024**2
_UPLOADS = re.compile(
    r"/apply/[^/]+/evidence|/pay/import|/desk/lists|/desk/facts|/my/cases/[^/]+/report"
    r"|/desk/(?:addresses|applications|benefits|parties|rankings|rates|team)/import|/pay/funds/import|/ops/holidays/import"
    r"|/api/v1/payments/results|/api/v1/applications/[^/]+/papers"
)  # the forms that carry a file, and what the API takes of them
API = "/api/"  # asked by other systems: tokens, no cookies, and refusals as problem documents
NUL = "\x00"  # no text of PostgreSQL holds it; refused at the door, in addresses here and in forms where they are read
_SAFE = ("GET", "HEAD", "OPTIONS")
POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


class Guard:
    """Refuses foreign hosts, addresses with a NUL, requests from other sites and bodies that are too large; adds `HEADERS`."""

    def __init__(self, app: ASGIApp, settings: WebSettings) -> None:
        self.app, self.settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        files = takes_file(scope["method"], scope["path"])
        no = self._refusal(scope["method"], headers, UPLOAD_BYTES if files else FORM_BYTES)
        if NUL in scope["path"] + unquote(scope["query_string"].decode("latin-1")):
            no = 400, "地址无法读取 / this address cannot be read"
        if no is None and files and not self._claims_to_be_known(scope["path"], headers):
            no = (401 if scope["path"].startswith(API) else 403), "请先登录 / sign in first"
        if no is not None:
            await _refused(scope["path"], *no)(scope, receive, send)
            return
        await self.app(
            scope, _limited(receive, UPLOAD_BYTES if files else FORM_BYTES), _with_headers(send, scope, self.settings)
        )

    def _claims_to_be_known(self, path: str, headers: Headers) -> bool:
        """Whether a large body may be read at all; whether the session or the token is good is asked of the store later."""
        if path.startswith(API):
            return headers.get("authorization", "").lower().startswith("bearer ")
        return session_cookie(self.settings) in cookie_parser(headers.get("cookie", ""))

    def _refusal(self, method: str, headers: Headers, most: int) -> tuple[int, str] | None:
        if headers.get("host", "").lower() not in self.settings.hosts:
            return 400, "未知的主机名 / unknown host"
        if method in _SAFE:
            return None
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > most:
            return 413, f"提交的内容过大（最多 {most // 1024**2} MB）/ too large (at most {most // 1024**2} MB)"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "请求来自其他网站，已拒绝 / this request came from another site"
        origin = headers.get("origin")
        if origin not in (None, "null") and host_of(str(origin)) not in self.settings.hosts:
            return 403, "请求来自其他网站，已拒绝 / this request came from another site"
        return None


def _refused(path: str, status: int, words: str) -> Response:
    """An answer that no application was asked for."""
    if not path.startswith(API):
        return PlainTextResponse(words, status_code=status, headers=HEADERS)
    zh, _, en = words.partition("/ ")
    code = {400: "request", 401: "token", 413: "too_large"}.get(status, "origin")
    challenge = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return problem(status, code, zh.strip(), en, headers={**HEADERS, **challenge})


def takes_file(method: str, path: str) -> bool:
    """Whether a request is one of the few forms that carry a file; any other is held to `FORM_BYTES`, and to no file."""
    return method == "POST" and _UPLOADS.fullmatch(path) is not None


def host_of(address: str) -> str:
    """Host and port of an address that a browser sent; "" where it is none."""
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return ""


class TooLarge(Exception):
    """A body that grew beyond what may be sent."""


def _limited(receive: Receive, most: int) -> Receive:
    got = 0

    async def counted() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > most:
            raise TooLarge
        return message

    return counted


def add_headers(headers: MutableHeaders, settings: WebSettings, *, static: bool = False) -> None:
    """What every answer carries; only built files may be kept by browsers."""
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if not static:
        headers.setdefault("cache-control", "no-store")
    if settings.secure:
        headers.setdefault("strict-transport-security", "max-age=31536000; includeSubDomains")


def _with_headers(send: Send, scope: Scope, settings: WebSettings) -> Send:
    static = scope["path"].startswith("/static/")

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            add_headers(headers, settings, static=static)
        await send(message)

    return sent
