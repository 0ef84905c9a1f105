"""A stored value in the words of the person who reads it."""

from typing import Any

from cli.language import language, t


def say(family: str, value: Any) -> str:
    """The word of a value of this family; "" for none."""
    from casework.views.value_wordings import term

    return t(*term(family, str(value))) if value not in (None, "") else ""


_SIGNS = {
    "versions": "版本",
    "disk": "磁盘",
    "fonts": "字体",
    "files": "文件",
    "database": "数据库",
    "database-role": "数据库用户",
    "schema": "数据库结构",
    "identity-key": "身份密钥",
    "clock": "时钟",
    "working-days": "工作日",
    "policies": "政策",
    "filing": "申报期",
    "rules": "规则版本",
    "parameters": "参数",
    "duties": "岗位",
    "staffing": "人员配备",
    "channels": "通知渠道",
    "messages": "消息",
    "engine": "引擎",
    "engine-kept": "引擎数据",
    "engine-origins": "引擎来源",
    "engine-password": "引擎口令",
    "engine-secret": "引擎密钥",
    "deployments": "部署",
    "workers": "执行器",
    "sweep": "巡检",
    "alarms": "告警",
    "reading": "运行状态",
    "work": "待办",
    "due": "系统待办",
    "outbox": "待发消息",
    "dispatch": "发送件",
    "verify": "核验",
}


def sign(identity: str) -> str:
    """What a check of the installation is called; JSON has its id."""
    return t(_SIGNS.get(identity, identity), identity)


def kind_of_message(kind: str) -> str:
    """What a kind of message is called: its title."""
    from notifications.wording.catalogue import WORDINGS

    if kind not in WORDINGS:
        return kind
    return (WORDINGS[kind].en if language() == "en" else WORDINGS[kind].zh).title
