"""The reference model: what the law of the house says of cases, people and money, in plain Python without a database."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from chinese_calendar import is_workday

OPENS = datetime(2023, 6, 30, 16, tzinfo=UTC)  # 2023-07-01 00:00 in Shanghai
SHUTS = datetime(2024, 6, 30, 16, tzinfo=UTC)
LEADS = {"M5c": "区市场监管局"}
PAYING = "区财政局"
TREASURY_DUTIES = {"allocator", "maker", "checker", "releaser", "reconciler"}
UNBOUND = {"allocator", "deliverer", "parameter_author", "fund_officer"}  # duties that exclude no other
PAIRS = ({"acceptor", "amount_checker"}, {"maker", "reconciler"})
LOST = ("failed", "cancelled")
SECOND_SINCE = date(2023, 10, 16)  # from this day on a filing of M4a is bound to version 2 of its rule
RULES = {"M4a": {"1": 200_000_00, "2": 300_000_00}}  # fen by version; other items have version 1 alone
Fund = tuple[str, int, str]  # unit, year, and the policy whose own it is, or nothing
# act → state → whose turn it must be
TURNS: dict[str, dict[str, tuple[str, ...]]] = {
    "file": {"draft": ("applicant",), "in_correction": ("applicant",)},
    "accept": {"filed": ("acceptor",)},
    "return": {"filed": ("acceptor",), "planned": ("certifier",)},
    "refuse": {
        "filed": ("acceptor",), "accepted": ("screener", "certifier"), "screened": ("certifier",), "planned": ("certifier",),
        "under_joint_review": ("head",), "computed": ("decider",),
    },
    "screen": {"accepted": ("screener",)},
    "certify": {"accepted": ("certifier",), "screened": ("certifier",), "planned": ("certifier",)},
    "opine": {"under_joint_review": ("joint_reviewer",)},
    "override": {"under_joint_review": ("head",)},
    "confirm_amount": {"computed": ("amount_checker",)},
    "decide": {"computed": ("decider",)},
    "allocate": {"payable": ("allocator",)},
    "prepare": {"payable": ("maker",)},
    "check_batch": {"payable": ("checker",)},
    "release": {"payable": ("releaser",)},
    "settle": {"ordered": ("reconciler",)},
    "fail": {"ordered": ("reconciler",)},
    "deliver": {"on_notice": ("deliverer",)},
    "report": {"in_progress": ("applicant",)},
    "review": {"reported": ("certifier",)},
}  # fmt: skip
_OPEN = "draft filed in_correction accepted screened under_joint_review certified computed decided on_notice payable planned"
# act → states in which it needs no turn, and by whom
ANYTIME: dict[str, tuple[str, str]] = {
    "file": ("clerk", "draft in_correction"),
    "withdraw": ("applicant", _OPEN + " in_progress"),
    "hold": (
        "head",
        _OPEN.replace("draft", "").replace("in_correction", "") + " ordered in_progress reported reviewed",
    ),
    "unhold": (
        "head",
        _OPEN.replace("draft", "").replace("in_correction", "") + " ordered in_progress reported reviewed",
    ),
    "undo": ("head", "decided on_notice payable"),
    "reopen": ("head", "refused withdrawn lapsed"),
    "rebind": ("head", "filed accepted screened under_joint_review certified planned"),
    "object": ("clerk", "on_notice"),
    "answer": ("investigator", "on_notice"),
    "pay_offline": ("maker", "payable"),
    "take_back": ("reconciler", "paid closed"),
    "reject_batch": ("maker", "payable"),
}
REJECTERS = ("checker", "head", "releaser")
WHILE_HELD = {"object", "answer", "unhold", "withdraw", "undo", "reopen", "settle", "fail", "take_back", "reject_batch"}
WHILE_CONTESTED = {
    "object",
    "answer",
    "withdraw",
    "hold",
    "unhold",
    "undo",
    "settle",
    "fail",
    "take_back",
    "reject_batch",
}


@dataclass
class Who:
    """An account: the natural person behind it, the duties by unit (None: every unit), the firm it applies for."""

    login: str
    key: str
    duties: dict[str, set[str] | None] = field(default_factory=dict)
    firm: int | None = None

    def holds(self, duty: str, unit: str | None) -> bool:
        """Whether the duty is theirs in the unit."""
        units = self.duties.get(duty, set())
        return units is None or bool(units if unit is None else unit in units)


@dataclass
class ModelPaper:
    """A payment order."""

    attempt: int
    state: str = "prepared"
    batch: str = ""
    fen: int = 0


@dataclass
class ModelCase:
    """A case as the model sees it."""

    number: int
    item: str
    firm: int
    fen: int
    state: str = "draft"
    turn: str | None = "applicant"
    due: datetime = SHUTS
    version: int = 1
    amount: int | None = None
    computed: int = 0
    approved: int = 0
    paid: int = 0
    held: bool = False
    objections: list[str] = field(default_factory=list)  # open, dismissed, upheld or moot, in the order they came
    corrected: bool = False
    certified: bool = False
    opinions: list[bool] = field(default_factory=list)
    reports: int = 0
    filed: datetime | None = None
    notice_ends: datetime = SHUTS
    parts: list[tuple[str, set[str]]] = field(default_factory=list)
    asked: tuple[str, frozenset[str], int] = ("", frozenset(), 0)
    bound: str = ""  # the version of the rule that its filing, or two heads, bound it to
    wanted: str = ""  # the version that the first head asked for
    orders: list[ModelPaper] = field(default_factory=list)
    said_settled: dict[int, datetime] = field(default_factory=dict)  # by attempt: when the bank said so to no effect
    fund: Fund = ("", 0, "")
    queued: bool = False  # for money, until it is priced or gone
    known: set[tuple[int, str]] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Its readable number."""
        return f"XZ2023-M{int(self.item[1:].rstrip('abc')):02d}-{self.number:06d}"

    @property
    def contested(self) -> bool:
        """Whether an objection waits for its answer."""
        return "open" in self.objections

    @property
    def lead(self) -> str:
        return LEADS.get(self.item, "区经商局")

    @property
    def order(self) -> ModelPaper | None:
        return self.orders[-1] if self.orders else None

    @property
    def waiting_order(self) -> bool:
        return self.order is not None and self.order.state in ("prepared", "checked")

    @property
    def in_queue(self) -> bool:
        """Whether it keeps those behind it waiting for money: in hand of the fund officer, or woken and not yet priced."""
        return self.queued and self.state == "certified" and self.turn in ("fund_officer", "system")

    def contradicted(self, since: datetime | None = None) -> bool:
        """Whether the bank called an attempt settled that ended without money.

        What it says in the very instant in which a batch was made came after: who made the batch had not seen it.
        """
        said = [self.said_settled[o.attempt] for o in self.orders if o.attempt in self.said_settled and o.state in LOST]
        return any(since is None or moment >= since for moment in said)

    def unit(self, duty: str) -> str | None:
        """Where the duty lies."""
        if duty in ("applicant", "clerk", "joint_reviewer", "investigator"):
            return None
        return PAYING if duty in TREASURY_DUTIES else "算例镇" if duty == "screener" else self.lead


