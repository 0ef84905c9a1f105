"""What stands around every message: labels, the demo mark, the closing line, and the layout of mails."""

from functools import cache
from importlib.resources import files

DEMO = "【演示 DEMO】"
LAYOUT = ("message.html", "message_body.html")
FRAME = {
    "zh": {
        "case": "案件编号",
        "do": "需要您做",
        "by": "办理期限",
        "look": "查看办法",
        "open": "查看案件",
        "inbox": "打开待办",
        "own": "我的申报",
        "colon": "：",
        "group": "{unit}{duty}：案件 {case}。",
        "group_counted": "{unit}{duty}：清单见待办。",
        "cases": "{n} 件",
        "group_without_case": "{unit}{duty}请查收。",
        "digest": "消息汇总：{n} 条（{day}）",
        "digest_body": "以下 {n} 条消息汇总发送。",
        "many": "{heading}（{n} 件）",
        "these": "（下列 {n} 件）",
        "foot_applicant": "本消息由兑现系统自动发出，请勿直接回复；如有疑问请联系受理单位。",
        "foot_officer": "本消息由兑现系统自动发出，请勿直接回复。",
        "foot_group": "本消息由兑现系统自动发出。",
    },
    "en": {
        "case": "Case",
        "do": "What to do",
        "by": "By",
        "look": "Look it up",
        "open": "Open the case",
        "inbox": "Open the inbox",
        "own": "My applications",
        "colon": ": ",
        "group": "{unit} {duty}: case {case}.",
        "group_counted": "{unit} {duty}: see the inbox.",
        "cases": "{n:case|cases}",
        "group_without_case": "For the {duty} of {unit}.",
        "digest": "{n} messages of {day}",
        "digest_body": "These {n} messages are sent together.",
        "many": "{heading} ({n} cases)",
        "these": " (these {n}) ",
        "foot_applicant": "Sent by the Duixian system: please do not reply. The accepting unit answers questions.",
        "foot_officer": "Sent by the Duixian system: please do not reply.",
        "foot_group": "Sent by the Duixian system.",
    },
}


@cache
def layout(name: str) -> str:
    """A template of the HTML form."""
    return (files("notifications") / "templates" / name).read_text(encoding="utf-8")
