"""A benefit as the principle 就高不重复 sees it: what it is tied to, for when, how much, and what was really paid."""

from dataclasses import dataclass
from datetime import date

from policies.forms import Choice, document_key
from policies.money import Money


class KeyKind(Choice):
    """What a benefit may be tied to."""

    ENTERPRISE = "enterprise", "企业", "enterprise"
    PROJECT = "project", "项目", "project"
    CONTRACT = "contract", "合同", "contract"
    INVOICE = "invoice", "发票", "invoice"
    DEVICE = "device", "设备", "device"
    AWARD = "award", "奖项", "award"
    PERSON = "person", "个人", "person"


RECURRING = frozenset({KeyKind.ENTERPRISE, KeyKind.PROJECT, KeyKind.PERSON})
"""Subjects that may be supported again in another period."""


class Level(Choice):
    """Who grants a benefit, highest first."""

    NATIONAL = "national", "国家", "national"
    PROVINCE = "province", "省", "province"
    CITY = "city", "市", "city"
    DISTRICT = "district", "区", "district"
    TOWN = "town", "镇、街道", "town"


@dataclass(frozen=True, kw_only=True)
class Period:
    """The days a benefit is for, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError(f"期间起始日 {self.first} 晚于截止日 {self.last} / a period ends before it begins")


@dataclass(frozen=True, kw_only=True)
class Benefit:
    """One benefit: of this plan (`ours`, to be settled) or of another. Sums in whole fen."""

    id: str
    keys: frozenset[str]
    amount: int
    source: str
    level: Level
    period: Period | None = None  # None: at no particular time, so it meets every period
    ours: bool = False
    paid: int = 0  # what really left; 0 while nothing did
    return_proof: str = ""  # evidence that the whole sum was given back: it is then no longer held

    def __post_init__(self) -> None:
        if not self.keys:
            raise ValueError(f"{self.id}：未注明依据（发票、合同、项目等） / a benefit without a subject key")
        for key in self.keys:
            if key != subject_key(kind_of(key), key.partition(":")[2]):
                raise ValueError(f"{self.id}：依据 {key!r} 未规范化，请用 subject_key / not in normal form")
        for sum_ in (self.amount, self.paid):
            if isinstance(sum_, bool) or not isinstance(sum_, int):
                raise TypeError(f"{self.id}：金额须为整数分 / whole fen")
        if not 0 <= self.paid <= self.amount:
            raise ValueError(
                f"{self.id}：已付 {Money(self.paid)} 元不在 0 与 {Money(self.amount)} 元之间 / paid out of range"
            )

    @property
    def already_paid(self) -> bool:
        """Whether money left and is still held by the recipient."""
        return self.paid > 0 and not self.return_proof


def subject_key(kind: KeyKind, value: str) -> str:
    """`kind:VALUE` with the document's identity as value, so that two spellings of one paper are one subject."""
    text = document_key(value)
    if not text:
        raise ValueError(f"{kind}：依据为空 / an empty subject key")
    return f"{kind}:{text}"


def kind_of(key: str) -> KeyKind:
    """The kind of a subject key; raises ValueError for a kind that is not known."""
    name = key.partition(":")[0]
    for kind in KeyKind:
        if kind == name:
            return kind
    raise ValueError(f"依据 {key!r} 的类别不存在 / unknown kind of subject key")
