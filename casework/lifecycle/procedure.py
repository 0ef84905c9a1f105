"""How the cases of one item go: which gates stand on the way, who owns each step, and how long each may take."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Protocol

from casework.shared.reference import Reference, policy_of
from models.clock import end_of
from models.people import Duty
from policies.measures import Access, Chain, Item, Measure
from policies.policy import Policy
from policies.versions import NotInstalled
from policies.workdays import CalendarUnknown


@dataclass(frozen=True)
class Next:
    """A case's one next action: whose turn, in which unit, by when (24:00 of a business date, or an instant for the system)."""

    duty: Duty | None
    unit: str | None = None
    due: datetime | None = None
    provisional: bool = False
    since: date | None = None  # the day that the deadline counts from; None for the system's instants
    setting: str = ""  # how many working days it may take; "" where the day was given


ENDED = Next(None)


class Bound(Protocol):
    """A case as far as it says which rule binds it."""

    @property
    def policy(self) -> str: ...
    @property
    def item(self) -> str: ...
    @property
    def filed_at(self) -> datetime | None: ...
    @property
    def rule_version(self) -> str: ...
    @property
    def rule_digest(self) -> str: ...


@dataclass(frozen=True)
class Procedure:
    """How one item's cases go on one business date, under the settings then in force."""

    policy: Policy
    measure: Measure
    item: Item
    reference: Reference
    today: date
    gap: NotInstalled | None = None  # the version that binds is not here: nothing is accepted, certified or priced

    def setting(self, name: str) -> Any:
        """A procedural setting's value."""
        if name not in self._settings:
            self._settings[name] = self.reference.setting(self.policy, name, self.today)
        return self._settings[name]

    @cached_property
    def _settings(self) -> dict[str, Any]:
        """The settings asked for so far: a procedure holds for one date and one reading of the reference data."""
        return {}

    @cached_property
    def digest(self) -> str:
        """The rule's digest, read once for this procedure."""
        return self.item.digest

    @cached_property
    def lead(self) -> str:
        """The unit that has the item in hand: the first named, unless `P-lead` names another."""
        named = self.setting("P-lead") or {}
        return str(named.get(self.item.id) or named.get(self.measure.code) or self.measure.lead.zh)

    @cached_property
    def joint(self) -> tuple[str, ...]:
        """The units whose opinion is asked for."""
        if not self.item.reviewed_jointly:
            return ()
        lead = self.lead
        return tuple(unit.zh for unit in self.measure.acting if unit.zh != lead)

    @cached_property
    def access(self) -> Access:
        """How the benefit is reached: as `P-access` says for the item, else as the item has it."""
        named = self.setting("P-access") or {}
        wanted = str(named.get(self.item.id, self.item.access))
        return next(access for access in Access if access == wanted)

    @property
    def screened(self) -> bool:
        """Whether a town looks first."""
        return self.item.screened and self.item.chain is not Chain.PROGRAMME and bool(self.setting("P-screening"))

    @property
    def accepted_by_rule(self) -> bool:
        """Whether passing the automatic checks is the acceptance."""
        return self.access is not Access.WITHIN_TIME_LIMIT or self.setting("P-acceptance") == "rule"

    @property
    def amount_checked(self) -> bool:
        """Whether a person confirms the computed amount before the decision."""
        return bool(self.item.pays) and self.setting("P-amount-check") == "person"

    @cached_property
    def decided_by_rule(self) -> bool:
        """Items of access class 即申即享: the rule itself decides, and is recorded so."""
        return self.access is Access.ON_APPLICATION

    @cached_property
    def notice_days(self) -> int:
        """Working days of public notice; 0 is none."""
        return int(self.setting("P-notice-days")) if self.item.chain is not Chain.PROGRAMME else 0

    @property
    def treasury(self) -> str:
        """The unit that makes, checks and releases payments."""
        return self.policy.treasury.zh if self.policy.treasury else self.lead

    def within(self, duty: Duty, unit: str | None, setting: str) -> Next:
        """A person's turn, due so many working days after today (deadlines start on the next working day)."""
        due, provisional = _deadline(self.reference, self.today, int(self.setting(setting)))
        return Next(duty, unit, due, provisional, self.today, setting)

    def until(self, duty: Duty, last: date) -> Next:
        """A turn that ends with a given day (a milestone's), or today where that day is past."""
        return Next(duty, None, end_of(max(last, self.today)), False, self.today)

    def unit_of(self, duty: Duty, town: str | None) -> str | None:
        """The unit in which a duty's turn lies."""
        if duty is Duty.SCREENER:
            return town
        if duty in (Duty.APPLICANT, Duty.SYSTEM, Duty.JOINT_REVIEWER, Duty.INVESTIGATOR):
            return None
        if duty in (Duty.ALLOCATOR, Duty.MAKER, Duty.CHECKER, Duty.RELEASER, Duty.RECONCILER):
            return self.treasury
        return self.lead

    def turn(self, duty: Duty, town: str | None = None) -> Next:
        """The next action of a duty with the deadline that belongs to it."""
        return self.within(duty, self.unit_of(duty, town), _SETTING[duty])


