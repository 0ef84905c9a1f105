"""The robots of DingTalk, WeCom, Feishu and Lark: what their answers mean, and signatures as they compute them.

Ours, because they answer HTTP 200 and refuse inside, which Apprise does not read, and because it encodes DingTalk's signature
twice and has none for Feishu and Lark. Addresses and texts are Apprise's own.
"""

import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from notifications.channels.answers import AnswerReason
from notifications.channels.codes import Codes


@dataclass(frozen=True, kw_only=True)
class Robot:
    """One kind of robot. `key` is what Apprise calls its token, `limit` the bytes that one text may have."""

    schema: str
    url: str
    codes: Codes
    key: str = "token"
    limit: int = 9_000  # a body may have 20,000 bytes; half of it leaves room for what JSON escapes
    secret: bool = True
    sign: Callable[[str, bytes], bytes] | None = None  # of those whose signature stands in the body


def _codes(throttled: str, busy: str, wrong_key: str, *fields: tuple[str, str], pause: float = 60.0) -> Codes:
    return Codes(
        {
            AnswerReason.DELIVERED: "0", AnswerReason.THROTTLED: throttled, AnswerReason.UNAVAILABLE: busy,
            AnswerReason.WRONG_KEY: wrong_key,
        }, fields, pause,
    )  # fmt: skip


def signed_body(secret: str, body: bytes) -> bytes:
    """A document for Feishu or Lark, with the time and the signature over it."""
    stamp = str(int(time.time()))
    signature = {"timestamp": stamp, "sign": _signature(f"{stamp}\n{secret}", "")}
    return json.dumps(json.loads(body) | signature, ensure_ascii=False).encode()


def dingtalk_signature(robot: Any) -> tuple[str, str]:
    """In the place of Apprise's: encoded once, when the address is built, and not before."""
    stamp = str(round(time.time() * 1000))
    return stamp, _signature(robot.secret, f"{stamp}\n{robot.secret}")


def _signature(key: str, words: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), words.encode(), "sha256")).decode()


_ERRCODE = ("errcode", "errmsg")
# Some robots of Feishu and Lark answer with `StatusCode` alone.
_HOOK = _codes(
    "11232 11233 99991400", "1500 2200 55001", "19001 19021 19022", ("code", "msg"), ("StatusCode", "StatusMessage")
)
ROBOTS: Mapping[str, Robot] = {
    "dingtalk": Robot(
        schema="dingtalk",
        url="https://oapi.dingtalk.com",
        codes=_codes(
            "130101 410100 90018", "-1", "300005 310000 400101 400102 400106 400013 40014", _ERRCODE,
            pause=600.0,  # too many in a minute and it is silent for ten
        ),
    ),
    "wecom": Robot(
        schema="wecombot",
        url="https://qyapi.weixin.qq.com",
        codes=_codes("45009 45033", "-1 6000", "93000 93004 93008 40001 40014", _ERRCODE),
        key="key",
        limit=2_048,
        secret=False,
    ),
    "feishu": Robot(schema="feishu", url="https://open.feishu.cn", codes=_HOOK, sign=signed_body),
    "lark": Robot(schema="lark", url="https://open.larksuite.com", codes=_HOOK, sign=signed_body),
}  # fmt: skip
CODES: Mapping[str, Codes] = {robot.schema: robot.codes for robot in ROBOTS.values()}
