"""就高不重复 (F2): of several benefits on the same basis the highest counts, and nothing is paid twice.

Basis. Benefits belong together when they share a subject key. Sharing is *transitive*: if A and B share an invoice and
B and C a device, the three are one basis group and pay the highest of the three. Judged pair by pair, the total would
hang on which pair is judged first; the group has one highest sum whatever the order. The price is strictness: one grant
over two invoices ties both together. So whoever registers a benefit whose parts can be told apart enters one benefit
per invoice or contract. An *enterprise* key belongs only to a benefit given to the firm as such (a headquarters, say),
never to one given for its cost.

Owner. An invoice, a contract, a device is one thing whoever shows it. A standard, an award, a store, a fair or a project
may have several parties to it: there only benefits of one recipient share the key, and a person compares the others'.

A person's word. What shares no key may still be the same (`same`), and what shares one may be told apart (`apart`):
pairs of ids that somebody compared and gave a reason for. Keys that are `outward` tie a claim to other plans only.

Time. An invoice, contract, device, award, standard, store or fair exists once: two benefits on it conflict in whatever
years they fall. An enterprise, project or person may be supported again: there the periods must meet as well.

Settlement (`P-stack-settlement`) when a lower sum on the same basis was already paid: pay the difference (default),
pay nothing, or swap (the full sum once the return of the lower one is proven). `inside` (`P-stack-scope`): also between
items of this plan (default), or against other plans only; then each claim is judged alone against the outside benefits,
and a sum paid outside is set against each of them. All of this is a reading of ours; the text only names the principle.

Money here is whole fen. `settle` is a pure function: the order of its input never matters.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations, pairwise, product
from typing import TypeAlias

from policies.benefits import RECURRING, Benefit, KeyKind, Level, Period, kind_of, subject_key
from policies.forms import Choice
from policies.money import Money

__all__ = [
    "Benefit",
    "KeyKind",
    "Level",
    "Period",
    "subject_key",
    "Outcome",
    "Reason",
    "Settlement",
    "basis_groups",
    "settle",
]


Pairs: TypeAlias = Collection[frozenset[str]]
"""Two ids each."""


class Settlement(Choice):
    """What a higher claim receives when a lower sum was already paid."""

    DIFFERENCE = "difference", "补足差额", "pay the difference"
    NOTHING = "nothing", "不再兑付", "pay nothing"
    SWAP = "swap", "退旧补新", "pay in full once the earlier sum is returned"


class Reason(StrEnum):
    """Why a claim is payable as it is."""

    ALONE = "无其他同类补助"
    HIGHEST = "同一依据中金额最高"
    BEATEN = "同一依据已有更高（或在先）补助"
    DIFFERENCE = "补足与已发补助的差额"
    SETTLED = "已按最高额兑付，无差额"
    LOWER_SUM_PAID = "已享受较低补助，不再兑付"
    AWAITS_RETURN = "待退回已发补助后兑付"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one claim of this plan may still be paid, and why."""

    id: str
    payable: Money
    reason: Reason
    winner: str
    beaten_by: str | None
    group: tuple[str, ...]
    to_return: tuple[str, ...]
    after_return: Money  # payable once the return of `to_return` is proven
    lines: tuple[str, ...]


def settle(
    benefits: Iterable[Benefit],
    *,
    settlement: Settlement = Settlement.DIFFERENCE,
    inside: bool = True,
    same: Pairs = frozenset(),
    apart: Pairs = frozenset(),
) -> Mapping[str, Outcome]:
    """The outcome of every claim of this plan by id, in the order of ids. Raises ValueError for two different records
    of one id; the same record twice counts once."""
    held = [benefit for benefit in _distinct(benefits) if not benefit.return_proof]
    outcomes = (
        _outcome(claim, group, settlement)
        for basis in basis_groups(held, same, apart)
        for claim in basis
        if claim.ours
        for group in [basis if inside else _alone(claim, basis, same, apart)]
    )
    return {outcome.id: outcome for outcome in sorted(outcomes, key=lambda outcome: outcome.id)}


def basis_groups(
    benefits: Iterable[Benefit], same: Pairs = frozenset(), apart: Pairs = frozenset()
) -> list[tuple[Benefit, ...]]:
    """Benefits that share a basis, transitively; each group ranked from the one that counts downwards."""
    listed = list(benefits)
    parent = {benefit.id: benefit.id for benefit in listed}

    def root(member: str) -> str:
        while parent[member] != member:
            parent[member] = member = parent[parent[member]]
        return member

    for one, other in _meetings(listed, apart):
        parent[root(one.id)] = root(other.id)
    for ids in same:
        one_id, other_id = ids
        if one_id in parent and other_id in parent:
            parent[root(one_id)] = root(other_id)
    groups: dict[str, list[Benefit]] = {}
    for benefit in listed:
        groups.setdefault(root(benefit.id), []).append(benefit)
    ranked = (tuple(sorted(group, key=_rank)) for group in groups.values())
    return sorted(ranked, key=lambda group: group[0].id)


def _rank(benefit: Benefit) -> tuple[int, int, bool, int, str]:
    """Highest first. Of equal sums: the one with more paid (nothing then moves), then one granted elsewhere (it stands
    already, this plan has not decided yet), then the higher level, then the id."""
    return (-benefit.amount, -benefit.paid, benefit.ours, list(Level).index(benefit.level), benefit.id)


