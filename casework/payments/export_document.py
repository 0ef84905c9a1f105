"""What the files for the bank and the treasury are made of: only what is frozen, so that they come out the same for ever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from casework.payments.entitlement_balance import Order
from casework.shared.errors import Refused
from models.clock import in_shanghai

LONGEST_NAME = 140
LONGEST_ACCOUNT = 34
CLEARING_DIGITS = 12
_WIDE_BLANK = "\u3000"


@dataclass(frozen=True, kw_only=True)
class Payer:
    """Who pays: the treasury's account, as set by two people in `P-payer`."""

    name: str
    account: str
    bank: str
    clearing_code: str

    @classmethod
    def of(cls, setting: Any) -> "Payer":
        """Reads the setting; Refused with what is missing."""
        if not isinstance(setting, dict):
            raise Refused(
                "payer", "尚未设定付款账户（P-payer）", "the paying account P-payer is not set", field="P-payer"
            )
        wanted = ("name", "account", "bank", "clearing_code")
        if absent := [name for name in wanted if not str(setting.get(name, "")).strip()]:
            says = f"付款账户（P-payer）缺少：{'、'.join(absent)}"
            raise Refused("payer", says, f"P-payer lacks {', '.join(absent)}", field="P-payer")
        return cls(**{name: str(setting[name]).strip() for name in wanted})

    def checked(self) -> "Payer":
        """The same, if it can be written into the bank's file; Refused by what cannot."""
        written("付款人", self.name, LONGEST_NAME)
        written("付款行", self.bank, LONGEST_NAME)
        account("付款账号", self.account)
        clearing("付款行号", self.clearing_code)
        return self


@dataclass(frozen=True, kw_only=True)
class ExportDocument:
    """A released batch as it goes out."""

    number: str
    fund: str
    orders: Sequence[Order]
    total_fen: int
    list_hash: str
    released_at: datetime
    payer: Payer
    demo: bool
    overridden: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict)  # by case, what stood at the release

    @property
    def released(self) -> datetime:
        """When it was released, on the clock of the wall in Jiaxing."""
        return in_shanghai(self.released_at).replace(microsecond=0)


def written(what: str, value: str, longest: int) -> str:
    """A text that every bank can read: not empty, not too long, no control or unpaired characters; Refused by name."""
    text = value.strip()
    bad = [char for char in text if char != _WIDE_BLANK and not char.isprintable()]
    if not text or len(text) > longest or bad:
        fault = "为空" if not text else f"超过 {longest} 个字符" if len(text) > longest else "含有不可打印的字符"
        raise Refused(
            "text", f"{what}{fault}，不能写入拨付文件：{text[:20]!r}", f"{what} cannot be written", field=what
        )
    return text


def payee(name: str, bank: str, number: str, code: str) -> None:
    """Refuses a payee that could not be written later: better when the order is made than after its release."""
    written("收款户名", name, LONGEST_NAME)
    account("收款账号", number)
    if code.strip():
        clearing("收款行号", code)
    if bank.strip() or not code.strip():
        written("开户行", bank, LONGEST_NAME)


def account(what: str, value: str) -> str:
    """An account number: ASCII letters and digits, with blanks and hyphens taken out, at most 34."""
    bare = written(what, value, LONGEST_ACCOUNT + 16).replace(" ", "").replace("-", "")
    if not bare.isascii() or not bare.isalnum() or len(bare) > LONGEST_ACCOUNT:
        raise Refused("account", f"{what}不是有效账号", f"{what} is no account number", field=what)
    return bare


def clearing(what: str, value: str) -> str:
    """A CNAPS code: twelve digits."""
    code = value.strip()
    if len(code) != CLEARING_DIGITS or not code.isascii() or not code.isdigit():
        raise Refused("clearing", f"{what}应为 12 位数字", f"{what} has 12 digits", field=what)
    return code
