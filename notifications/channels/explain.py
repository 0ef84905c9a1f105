"""What became of an attempt, for people: in words, with what to do, in two languages."""

from notifications.channels.answers import AnswerReason, asks_keyword, reason_of
from notifications.channels.parcel import Answer, SendingVerdict

# What a reason means, in the words of the glossary, and what to do: (zh, en).
MEANINGS: dict[AnswerReason, tuple[str, str]] = {
    AnswerReason.DELIVERED: ("已送达", "delivered"),
    AnswerReason.THROTTLED: ("限流", "throttled"),
    AnswerReason.ADDRESS_LIMIT: ("号码限流", "limit of the address reached"),
    AnswerReason.UNAVAILABLE: ("暂不可用", "unavailable"),
    AnswerReason.UNREACHABLE: ("无法连接", "unreachable"),
    AnswerReason.INSECURE: ("加密不可信", "insecure"),
    AnswerReason.TIMED_OUT: ("超时未发", "timed out"),
    AnswerReason.HANGING: ("仍未结束", "hanging"),
    AnswerReason.ANSWER_LOST: ("答复丢失，可能已送达", "answer lost, may have arrived"),
    AnswerReason.WRONG_KEY: ("密钥不符", "wrong key"),
    AnswerReason.WRONG_ADDRESS: ("地址有误", "wrong address"),
    AnswerReason.NOT_ALLOWED: ("不在允许范围", "not allowed"),
    AnswerReason.REDIRECTED: ("被转向", "redirected"),
    AnswerReason.REJECTED: ("内容被拒", "rejected"),
    AnswerReason.FAULT: ("渠道出错", "fault"),
}
_ADVICE: dict[AnswerReason, tuple[str, str]] = {
    AnswerReason.THROTTLED: (
        "稍后自动重发；若常见，请调低 per_minute 或改用汇总",
        "it is sent again later; where it happens often, lower per_minute or use digests",
    ),
    AnswerReason.ADDRESS_LIMIT: (
        "稍后自动重发；若常见，请改用汇总",
        "it is sent again later; where it happens often, use digests",
    ),
    AnswerReason.UNAVAILABLE: (
        "稍后自动重发；若持续，请联系对方运维，短信请查余额",
        "it is sent again later; if it lasts, ask who runs the other side (for SMS, look at the balance)",
    ),
    AnswerReason.UNREACHABLE: (
        "请检查 url、网络与防火墙；稍后自动重发",
        "check url, network and firewall; it is sent again later",
    ),
    AnswerReason.INSECURE: (
        "请更换证书，或用 SSL_CERT_FILE 指明签发机构；不要关闭校验",
        "have the certificate replaced, or name its authority in SSL_CERT_FILE; do not turn the check off",
    ),
    AnswerReason.TIMED_OUT: ("请检查网络；稍后自动重发", "check the network; it is sent again later"),
    AnswerReason.HANGING: (
        "请检查域名解析与网络；若不恢复，请重启",
        "check name resolution and network; restart if it does not pass",
    ),
    AnswerReason.ANSWER_LOST: (
        "请问接收人；系统会再发一次，可能重复",
        "ask the receiver; it is sent once more and may come twice",
    ),
    AnswerReason.WRONG_KEY: (
        "请核对密钥（环境变量或 secret_file）、加签密钥、IP 白名单，以及机器人是否已停用；"
        "机器人若设了关键词（钉钉也答 310000），请设为“兑现系统”",
        "check the key (environment or secret_file), the signing secret, the list of addresses, and whether the robot is on;"
        " where the robot asks for a keyword (DingTalk answers 310000 then too), make it “Duixian system”",
    ),
    AnswerReason.WRONG_ADDRESS: ("请更正联系方式后重发", "correct the contact and send it again"),
    AnswerReason.NOT_ALLOWED: (
        "如确需发往该处，请改 channels.toml 的 [allow]",
        "if it shall go there, change [allow] in channels.toml",
    ),
    AnswerReason.REDIRECTED: ("请把 url 改为最终地址", "put the final address into url"),
    AnswerReason.REJECTED: (
        "请按对方的说明处理：关键词、模板、签名、长度或内容规则",
        "act on its words: keyword, template, signature, length or rules of content",
    ),
    AnswerReason.FAULT: ("稍后自动重发；若持续，请报告", "it is sent again later; report it if it lasts"),
}
# A robot that looks for its keyword in every message, and did not find it.
_NO_KEYWORD = (
    (
        "消息中没有机器人安全设置要求的关键词",
        "the message lacks the keyword that the robot's security settings ask for",
    ),
    (
        "请在机器人安全设置中把关键词设为“兑现系统”（每条中文消息都有此词；英文消息为“Duixian system”），或改用加签",
        "set the robot's keyword to “Duixian system” (it stands in every English message; “兑现系统” in every Chinese one),"
        " or use a signature instead",
    ),
)
_VERDICTS = {
    SendingVerdict.SENT: ("已送达对方", "sent"),
    SendingVerdict.RETRY: ("暂未送出，将重试", "not sent yet; it will be tried again"),
    SendingVerdict.UNKNOWN: ("不确定是否送达", "may have arrived"),
    SendingVerdict.REFUSED: ("被拒绝，不再重试", "refused; it is not tried again"),
}


def verdict_words(verdict: SendingVerdict, language: str = "zh") -> str:
    """A verdict in a few words."""
    return _VERDICTS[verdict][language == "en"]


def meaning(answer: Answer, language: str = "zh") -> str:
    """Why; the answer's own words where the channel is somebody else's."""
    reason = reason_of(answer)
    if reason is None:
        return answer.detail or verdict_words(answer.verdict, language)
    return (_NO_KEYWORD[0] if _lacks_keyword(answer) else MEANINGS[reason])[language == "en"]


def advice(answer: Answer, language: str = "zh") -> str:
    """What to do; empty where there is nothing to do."""
    reason = reason_of(answer)
    found = _NO_KEYWORD[1] if _lacks_keyword(answer) else _ADVICE.get(reason, ("", "")) if reason else ("", "")
    return found[language == "en"]


def _lacks_keyword(answer: Answer) -> bool:
    return reason_of(answer) is AnswerReason.REJECTED and asks_keyword(answer.detail)