def _distinct(benefits: Iterable[Benefit]) -> list[Benefit]:
    by_id: dict[str, Benefit] = {}
    for benefit in benefits:
        if by_id.setdefault(benefit.id, benefit) != benefit:
            raise ValueError(f"编号 {benefit.id} 有两份不同记录 / two different records of one id")
    return list(by_id.values())


def _meetings(benefits: Iterable[Benefit], apart: Pairs) -> Iterator[tuple[Benefit, Benefit]]:
    """Pairs that join a group: enough of them to connect all that meet, without listing every pair."""
    by_key: dict[str, list[Benefit]] = {}
    outward: dict[str, list[Benefit]] = {}
    for benefit in benefits:
        for key in benefit.keys:
            by_key.setdefault(benefit.tie(key), []).append(benefit)
        for key in benefit.outward:
            outward.setdefault(benefit.tie(key), []).append(benefit)
    for key, sharers in by_key.items():
        if apart:
            yield from (pair for pair in combinations(sharers, 2) if _meet(key, *pair, apart))
        elif kind_of(key) in RECURRING:
            yield from _overlapping(sharers)
        else:
            yield from pairwise(sharers)
    for key, claims in outward.items():
        others = [one for one in by_key.get(key, ()) if not one.ours]
        yield from (pair for pair in product(claims, others) if _meet(key, *pair, apart))


def _meet(key: str, one: Benefit, other: Benefit, apart: Pairs) -> bool:
    """Whether two benefits on one key meet: in time where that matters, and unless somebody told them apart."""
    if frozenset({one.id, other.id}) in apart:
        return False
    in_time = _first_day(one) <= _last_day(other) and _first_day(other) <= _last_day(one)
    return in_time or kind_of(key) not in RECURRING


def _overlapping(sharers: list[Benefit]) -> Iterator[tuple[Benefit, Benefit]]:
    """Swept by first day, a benefit meets an earlier one exactly if it meets the one that lasts longest so far."""
    longest: Benefit | None = None
    for benefit in sorted(sharers, key=_first_day):
        if longest is not None and _first_day(benefit) <= _last_day(longest):
            yield longest, benefit
        if longest is None or _last_day(benefit) > _last_day(longest):
            longest = benefit


def _first_day(benefit: Benefit) -> date:
    return benefit.period.first if benefit.period else date.min


def _last_day(benefit: Benefit) -> date:
    return benefit.period.last if benefit.period else date.max


def _alone(claim: Benefit, basis: tuple[Benefit, ...], same: Pairs, apart: Pairs) -> tuple[Benefit, ...]:
    """The basis group of a claim when the plan's other claims do not count, not even as a link."""
    outside = [benefit for benefit in basis if not benefit.ours]
    return next(group for group in basis_groups([claim, *outside], same, apart) if claim in group)


def _outcome(claim: Benefit, group: tuple[Benefit, ...], settlement: Settlement) -> Outcome:
    winner = group[0]
    paid = sum(benefit.paid for benefit in group)
    lower_paid = tuple(benefit.id for benefit in group[1:] if benefit.already_paid)
    payable, after_return = 0, 0
    if claim is not winner:
        reason = Reason.BEATEN
    elif not lower_paid or settlement is Settlement.DIFFERENCE:
        payable = max(claim.amount - paid, 0)
        reason = _reason_of_winner(group, payable, bool(lower_paid))
    elif settlement is Settlement.NOTHING:
        reason = Reason.LOWER_SUM_PAID
    else:
        reason, after_return = Reason.AWAITS_RETURN, claim.amount - claim.paid
    waits = reason is Reason.AWAITS_RETURN
    return Outcome(
        id=claim.id,
        payable=Money(payable),
        reason=reason,
        winner=winner.id,
        beaten_by=None if claim is winner else winner.id,
        group=tuple(benefit.id for benefit in group),
        to_return=lower_paid if waits else (),
        after_return=Money(after_return),
        lines=(*_group_lines(group), f"{claim.id}：{reason}，应付 {_yuan(payable)}"),
    )


def _reason_of_winner(group: tuple[Benefit, ...], payable: int, lower_paid: bool) -> Reason:
    if payable == 0 and group[0].amount > 0:
        return Reason.SETTLED
    if lower_paid:
        return Reason.DIFFERENCE
    return Reason.ALONE if len(group) == 1 else Reason.HIGHEST


def _group_lines(group: tuple[Benefit, ...]) -> Iterator[str]:
    """The trace: every benefit of the basis with its amount and what was paid, then the one that counts."""
    carried = [key for benefit in group for key in benefit.keys | benefit.outward]
    shared = {key for key in carried if carried.count(key) > 1}
    for benefit in group:
        paid = f"，已付 {_yuan(benefit.paid)}" if benefit.paid else ""
        keys = sorted((benefit.keys | benefit.outward) & shared) or sorted(benefit.keys)
        yield f"{benefit.id}（{benefit.source}，{'、'.join(keys)}）：{_yuan(benefit.amount)}{paid}"
    if len(group) > 1:
        yield f"就高：{group[0].id} {_yuan(group[0].amount)}，最高额之外不重复兑付"


def _yuan(fen: int) -> str:
    return f"{Money(fen).grouped} 元"
