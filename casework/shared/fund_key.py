"""What a fund is called: a unit's money of a budget year, shared by its policies or one policy's own."""

from typing import NamedTuple


class FundKey(NamedTuple):
    """Which fund: a unit's of a budget year. `policy` is the code of the policy whose own it is, empty where it is shared."""

    unit: str
    year: int
    policy: str = ""

    @property
    def zh(self) -> str:
        """Its name in a sentence."""
        return f"{self.unit} {self.year} 年度" + (f"（{self.policy}）" if self.policy else "")

    @property
    def en(self) -> str:
        """The same in English."""
        return f"{self.unit} {self.year}" + (f" ({self.policy})" if self.policy else "")

    @property
    def text(self) -> str:
        """As the command line takes it."""
        return ":".join(map(str, self.said))

    @property
    def said(self) -> tuple[str | int, ...]:
        """What was said of it: a shared fund is named by unit and year alone."""
        return tuple(self) if self.policy else self[:2]

    @classmethod
    def of(cls, text: str) -> "FundKey | None":
        """The fund of "unit:year", or of "unit:year:policy" where it is a policy's own; None where the text is neither."""
        parts = [part.strip() for part in text.replace("：", ":").split(":")]
        policy = "" if _year(parts[-1]) else parts.pop().upper()
        unit, year = parts[:-1], parts[-1] if parts else ""
        return cls(":".join(unit), int(year), policy) if any(unit) and _year(year) else None


def _year(text: str) -> bool:
    return text.isascii() and text.isdigit()
