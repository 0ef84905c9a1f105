"""A budget entry looked at before it is made: done in a transaction that is rolled back; confirming binds to what was shown."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from casework.shared.errors import Refused
from casework.shared.fund_key import FundKey
from models.columns import canonical_json
from models.unit_of_work import content_hash
from policies.money import Money


@dataclass(frozen=True, kw_only=True)
class BudgetChange:
    """What an entry does to its fund, in whole fen.

    `woken`: how many cases that wait for money then go on; `new`: it was not made before.
    """

    identity: UUID
    fund: FundKey
    document: str
    budget: Money  # before
    available: Money
    moved: Money  # negative where it is cut
    woken: int
    new: bool

    @property
    def size(self) -> Money:
        """How much is added or cut."""
        return Money(abs(self.moved))

    @property
    def budget_after(self) -> Money:
        """What is appropriated then."""
        return self.budget + self.moved

    @property
    def available_after(self) -> Money:
        """What is free then, before any waiting case takes of it."""
        return self.available + self.moved

    @property
    def digest(self) -> str:
        """What confirming binds to: all that is shown."""
        sums = [int(self.budget), int(self.available), int(self.moved)]
        return content_hash(
            canonical_json({"fund": self.fund.text, "document": self.document, "sums": sums, "woken": self.woken})
        )


Entry = Callable[
    [Callable[[BudgetChange], None]], BudgetChange
]  # makes an entry, and shows what it does before the commit


class BudgetMoved(Refused):
    """What was confirmed is not what the entry would do now; nothing was written, `change` is what it would do."""

    def __init__(self, change: BudgetChange) -> None:
        zh = "情况已变化：以下是现在办理的结果，与您刚才看到的不同，尚未办理，请核对后再确认"
        super().__init__("changed", zh, "things changed: this is what the entry would do now; look again and confirm")
        self.change = change


class _Seen(Exception):
    """Ends the transaction that was looked at."""

    def __init__(self, change: BudgetChange) -> None:
        super().__init__()
        self.change = change


def nothing(change: BudgetChange) -> None:
    """Nobody looks."""


def preview(entry: Entry) -> BudgetChange:
    """What the entry would do; nothing is written. Raises what the entry itself would."""

    def look(change: BudgetChange) -> None:
        raise _Seen(change)

    try:
        return entry(look)
    except _Seen as seen:
        return seen.change


def confirm(entry: Entry, digest: str) -> BudgetChange:
    """Makes the entry if it does what was shown under this digest, else BudgetMoved; one made before stays as it is."""

    def look(change: BudgetChange) -> None:
        if change.new and change.digest != digest:
            raise BudgetMoved(change)

    return entry(look)
