"""How messages reach whoever is signed in: their own addresses, and by which channels, when and in which language they hear."""

from collections.abc import Iterable, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from casework.shared.errors import Refused
from casework.staff import contact_addresses, notification_preferences
from casework.staff.contact_addresses import ContactRow
from casework.staff.notification_preferences import Wish
from casework.views.value_wordings import term
from models import Rhythm
from web.fields import FieldView, typed_fields
from web.visit import Form, Posted, SignedIn, Visit

router = APIRouter()
PAGE = "/account/messages"
OFFERED = ("email", "sms")
_TYPED = ("rhythm", "digest_at", "quiet_from", "quiet_to", "working_days", "language")
_AT = {"quiet": "quiet_from"}  # where a refusal stands that names no field of the page
_NEW = ("channel", "address")


@router.get(PAGE)
def preferences_page(visit: SignedIn, done: Annotated[str, Query(max_length=10)] = "") -> Response:
    return _page(visit, done=done)


def _page(
    visit: Visit,
    *,
    done: str = "",
    typed: Mapping[str, str] | None = None,
    chosen: Iterable[str] | None = None,
    new: Mapping[str, str] | None = None,
    no: Refused | None = None,
) -> Response:
    """The page, with what was typed in one of its forms and what is wrong with it."""
    holder = own(visit)
    wish = notification_preferences.preference(visit.store, holder)
    addresses = contact_addresses.listed(visit.store, holder=holder)
    picked = tuple(wish.channels if chosen is None else chosen)
    names = dict.fromkeys((*OFFERED, *(row.channel for row in addresses), *picked))
    fields = _fields(_kept(wish) if typed is None else typed, no if typed is not None else None)
    asked = address_fields({} if new is None else new, no if new is not None else None)
    at = "" if no is None else _AT.get(no.field, no.field)
    anchors = {field.path: field.id for field in (*fields, *asked)} | {"channels": "f-channels"}
    return visit.page(
        "account/preferences.html",
        status=422 if no else 200,
        addresses=shown_addresses(addresses),
        channels=[(name, term("channel", name)) for name in names],
        picked=picked,
        fields=fields,
        asked=asked,
        faults=[] if no is None else [(anchors.get(at, ""), no.zh, no.en)],
        wrong_channels=no if at == "channels" else None,
        done=done,
    )


def own(visit: Visit) -> str:
    """The reader as the register of addresses names them."""
    return f"person:{visit.person}"


def shown_addresses(rows: Iterable[ContactRow]) -> list[tuple[ContactRow, tuple[str, str], tuple[str, str]]]:
    """Addresses with channel and state in words."""
    return [(row, term("channel", row.channel), term("contact", row.status)) for row in rows]


def _kept(wish: Wish) -> dict[str, str]:
    """What is set, as the form holds it."""
    return {
        "rhythm": str(wish.rhythm),
        "digest_at": wish.digest_at,
        "quiet_from": wish.quiet_from,
        "quiet_to": wish.quiet_to,
        "working_days": "true" if wish.working_days else "false",
        "language": wish.language or "own",
    }


def _fields(typed: Mapping[str, str], no: Refused | None) -> tuple[FieldView, ...]:
    field = typed_fields(typed, no, "" if no is None else _AT.get(no.field, no.field))
    rhythms = ((str(Rhythm.AT_ONCE), "即时", "at once"), (str(Rhythm.DIGEST), "每日汇总", "a digest a day"))
    languages = (("own", "随账号", "the account's"), ("zh", "中文", "Chinese"), ("en", "英文", "English"))
    hint = "北京时间，写成 09:00 / China standard time, like 09:00"
    return (
        field("rhythm", "什么时候发", "When", "choice", options=rhythms),
        field(
            "digest_at", "汇总的时间（选了每日汇总时）", "Time of the digest, where one is chosen", "clock", hint=hint
        ),
        field("quiet_from", "免打扰，从", "Quiet from", "clock", hint=hint, required=False),
        field("quiet_to", "免打扰，到", "Quiet until", "clock", hint=hint, required=False),
        field("working_days", "只在工作日发", "On working days only", "flag"),
        field("language", "语言", "Language", "choice", options=languages),
    )


@router.post(PAGE)
def set_preferences(visit: SignedIn, form: Form) -> Response:
    typed, chosen = {name: form.get(name) for name in _TYPED}, form.list("channels")
    try:
        notification_preferences.prefer(visit.store, visit.person, own(visit), _wish(typed, chosen))
    except Refused as no:
        return _page(visit, typed=typed, chosen=chosen, no=no)
    return visit.go(f"{PAGE}?done=set")


def _wish(typed: Mapping[str, str], chosen: Iterable[str]) -> Wish:
    clocks = {name: typed[name].replace("：", ":") for name in ("digest_at", "quiet_from", "quiet_to")}
    digest = typed["rhythm"] == Rhythm.DIGEST
    return Wish(
        channels=tuple(chosen),
        rhythm=typed["rhythm"],
        digest_at=clocks["digest_at"] if digest else clocks["digest_at"] or Wish.digest_at,
        quiet_from=clocks["quiet_from"],
        quiet_to=clocks["quiet_to"],
        working_days=typed["working_days"] == "true",
        language="" if typed["language"] == "own" else typed["language"],
    )


# addresses


def address_fields(typed: Mapping[str, str], no: Refused | None) -> tuple[FieldView, ...]:
    """The form of a new address."""
    field = typed_fields(typed, no, no.field if no else "")
    channels = tuple((name, *term("channel", name)) for name in OFFERED)
    return (
        field("channel", "渠道", "Channel", "choice", options=channels),
        field("address", "邮箱地址或手机号码", "E-mail address or mobile number"),
    )


def typed_address(form: Posted) -> dict[str, str]:
    """A new address as it was typed."""
    return {name: form.get(name) for name in _NEW}


def enter_address(visit: Visit, form: Posted, holder: str) -> None:
    """Enters an address of the reader's, or of their party's; Refused where it is none."""
    visit.refuse_unless_stepped_up(form, own=True)
    typed = typed_address(form)
    if typed["channel"] not in OFFERED:
        raise Refused("channel", "请选择渠道", "choose a channel", field="channel")
    contact_addresses.add(visit.store, visit.person, holder, **typed)


def end_address(visit: Visit, form: Posted, contact: UUID, holder: str) -> None:
    """Takes one of them out of use; one that is in no use any more stays as it is."""
    visit.refuse_unless_stepped_up(form, own=True)
    if any(row.id == contact for row in contact_addresses.listed(visit.store, holder=holder)):
        contact_addresses.end(visit.store, visit.person, contact, reason="在网站上停用")


@router.post("/account/addresses")
def add_own(visit: SignedIn, form: Form) -> Response:
    try:
        enter_address(visit, form, own(visit))
    except Refused as no:
        return _page(visit, new=typed_address(form), no=no)
    return visit.go(f"{PAGE}?done=added")


@router.post("/account/addresses/{contact}/end")
def end_own(visit: SignedIn, contact: UUID, form: Form) -> Response:
    end_address(visit, form, contact, own(visit))
    return visit.go(f"{PAGE}?done=ended")
