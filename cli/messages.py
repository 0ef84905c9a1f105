"""`messages`: what is told to people: how it reads, what became of it, what could not be delivered, and sending that again."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from cli import home, message_words, output, preview
from cli.common import done, show, uuid_of
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.paging import MOST, Limit, Offset, cut, more
from cli.terms import kind_of_message, say

app = group("消息：发送情况、未送达清单、重发", "Messages: what became of them, what is undelivered, sending again")
preview.mount(app)
Id = Annotated[str, argument("消息编号（messages list 的 id）", "the message's id", metavar="MESSAGE")]


@command(app, "list", "列出消息及其发送状态（新的在前）", "List messages and how far they are, the newest first")
def messages_list(
    status: Annotated[
        str,
        option(
            "--status",
            zh="waiting（待发送）、routed（发送中）、sent（已发送）或 failed（发送失败）",
            en="waiting, routed, sent or failed",
        ),
    ] = "",
    kind: Annotated[str, option("--kind", zh="消息种类，如 decided", en="a kind, like decided")] = "",
    case: Annotated[str, option("--case", zh="案件编号", en="a case's number", metavar="NO")] = "",
    most: Annotated[int, option("--most", zh="最多列出几条", en="how many at most", min=1, max=10_000)] = 50,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.views import message_log
    from models import MessageStatus

    if status and status not in set(MessageStatus):
        among = "、".join(MessageStatus)
        raise wrong_use("status", f"状态应为 {among} 之一", f"one of {', '.join(MessageStatus)}", field="--status")
    store = home.opened()
    _known(store, kind, case)
    reader = home.reader(store, as_, token)
    rows = message_log.listed(store, status=status, kind=kind, case=case, most=most, reader=reader)
    counts = message_log.counted(store, reader=reader)
    if json:
        from casework.views import plain

        body = {"count": len(rows), "by_status": counts, "messages": [plain(message) for message in rows]}
        output.print_json({"demo": store.demo, **body})
        return
    output.demo_mark(store.demo)
    names = (("时间", "at"), ("案件", "case"), ("种类", "kind"), ("收件人", "to"), ("状态", "status"), ("编号", "id"))
    shown = [
        (
            output.moment(row.due_at),
            row.case or "–",
            kind_of_message(row.kind),
            row.recipient,
            say("message", row.status),
            row.id,
        )
        for row in rows
    ]
    if shown:
        output.table([t(*name) for name in names], shown, keep=(0, 1, 5))
    else:
        output.line(t("没有符合条件的消息", "no such messages"))
    output.line(t("、", ", ").join(f"{say('message', name)} {count}" for name, count in counts.items()))


def _known(store: Any, kind: str, case: str) -> None:
    """A kind or case that is not there is said to be none."""
    from casework import views
    from notifications.wording.catalogue import WORDINGS

    if kind and kind not in WORDINGS:
        among = "、".join(sorted(WORDINGS))
        raise wrong_use(
            "kind", f"没有消息种类“{kind}”；现有：{among}", f"no kind {kind}; there are {among}", field="--kind"
        )
    if case:
        with store.read() as work:
            views.find_case(work, case)


@command(
    app,
    "show",
    "一条消息：内容、收件人、渠道、每次发送的结果",
    "One message: content, readers, channels, every attempt",
)
def messages_show(message: Id, as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework.views import message_log, plain

    store = home.opened()
    told = message_log.told(store, uuid_of(message, "MESSAGE"), reader=home.reader(store, as_, token))
    if json:
        output.print_json({"demo": store.demo, **plain(told)})
        return
    output.demo_mark(store.demo)
    row = told.message
    output.pairs(
        {
            t("种类", "kind"): kind_of_message(row.kind),
            t("案件", "case"): row.case,
            t("收件人", "recipient"): row.recipient,
            t("状态", "status"): say("message", row.status),
            t("内容", "content"): "\n".join(f"{name} {value}" for name, value in message_words.content(told.content)),
        }
    )
    for dispatch in told.dispatches:
        _show_dispatch(dispatch)


def _show_dispatch(dispatch: Any) -> None:
    """One copy to one reader, with its attempts."""
    why = message_words.detail(dispatch.reason)
    output.line(
        f"{dispatch.reader}  {say('channel', dispatch.channel) or '–'}  {say('dispatch', dispatch.status)}  {why}".rstrip()
    )
    for tried in dispatch.log:
        again = t("（可能重复）", " (may repeat)") if tried.repeats else ""
        outcome, detail = say("attempt", tried.outcome) + again, message_words.detail(tried.detail)
        output.line(f"  {tried.attempt}  {output.moment(tried.at)}  {outcome}  {detail}  {tried.wording}".rstrip())


@command(app, "dead", "未送达清单：已放弃的和没有地址的", "What was given up or has no address")
def messages_dead(
    limit: Limit = 200, offset: Offset = 0, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.views import message_log

    store = home.opened()
    page = cut(message_log.undelivered(store, most=MOST, reader=home.reader(store, as_, token)), limit, offset)
    rows = page.rows
    if json:
        show(store, page, (), True, "dispatches")
        return
    output.demo_mark(store.demo)
    for row in rows:
        words = (row.case or "–", kind_of_message(row.kind), row.reader)
        output.line("  ".join(words))
        output.line(f"  {say('channel', row.channel) or '–'}  {say('dispatch', row.status)}  {row.message}")
        output.line(f"  {message_words.detail(row.reason)}")
    more(page)
    if rows:
        output.line(
            t("重发：duixian messages resend 编号 --reason 理由", "again: duixian messages resend ID --reason WHY")
        )
    else:
        output.line(t("没有未送达的消息", "nothing is undelivered"))


@command(app, "resend", "重发未送达的消息（记入审计）", "Send again what is undelivered (in the audit)")
def messages_resend(
    message: Annotated[str | None, argument("消息编号；不给则须 --all", "the message's id", metavar="MESSAGE")] = None,
    all_: Annotated[bool, option("--all", zh="重发清单上的全部", en="all that is listed")] = False,
    reason: Annotated[str, option("--reason", zh="理由（必填）", en="the reason (required)")] = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.operations import message_resend

    if (message is None) is not all_:
        raise wrong_use("message", "请给出消息编号，或用 --all 重发全部", "give a message, or --all", field="MESSAGE")
    store = home.opened()
    wanted: UUID | None = uuid_of(message, "MESSAGE") if message else None
    actor = home.person(store, as_, token)
    home.note(store, actor, "messages resend", [message or "--all"])
    count = message_resend.resend(store, actor.person, message=wanted, reason=reason)
    done(t(f"重发 {count} 件", f"{count} sent again"), store, json, dispatches=count)


@command(app, "deliver", "立即发送一遍到期的消息（不需要 serve 在运行）", "Send what is due, once (no serve needed)")
def messages_deliver(
    seconds: Annotated[int, option("--seconds", zh="最长用时（秒）", en="how long at most", min=1, max=3600)] = 60,
    json: Json = False,
) -> None:
    from casework.operations import message_delivery
    from notifications.channels.channel_settings import WrongSettings

    store = home.opened()
    try:
        if not message_delivery.channels_of(home.home()):
            zh = "没有渠道：请在 channels.toml 中设置；消息在此之前一直等待"
            raise wrong_use("channels", zh, "no channels: set them up in channels.toml; messages wait until then")
        with output.progress(t("发送", "sending")):
            made = message_delivery.send_waiting(home.home(), within=seconds)
    except WrongSettings as error:
        raise wrong_use("channels", error.zh, error.en, field=error.field) from None
    states: dict[str, Any] = dict(sorted(made.states.items()))
    said = (f"{say('dispatch', name)} {count}" for name, count in states.items())
    words = t("、", ", ").join(said) or t("没有到期的消息", "nothing was due")
    done(words, store, json, routed=made.routed, **states)
