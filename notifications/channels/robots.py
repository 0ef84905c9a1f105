"""The robots of DingTalk, WeCom, Feishu and Lark: Apprise's plugins, made to sign rightly and to read what the robot answers."""

import base64
import hmac
from typing import Any
from urllib.parse import quote, urlencode

from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.lark import NotifyLark
from apprise.plugins.wecombot import NotifyWeComBot

from notifications.channels.parcel import Answer
from notifications.channels.strict import CodeInside, Codes, Errand

PER_MINUTE = 20


def _codes(good: str, throttled: str, busy: str, wrong_key: str, pause: float = 60.0) -> Codes:
    words = [frozenset(one.split()) for one in (good, throttled, busy, wrong_key)]
    return Codes(words[0], words[1], words[2], words[3], pause=pause)


class StrictDingTalk(CodeInside, NotifyDingTalk):  # type: ignore[misc]
    """DingTalk. Too many in a minute and the robot is silent for ten. Apprise encodes the signature twice; here it is once."""

    codes = _codes("0", "130101 410100 90018", "-1", "300005 310000 400101 400102 400106 400013 40014", pause=600.0)
    fields = (("errcode", "errmsg"),)

    def carry(self, errand: Errand) -> Answer:
        query = {"access_token": self.token}
        if self.secret:
            stamp = str(round(errand.clock() * 1000))
            query |= {"timestamp": stamp, "sign": _signature(self.secret, f"{stamp}\n{self.secret}")}
        content = {"msgtype": "text", "text": {"content": errand.text}, "at": {"isAtAll": False}}
        return self.read(self.post(errand, f"{errand.place.path}/robot/send?{urlencode(query)}", content))


class StrictWeCom(CodeInside, NotifyWeComBot):  # type: ignore[misc]
    """WeCom. Its limit is 2,048 bytes, and it counts them."""

    codes = _codes("0", "45009 45033", "-1 6000", "93000 93004 93008 40001 40014")
    fields = (("errcode", "errmsg"),)

    def carry(self, errand: Errand) -> Answer:
        target = f"{errand.place.path}/cgi-bin/webhook/send?key={quote(self.key, safe='')}"
        return self.read(self.post(errand, target, {"msgtype": "text", "text": {"content": errand.text}}))


class _Hook(CodeInside):
    """What Feishu and Lark share. Some of their robots answer with `StatusCode` alone."""

    codes = _codes("0", "11232 11233 99991400", "1500 2200 55001", "19001 19021 19022")
    fields = (("code", "msg"), ("StatusCode", "StatusMessage"))
    token: str

    def carry(self, errand: Errand) -> Answer:
        content: dict[str, Any] = {"msg_type": "text", "content": {"text": errand.text}}
        secret = errand.keys.get("secret")
        if secret:
            stamp = str(int(errand.clock()))
            content |= {"timestamp": stamp, "sign": _signature(f"{stamp}\n{secret}", "")}
        target = f"{errand.place.path}/open-apis/bot/v2/hook/{quote(self.token, safe='')}"
        return self.read(self.post(errand, target, content))


class StrictFeishu(_Hook, NotifyFeishu):  # type: ignore[misc]
    """Feishu."""


class StrictLark(_Hook, NotifyLark):  # type: ignore[misc]
    """Lark, Feishu outside China."""


def _signature(key: str, words: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), words.encode(), "sha256")).decode()
