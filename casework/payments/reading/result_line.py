"""One line of a result file as read, and a line that could not be read."""

import hashlib
from dataclasses import dataclass

from casework.payments.bank_status import WORDS, BankStatus
from casework.shared.errors import Refused
from casework.shared.text_normalization import bare, narrow
from models.columns import canonical_json
from policies.money import Money, WrongAmount

LONGEST_TEXT = 500


@dataclass(frozen=True, kw_only=True)
class ResultLine:
    """What is said of one order: reference, outcome, amount in fen and account where given, the bank's reason."""

    line: int
    reference: str
    outcome: BankStatus
    amount_fen: int | None
    account: str
    reason: str = ""

    @property
    def fingerprint(self) -> str:
        """The same news of the same order has the same fingerprint in every file, whatever words the reason uses."""
        said = [self.reference, self.outcome, self.amount_fen, bare(self.account)]
        return hashlib.sha256(canonical_json(said).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A line that says nothing that could be booked."""

    line: int
    reference: str
    code: str
    zh: str
    en: str


def line_of(*, line: int, reference: str, outcome: str, amount: str, account: str, reason: str) -> ResultLine:
    """A line from the texts of a list; Refused names what is wrong with it."""
    known = WORDS.get("".join(narrow(outcome).lower().split()))
    if known is None:
        zh = f"不认识的结果“{short(outcome)}”；可用：{'、'.join(WORDS)}"
        raise Refused(
            "outcome", zh, f'unknown outcome "{short(outcome)}": one of {", ".join(BankStatus)}', field="结果"
        )
    return ResultLine(
        line=line,
        reference=named(reference),
        outcome=known,
        amount_fen=fen(amount),
        account=bare(clean(account)),
        reason=clean(reason),
    )


def named(reference: str) -> str:
    """An order's number, whatever blanks, capitals or widths it was copied with."""
    text = "".join(narrow(clean(reference)).upper().split())
    if not text or len(text) > 64:
        raise Refused("reference", "缺少指令编号", "the order's number is missing", field="指令编号")
    return text


def fen(amount: str) -> int | None:
    """Whole fen of an amount in yuan; None where there is none."""
    text = narrow(amount).removeprefix("¥").removeprefix("CNY").removesuffix("元").strip()
    if not text:
        return None
    try:
        value = int(Money.yuan(text))
    except WrongAmount as wrong:
        raise Refused("amount", f"金额无法读取：{short(text)}", "the amount cannot be read", field="金额") from wrong
    if value <= 0:
        raise Refused("amount", f"金额须为正数：{short(text)}", "the amount must be positive", field="金额")
    return value


def clean(text: str) -> str:
    """Without control characters, and not endless."""
    return "".join(char for char in text if char.isprintable()).strip()[:LONGEST_TEXT]


def short(text: str) -> str:
    """For a message."""
    return clean(text)[:40]
