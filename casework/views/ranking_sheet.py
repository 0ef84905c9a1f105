"""The evaluation (赛马) as its lead unit keeps it: figures in force, what the next ranking lacks, what a correction would say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from casework.programmes import ranking_catalogue, ranking_snapshots
from casework.programmes.ranking_catalogue import Contest
from casework.shared.errors import Refused
from casework.shared.policies_in_use import of_store
from casework.shared.reference import reference
from casework.views.published_rankings import (
    PlacedUnit,
    PublishedRanking,
    placed,
    published_ranking,
    published_rankings,
)
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash
from policies.policy import Policy


@dataclass(frozen=True, kw_only=True)
class EnteredFigure:
    """The figure in force of one indicator, unit and month; `sequence` above 1 is a correction."""

    indicator: str
    unit: str
    period: str
    value: str
    source: str
    sequence: int


@dataclass(frozen=True, kw_only=True)
class RankingSheet:
    """`contest`: the evaluation in force, None before there is one; `keeps`: whether the reader enters and corrects here.

    `next_day`: the first whose ranking is not published yet. `lacking`: the figures (indicator, unit) that it waits for.
    """

    policy: Policy
    contest: Contest | None
    keeps: bool
    figures: tuple[EnteredFigure, ...]
    next_day: str
    overdue: bool  # `next_day` is over, and its ranking waits for figures
    following: str  # behind an overdue one, the day that comes next
    lacking: tuple[tuple[str, str], ...]
    published: tuple[PublishedRanking, ...]


@dataclass(frozen=True, kw_only=True)
class FigureChange:
    """A figure of a published ranking that would be another one in its correction."""

    indicator: str
    unit: str
    before: str
    now: str


@dataclass(frozen=True, kw_only=True)
class RankingCorrection:
    """A published ranking and what its correction would say. `seen`: the hash of that; `hinders`: why there can be none."""

    policy: Policy
    ranking: PublishedRanking
    keeps: bool
    lead: str
    seen: str
    changes: tuple[FigureChange, ...]
    units: tuple[PlacedUnit, ...]
    hinders: tuple[str, str] | None


def policies_with_rankings(store: Store) -> tuple[Policy, ...]:
    """The policies of the store whose units are ranked."""
    return tuple(policy for policy in of_store(store) if policy.watches.ranking)


def ranking_sheet(store: Store, policy: Policy, *, reader: UUID) -> RankingSheet:
    """The evaluation of a policy, open to everybody as its rankings are."""
    published = tuple(ranking for ranking in published_rankings(store) if ranking.policy == policy.code)
    with store.read() as work:
        held = ranking_catalogue.contest(store, work, policy)
        found = ranking_catalogue.figures(work, policy)
        keeps = held is not None and _keeps(store, work, held, reader)
        coming = sorted(set(held.days) - {ranking.as_of for ranking in published}) if held else []
        first = coming[0] if coming else ""
        lacking = ranking_snapshots.missing(held, found, date.fromisoformat(first)) if held and first else []
        today = work.today.isoformat()
    return RankingSheet(
        policy=policy,
        contest=held,
        keeps=keeps,
        figures=tuple(_entered(found)),
        next_day=first,
        overdue=bool(first) and first < today,
        following=next((day for day in coming[1:] if day >= today), "") if first < today else "",
        lacking=tuple(lacking),
        published=published,
    )


def ranking_correction(store: Store, policy: Policy, as_of: date, *, reader: UUID) -> RankingCorrection:
    """The ranking of a date with what it would become; Refused where none was published."""
    ranking = published_ranking(store, policy.code, as_of.isoformat())
    with store.read() as work:
        held = ranking_catalogue.contest(store, work, policy)
        keeps = held is not None and _keeps(store, work, held, reader)
        try:
            content = ranking_snapshots.drawn(
                store, work, policy, ranking_catalogue.running(store, work, policy), as_of
            )
            hinders = None
        except Refused as no:
            content, hinders = {}, (no.zh, no.en)
    return RankingCorrection(
        policy=policy,
        ranking=ranking,
        keeps=keeps,
        lead=held.lead if held else "",
        seen=content_hash(canonical_json(content)) if content else "",
        changes=tuple(_changes(ranking, content)),
        units=placed(content) if content else (),
        hinders=hinders,
    )


def _keeps(store: Store, work: UnitOfWork, held: Contest, reader: UUID) -> bool:
    facts = reference(store, work)
    return any(facts.holding(reader, duty, held.lead, work.now) for duty in ranking_catalogue.WRITERS)


def _entered(found: Mapping[tuple[str, str, str], Any]) -> Iterator[EnteredFigure]:
    """By indicator and unit, the newest month first."""
    newest_first = sorted(found.items(), key=lambda entry: entry[0][2], reverse=True)
    for (indicator, unit, period), row in sorted(newest_first, key=lambda entry: entry[0][:2]):
        yield EnteredFigure(
            indicator=indicator, unit=unit, period=period, value=row.value, source=row.source, sequence=row.sequence
        )


def _changes(ranking: PublishedRanking, content: Mapping[str, Any]) -> Iterator[FigureChange]:
    before = {(figure.indicator, figure.unit): f"{figure.value} ({figure.period})" for figure in ranking.figures}
    now = {
        (title, unit): f"{figure['value']} ({figure['period']})"
        for title, units in content.get("figures", {}).items()
        for unit, figure in units.items()
    }
    for title, unit in dict.fromkeys((*before, *now)) if content else ():
        earlier, later = before.get((title, unit), "–"), now.get((title, unit), "–")
        if earlier != later:
            yield FigureChange(indicator=title, unit=unit, before=earlier, now=later)
