"""How people and units' rooms want to hear: by which channels, at once or as a digest, when not, in which language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from casework.shared.errors import Refused
from casework.shared.register_writes import Actor, writing
from casework.staff.contact_addresses import CHANNEL, find, keeper
from models import Preference, Rhythm
from models.store import Store

LANGUAGES = ("", "zh", "en")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """How somebody wants to hear. Times are "HH:MM" in Asia/Shanghai; no channel named: whatever reaches."""

    channels: Sequence[str] = ()
    rhythm: str = Rhythm.AT_ONCE
    digest_at: str = "09:00"
    quiet_from: str = ""
    quiet_to: str = ""
    working_days: bool = False
    language: str = ""


def prefer(store: Store, actor: Actor, holder: str, wish: Wish) -> None:
    """Sets how a person or a unit's room wants to hear; escalations and alarms come at once all the same."""
    values = _checked(wish)
    with writing(store) as work:
        name = find(work, holder)
        if name.startswith("party:"):
            raise Refused("holder", "偏好属于个人或单位", "a preference belongs to a person or a unit", field="holder")
        who = keeper(store, work, actor, name)
        values |= {"changed_by": who.text, "changed_at": work.now}
        known = update(Preference).where(col(Preference.holder) == name).values(**values)
        if work.execute(known).rowcount == 0:
            work.add(Preference, holder=name, **values)
        told = {key: value for key, value in values.items() if key not in ("changed_by", "changed_at")}
        work.audit(actor=who.text, action="preferences.set", subject=name, content=told)


def preference(store: Store, holder: str) -> Wish:
    """How a person or a unit's room wants to hear; what nobody set is the default."""
    with store.read() as work:
        query = select(Preference.__table__).where(col(Preference.holder) == find(work, holder))  # type: ignore[attr-defined]
        row = work.execute(query).first()
    if row is None:
        return Wish()
    named = {name: getattr(row, name) for name in Wish.__dataclass_fields__}
    return Wish(**{**named, "channels": tuple(part for part in row.channels.split(",") if part)})


def _checked(wish: Wish) -> dict[str, Any]:
    """A wish as stored, if it is one."""
    if wish.rhythm not in set(Rhythm):
        raise Refused("rhythm", "接收方式应为 at_once 或 digest", "at_once or digest", field="rhythm")
    if wish.language not in LANGUAGES:
        raise Refused("language", "语言应为 zh 或 en", "the language is zh or en", field="language")
    for channel in wish.channels:
        if not CHANNEL.fullmatch(channel):
            raise Refused("channels", f"渠道名“{channel}”写法不对", f"{channel} is no channel's name", field="channels")
    if bool(wish.quiet_from) is not bool(wish.quiet_to):
        raise Refused("quiet", "免打扰时段须写明起止", "quiet hours have a start and an end", field="quiet")
    return {
        "channels": ",".join(dict.fromkeys(wish.channels)),
        "rhythm": wish.rhythm,
        "digest_at": _clock(wish.digest_at, "digest_at"),
        "quiet_from": _clock(wish.quiet_from, "quiet") if wish.quiet_from else "",
        "quiet_to": _clock(wish.quiet_to, "quiet") if wish.quiet_to else "",
        "working_days": wish.working_days,
        "language": wish.language,
    }


def _clock(words: str, field: str) -> str:
    try:
        return time.fromisoformat(words).strftime("%H:%M")
    except ValueError:
        raise Refused("time", f"时间应写成 09:00；现为“{words}”", "write the time like 09:00", field=field) from None
