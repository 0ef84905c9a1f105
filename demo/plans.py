"""The cases of the season: who applies for what in which round, and what happens to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from demo.days import ROUNDS
from demo.facts import Form, Seed, certified, claimed
from demo.fiction import LISTED, STEMS, TOWNS, TRADES
from demo.staff import POLICY, ZONE, lead_of
from demo.twists import Twist
from policies.measures import Chain

T = Twist
_FEW = 2  # plain cases of an item that a small season keeps


@dataclass(frozen=True, kw_only=True)
class CasePlan:
    """One case as the script wants it. `firm` is the applicant's key, `round` the round of filing."""

    key: str
    item: str
    firm: str
    round: int
    twist: Twist
    claim: Form
    facts: Form
    mended: Form = field(default_factory=dict)  # what is certified after a plan came back
    leaves_out: str = ""  # the slot whose paper comes with the correction only

    @property
    def by_applicant(self) -> bool:
        """Whether the applicant files under an account of their own; the others come by workbook."""
        return self.twist in (T.EARLY, T.LAST_SECOND, T.ONE_SECOND_LATE, T.NEVER_FILED)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the script: an item, its round, a twist, and what is otherwise than usual."""

    item: str
    round: int
    twist: Twist = T.NONE
    firm: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)


def _many(item: str, round_: int, *twists: Twist, plain: int = 0) -> Iterator[Row]:
    yield from (Row(item=item, round=round_, twist=twist) for twist in twists)
    yield from (Row(item=item, round=round_) for _ in range(plain))


_M4A = {"product": "演示纺织甲升级织机", "model": "DEMO-UP"}
_SHARED = "演示发票 33049999"
_MONEY: tuple[Row, ...] = (
    *_many("M1", 1, T.CORRECTION, plain=3),
    Row(item="M1", round=3, twist=T.SHARED_FIRST, firm="电商甲"),
    *_many("M1", 3, T.OUTSIDE_LOWER, T.LOWERED, plain=1),
    *_many("M1", 5, T.LAST_SECOND, T.BANK_FAILS, plain=2),
    *_many("M2b", 2, T.WITHDRAWN_EARLY, plain=2),
    *_many("M2b", 4, T.REFUSED_AT_ACCEPTANCE, plain=6),
    *_many("M2b", 5, T.OUTSIDE_KIND, plain=3),
    Row(item="M4a", round=1, firm="纺织甲", changes={**_M4A, "level": "municipal"}),
    *_many("M4a", 1, T.REFUSED_BY_TOWN, T.HELD, T.FORBIDDEN, T.WAIVED, plain=2),
    Row(item="M4a", round=1, twist=T.EXCLUDED, firm=LISTED),
    Row(item="M4a", round=3, twist=T.UPGRADED, firm="纺织甲", changes={**_M4A, "level": "provincial"}),
    Row(item="M4a", round=3, twist=T.REFUSED_BY_RULE, changes={"certified_on": "2023-06-30"}),
    *_many("M4a", 3, T.WITHDRAWN_LATE, T.OBJECTION_DISMISSED, plain=2),
    *_many("M4a", 5, T.ONE_SECOND_LATE, T.NEVER_FILED, T.OUTSIDE_KIND, plain=2),
    Row(item="M4b", round=3, twist=T.SHARED_FIRST, firm="家居甲"),
    Row(item="M4b", round=3, twist=T.REFUSED_BY_RULE, changes={"award": "other"}),
    Row(item="M4b", round=3, twist=T.WAITS_FOR_PARAMETER, changes={"winners": 2}),
    *_many("M4b", 3, plain=2),
    *_many("M4b", 5, T.OUTSIDE_KIND, plain=2),
    *_many("M5c", 2, T.OPINION_OVERRIDDEN, T.OPINION_REFUSED, plain=4),
    *_many("M5c", 4, T.OBJECTION_UPHELD, T.UNDONE, plain=3),
    *_many("M5c", 5, plain=1),
    Row(item="M7", round=2, twist=T.REFUSED_BY_RULE, changes={"rank": 2}),
    Row(item="M7", round=2, twist=T.WAITS_FOR_PARAMETER, changes={"level": "other", "level_name": "演示团体标准"}),
    *_many("M7", 2, T.WAITS_FOR_PARAMETER, plain=2),
    *_many("M7", 4, T.OFFLINE, T.REFUSED_BY_DECIDER, T.OUTSIDE_KIND, plain=2),
    *_many("M7", 5, plain=2),
    *_many("M14b", 2, T.LOWERED, plain=2),
    *_many("M14b", 4, T.OUTSIDE_HIGHER, T.BANK_RETURNS, plain=2),
    Row(item="M15a", round=3, twist=T.SHARED_HIGHER, firm="电商甲"),
    *_many("M15a", 3, plain=2),
    *_many("M15a", 5, T.BANK_FAILS, T.OUTSIDE_KIND, plain=1),
    *_many("M15b", 3, T.REFUSED_BY_LEAD, plain=3),
    Row(item="M15b", round=5, twist=T.REFUSED_BY_RULE, changes={"supervision_mode": "0110", "pilot_zone_mode": False}),
    *_many("M15b", 5, plain=4),
    *_many("M16", 2, T.CORRECTION_LAPSES, T.WAITS_FOR_PARAMETER, plain=1),
    Row(item="M16", round=2, twist=T.HOLDER_DIFFERS, firm="家居戊"),
    Row(item="M16", round=3, twist=T.SHARED_LOWER, firm="家居甲"),
    *(Row(item="M16", round=3, twist=T.SAME_TWICE, firm="服装丙", changes={"cost_lines": which}) for which in (1, 2)),
    *_many("M16", 5, T.OUTSIDE_KIND, plain=3),
)
_KIND: tuple[Row, ...] = (
    *_many("M2a", 2, plain=3),
    Row(item="M2a", round=4, twist=T.REFUSED_BY_RULE, changes={"meets_criteria": False}),
    *_many("M2a", 4, plain=1),
    *_many("M9", 1, T.EARLY, T.REFUSED_BY_LEAD, plain=1),
    *_many("M9", 3, plain=3),
    *_many("M11", 2, T.OPINION_OVERRIDDEN, T.OPINION_REFUSED, plain=2),
    *_many("M11", 4, plain=2),
    *_many("M14a", 2, plain=2),
    *_many("M14a", 4, plain=2),
    Row(item="M22", round=2, twist=T.BELOW_FLOOR, changes={"assessed": "380.00"}),
    *_many("M22", 2, plain=2),
    Row(item="M22", round=4, twist=T.REFUSED_BY_RULE, changes={"floor_area_ratio": "3"}),
    *_many("M22", 4, plain=1),
)
_TOO_LATE = {"events": [{"title": "演示展销会·来年", "kind": "fair", "held_on": "2024-10-20"}]}
_PROGRAMMES: tuple[Row, ...] = (
    *(Row(item=item.id, round=1) for item in POLICY if item.chain is Chain.PROGRAMME and item.id[0] == "M"),
    Row(item="M10", round=1, twist=T.UNSATISFIED),
    Row(item="M12", round=1, twist=T.REFUSED_BY_RULE, changes=_TOO_LATE),
    Row(item="M21", round=1, changes={"line": "purchase", "three_parties": True, "small_users": True}),
    Row(item="S1", round=1),
    *(Row(item="S2", round=1, firm=town, changes={"town": town}) for town in (*TOWNS, ZONE)),
    *_many("S3", 1, plain=2),
    Row(item="S3", round=1, twist=T.REFUSED_BY_RULE, changes={"chosen": "one"}),
    *_many("S4", 1, plain=2),
)


def plans(seed: int, *, small: bool = False) -> list[CasePlan]:
    """Every case of the season, the same for the same seed; a small one keeps every twist and a few plain cases."""
    rng = Random(seed)
    rows = [*_MONEY, *_KIND, *_PROGRAMMES]
    return [_plan(row, number, rng) for number, row in enumerate(_fewer(rows) if small else rows, 1)]


def _fewer(rows: Iterable[Row]) -> Iterator[Row]:
    kept: dict[str, int] = {}
    for row in rows:
        kept[row.item] = kept.get(row.item, 0) + (not row.twist)
        if row.twist or row.firm or row.changes or kept[row.item] < _FEW:
            yield row


def _plan(row: Row, number: int, rng: Random) -> CasePlan:
    firm = row.firm or _firm(row, number)
    filed = ROUNDS[row.round - 1].filed
    day = max(POLICY.opens, filed - timedelta(days=rng.randrange(16, 45)))
    seed = Seed(number=number, firm=firm, day=day, rng=rng)
    facts = _shaped(row, certified(row.item, seed, _drawn(row, seed)), seed)
    if row.twist in (T.SHARED_FIRST, T.SHARED_HIGHER, T.SHARED_LOWER):
        facts["cost_lines"][0]["document"] = f"{_SHARED}{ord(firm[0]):08d}"
    mended = _mended(row, facts, seed)
    made = CasePlan(
        key=f"{row.item}-{number:03d}",
        item=row.item,
        firm=firm,
        round=row.round,
        twist=row.twist,
        facts=facts,
        mended=mended,
        claim=claimed(row.item, facts, seed),
    )
    first = next((slot.id for slot in POLICY.item(row.item).evidence if slot.required), "")
    wants = row.twist in (T.CORRECTION, T.CORRECTION_LAPSES, T.WAIVED)
    return replace(made, leaves_out=first) if wants else made


def _drawn(row: Row, seed: Seed) -> Mapping[str, Any]:
    """The changes of a row, where some stand for a shape of their own."""
    return {name: value for name, value in row.changes.items() if name not in ("cost_lines", "chosen")}


def _shaped(row: Row, facts: Form, seed: Seed) -> Form:
    if "cost_lines" in row.changes:  # the same sum in two stores: one payee, one amount, two lawful payments
        line = {
            "document": seed.invoice(),
            "description": "演示装修",
            "claimed": "600000.00",
            "recognised": "600000.00",
        }
        facts["cost_lines"] = [{**line, "reason": ""}]
    if row.twist in (T.SHARED_HIGHER, T.SHARED_LOWER, T.SHARED_FIRST, T.OUTSIDE_LOWER, T.OUTSIDE_HIGHER):
        sums = {T.SHARED_HIGHER: "3600000.00", T.SHARED_LOWER: "420000.00"}
        own = sums.get(row.twist, "480000.00")
        line = {"document": seed.invoice(), "description": "演示主要支出", "claimed": own, "recognised": own}
        facts["cost_lines"] = [{**line, "reason": ""}]
    if row.changes.get("chosen") == "one":
        facts["chosen"] = facts["chosen"][:1]
    elif row.item == "S3":
        facts["cluster"] = f"演示{TRADES[seed.number % len(TRADES)]}集群"
    return facts


def _mended(row: Row, facts: Form, seed: Seed) -> Form:
    """A plan without what its script had wrong; nothing where no plan comes back."""
    if POLICY.item(row.item).chain is not Chain.PROGRAMME:
        return {}
    right = certified(row.item, seed, {})
    return {**facts, **{name: right[name] for name in row.changes if name in right}} if row.twist else {}


def _firm(row: Row, number: int) -> str:
    """An applicant that may apply for it, another one for each case of an item."""
    item = POLICY.item(row.item)
    if item.chain is Chain.PROGRAMME:
        return lead_of(item)
    if row.item == "M2b":
        return f"毕业生{number % 14 + 1:02d}"
    if row.item in ("M14a", "M14b"):
        return ("毛衫协会", "家居协会", "面料协会", "服装协会", "印染协会")[number % 5]
    if row.item == "M7" and number % 3 == 0:
        return ("纺织研究院", "家居检测所", "装备设计院", "标准化中心")[number // 3 % 4]
    place = number * 7 % 50
    return f"{TRADES[place // 5]}{STEMS[place % 5]}"


def day_of(text: str) -> date:
    """A date of the script."""
    return date.fromisoformat(text)
