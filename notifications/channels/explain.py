"""What became of an attempt, for people: in words, with what to do, in two languages."""

from notifications.channels.answers import Reason, asks_keyword, reason_of
from notifications.channels.parcel import Answer, Verdict

# reason -> what it means (zh, en) and what to do (zh, en)
_REASONS: dict[Reason, tuple[str, str, str, str]] = {
    Reason.DELIVERED: ("对方已收下", "the other side has it", "", ""),
    Reason.THROTTLED: (
        "对方限流，暂不接收",
        "the other side takes no more for now",
        "稍后自动重发；若常见，请调低 per_minute 或改用汇总",
        "it is sent again later; where it happens often, lower per_minute or use digests",
    ),
    Reason.ADDRESS_LIMIT: (
        "对方限制发往同一号码的条数",
        "this number has had as many as the gateway lets through",
        "稍后自动重发；若常见，请改用汇总",
        "it is sent again later; where it happens often, use digests",
    ),
    Reason.UNAVAILABLE: (
        "对方暂时不能接收",
        "the other side cannot take it for now",
        "稍后自动重发；若持续，请联系对方运维，短信请查余额",
        "it is sent again later; if it lasts, ask who runs the other side (for SMS, look at the balance)",
    ),
    Reason.UNREACHABLE: (
        "连接不上",
        "no connection",
        "请检查 url、网络与防火墙；稍后自动重发",
        "check url, network and firewall; it is sent again later",
    ),
    Reason.INSECURE: (
        "对方的加密或证书不可信，未发送",
        "the other side's encryption or certificate is not to be trusted; nothing was sent",
        "请更换证书，或用 SSL_CERT_FILE 指明签发机构；不要关闭校验",
        "have the certificate replaced, or name its authority in SSL_CERT_FILE; do not turn the check off",
    ),
    Reason.TIMED_OUT: (
        "超时，未发出",
        "time ran out before anything was sent",
        "请检查网络；稍后自动重发",
        "check the network; it is sent again later",
    ),
    Reason.HANGING: (
        "此渠道先前的发送仍未结束",
        "earlier attempts of this channel still hang",
        "请检查域名解析与网络；若不恢复，请重启",
        "check name resolution and network; restart if it does not pass",
    ),
    Reason.ANSWER_LOST: (
        "已发出，但没有等到答复：对方可能已收到",
        "it was sent and the answer was lost: the other side may have it",
        "请问接收人；系统会再发一次，可能重复",
        "ask the receiver; it is sent once more and may come twice",
    ),
    Reason.WRONG_KEY: (
        "对方不认密钥、签名或来源地址（钉钉 310000 也可能是缺少机器人设定的关键词）",
        "the other side does not take the key, the signature or our address (DingTalk's 310000 may also be a missing keyword)",
        "请核对密钥（环境变量或 secret_file）、加签密钥、IP 白名单，以及机器人是否已停用；机器人若设了关键词，请设为“兑现系统”",
        "check the key (environment or secret_file), the signing secret, the list of addresses, and whether the robot is on;"
        " where the robot asks for a keyword, make it “Duixian system”",
    ),
    Reason.WRONG_ADDRESS: (
        "收件地址不对",
        "the address is wrong",
        "请更正联系方式后重发",
        "correct the contact and send it again",
    ),
    Reason.NOT_ALLOWED: (
        "去向不在允许范围内，未发送",
        "the place is not on the allow-list; nothing was sent",
        "如确需发往该处，请改 channels.toml 的 [allow]",
        "if it shall go there, change [allow] in channels.toml",
    ),
    Reason.REDIRECTED: (
        "对方要求转到别处，未跟随",
        "the other side points elsewhere; that is not followed",
        "请把 url 改为最终地址",
        "put the final address into url",
    ),
    Reason.REJECTED: (
        "对方拒收此内容",
        "the other side does not take this message",
        "请按对方的说明处理：关键词、模板、签名、长度或内容规则",
        "act on its words: keyword, template, signature, length or rules of content",
    ),
    Reason.FAULT: (
        "渠道程序出错",
        "the channel's program failed",
        "稍后自动重发；若持续，请报告",
        "it is sent again later; report it if it lasts",
    ),
}
# A robot that looks for its keyword in every message, and did not find it.
_NO_KEYWORD = (
    "消息中没有机器人安全设置要求的关键词",
    "the message lacks the keyword that the robot's security settings ask for",
    "请在机器人安全设置中把关键词设为“兑现系统”（每条中文消息都有此词；英文消息为“Duixian system”），或改用加签",
    "set the robot's keyword to “Duixian system” (it stands in every English message; “兑现系统” in every Chinese one),"
    " or use a signature instead",
)
_VERDICTS = {
    Verdict.SENT: ("已送达对方", "sent"),
    Verdict.RETRY: ("暂未送出，将重试", "not sent yet; it will be tried again"),
    Verdict.UNKNOWN: ("不确定是否送达", "may have arrived"),
    Verdict.REFUSED: ("被拒绝，不再重试", "refused; it is not tried again"),
}


def verdict_words(verdict: Verdict, language: str = "zh") -> str:
    """A verdict in a few words."""
    zh, en = _VERDICTS[verdict]
    return en if language == "en" else zh


def meaning(answer: Answer, language: str = "zh") -> str:
    """Why; the answer's own words where the channel is somebody else's."""
    reason = reason_of(answer)
    if reason is None:
        return answer.detail or verdict_words(answer.verdict, language)
    return _words(answer, reason)[1 if language == "en" else 0]


def advice(answer: Answer, language: str = "zh") -> str:
    """What to do; empty where there is nothing to do."""
    reason = reason_of(answer)
    return _words(answer, reason)[3 if language == "en" else 2] if reason else ""


def _words(answer: Answer, reason: Reason) -> tuple[str, str, str, str]:
    return _NO_KEYWORD if reason is Reason.REJECTED and asks_keyword(answer.detail) else _REASONS[reason]
