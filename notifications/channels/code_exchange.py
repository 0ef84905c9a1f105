"""Signing in by a chat app: where its page is, and who stands behind the code with which it sends somebody back.

Three exchanges as the apps' own documents describe them: DingTalk (`v1.0/oauth2/userAccessToken`, then `contact/users/me`), WeCom
(`gettoken`, then `auth/getuserinfo`), Feishu (`authen/v2/oauth/token`, then `authen/v1/user_info`). Every request goes through the
allow-list of the channels; no redirect is followed, and neither code nor token is logged or stored. WeCom limits how often its own
token is asked for: that one, which names nobody, stays in memory until it ends.
"""

import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from notifications.channels.allow_list import AllowList, NotAllowed
from notifications.channels.attempt import Attempt, OutOfTime
from notifications.channels.connection import Unreached
from notifications.channels.error_answers import Unsendable
from notifications.channels.http_exchange import exchange

SECONDS = 10.0  # for both requests together
_LONGEST = 512  # of a code; WeCom's longest
_TOKEN_ENDED = (40014, 42001)  # WeCom: its token is not good, or not any more
_SPARE = 300.0  # seconds before its end from which on a kept token is not used
_TOKENS: dict[str, tuple[str, float]] = {}  # by app and key: WeCom's token, and when it ends here
_AWAY = (OSError, ssl.SSLError, http.client.HTTPException, OutOfTime, Unreached, NotAllowed, Unsendable)


class CodeRefused(Exception):
    """The app says that the code is not good, or of nobody of the organisation; `fault`: its own number, 0 where it gave none."""

    def __init__(self, words: str, fault: int = 0) -> None:
        super().__init__(words)
        self.fault = fault


class ExchangeFailed(Exception):
    """The app could not be asked; its words hold no code, no token and no key."""


@dataclass(frozen=True, kw_only=True)
class ChatApp:
    """One app as it is set up: DingTalk's ClientId, WeCom's CorpID (with AgentId) or Feishu's App ID, and its secret."""

    kind: str
    client: str
    secret: str = field(repr=False)
    agent: str = ""
    authorize: str
    api: str
    allowed: AllowList


@dataclass(frozen=True)
class ChatDialect:
    """What one app calls things."""

    zh: str
    en: str
    authorize: str
    api: str
    asked: Callable[[ChatApp, str, str], Mapping[str, str]]
    who: Callable[[ChatApp, str, str, Attempt], str]
    code: str = "code"  # the parameter in which the code comes back

    @property
    def hosts(self) -> tuple[str, ...]:
        """The app's own hosts: they need no entry in the allow-list."""
        return tuple(urlsplit(address).hostname or "" for address in (self.authorize, self.api))


def address(app: ChatApp, back: str, state: str) -> str:
    """The app's page, to which the browser goes; it comes back to `back` with the code and the same state."""
    return f"{app.authorize}?{urlencode(APPS[app.kind].asked(app, back, state))}"


def subject(app: ChatApp, code: str, back: str) -> str:
    """Who is behind a code: the app's lasting id of a person. Raises CodeRefused or ExchangeFailed."""
    if not code or len(code) > _LONGEST:
        raise CodeRefused("no code")
    attempt = Attempt(SECONDS)
    try:
        found = APPS[app.kind].who(app, code, back, attempt)
    except _AWAY as away:
        raise ExchangeFailed(type(away).__name__) from None
    finally:
        attempt.close()
    if not found:
        raise CodeRefused("nobody of the organisation")
    return found


def _asks(
    app: ChatApp, attempt: Attempt, method: str, target: str, body: Mapping[str, str] | None = None, **headers: str
) -> dict[str, Any]:
    """One request to the app's interface; its answer, which is always JSON."""
    sent = json.dumps(body).encode() if body is not None else b""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named |= {"Content-Type": "application/json; charset=utf-8"} if sent else {}
    place = app.allowed.place(app.api, *APPS[app.kind].hosts)
    reply = exchange(method, place, place.path + target, headers=named, body=sent, allowed=app.allowed, attempt=attempt)
    if reply.status >= 500 or reply.status == 429:
        raise ExchangeFailed(f"HTTP {reply.status}")
    try:
        found = json.loads(reply.body)
    except ValueError:
        raise ExchangeFailed("no JSON") from None
    if not isinstance(found, dict):
        raise ExchangeFailed("no JSON")
    if reply.status >= 400 or found.get("errcode", 0) or found.get("code", 0) not in (0, "0"):
        fault = found.get("errcode", 0)
        raise CodeRefused(f"HTTP {reply.status}", fault if isinstance(fault, int) else 0)
    return found


