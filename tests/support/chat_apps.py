"""Three chat apps on loopback that answer as theirs do: a page that sends the browser back with a code, and what takes the code."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

CLIENT, SECRET, AGENT = "client-0000-fictional", "secret-0000-fictional", "1000002"


@dataclass
class ChatAppServer:
    """One running app. `who` confirms on its page; "" cancels. Codes are good once."""

    kind: str
    who: str = "somebody-1"
    broken: bool = False
    url: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    numbers: Any = field(default_factory=count)

    def page(self, query: dict[str, str]) -> str:
        """Where its page sends the browser."""
        named = {"dingtalk": "client_id", "wecom": "appid", "feishu": "client_id"}[self.kind]
        assert query[named] == CLIENT and (self.kind != "wecom" or query["agentid"] == AGENT)
        assert self.kind == "wecom" or query["response_type"] == "code"
        back = f"{query['redirect_uri']}?state={quote(query['state'])}"
        if not self.who:
            return back if self.kind == "wecom" else f"{back}&error=access_denied"
        code = f"{self.kind}-code-{next(self.numbers)}"
        self.codes[code] = self.who
        return f"{back}&{'authCode' if self.kind == 'dingtalk' else 'code'}={code}"

    def answer(self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any) -> Any:
        """Status and JSON of its interface."""
        self.asked.append(f"{method} {path}")
        if self.broken:
            return 502, {}
        return {"dingtalk": self._dingtalk, "wecom": self._wecom, "feishu": self._feishu}[self.kind](
            method, path, query, headers, body
        )

    def _token(self, code: str) -> str:
        token = f"token-{next(self.numbers)}"
        self.tokens[token] = self.codes.pop(code)
        return token

    def _dingtalk(self, method: str, path: str, _query: Any, headers: dict[str, str], body: Any) -> Any:
        if (method, path) == ("POST", "/v1.0/oauth2/userAccessToken"):
            if (body["clientId"], body["clientSecret"], body["grantType"]) != (CLIENT, SECRET, "authorization_code"):
                return 400, {
                    "code": "invalidClientIdOrSecret",
                    "message": "无效的clientId或clientSecret",
                    "requestid": "1",
                }
            if body["code"] not in self.codes:
                return 400, {
                    "code": "invalidParameter.authCode.notFound",
                    "message": "不存在的authCode",
                    "requestid": "1",
                }
            token = self._token(body["code"])
            return 200, {"accessToken": token, "refreshToken": "r", "expireIn": 7200, "corpId": "ding0000"}
        who = self.tokens.get(headers.get("x-acs-dingtalk-access-token", ""))
        if (method, path) != ("GET", "/v1.0/contact/users/me") or who is None:
            return 400, {"code": "InvalidAuthentication", "message": "不合法的access_token", "requestid": "1"}
        return 200, {
            "nick": "算例",
            "unionId": f"union-{who}",
            "openId": f"open-{who}",
            "email": "acceptor-0@example.com",
        }

    def _wecom(self, _method: str, path: str, query: dict[str, str], _headers: Any, _body: Any) -> Any:
        if path == "/cgi-bin/gettoken":
            if (query["corpid"], query["corpsecret"]) != (CLIENT, SECRET):
                return 200, {"errcode": 40001, "errmsg": "invalid credential"}
            self.tokens["corp-token"] = ""
            return 200, {"errcode": 0, "errmsg": "ok", "access_token": "corp-token", "expires_in": 7200}
        if path != "/cgi-bin/auth/getuserinfo" or query["access_token"] not in self.tokens:
            return 200, {"errcode": 40014, "errmsg": "invalid access_token"}
        who = self.codes.pop(query["code"], None)
        if who is None:
            return 200, {"errcode": 40029, "errmsg": "invalid code"}
        said = {"openid": who} if who.startswith("outsider") else {"userid": who}
        return 200, {"errcode": 0, "errmsg": "ok", **said}

    def _feishu(self, method: str, path: str, _query: Any, headers: dict[str, str], body: Any) -> Any:
        if (method, path) == ("POST", "/open-apis/authen/v2/oauth/token"):
            if (body["client_id"], body["client_secret"]) != (CLIENT, SECRET):
                return 400, {
                    "code": 20002,
                    "error": "invalid_client",
                    "error_description": "The client secret is invalid.",
                }
            if body["code"] not in self.codes or not body["redirect_uri"].endswith("/sign-in/with/feishu/back"):
                return 400, {"code": 20003, "error": "invalid_grant", "error_description": "The code is invalid."}
            return 200, {
                "code": 0,
                "access_token": self._token(body["code"]),
                "expires_in": 7200,
                "token_type": "Bearer",
            }
        who = self.tokens.get(headers.get("authorization", "").removeprefix("Bearer "))
        if (method, path) != ("GET", "/open-apis/authen/v1/user_info") or who is None:
            return 200, {
                "code": 99991668,
                "msg": "Invalid access token for authorization. Please make a request with token attached.",
            }
        data = {"name": "算例", "open_id": f"ou_{who}", "union_id": f"on_{who}", "email": "acceptor-0@example.com"}
        return 200, {"code": 0, "msg": "success", "data": data}


class _ChatHandler(BaseHTTPRequestHandler):
    """One request to one app."""

    app: ChatAppServer

    def do_GET(self) -> None:
        self._serve("GET", None)

    def do_POST(self) -> None:
        self._serve("POST", json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _serve(self, method: str, body: Any) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.app.page(query))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, said = self.app.answer(method, parts.path, query, headers, body)
        sent = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def serving(kind: str) -> Iterator[ChatAppServer]:
    """One app on a port of its own."""
    app = ChatAppServer(kind)
    handler = type("Handler", (_ChatHandler,), {"app": app})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    app.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield app
    finally:
        server.shutdown()
        server.server_close()


def set_up(home: Path, *running: ChatAppServer, allow: bool = True, secret: str = SECRET) -> None:
    """Writes `channels.toml` with these apps, and their secrets beside it."""
    lines = ["[allow]", 'schemes = ["https", "http"]', 'private = ["127.0.0.0/8"]'] if allow else []
    for app in running:
        file = home / f"{app.kind}.keys"
        file.write_text(f'secret = "{secret}"\n', encoding="utf-8")
        file.chmod(0o600)
        lines += [
            f"[sign_in.{app.kind}]", f'client = "{CLIENT}"', f'agent = "{AGENT}"', f'authorize = "{app.url}/authorize"',
            f'api = "{app.url}"', f'secret_file = "{file.name}"',
        ]  # fmt: skip
    (home / "channels.toml").write_text("\n".join(lines), encoding="utf-8")