_SETTING = {
    Duty.ACCEPTOR: "P-accept-days",
    Duty.APPLICANT: "P-correction-days",
    Duty.SCREENER: "P-screen-days",
    Duty.CERTIFIER: "P-certify-days",
    Duty.JOINT_REVIEWER: "P-joint-days",
    Duty.HEAD: "P-joint-days",
    Duty.AMOUNT_CHECKER: "P-decide-days",
    Duty.DECIDER: "P-decide-days",
    Duty.INVESTIGATOR: "P-objection-days",
    Duty.PARAMETER_AUTHOR: "P-decide-days",
    Duty.FUND_OFFICER: "P-decide-days",
    Duty.ALLOCATOR: "P-allocate-days",
    Duty.MAKER: "P-allocate-days",
    Duty.CHECKER: "P-allocate-days",
    Duty.RELEASER: "P-allocate-days",
    Duty.RECONCILER: "P-pay-days",
    Duty.DELIVERER: "P-allocate-days",
}


def procedure_on(reference: Reference, policy: Policy, item: str, today: date) -> Procedure:
    """The procedure of an item on a date, in the version that a filing of that day binds."""
    return _procedure(reference, policy.code, id(policy), item, today, None)


def procedure_of(reference: Reference, case: Bound, today: date) -> Procedure:
    """The procedure of a case on a date: in the version of its filing; before it is filed, in that of today."""
    binding = (case.rule_version, case.rule_digest) if case.filed_at is not None else None
    policy = policy_of(case.policy)
    return _procedure(reference, policy.code, id(policy), case.item, today, binding)


@lru_cache(maxsize=4096)
def _deadline(reference: Reference, today: date, days: int) -> tuple[datetime, bool]:
    """24:00 of the last day; outside the calendar's knowledge a provisional date that is recomputed when data arrive."""
    try:
        return end_of(reference.calendar.deadline(today, days)), False
    except CalendarUnknown:
        return end_of(today + timedelta(days=days + 2 * (days // 5 + 1))), True


@lru_cache(maxsize=1024)
def _procedure(
    reference: Reference, code: str, _same: int, item: str, today: date, binding: tuple[str, str] | None
) -> Procedure:
    """`_same` tells a policy that was registered anew from the one before it."""
    policy = policy_of(code)
    measure = policy.measure_of(item)
    if binding is None:
        return Procedure(policy, measure, policy.item_on(item, today), reference, today)
    try:
        return Procedure(policy, measure, policy.bound_item(item, *binding), reference, today)
    except NotInstalled as gap:
        return Procedure(policy, measure, policy.item_on(item, today), reference, today, gap)


def system(now: datetime, queue: str | None = None) -> Next:
    """The system's turn, at an instant. `queue`: the unit for whose money the case keeps its place until it is priced."""
    return Next(Duty.SYSTEM, queue, now)


def after_accept(procedure: Procedure, town: str | None) -> Next:
    """Accepted: a town screens, or the lead unit certifies at once."""
    return procedure.turn(Duty.SCREENER, town) if procedure.screened and town else procedure.turn(Duty.CERTIFIER)


def after_compute(procedure: Procedure) -> Next:
    """Computed: the amount checker, or the decider."""
    return procedure.turn(Duty.AMOUNT_CHECKER if procedure.amount_checked else Duty.DECIDER)
