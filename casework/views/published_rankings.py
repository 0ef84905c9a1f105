"""Rankings (赛马) as they were published, for everybody: the newest first, each with its corrections and every figure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from casework.programmes import ranking_snapshots
from casework.programmes.ranking_snapshots import RankingRow
from casework.shared.errors import Refused
from models.store import Store
from policies import all_policies
from policies.forms import Text
from policies.policy import Policy


@dataclass(frozen=True, kw_only=True)
class PlacedUnit:
    """One unit of a ranking; `points`: with two decimals, cut off."""

    place: int
    unit: str
    points: str


@dataclass(frozen=True, kw_only=True)
class RankingFigure:
    """One figure behind a ranking: of which unit and month, with which weight (per cent), from where."""

    indicator: str
    weight: str
    unit: str
    period: str
    value: str
    source: str


@dataclass(frozen=True, kw_only=True)
class PublishedRanking:
    """A ranking of one date in one version. `versions`: how many there are; the newest one holds."""

    policy: str
    title: Text
    as_of: str
    version: int
    versions: int
    reason: str
    made_at: datetime
    hash: str
    units: tuple[PlacedUnit, ...]
    figures: tuple[RankingFigure, ...]


def published_rankings(store: Store) -> tuple[PublishedRanking, ...]:
    """Of each policy and date the version that holds, the newest date first."""
    found = []
    with store.read() as work:
        for policy in all_policies():
            newest = {row.as_of: row for row in ranking_snapshots.listed(work, policy)}
            found += [_published(policy, row, row.sequence) for row in newest.values()]
    return tuple(sorted(found, key=lambda ranking: (ranking.as_of, ranking.policy), reverse=True))


def published_ranking(store: Store, code: str, as_of: str, version: int | None = None) -> PublishedRanking:
    """One of them, in the version that holds or another; Refused where there is none."""
    policy = next((known for known in all_policies() if known.code == code), None)
    with store.read() as work:
        rows = ranking_snapshots.listed(work, policy, as_of=as_of) if policy is not None else []
    wanted = [row for row in rows if version in (None, row.sequence)]
    if policy is None or not wanted:
        raise Refused("not_yours", "没有这次排名", "there is no such ranking", field="date")
    return _published(policy, wanted[-1], rows[-1].sequence)


def _published(policy: Policy, row: RankingRow, versions: int) -> PublishedRanking:
    return PublishedRanking(
        policy=policy.code,
        title=policy.title,
        as_of=row.as_of,
        version=row.sequence,
        versions=versions,
        reason=row.reason,
        made_at=row.made_at,
        hash=row.hash,
        units=placed(row.content),
        figures=tuple(_figures(row)),
    )


def placed(content: Mapping[str, Any]) -> tuple[PlacedUnit, ...]:
    """The places of a ranking."""
    return tuple(
        PlacedUnit(place=row["place"], unit=row["unit"], points=ranking_snapshots.shown(row["points"]))
        for row in content["rows"]
    )


def _figures(row: RankingRow) -> Iterator[RankingFigure]:
    weights = {str(indicator["title"]): str(indicator["weight"]) for indicator in row.content["catalogue"]}
    for title, units in row.content["figures"].items():
        for unit, value in units.items():
            yield RankingFigure(
                indicator=title, weight=weights[title], unit=unit, period=value["period"], value=value["value"],
                source=value["source"],
            )  # fmt: skip
