"""What the checks of a case found: each condition with its result, whether it stops an act, whether an override stands."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from policies.conditions import Condition, Gate
from policies.forms import Text


class Result(StrEnum):
    """What a check found."""

    OK = "ok"
    FAIL = "fail"
    NO_DATA = "no_data"


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One check: its id, what it found, why in two languages, the hash of what it looked at, and who looked if a person.

    `office`: as it stands it is the office's to close, whatever the applicant could do about it otherwise; `needed`: the act
    that it stops as it stands, where that is a later one than its condition names."""

    id: str
    result: Result
    words: Text
    data: str = ""
    person: UUID | None = None
    office: bool = False
    needed: Gate | None = None

    @property
    def text(self) -> str:
        """The Chinese wording."""
        return self.words.zh


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A condition with what its check found. `waived`: an override stands for exactly this."""

    condition: Condition
    result: CheckResult
    waived: bool = False

    def stops(self, gate: Gate) -> bool:
        """Whether the act of this gate must not be done."""
        if not self.condition.hard or self.waived or self.result.result is Result.OK:
            return False
        if self.result.result is Result.FAIL:
            return gate is not Gate.FILE or self.condition.needed is Gate.FILE
        return self.condition.needed.order <= gate.order

    @property
    def warns(self) -> bool:
        """Whether it is to be told though it stops nothing: a soft check, data still to come, an override."""
        return self.result.result is not Result.OK


Findings = tuple[Finding, ...]
