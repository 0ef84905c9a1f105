"""What the computation of a set of cases holds until it writes: their facts and awards, and the money that they claim."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlmodel import col

from casework.funds.fund_lookup import FundView, fund_of
from casework.funds.ledger import Transfer
from casework.lifecycle.case_changes import CaseView, Change
from casework.lifecycle.facts_from_records import Wholes
from casework.lifecycle.procedure import Procedure
from casework.lifecycle.step_runner import StepContext
from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from casework.stacking.benefit_comparisons import PossibleMatch
from casework.stacking.stacking_basis import StackingBasis
from models import Fund
from models.statements import Prepared
from policies import awards
from policies.known import Known
from policies.parameters import Value

_SETTLED = Prepared(
    update(Fund)
    .where(col(Fund.id) == bindparam("wanted"))
    .values(shareable_fen=bindparam("left"), shared_fen=col(Fund.shared_fen) + bindparam("fen"))
)


@dataclass(frozen=True)
class Claim:
    """A case whose money is known but not yet reserved."""

    case: CaseView
    procedure: Procedure
    award: awards.Award
    amount: int
    content: str
    values: Mapping[str, Value]
    prior: tuple[awards.Prior, ...]  # what it was priced beside; later cases of the set are not among them
    stacking: tuple[str, ...]


@dataclass
class ComputationBatch:
    """The cases that one transaction computes, and what it will write of them."""

    context: StepContext
    basis: StackingBasis
    facts: dict[UUID, str]  # certified facts as stored
    sequences: dict[UUID, int]  # the last award of cases that were computed before
    wholes: Wholes = field(init=False)
    papers: dict[UUID, tuple[str, ...]] = field(default_factory=dict)
    known: dict[UUID, Known] = field(default_factory=dict)
    stopped: dict[UUID, Refused] = field(default_factory=dict)  # cases that the rule may not decide, with the words
    queue: dict[tuple[UUID, str], tuple[datetime, str] | None] = field(default_factory=dict)
    queued: set[UUID] = field(default_factory=set)  # cases that wait for money from now on
    funds: dict[FundKey, FundView | None] = field(default_factory=dict)  # by who draws on it, not by whose it is
    spent: dict[UUID, int] = field(default_factory=dict)
    short: set[UUID] = field(default_factory=set)
    claims: list[Claim] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    compared: list[PossibleMatch] = field(default_factory=list)  # what the cases were settled beside
    documented: list[UUID] = field(default_factory=list)  # cases whose documents count as awarded from now on

    def fund(self, unit: str, year: int, policy: str) -> FundView | None:
        """The fund of a unit and budget year that claims of a policy draw on."""
        who = FundKey(unit, year, policy)
        if who not in self.funds:
            self.funds[who] = fund_of(self.context.work, *who)
        return self.funds[who]

    def left(self, fund: FundView) -> int:
        """Fen still available after what this transaction reserves."""
        return fund.available - self.spent.get(fund.id, 0)

    def shareable(self, fund: FundView) -> int:
        """Fen of it that may be shared out in proportion."""
        return self.left(fund) if fund.shareable is None else min(fund.shareable, self.left(fund))

    def settled(self, fund: FundView, left: int | None, shared: int) -> None:
        """A shortage of the fund was settled: what may be shared out from now on, and what was granted as parts; in fen."""
        if (left, shared) == (fund.shareable, 0):
            return
        self.context.work.run(_SETTLED, wanted=fund.id, left=left, fen=shared)
        for who, known in self.funds.items():
            if known is not None and known.id == fund.id:
                self.funds[who] = replace(known, shareable=left, shared=known.shared + shared)
