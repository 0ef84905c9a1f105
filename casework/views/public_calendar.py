"""Days that everybody may plan by: when filing opens and closes, when lists are on notice, by when policies promise payment."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from icalendar import Calendar, Event

from casework.lifecycle.filing_window import window
from casework.lifecycle.procedure import procedure_on
from casework.programmes.payout_rates import targets
from casework.shared.policies_in_use import of_work
from casework.shared.reference import Reference, reference
from casework.views.published_notices import notices
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.forms import Text
from policies.policy import Policy
from policies.programme import Target

KEPT = timedelta(days=90)  # how long ended notices stay in the calendar
_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class PublicDay:
    """One entry: from its first to its last day, both included. `path` is the page of the portal that says more."""

    id: str
    first: date
    last: date
    title: Text
    path: str


def public_days(store: Store) -> tuple[PublicDay, ...]:
    """All of them, by date."""
    with store.read() as work:
        facts, today = reference(store, work), work.today
        found = [day for policy in of_work(work) for day in (*_window(work, facts, policy), *_targets(policy))]
    listed = (notice for notice in notices(store) if date.fromisoformat(notice.closes_on) >= today - KEPT)
    found += [
        PublicDay(
            id=f"notice-{notice.number}",
            first=date.fromisoformat(notice.opens_on),
            last=date.fromisoformat(notice.closes_on),
            title=Text(
                f"公示 {notice.number}：{notice.measure_title or notice.measure}",
                f"Public notice {notice.number}: {notice.measure_title_en or notice.measure}",
            ),
            path=f"/notices/{notice.number}",
        )
        for notice in listed
    ]
    return tuple(sorted(found, key=lambda day: (day.first, day.id)))


def _window(work: UnitOfWork, facts: Reference, policy: Policy) -> tuple[PublicDay, ...]:
    span = window(procedure_on(facts, policy, next(iter(policy)).id, work.today))
    said = policy.title
    opens = Text(f"申报开始：{said.zh}", f"Filing opens: {said.en}")
    closes = Text(f"申报截止（24:00）：{said.zh}", f"Filing ends at 24:00: {said.en}")
    return (
        _day(f"opens-{policy.code}", span.first, opens, "/"),
        _day(f"closes-{policy.code}", span.last_filing_day, closes, "/"),
    )


def _targets(policy: Policy) -> tuple[PublicDay, ...]:
    """The days by which the text promises that so much is paid; one before the policy began is only looked back on."""
    return tuple(
        _day(f"payout-{policy.code}-{target.by}", target.by, _promise(policy, target), "/data")
        for target in targets(policy)
        if target.by is not None and not target.is_baseline(policy.opens)
    )


def _promise(policy: Policy, target: Target) -> Text:
    share = _plain(target.at_least)
    return Text(
        f"各单位全部惠企政策兑付率达到 {share}% 的期限：{policy.title.zh}",
        f"Payout rate of {share}% under all of a unit's policies for firms is due: {policy.title.en}",
    )


def _plain(share: Fraction) -> str:
    return str(share.numerator) if share.denominator == 1 else f"{share.numerator}/{share.denominator}"


def _day(id: str, day: date, title: Text, path: str) -> PublicDay:
    return PublicDay(id=id, first=day, last=day, title=title, path=path)


def calendar_feed(store: Store, *, portal: str, english: bool) -> bytes:
    """The days as a feed (RFC 5545) that calendars subscribe to; `portal`: its own address, for the links."""
    with store.read() as work:
        now, demo = work.now, work.demo
    feed = Calendar()
    feed.add("prodid", "-//Duixian//portal//ZH")
    feed.add("version", "2.0")
    name = Text("产业扶持政策：申报、公示和兑付", "Industrial support: filing, notices, payment")
    mark = Text("演示 DEMO · ", "DEMO · ") if demo else Text("", "")
    feed.add("x-wr-calname", (mark.en + name.en) if english else (mark.zh + name.zh))
    for day in public_days(store):
        event = Event()
        event.add("uid", f"{day.id}@{portal.partition('://')[2]}")
        event.add("dtstamp", now)
        event.add("dtstart", day.first)
        event.add("dtend", day.last + _DAY)
        event.add("summary", (mark.en + day.title.en) if english else (mark.zh + day.title.zh))
        event.add("url", portal + day.path)
        event.add("transp", "TRANSPARENT")
        feed.add_component(event)
    return bytes(feed.to_ical())
