"""Messages: each is waiting, under way, sent or listed; what was tried is what is logged; nothing is sent after it arrived."""

from collections.abc import Iterator

from sqlalchemy import Connection, select
from sqlmodel import col

from models.contacts import Contact, Preference
from models.parties import Party
from models.people import Person, UnitRecord
from models.statements import Prepared
from models.verification.invariant import Check, VerifiedScope, query

_HOLDERS = Prepared(
    select(col(Contact.holder), col(Contact.channel)).union(select(col(Preference.holder), col(Preference.rhythm)))
)
_KNOWN = (
    ("person:", Prepared(select(col(Person.id)))),
    ("party:", Prepared(select(col(Party.id)))),
    ("unit:", Prepared(select(col(UnitRecord.name)))),
)

_BY_MESSAGE = (
    "SELECT message_id, COUNT(*) AS n, SUM(CASE WHEN ended_at IS NULL THEN 1 ELSE 0 END) AS under_way,"
    " SUM(CASE WHEN status = 'sent' THEN 1 ELSE 0 END) AS arrived FROM dispatch WHERE status <> 'replaced'"
    " GROUP BY message_id"
)
_BY_DISPATCH = (
    "SELECT dispatch_id, COUNT(*) AS n, MAX(attempt) AS highest,"
    " SUM(CASE WHEN outcome = 'sent' THEN 1 ELSE 0 END) AS arrived,"
    " MAX(CASE WHEN outcome = 'sent' THEN attempt ELSE 0 END) AS arrived_at FROM send_log GROUP BY dispatch_id"
)


def _unknown_holders(connection: Connection, _scope: VerifiedScope) -> Iterator[str]:
    """Addresses and preferences of somebody who is not in the registers."""
    rows = _HOLDERS.rows(connection)
    if not rows:
        return
    known = {f"{kind}{row[0]}" for kind, names in _KNOWN for row in names.rows(connection)}
    for holder, what in rows:
        if holder not in known:
            yield f"{holder}: {what}"


CHECKS = (
    query(
        "N3-messages",
        "每条消息或在等待、发送中，或已送达，或列入未送达，不会遗失",
        "every message is waiting, under way, sent, or listed: none is lost",
        "SELECT m.once, m.kind, m.status, d.n AS dispatches, d.under_way, d.arrived FROM message m"
        f" LEFT JOIN ({_BY_MESSAGE}) d ON d.message_id = m.id"
        " WHERE (m.status = 'routed' AND COALESCE(d.under_way, 0) = 0)"
        " OR (m.status = 'sent' AND (COALESCE(d.arrived, 0) = 0 OR d.under_way > 0))"
        " OR (m.status = 'failed' AND (COALESCE(d.n, 0) = 0 OR d.under_way > 0 OR d.arrived > 0))",
    ),
    query(
        "N4-dispatches",
        "发送记录未结束才有下一次，结束后不再被占用",
        "a dispatch is open or ended, never both; an ended one is in nobody's hands",
        "SELECT once, status, ended_at, lease, leased_until FROM dispatch"
        " WHERE (status IN ('waiting', 'retrying') AND ended_at IS NOT NULL)"
        " OR (status NOT IN ('waiting', 'retrying') AND (ended_at IS NULL OR leased_until IS NOT NULL))"
        " OR (lease = '' AND leased_until IS NOT NULL) OR (lease <> '' AND leased_until IS NULL)",
    ),
    query(
        "N5-attempts",
        "每次发送都有记录，次数与记录一致",
        "every attempt is in the log: as many as were counted, but for one in hand",
        "SELECT d.once, d.status, d.attempts, COALESCE(l.n, 0) AS logged, l.highest FROM dispatch d"
        f" LEFT JOIN ({_BY_DISPATCH}) l ON l.dispatch_id = d.id"
        " WHERE d.attempts <> COALESCE(l.n, 0) + (CASE WHEN d.leased_until IS NULL THEN 0 ELSE 1 END)"
        " OR COALESCE(l.highest, 0) <> COALESCE(l.n, 0)",
    ),
    query(
        "N6-once",
        "送达即止：已送达的恰有一次成功记录，此后不再发送",
        "what arrived is not sent again: a sent dispatch has one success, its last attempt",
        "SELECT d.once, d.status, d.attempts, COALESCE(l.arrived, 0) AS arrived FROM dispatch d"
        f" LEFT JOIN ({_BY_DISPATCH}) l ON l.dispatch_id = d.id"
        " WHERE (d.status = 'sent' AND (COALESCE(l.arrived, 0) <> 1 OR l.arrived_at <> d.attempts))"
        " OR (d.status <> 'sent' AND COALESCE(l.arrived, 0) > 0)",
    ),
    query(
        "N7-contacts",
        "只向核验过的联系方式发送，核验有人负责",
        "an address in use was verified by somebody",
        "SELECT c.id, c.channel, c.status, c.verified_by FROM contact c WHERE c.status IN ('verified', 'bouncing')"
        " AND (c.verified_by = '' OR c.verified_at IS NULL)",
    ),
    Check(
        id="N8-holders",
        zh="联系方式和接收偏好都属于登记在册的人、主体或单位",
        en="addresses and preferences belong to somebody in the registers",
        find=_unknown_holders,
    ),
)
