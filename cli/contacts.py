"""`contacts`, `preferences`: how people are reached, and how they want to hear."""

from __future__ import annotations

from typing import Annotated

from cli import home, output
from cli.common import done, imports, keeper, own_or_office, party_named, reading, show, uuid_of
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.paging import Limit, Offset, cut, more
from cli.terms import say

contacts = group("联系方式：登记、核验、更换、退信", "Addresses: enter, verify, replace, bounces", "contacts")
preferences = group("接收偏好：渠道、汇总、免打扰、语言", "How people want to hear", "preferences")
Holder = Annotated[
    str,
    argument(
        "谁的：person:登录名、party:代码或名称、unit:单位全称",
        "whose: person:LOGIN, party:CODE or unit:NAME",
        metavar="HOLDER",
    ),
]
Contact = Annotated[str, argument("联系方式编号（contacts list 的 id）", "the contact's id", metavar="CONTACT")]


@command(contacts, "list", "列出联系方式（地址遮蔽显示）", "List addresses (masked)")
def contacts_list(
    holder: Annotated[
        str, option("--of", zh="只列此人（主体、单位）的", en="of this holder only", metavar="HOLDER")
    ] = "",
    bouncing: Annotated[bool, option("--bouncing", zh="只列已失效（退信）的", en="the bouncing only")] = False,
    old: Annotated[bool, option("--old", zh="连同已更换的", en="the replaced too")] = False,
    limit: Limit = 200,
    offset: Offset = 0,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import contact_addresses as register

    store = home.opened()
    named = _holder(store, holder) if holder else ""
    own = reading(store, as_, token, "联系方式", "addresses")
    rows = register.listed(store, holder=named, bouncing=bouncing, old=old)
    page = cut([row_ for row_ in rows if own is None or str(own) in row_.holder], limit, offset)
    rows = list(page.rows)
    if json:
        show(store, page, (), True, "contacts")
        return
    output.demo_mark(store.demo)
    names = (
        ("对象", "of"),
        ("渠道", "channel"),
        ("地址", "address"),
        ("状态", "status"),
        ("原因", "reason"),
        ("编号", "id"),
    )
    shown = [
        (
            row.name,
            say("channel", row.channel),
            row.address or "–",
            say("contact", row.status),
            row.reason,
            row.id,
        )
        for row in rows
    ]
    output.table([t(*name) for name in names], shown, keep=(2, 5))
    more(page)


@command(contacts, "add", "登记或更换联系方式；原有的留存", "Enter an address, or replace one; the old one is kept")
def contacts_add(
    holder: Holder,
    channel: Annotated[
        str,
        argument("渠道：email、sms，或 channels.toml 中的渠道名", "email, sms or a channel's name", metavar="CHANNEL"),
    ],
    address: Annotated[
        str, argument("邮箱或手机号；群机器人不填", "the address; none for a room", metavar="ADDRESS")
    ] = "",
    proof: Annotated[
        str, option("--proof", zh="已核验的依据（回拨电话等）；本人登记的须由他人核验", en="how it was checked")
    ] = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import contact_addresses as register

    store = home.opened()
    named = _holder(store, holder)
    actor = keeper(store, as_, token, "contacts add", named)
    made = register.add(store, actor.register, named, channel=channel, address=address, proof=proof)
    row = next(entered for entered in register.listed(store, holder=named) if entered.id == made)
    words = t(
        f"已登记：{say('channel', row.channel)} {row.address}（{say('contact', row.status)}）",
        f"entered: {row.channel} {row.address} ({row.status})",
    )
    done(words, store, json, id=str(made), status=row.status)


imports(
    contacts,
    "casework.parties.contact_workbook:bring_in",
    "从 CSV 或 JSON 登记联系方式（列：holder, channel, address, proof）",
    "Enter addresses from CSV or JSON (columns: holder, channel, address, proof)",
)


@command(contacts, "verify", "核验联系方式（由本人以外的人）", "Verify an address (somebody other than its holder)")
def contacts_verify(
    contact: Contact,
    proof: Annotated[str, option("--proof", zh="核验依据（必填）", en="how it was checked (required)")] = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import contact_addresses as register

    store = home.opened()
    actor = keeper(store, as_, token, "contacts verify", contact)
    register.verify(store, actor.register, uuid_of(contact, "CONTACT"), proof=proof)
    done(t("已核验", "verified"), store, json)


@command(contacts, "reject", "核验不符，退回并告知（由本人以外的人）", "Send an address back (somebody else)")
def contacts_reject(
    contact: Contact,
    reason: Annotated[str, option("--reason", zh="哪里不符（必填）", en="what is not right (required)")] = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import contact_addresses as register

    store = home.opened()
    actor = keeper(store, as_, token, "contacts reject", contact)
    register.reject(store, actor.register, uuid_of(contact, "CONTACT"), reason=reason)
    done(t("已退回，已告知", "sent back; they are told"), store, json)


@command(contacts, "end", "停用联系方式（留存备查）", "Take an address out of use (it is kept)")
def contacts_end(
    contact: Contact,
    reason: Annotated[str, option("--reason", zh="理由（必填）", en="the reason (required)")] = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import contact_addresses as register

    store = home.opened()
    actor = keeper(store, as_, token, "contacts end", contact)
    register.end(store, actor.register, uuid_of(contact, "CONTACT"), reason=reason)
    done(t("已停用", "out of use"), store, json)


@command(preferences, "show", "查看接收偏好", "Show how somebody wants to hear")
def preferences_show(holder: Holder, as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework.staff import notification_preferences as register
    from casework.views import plain

    store = home.opened()
    named = _holder(store, holder)
    own_or_office(store, as_, token, named, "接收偏好", "how people want to hear")
    wish = register.preference(store, named)
    if json:
        output.print_json({"demo": store.demo, **plain(wish)})
        return
    output.demo_mark(store.demo)
    quiet = f"{wish.quiet_from}–{wish.quiet_to}" if wish.quiet_from else t("无", "none")
    output.pairs(
        {
            t("渠道", "channels"): "、".join(wish.channels) or t("可送达的第一个", "the first that reaches"),
            t("方式", "rhythm"): t(f"每日汇总 {wish.digest_at}", f"a digest at {wish.digest_at}")
            if wish.rhythm == "digest"
            else t("即时", "at once"),
            t("免打扰", "quiet"): quiet,
            t("只在工作日", "working days only"): t("是", "yes") if wish.working_days else t("否", "no"),
            t("语言", "language"): wish.language or t("随账号", "the account's"),
        }
    )
    output.line(t("催办升级和系统告警不受偏好限制，随时送达", "Escalations and alarms come at once all the same"))


@command(preferences, "set", "设置接收偏好（整体替换）", "Set how somebody wants to hear (replaces all of it)")
def preferences_set(
    holder: Holder,
    channels: Annotated[
        str,
        option(
            "--channels", zh="渠道，逗号分隔，如 email,sms；每条消息各发一份", en="channels by commas, each gets a copy"
        ),
    ] = "",
    digest: Annotated[
        str,
        option(
            "--digest", zh="每日汇总的时间，如 09:00；不给则即时", en="a daily digest at, like 09:00", metavar="TIME"
        ),
    ] = "",
    quiet: Annotated[
        str, option("--quiet", zh="免打扰时段，如 22:00-08:00", en="quiet hours, like 22:00-08:00", metavar="FROM-TO")
    ] = "",
    working_days: Annotated[bool, option("--working-days", zh="只在工作日接收", en="on working days only")] = False,
    lang: Annotated[str, option("--lang", zh="语言：zh 或 en；不给则随账号", en="zh or en")] = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import notification_preferences as register

    first, dash, last = quiet.partition("-")
    if quiet and not dash:
        raise wrong_use("quiet", "免打扰时段应写成 22:00-08:00", "write quiet hours like 22:00-08:00", field="--quiet")
    store = home.opened()
    named = _holder(store, holder)
    actor = keeper(store, as_, token, "preferences set", named)
    wish = register.Wish(
        channels=tuple(name.strip() for name in channels.split(",") if name.strip()),
        rhythm="digest" if digest else "at_once",
        digest_at=digest or "09:00",
        quiet_from=first.strip(),
        quiet_to=last.strip(),
        working_days=working_days,
        language=lang,
    )
    register.prefer(store, actor.register, named, wish)
    done(t("已保存", "saved"), store, json)


def _holder(store: object, text: str) -> str:
    """The holder as the register takes it; a party is found by its code or name."""
    kind, colon, name = text.partition(":")
    if not colon or kind not in ("person", "party", "unit"):
        zh = "应写成 person:登录名、party:代码或名称、unit:单位全称"
        raise wrong_use("holder", zh, "write person:LOGIN, party:CODE or unit:NAME", field="HOLDER")
    return f"party:{party_named(store, name)}" if kind == "party" else text  # type: ignore[arg-type]