def _text(found: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := found.get(name), str) and value), "")


def _dingtalk(app: ChatApp, code: str, _back: str, attempt: Attempt) -> str:
    asked = {"clientId": app.client, "clientSecret": app.secret, "code": code, "grantType": "authorization_code"}
    token = _text(_asks(app, attempt, "POST", "/v1.0/oauth2/userAccessToken", asked), "accessToken")
    me = _asks(app, attempt, "GET", "/v1.0/contact/users/me", x_acs_dingtalk_access_token=token) if token else {}
    return _text(me, "unionId")


def _wecom(app: ChatApp, code: str, _back: str, attempt: Attempt) -> str:
    """Members have a `userid`; whoever is none has an `openid` only, and is nobody here."""
    kept = _kept_token(app)
    try:
        return _wecom_member(app, code, kept or _wecom_token(app, attempt), attempt)
    except CodeRefused as no:
        if not kept or no.fault not in _TOKEN_ENDED:
            raise
    return _wecom_member(app, code, _wecom_token(app, attempt), attempt)


def _wecom_member(app: ChatApp, code: str, token: str, attempt: Attempt) -> str:
    asked = urlencode({"access_token": token, "code": code})
    return _text(_asks(app, attempt, "GET", f"/cgi-bin/auth/getuserinfo?{asked}"), "userid", "UserId") if token else ""


def _wecom_token(app: ChatApp, attempt: Attempt) -> str:
    """A new token of the app's own, kept from now on for as long as WeCom says, but for its last minutes."""
    keys = urlencode({"corpid": app.client, "corpsecret": app.secret})
    found = _asks(app, attempt, "GET", f"/cgi-bin/gettoken?{keys}")
    token, lasts = _text(found, "access_token"), found.get("expires_in")
    if token and isinstance(lasts, int):
        _TOKENS[_token_key(app)] = (token, time.monotonic() + lasts - _SPARE)
    return token


def _kept_token(app: ChatApp) -> str:
    token, ends = _TOKENS.get(_token_key(app), ("", 0.0))
    return token if time.monotonic() < ends else ""


def _token_key(app: ChatApp) -> str:
    return hashlib.sha256(f"{app.api}\n{app.client}\n{app.secret}".encode()).hexdigest()


def _feishu(app: ChatApp, code: str, back: str, attempt: Attempt) -> str:
    asked = {
        "grant_type": "authorization_code", "client_id": app.client, "client_secret": app.secret, "code": code,
        "redirect_uri": back,
    }  # fmt: skip
    token = _text(_asks(app, attempt, "POST", "/open-apis/authen/v2/oauth/token", asked), "access_token")
    if not token:
        return ""
    found = _asks(app, attempt, "GET", "/open-apis/authen/v1/user_info", Authorization=f"Bearer {token}")
    data = found.get("data")
    return _text(data, "union_id") if isinstance(data, dict) else ""


APPS: dict[str, ChatDialect] = {
    "dingtalk": ChatDialect(
        "钉钉",
        "DingTalk",
        "https://login.dingtalk.com/oauth2/auth",
        "https://api.dingtalk.com",
        lambda app, back, state: {
            "client_id": app.client, "redirect_uri": back, "state": state, "response_type": "code", "scope": "openid",
            "prompt": "consent",
        },
        _dingtalk,
        "authCode",
    ),
    "wecom": ChatDialect(
        "企业微信",
        "WeCom",
        "https://open.work.weixin.qq.com/wwopen/sso/qrConnect",
        "https://qyapi.weixin.qq.com",
        lambda app, back, state: {
            "appid": app.client, "agentid": app.agent, "redirect_uri": back, "state": state,
        },
        _wecom,
    ),
    "feishu": ChatDialect(
        "飞书",
        "Feishu",
        "https://accounts.feishu.cn/open-apis/authen/v1/authorize",
        "https://open.feishu.cn",
        lambda app, back, state: {
            "client_id": app.client, "redirect_uri": back, "state": state, "response_type": "code",
        },
        _feishu,
    ),
}  # fmt: skip
