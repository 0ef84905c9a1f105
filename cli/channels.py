"""`channels`: the ways to reach people that `channels.toml` names, a trial of each, and the services that Apprise adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cli import home, output
from cli.common import keeper
from cli.errors import REFUSED, wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import language, t
from cli.terms import say

if TYPE_CHECKING:
    from notifications.channels.channel_settings import ChannelSettings, Settings

channels = group("通知渠道", "Channels of messages", "channels")
Name = Annotated[str, argument("渠道名", "the channel's name", metavar="NAME")]


@command(channels, "list", "列出渠道及其状态；密钥只显示有无", "List the channels; of keys only whether they are there")
def list_(json: Json = False) -> None:
    store = home.opened()
    settings = _settings()
    rows = [_row(channel, settings, store.demo) for channel in settings.channels]
    faults = [{"field": fault.field, "problem": t(fault.zh, fault.en)} for fault in settings.faults]
    if json:
        output.print_json({"demo": store.demo, "count": len(rows), "channels": rows, "faults": faults})
        return
    output.demo_mark(store.demo)
    output.table(
        (t("渠道", "channel"), t("类型", "kind"), t("去向", "leads to"), t("密钥", "keys"), t("状态", "state")),
        [(row["name"], say("channel", row["kind"]), row["leads_to"], _keys(row["keys"]), _state(row)) for row in rows],
    )
    for channel in (*rows, *faults):
        if channel["problem"]:
            output.line(f"✗ {channel['problem']}")


@command(channels, "test", "向渠道发一条测试消息，并说明结果", "Send a trial through a channel and say what came of it")
def test(
    name: Name,
    to: Annotated[
        str | None, option("--to", zh="邮箱或手机号（email、sms）", en="an address (email, sms)", metavar="ADDRESS")
    ] = None,
    seconds: Annotated[int, option("--seconds", zh="最长等待秒数", en="how long to wait at most", min=1, max=60)] = 10,
    login: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from notifications.channels.explain import advice, meaning, verdict_words
    from notifications.channels.parcel import SendingVerdict
    from notifications.channels.trial import trial

    store = home.opened()
    settings = _settings()
    declared = _named(settings, name)
    _check_address(declared.kind, to)
    channel = _opened(declared, settings, store.demo)
    keeper(store, login, token, "channels test", name)
    with output.progress(t("发送", "sending")):
        answer = channel.send(trial(name, to or "", demo=store.demo), seconds=float(seconds))
    done = answer.verdict is SendingVerdict.SENT
    told = {"meaning": meaning(answer, language()), "advice": advice(answer, language())}
    if json:
        body = {"verdict": str(answer.verdict), "detail": answer.detail, "retry_after": answer.retry_after, **told}
        output.print_json({"demo": store.demo, "channel": name, **body})
    else:
        output.demo_mark(store.demo)
        output.line(f"{name}{t('：', ': ')}{verdict_words(answer.verdict, language())}")
        output.pairs(
            [
                (t("说明", "meaning"), told["meaning"]),
                *([(t("对方答复", "answer"), answer.detail)] if not done else []),
                *([(t("怎么办", "what to do"), told["advice"])] if told["advice"] else []),
            ]
        )
    if not done:
        raise SystemExit(REFUSED)


@command(
    channels,
    "services",
    "列出 Apprise 支持的服务；给出协议名则说明地址写法",
    "List the services that Apprise knows; with a scheme, how its addresses are written",
)
def services(
    schema: Annotated[str | None, argument("协议名，如 ntfy", "a scheme, such as ntfy", metavar="[SCHEME]")] = None,
    json: Json = False,
) -> None:
    from cli.channel_addresses import service_rows, show_services

    rows = service_rows(schema)
    if json:
        output.print_json({"count": len(rows), "services": rows})
        return
    show_services(rows, whole=schema is not None)


@command(
    channels,
    "add",
    "添加一个 Apprise 地址为渠道；地址从标准输入或文件读入，存为仅本人可读的文件",
    "Add an Apprise address as a channel: read from standard input or a file, kept in a file that nobody else may read",
)
def add(
    name: Name,
    group: Annotated[
        bool,
        option(
            "--group/--no-group",
            zh="是否多人可见（群里不发个人信息）；必须指明",
            en="whether several people read it (nothing personal goes to a group); must be said",
        ),
    ],
    url_file: Annotated[
        str,
        option(
            "--url-file",
            zh="写有地址的文件；- 为标准输入",
            en="a file with the address; -: standard input",
            metavar="FILE",
        ),
    ] = "-",
    per_minute: Annotated[
        int | None, option("--per-minute", zh="每分钟最多几条", en="how many a minute at most", min=1)
    ] = None,
    login: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from cli import files
    from cli.channel_addresses import proposed, written_down

    store = home.opened()
    declared = proposed(_settings(), name, files.text(url_file, field="--url-file").strip(), group, per_minute)
    channel = _opened(declared, _settings(), store.demo)
    keeper(store, login, token, "channels add", name)
    written_down(home.home().directory, declared)
    row = _row(_named(_settings(), name), _settings(), store.demo)
    if json:
        output.print_json({"demo": store.demo, "channel": row})
        return
    output.demo_mark(store.demo)
    output.line(t(f"已添加渠道 {name}：{channel.leads_to}", f"added channel {name}: {channel.leads_to}"))
    output.line(t(f"请试发：duixian channels test {name}", f"try it: duixian channels test {name}"))


def _settings() -> Settings:
    from notifications.channels.channel_settings import WrongSettings, read_settings

    try:
        return read_settings(home.home().directory)
    except WrongSettings as error:
        raise wrong_use("channels", error.zh, error.en, field=error.field) from None


def _named(settings: Settings, name: str) -> ChannelSettings:
    for channel in settings.channels:
        if channel.name == name:
            return channel
    for fault in settings.faults:
        if fault.field.split(".")[1:2] == [name]:
            raise wrong_use("channels", fault.zh, fault.en, field=fault.field)
    known = "、".join(channel.name for channel in settings.channels) or t("（没有）", "(none)")
    zh = f"没有渠道“{name}”；channels.toml 中有：{known}"
    raise wrong_use("channel", zh, f"no channel {name}; channels.toml has: {known.replace('、', ', ')}", field="NAME")


def _check_address(kind: str, to: str | None) -> None:
    from notifications.channels.channel_kinds import KINDS
    from notifications.channels.trial import ADDRESSED

    if kind in ADDRESSED and not to:
        raise wrong_use("address", "请用 --to 指明发给谁", "say to whom with --to", field="--to")
    if to and kind in KINDS and kind not in (*ADDRESSED, "folder"):
        zh, en = "此渠道本身就是去向，不用 --to", "this channel is itself the address: no --to"
        raise wrong_use("address", zh, en, field="--to")


def _opened(channel: ChannelSettings, settings: Settings, demo: bool) -> Any:
    from notifications.channels.channel_settings import WrongSettings
    from notifications.channels.opening import open_channel

    try:
        return open_channel(channel, settings, demo=demo)
    except WrongSettings as error:
        raise wrong_use("channels", error.zh, error.en, field=error.field) from None


def _row(channel_: ChannelSettings, settings: Settings, demo: bool) -> dict[str, Any]:
    """One channel as it may be shown."""
    from notifications.channels.channel_settings import WrongSettings
    from notifications.channels.opening import described, open_channel

    row: dict[str, Any] = dict(described(channel_))
    try:
        channel = open_channel(channel_, settings, demo=demo)
    except WrongSettings as error:
        return {**row, "ready": False, "problem": t(error.zh, error.en)}
    shape: dict[str, Any] = {"group": channel.group, "local": channel.local, "per_minute": channel.per_minute}
    if leads_to := getattr(channel, "leads_to", ""):
        shape["leads_to"] = leads_to
    return {**row, **shape, "ready": True, "problem": None}


def _keys(keys: dict[str, bool]) -> str:
    return " ".join(f"{name} {'✓' if there else '✗'}" for name, there in keys.items()) or "–"


def _state(row: dict[str, Any]) -> str:
    if not row["ready"]:
        return t("✗ 不可用", "✗ not usable")
    parts = [t("群", "group") if row["group"] else "", t("本机", "local") if row["local"] else ""]
    rate = row["per_minute"]
    parts.append(t(f"每分钟 {rate} 条", f"{rate} a minute") if rate else "")
    return " ".join(["✓", *filter(None, parts)])
