"""A benefit as the principle 就高不重复 sees it: what it is tied to, for when, how much, and what was really paid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from policies.forms import Choice, Text, WrongFacts, document_key
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
    STANDARD = "standard", "标准", "standard"
    STORE = "store", "店铺", "store"
    EVENT = "event", "展会、活动", "fair or event"


WRITTEN: Mapping[KeyKind, Text] = {
    KeyKind.ENTERPRISE: Text(
        "统一社会信用代码或名称（只知受益企业时）", "credit code or name, where only the firm is known"
    ),
    KeyKind.PROJECT: Text("项目名称；标准、店铺、展会也可按项目登记", "name of the project"),
    KeyKind.CONTRACT: Text("合同号，一份合同分行的加行号", "contract no., with the line where it has several"),
    KeyKind.INVOICE: Text("发票代码+号码", "invoice code and number"),
    KeyKind.DEVICE: Text(
        "产品名称 | 型号规格，或其一加证书编号", "product | model, or one of them with the certificate no."
    ),
    KeyKind.AWARD: Text("奖项 | 获奖产品 | 年度", "award | product | year"),
    KeyKind.PERSON: Text("证件号码；不知号码的写姓名", "identity number, or the name where it is not known"),
    KeyKind.STANDARD: Text("标准号，如 GB/T 12345-2023", "standard no., like GB/T 12345-2023"),
    KeyKind.STORE: Text("品牌 | 场所名称，或品牌 | 店铺地址", "brand | venue, or brand | address"),
    KeyKind.EVENT: Text("展会 | 开幕日，或活动 | 季次 | 品牌", "fair | opening day, or event | season | brand"),
}
"""How the basis of each kind is written in a register."""
_FIGURED = frozenset({KeyKind.INVOICE, KeyKind.STANDARD})  # no such number is without a figure


RECURRING = frozenset({KeyKind.ENTERPRISE, KeyKind.PROJECT, KeyKind.PERSON})
"""Subjects that may be supported again in another period."""
OWNED = frozenset({KeyKind.PROJECT, KeyKind.STANDARD, KeyKind.STORE, KeyKind.EVENT, KeyKind.AWARD})
"""Subjects that several may have a part in: they are one subject for one recipient; of two recipients a person compares."""
GENERAL = frozenset({KeyKind.STANDARD, KeyKind.STORE, KeyKind.EVENT})
"""Subjects that other registers also enter as a project."""


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
    owner: str = ""  # who receives it, where that is known
    outward: frozenset[str] = frozenset()  # keys that tie to benefits of other plans only

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

    def tie(self, key: str) -> str:
        """The key as it ties this benefit to others: with its recipient, where several may have a part in the subject."""
        return f"{key} {self.owner}" if self.owner and kind_of(key) in OWNED else key

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


def written(kind: KeyKind, value: str) -> str:
    """The key of a basis as a person typed it; WrongFacts says how this kind is written."""
    text = document_key(value)
    if not text or (kind in _FIGURED and not any(one.isdecimal() for one in text)):
        form = WRITTEN[kind]
        zh = f"依据无效：“{value.strip()}”不能作为{kind.zh}依据，应写：{form.zh}"
        raise WrongFacts("basis", zh, f'no basis of this kind: "{value.strip()}"; for {kind.en} write: {form.en}')
    return subject_key(kind, value)


def kind_of(key: str) -> KeyKind:
    """The kind of a subject key; raises ValueError for a kind that is not known."""
    name = key.partition(":")[0]
    for kind in KeyKind:
        if kind == name:
            return kind
    raise ValueError(f"依据 {key!r} 的类别不存在 / unknown kind of subject key")
