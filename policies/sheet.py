"""What a rule may say. Everything that branches is behind these verbs, so a rule is facts and plain operators only.

`Worksheet` answers them for one case, with its trace; a columnar sheet outside this package answers them for a whole
population and must reach the same fen for every row.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol

from policies.awards import AwardUnit
from policies.shapes import Quantity


class Sheet(Protocol):
    """What a rule may do, in the order in which the law says it."""

    def require(self, condition: Quantity, refusal: str, /) -> None:
        """Refuse with these words where the condition does not hold; the first refusal is the one that is told."""

    def among(
        self, parameter: str, refusal: str, /, *, when: Quantity = True, listed: bool = False, **fact: Quantity
    ) -> None:
        """Refuse where the fact is not in the parameter's list; `when` says which cases turn on it.

        `listed`: an entry of the list that another item keeps counts as well.
        """

    def at_least(self, parameter: str, refusal: str, /, **fact: Quantity) -> None:
        """Refuse where the fact is below the parameter's figure."""

    def where_set(self, parameter: str, condition: Quantity, refusal: str, /) -> None:
        """A condition that holds only where the parameter is set (a flag: set to yes)."""

    def definition(self, parameter: str, /, **fact: Quantity) -> None:
        """The definition under which a fact was certified; where it is set, the trace quotes it."""

    def once(self, parameter: str, refusal: str, /) -> None:
        """Refuse the same subject again, ever or within a year; asked for only where it had an award before."""

    def times(self, parameter: str, refusal: str, /, *, per: str) -> None:
        """Refuse beyond so many awards per applicant, or per another key; asked for only after the first."""

    def price(self, parameter: str | None = None, /, **quantities: Quantity) -> None:
        """The gross amount by the parameter's shape or rate, or (no parameter) by the shape that the text fixes."""

    def upgrade(self, parameter: str, refusal: str, /) -> None:
        """Less what the same subject received before, or nothing; asked for only where it did receive."""

    def cap(self, *, scope: str | None = None) -> None:
        """The item's ceiling, less earlier awards in the parameter's scope; asked for only where one exists.

        Without a parameter the text itself says that each subject has a ceiling of its own.
        """

    def share(self, parameter: str, /, **parties: Quantity) -> None:
        """Divide among joint winners or drafters; asked for only where there are several."""

    def less(self, parameter: str, whole: Quantity, /, **part: Quantity) -> Quantity:
        """The whole, less the part where the parameter says "out"; asked for only where there is such a part."""

    def at_most_months(
        self, parameter: str, whole: Quantity, part: Quantity | None, /, **months: Quantity | None
    ) -> Quantity:
        """The whole, in which a part that stands for so many months counts for the parameter's months at most."""

    def in_term(self, whole: Quantity, part: Quantity | None, /) -> Quantity | None:
        """The whole where the item's period lies in the policy's time, else the part of it that was certified to lie there."""

    def value(self, parameter: str, /) -> Any:
        """A parameter's value for rules that compute something other than money; None where unset."""

    def entry(self, parameter: str, name: str, /) -> Any:
        """One entry of a table parameter; None where it is unset, and a gap in the table counts as unset."""

    def covers(self, day: date, /) -> bool:
        """Whether a day lies in the policy's time; both ends belong to it."""

    def setting(self, name: str, /) -> Any:
        """The value in force of one of the item's own settings, or its default."""

    def others(self) -> Sequence[Any]:
        """Certified facts of the other plans that this one is judged with."""

    def benefits(self, name: str, /) -> bool:
        """Whether the records show that name as an applicant of the benefit which the item asks for."""

    def note(self, formula: str, /, **facts: Quantity) -> None:
        """A line of the trace without an amount."""

    def give(self, unit: AwardUnit, quantity: str, note: str, /) -> None:
        """Award something other than money."""

    def nothing_due(self, note: str, /) -> None:
        """0 yuan, with the reason."""
