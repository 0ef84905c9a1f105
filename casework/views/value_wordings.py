"""The words of every stored value that people see, by family: Chinese and English, in one place; the glossary has the same."""

from collections.abc import Mapping

from casework.lifecycle.commands import Action
from casework.lifecycle.wordings import DUTIES, JOB_STATUSES, STATES
from casework.payments.batches import STATES_ZH

Words = Mapping[str, tuple[str, str]]


def _spoken(chinese: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Families whose English is the value itself, its underscores read as blanks."""
    return {str(value): (zh, str(value).replace("_", " ")) for value, zh in chinese.items()}


FAMILIES: dict[str, Words] = {
    "state": {str(state): (zh, en) for state, (zh, _, en) in STATES.items()},
    "duty": {str(duty): words for duty, words in DUTIES.items()},
    "act": _spoken({str(action): action.zh for action in Action}),
    "order": _spoken({str(state): zh for state, zh in STATES_ZH.items()}),
    "job": {str(status): words for status, words in JOB_STATUSES.items()},
    "message": _spoken({"waiting": "待发送", "routed": "发送中", "sent": "已发送", "failed": "发送失败"}),
    "dispatch": _spoken(
        {
            "waiting": "待发送",
            "retrying": "重试中",
            "sent": "已发送",
            "dead": "已放弃",
            "undeliverable": "无法送达",
            "replaced": "已更换",
        }
    ),
    "attempt": _spoken(
        {"sent": "已发送", "retry": "将重试", "unknown": "不确定", "refused": "被拒绝", "cut_off": "中断"}
    ),
    "contact": _spoken({"unverified": "未核验", "verified": "已核验", "bouncing": "已失效", "replaced": "已更换"}),
    "account": _spoken({"unverified": "未核验", "verified": "已核验", "replaced": "已更换"}),
    "party": _spoken(
        {
            "enterprise": "企业",
            "association": "协会",
            "institution": "事业单位、社会组织",
            "person": "自然人",
            "unit": "责任单位",
        }
    ),
    "erasure": _spoken({"proposed": "已提议", "confirmed": "已确认", "cleared": "已清除", "rejected": "已否决"}),
    "change": _spoken({"rename": "更名", "code": "代码变更", "merge": "并入", "odd_code": "校验位不符的代码"}),
    "opinion": _spoken({"pending": "待出具", "positive": "同意", "negative": "不同意", "overridden": "已裁定"}),
    "objection": _spoken({"open": "待答复", "dismissed": "不成立", "upheld": "成立", "moot": "终止"}),
    "milestone": _spoken(
        {
            "planned": "未开始",
            "in_progress": "实施中",
            "reported": "已报告，待复核",
            "reviewed": "已复核",
            "closed": "已办结",
        }
    ),
    "outcome": _spoken(
        {
            "acknowledged": "银行已受理",
            "pending": "处理中",
            "settled": "已到账",
            "failed": "支付失败",
            "returned": "已退汇",
        }
    ),
    "unit_kind": _spoken({"bureau": "部门", "town": "镇（街道）", "zone": "园区", "office": "办公室"}),
    "difference": _spoken(
        {
            "order_without_result": "指令无回单",
            "result_without_order": "回单到账而无已结指令",
            "amount_differs": "金额不符",
            "ledger_and_orders": "账目与指令不符",
            "fund_and_orders": "专项资金与指令不符",
            "entitlement_and_orders": "应得款与指令不符",
        }
    ),
    "channel": {
        "email": ("电子邮件", "e-mail"),
        "sms": ("短信", "SMS"),
        "dingtalk": ("钉钉群机器人", "DingTalk robot"),
        "wecom": ("企业微信群机器人", "WeCom robot"),
        "feishu": ("飞书群机器人", "Feishu robot"),
        "lark": ("飞书国际版群机器人", "Lark robot"),
        "webhook": ("回调接口", "webhook"),
        "folder": ("本机文件夹", "folder"),
        "apprise": ("Apprise 地址", "Apprise address"),
    },
}


def term(family: str, value: str) -> tuple[str, str]:
    """The value's words; a name that somebody else gave (a channel's, a unit kind of one's own) stays as it is."""
    return FAMILIES[family].get(str(value), (str(value), str(value)))
