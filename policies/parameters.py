"""What the text leaves open (parameters, no default) and what it is silent on (settings, with a default of ours)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

from policies.forms import Choice, Text
from policies.kinds import Kind, WrongValue


class Need(StrEnum):
    """When a parameter must be set before an amount can be computed."""

    ALWAYS = "always"
    WHERE_ASKED = "where_asked"  # only in a case that turns on it: an earlier award, an entry of an open list …
    OPTIONAL = "optional"  # unset, the certifying unit decides in each case


class Origin(StrEnum):
    """Where a value comes from; only OFFICIAL may move real money."""

    OFFICIAL = "official"
    DEMO = "demo"
    HYPOTHETICAL = "hypothetical"


class Scope(Choice):
    """What a ceiling or a "once" is counted over."""

    SUBJECT = "subject", "每个事项（同一中心、奖项、活动、标准、展会、门店等）", "each subject"
    YEAR = "year", "同一申请人每年", "applicant and year"
    APPLICANT = "applicant", "同一申请人合计", "applicant, all years"
    SEASON = "season", "同一申请人每季", "applicant and season"
    BRAND = "brand", "同一申请人同一品牌", "applicant and brand"
    PRODUCT = "product", "同一申请人同一产品", "applicant and product"


class Repeat(Choice):
    """Whether the same subject is supported again."""

    ONE_OFF = "one_off", "一次性", "one-off"
    YEARLY = "yearly", "每年一次", "yearly"


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One open point of the text. While one that is asked for is unset, the item is not payable and says which."""

    id: str
    title: Text
    decides: Text
    kind: Kind
    need: Need = Need.ALWAYS
    clause: str = ""  # the item's clause unless another one is named

    @property
    def required(self) -> bool:
        return self.need is Need.ALWAYS

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the value."""
        return {"title": self.title.zh, "description": self.decides.zh, **self.kind.schema()}

    def parse(self, value: object) -> Any:
        """The value as the rules use it; a malformed one raises WrongValue naming the parameter."""
        try:
            return self.kind.parse(value)
        except (ValueError, TypeError, KeyError) as error:
            raise WrongValue(f"参数 {self.id} 的值无效：{error}") from error


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A procedural point on which the text is silent: ours, shown as such, changed by two people with a citation."""

    id: str
    title: Text
    decides: Text
    kind: Kind
    default: Any

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the value."""
        return {"title": self.title.zh, "default": self.default, **self.kind.schema()}

    def parse(self, value: object) -> Any:
        """The value as used; a malformed one raises WrongValue naming the setting."""
        try:
            return self.kind.parse(value)
        except (ValueError, TypeError, KeyError) as error:
            raise WrongValue(f"设置 {self.id} 的值无效：{error}") from error


@dataclass(frozen=True, kw_only=True)
class Value:
    """A value of a parameter or setting as set by one officer and confirmed by another."""

    value: Any
    citation: str
    origin: Origin = Origin.OFFICIAL
    valid_from: date | None = None
    valid_to: date | None = None
    confirmed: bool = False

    def holds_on(self, day: date | None) -> bool:
        """Confirmed and valid on that day (both ends included); no day asks for confirmation only."""
        early = day is not None and self.valid_from is not None and day < self.valid_from
        late = day is not None and self.valid_to is not None and day > self.valid_to
        return self.confirmed and not early and not late


Values: TypeAlias = Mapping[str, Value]


def hypothetical(values: Mapping[str, Any]) -> dict[str, Value]:
    """Values for worked examples, labelled so that nobody takes them for the policy's."""
    return {
        name: Value(value=value, citation="算例假设值", origin=Origin.HYPOTHETICAL, confirmed=True)
        for name, value in values.items()
    }