@dataclass
class ModelBatch:
    """A payment batch."""

    cases: list[int]
    made: datetime
    state: str = "prepared"


@dataclass
class Model:
    """The whole office."""

    now: datetime
    people: dict[str, Who]
    funds: dict[Fund, int]
    rate: tuple[int, int] | None = None
    cases: dict[int, ModelCase] = field(default_factory=dict)
    batches: dict[str, ModelBatch] = field(default_factory=dict)
    delegations: list[tuple[str, str, str, str, datetime, datetime]] = field(default_factory=list)

    @property
    def today(self) -> date:
        return (self.now + timedelta(hours=8)).date()

    def drawn(self, unit: str, ahead: int = 0) -> Fund:
        """The fund that claims draw on: the policy's own of the unit where there is one, else the shared one."""
        own = (unit, self.today.year + ahead, "XZ2023")
        return own if own in self.funds else (*own[:2], "")

    def queue(self, lead: str) -> set[int]:
        """Who waits for a unit's money."""
        return {case.number for case in self.cases.values() if case.in_queue and case.lead == lead}

    @contextmanager
    def nobody_sleeps(self, besides: Collection[int] = ()) -> Iterator[None]:
        """不跳过、不遗忘: after whatever happens inside, those who wait for a unit's money are looked at again when it has more
        to spend than before, or when somebody has left the queue and something is left; `besides` were looked at just now.
        """
        leads = {case.lead for case in self.cases.values()}
        had, waited = dict(self.funds), {lead: self.queue(lead) for lead in leads}
        yield
        for lead in leads:
            here = [self.drawn(lead, ahead) for ahead in (0, 1)]
            more = any(self.funds.get(fund, 0) > had.get(fund, 0) for fund in here)
            if more or (waited[lead] - self.queue(lead) and self.funds.get(here[0], 0) > 0):
                for case in self.cases.values():
                    if (case.lead, case.turn) == (lead, "fund_officer") and case.number not in besides:
                        case.turn, case.due = "system", self.now

    def workdays(self, first: date, count: int) -> datetime:
        """24:00 of the `count`-th working day from `first` on, that day included."""
        day = first - timedelta(days=1)
        while count:
            day += timedelta(days=1)
            count -= is_workday(day)
        return datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(hours=8)

    def stand_in(self, who: Who, duty: str, unit: str | None) -> Who | None:
        """Whom somebody stands in for."""
        for giver, taker, what, where, first, last in self.delegations:
            right = taker == who.login and what == duty and unit in (None, where) and first <= self.now < last
            if right and self.people[giver].holds(duty, where):
                return self.people[giver]
        return None

    def may(self, login: str, act: str, case: ModelCase) -> tuple[str, set[str]] | None:
        """The duty in which somebody may do this now, and the natural persons who thereby have a part; or None."""
        who = self.people[login]
        if "auditor" in who.duties or "administrator" in who.duties:
            return None
        if (case.held and act not in WHILE_HELD) or (case.contested and act not in WHILE_CONTESTED):
            return None
        turns = TURNS.get(act, {}).get(case.state, ()) if act != "reject_batch" else REJECTERS
        duties = [duty for duty in turns if duty == case.turn and (act != "reject_batch" or case.state == "payable")]
        anyone, states = ANYTIME.get(act, ("", ""))
        duties += [anyone] if case.state in states.split() else []
        for duty in duties:
            if duty == "applicant":
                keys = {who.key} if who.firm == case.firm else None
            else:
                other = None if who.holds(duty, case.unit(duty)) else self.stand_in(who, duty, case.unit(duty))
                mine = who.holds(duty, case.unit(duty))
                keys = {who.key} if mine else {who.key, other.key} if other else None
            if keys is not None:
                barred = self._conflicts(case, duty, keys) or self._recused(case, duty, keys)
                return None if barred else (duty, keys)
        return None

    def _recused(self, case: ModelCase, duty: str, keys: set[str]) -> bool:
        """Whether one of the natural persons belongs to the applicant, under whichever account."""
        return duty != "applicant" and any(
            person.firm == case.firm and person.key in keys for person in self.people.values()
        )

    @staticmethod
    def _conflicts(case: ModelCase, duty: str, keys: set[str]) -> bool:
        if duty in UNBOUND:
            return False
        others = (
            part for part in case.parts if part[0] != duty and part[0] not in UNBOUND and {part[0], duty} not in PAIRS
        )
        return any(keys & theirs for _, theirs in others)

    def price(self, case: ModelCase) -> int | None:
        """What a case is worth by the text; None while the rate is not set."""
        if case.item == "M16":
            return None if self.rate is None else min(case.fen * self.rate[0] // self.rate[1], 500_000_00)
        if case.item in RULES:
            return RULES[case.item][case.bound]
        return min(case.fen, 1_000_000_00) if case.item == "M5c" else 0
