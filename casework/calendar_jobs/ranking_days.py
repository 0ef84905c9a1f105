"""Freezes and publishes the ranking of each day on which the evaluation is due; what it lacks is asked for, and tried daily."""

from datetime import date

from casework.programmes import ranking_catalogue as register
from casework.programmes.ranking_catalogue import Contest
from casework.programmes.ranking_snapshots import freeze, listed, missing
from casework.shared.notify_once import Note, tell
from casework.shared.policies_in_use import of_store
from casework.shared.run_summary import RunSummary
from models import Duty
from models.store import Store
from policies.policy import Policy


def snapshots(store: Store, day: date) -> RunSummary:
    """Every evaluation day before `day` that has no ranking yet."""
    outcome = RunSummary()
    for policy in of_store(store):
        for as_of in _due(store, policy, day):
            outcome.add(_one(store, policy, as_of))
    return outcome


def _due(store: Store, policy: Policy, day: date) -> list[date]:
    with store.read() as work:
        held = register.contest(store, work, policy)
        if held is None:
            return []
        done = {ranking.as_of for ranking in listed(work, policy)}
    return [
        date.fromisoformat(ranking_day)
        for ranking_day in sorted(set(held.days) - done)
        if ranking_day < day.isoformat()
    ]


def _one(store: Store, policy: Policy, as_of: date) -> RunSummary:
    with store.write() as work:
        held = register.running(store, work, policy)
        lacking = missing(held, register.figures(work, policy), as_of)
        if not lacking:
            freeze(store, work, policy, held, as_of)
            return RunSummary(moved=[(f"{policy.code} {as_of}", "赛马排名已公布")])
    tell(store, [_asks(policy, held, as_of, lacking)])
    return RunSummary(waiting=[(f"{policy.code} {as_of}", f"缺少 {len(lacking)} 项数据")])


def _asks(policy: Policy, held: Contest, as_of: date, lacking: list[tuple[str, str]]) -> Note:
    return Note(
        kind="ranking_missing", subject=policy.code, due=as_of.isoformat(), stage="missing",
        to=f"unit:{held.lead}:{Duty.HEAD}",
        content={
            "day": as_of.isoformat(),
            "count": len(lacking),
            "missing": [f"{title}：{unit}" for title, unit in lacking[:20]],
        },
    )  # fmt: skip
