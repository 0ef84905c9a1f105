"""A ranking (赛马): computed from the certified catalogue and the figures in force, frozen with its hash, told to all ranked.

A correction is the next ranking of the same date; what was published stays as it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from casework.programmes import ranking_catalogue as register
from casework.programmes.ranking_catalogue import Contest
from casework.shared.errors import Refused
from casework.shared.notify_once import Note, tell_in
from casework.shared.reference import reference
from casework.shared.register_writes import SYSTEM, Actor, filled, writing
from models import Duty, Ranking
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash
from policies.policy import Policy
from policies.ranking import Measured, ranked

METHOD = "P-ranking-points"
_MONTHS = {"month": 1, "quarter": 3, "year": 12}  # how old a figure may be; one that is reported once never ages
_ROWS: Select[Any] = select(Ranking.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class RankingRow:
    """A frozen ranking; `sequence` above 1 corrects an earlier one of the same date."""

    id: UUID
    policy: str
    as_of: str
    sequence: int
    hash: str
    reason: str
    made_at: Any
    content: dict[str, Any]


def missing(held: Contest, found: Mapping[tuple[str, str, str], Any], as_of: date) -> list[tuple[str, str]]:
    """The figures (indicator, unit) that the ranking of a date lacks."""
    return [(title, unit) for title, unit, row in _wanted(held, found, as_of) if row is None]


def freeze(
    store: Store,
    work: UnitOfWork,
    policy: Policy,
    held: Contest,
    as_of: date,
    *,
    reason: str = "",
    by: UUID | None = None,
    seen: str = "",
) -> int:
    """Writes the ranking of a date and tells everybody ranked; returns its number, or 0 where nothing changed.

    `seen`: the hash of the ranking that was looked at before, by `drawn`; another one is not published.
    """
    content = drawn(store, work, policy, held, as_of)
    text = canonical_json(content)
    last = _last(work, policy, as_of)
    if last is not None and last.hash == content_hash(text):
        return 0
    if seen and seen != content_hash(text):
        zh = "数据在您查看之后已有变化，尚未更正：请核对新的名次后再公布"
        raise Refused("stale", zh, "the figures changed since you looked: look at the places again", field="seen")
    sequence, made = (1 if last is None else last.sequence + 1), work.new_id()
    work.add(
        Ranking, id=made, policy=policy.code, item=policy.watches.ranking, as_of=as_of.isoformat(), sequence=sequence,
        content=text, hash=content_hash(text), reason=reason if sequence > 1 else "", made_by=by, made_at=work.now,
    )  # fmt: skip
    stated = {"as_of": as_of.isoformat(), "sequence": sequence, "hash": content_hash(text), "reason": reason}
    work.audit(actor=str(by or SYSTEM), action="rankings.freeze", subject=str(made), version=sequence, content=stated)
    tell_in(work, list(_notes(policy, held, as_of, sequence, content)))
    return sequence


def drawn(store: Store, work: UnitOfWork, policy: Policy, held: Contest, as_of: date) -> dict[str, Any]:
    """What the ranking of a date says by the figures in force; refused while one of them is missing."""
    found = register.figures(work, policy)
    lacking = missing(held, found, as_of)
    if lacking:
        listed = "、".join(f"{title}：{unit}" for title, unit in lacking[:10])
        raise Refused(
            "missing", f"缺少 {len(lacking)} 项数据：{listed}", f"{len(lacking)} figures are missing", field="date"
        )
    method = str(reference(store, work).setting(policy, METHOD, work.today))
    return _content(policy, held, found, as_of, method)


def correct(store: Store, actor: Actor, policy: Policy, as_of: date, *, reason: str, seen: str = "") -> int:
    """Publishes the ranking of a date anew with the figures as corrected since; `seen` as in `freeze`."""
    why = filled(reason, "reason", "更正理由", "the reason")
    with writing(store) as work:
        held = register.running(store, work, policy)
        who = register.keeper(store, work, actor, held)
        if _last(work, policy, as_of) is None:
            zh = f"{as_of} 没有已公布的排名；已公布的日期用 rankings list 查看"
            raise Refused("date", zh, f"no ranking of {as_of} was published", field="date")
        sequence = freeze(store, work, policy, held, as_of, reason=why, by=who.id, seen=seen)
        if not sequence:
            raise Refused("unchanged", f"{as_of} 的数据没有变化，无须更正", "no figure has changed since", field="date")
    return sequence


def listed(work: UnitOfWork, policy: Policy, *, as_of: str = "") -> list[RankingRow]:
    """Every ranking, corrections after what they correct; or those of one date."""
    query = _ROWS.where(col(Ranking.policy) == policy.code)
    if as_of:
        query = query.where(col(Ranking.as_of) == as_of)
    names = ("id", "policy", "as_of", "sequence", "hash", "reason", "made_at")
    ordered = query.order_by(col(Ranking.as_of), col(Ranking.sequence))
    return [
        RankingRow(**{name: getattr(row, name) for name in names}, content=loads(row.content))
        for row in work.execute(ordered)
    ]


def shown(points: str) -> str:
    """An exact fraction with two decimals, cut off."""
    hundredths = int(Fraction(points) * 100)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def lines(content: Mapping[str, Any]) -> list[str]:
    """One line a unit: place, unit, points."""
    return [f"{row['place']} {row['unit']} {shown(row['points'])}" for row in content["rows"]]


def _last(work: UnitOfWork, policy: Policy, as_of: date) -> Any | None:
    mine = _ROWS.where(
        col(Ranking.policy) == policy.code,
        col(Ranking.item) == policy.watches.ranking,
        col(Ranking.as_of) == as_of.isoformat(),
    )
    return work.execute(mine.order_by(col(Ranking.sequence).desc()).limit(1)).first()


def _wanted(
    held: Contest, found: Mapping[tuple[str, str, str], Any], as_of: date
) -> Iterator[tuple[str, str, Any | None]]:
    """Every (indicator, unit) with the newest figure that is not too old on the date."""
    for yardstick in held.catalogue:
        title, limit = str(yardstick["title"]), _MONTHS.get(str(yardstick.get("every", "")))
        for unit in held.evaluated:
            periods = [p for t, u, p in found if (t, u) == (title, unit) and _fresh(p, as_of, limit)]
            yield title, unit, found[title, unit, max(periods)] if periods else None


def _fresh(period: str, as_of: date, limit: int | None) -> bool:
    year, month = map(int, period.split("-"))
    age = (as_of.year - year) * 12 + as_of.month - month
    return age >= 0 and (limit is None or age < limit)


def _content(
    policy: Policy, held: Contest, found: Mapping[tuple[str, str, str], Any], as_of: date, method: str
) -> dict[str, Any]:
    used: dict[str, dict[str, Any]] = {}
    for title, unit, row in _wanted(held, found, as_of):
        assert row is not None
        used.setdefault(title, {})[unit] = {"value": row.value, "period": row.period, "source": row.source}
    catalogue = [dict(listed) for listed in held.catalogue]
    return {
        "policy": policy.code,
        "case": held.number,
        "as_of": as_of.isoformat(),
        "method": method,
        "catalogue": catalogue,
        "figures": used,
        "rows": rows_of(catalogue, used, method),
    }


def rows_of(catalogue: Sequence[Mapping[str, Any]], used: Mapping[str, Any], method: str) -> list[dict[str, Any]]:
    """The units with place and exact points, from the catalogue and the figures as frozen."""
    measured = [
        Measured(
            title=str(indicator["title"]),
            weight=int(indicator["weight"]),
            higher_is_better=indicator.get("direction") != "lower",
            figures={unit: Fraction(figure["value"]) for unit, figure in used[str(indicator["title"])].items()},
        )
        for indicator in catalogue
    ]
    return [
        {
            "unit": each_figure.unit,
            "place": each_figure.place,
            "points": str(each_figure.points),
            "parts": {title: str(part) for title, part in each_figure.parts.items()},
        }
        for each_figure in ranked(measured, method)
    ]


def _notes(policy: Policy, held: Contest, as_of: date, sequence: int, content: Mapping[str, Any]) -> Iterator[Note]:
    told = {"day": as_of.isoformat(), "count": sequence, "lines": lines(content)}
    for unit in sorted({held.lead, *held.evaluated}):
        yield Note(
            kind="ranking_published", subject=policy.code, due=as_of.isoformat(), stage=f"version {sequence}",
            to=f"unit:{unit}:{Duty.HEAD}", content=told,
        )  # fmt: skip
