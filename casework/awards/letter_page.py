"""A paper: what it states, and its page: A4, printable, one file; the law's language, so Chinese for everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from casework.awards.letter_records import LetterContent, Payment
from casework.shared.qr_codes import qr_code
from models.clock import business_date
from models.masking import masked_account, numbers_masked
from models.unit_of_work import content_hash
from notifications.wording import Deadline
from policies.measures import Chain
from policies.money import Money

PRINTED = 16
"""How much of its digest a paper prints."""
_REMEDY = "如不服本决定，可自收到之日起六十日内申请行政复议，或者自收到之日起六个月内提起行政诉讼。"
_AFTER = {
    "decided": "审定结果公示无异议后拨付。" + _REMEDY,
    "decided_in_part": "审定结果公示无异议后拨付。" + _REMEDY,
    "approved": "审定结果公示无异议后予以落实，本事项不涉及资金拨付。" + _REMEDY,
    "refused": _REMEDY,
    "returned": "请按所列一次性补齐材料并重新提交；补正期间不计入办理时限，逾期未补正的终止办理。",
    "lapsed": "如认为终止办理有误，可向受理单位申请重新办理。" + _REMEDY,
    "delivered": "本备忘录供编制出让方案使用；评估价、修正系数或基准地价有变动的，须重新核算。",
    "paid": "请核对到账金额并按规定入账、接受资金使用检查。",
}
_RESULT = {
    "decided": "予以支持",
    "decided_in_part": "予以部分支持",
    "approved": "予以支持",
    "refused": "不予支持",
    "returned": "需补正",
    "lapsed": "终止办理",
}
_LOWERED = {"computed_fen": "核算金额", "reduced_fen": "核减金额"}  # said only where less was granted than computed


@dataclass(frozen=True, kw_only=True)
class StatedLetter:
    """What a paper states; `amount` is None where it names none."""

    title: str
    told: LetterContent
    lines: tuple[tuple[str, str], ...]
    unit: str
    at: datetime
    amount: Money | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over all of it: the same paper of the same case has the same."""
        head = (self.title, self.told.number, self.told.party, self.unit, str(business_date(self.at)))
        return content_hash("\n".join((*head, *(f"{name}:{words}" for name, words in self.lines))))

    def page(self, *, demo: bool, code: str = "", address: str = "") -> str:
        """Its page; `code` and where it leads are left out where nobody can check it, as before the act that sends it."""
        return _template().render(
            title=self.title,
            told=self.told,
            lines=self.lines,
            after=_after(self.told),
            unit=self.unit,
            day=business_date(self.at),
            check=self.digest[:PRINTED],
            code=code,
            address=address,
            drawing=qr_code(address) if address else "",
            demo=demo,
        )


def letter(title: str, told: LetterContent, decision: Any, waived: Sequence[str] = ()) -> StatedLetter:
    """The written answer."""
    content = told.content
    lines = [("办理结果", _RESULT[told.kind])]
    lines += [(name, _in_full(Money(content[key]))) for key, name in _LOWERED.items() if key in content]
    money = Money.yuan(str(content["amount"])) if content.get("amount") else None
    if money is not None:
        lines.append(("审定金额", _in_full(money)))
    lines += [("需补正材料", numbers_masked(missing_item)) for missing_item in content.get("missing", ())]
    if deadline := Deadline.of(content):
        lines.append(("补正期限", f"{deadline.last}（含）前{'，暂定' if deadline.provisional else ''}"))
    reason = numbers_masked(str(content.get("reason") or decision.reason or ""))
    lines += [
        (name, words) for name, words in (("理由", reason), ("依据", decision.clause or told.item.clause)) if words
    ]
    lines += [("核准例外", waiver) for waiver in waived]
    unit = decision.unit or told.measure.lead.zh
    return StatedLetter(title=title, told=told, lines=tuple(lines), unit=unit, at=decision.decided_at, amount=money)


def memo(title: str, told: LetterContent, decision: Any, price: Mapping[str, Any]) -> StatedLetter:
    """The memo of a starting price: what it is, how it came about step by step, and on which paper it was issued."""
    lines = [("起始价", str(price["quantity"])), ("说明", str(price["note"]))]
    for number, line in enumerate(price["lines"], 1):
        sources = "；".join(f"{parameter['id']}：{parameter['citation']}" for parameter in line["parameters"])
        lines.append((f"核算 {number}", line["formula"] + (f"（{sources}）" if sources else "")))
    lines += [("凭据", numbers_masked(str(told.content.get("document", "")))), ("依据", told.item.clause)]
    said = tuple(line for line in lines if line[1])
    unit = decision.unit or told.measure.lead.zh
    return StatedLetter(title=title, told=told, lines=said, unit=unit, at=decision.decided_at)


def payment_sheet(title: str, told: LetterContent, payment: Payment, waived: Sequence[str] = ()) -> StatedLetter:
    """The sheet of a payment; of the account the last four digits."""
    order, money = payment.order, Money(payment.order.amount_fen)
    lines = [
        ("拨付金额", _in_full(money)),
        ("指令编号", order.number),
        ("收款人", order.payee_name),
        ("开户银行", order.payee_bank),
        ("收款账号", masked_account(order.payee_account)),
        ("到账日期", str(business_date(payment.at))),
        *(("核准例外", waiver) for waiver in waived),
    ]
    said = tuple(line for line in lines if line[1])
    return StatedLetter(title=title, told=told, lines=said, unit=told.measure.lead.zh, at=payment.at, amount=money)


def _in_full(money: Money) -> str:
    """A sum in figures and in words."""
    return f"{money.grouped} 元（{money.capitals()}）"


def _after(told: LetterContent) -> str:
    """What follows; no court hears a unit about its own plan."""
    words = _AFTER[told.kind]
    return words.replace(_REMEDY, "") if told.item.chain is Chain.PROGRAMME else words


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = files("casework.awards") / "templates" / "paper.html"
    return environment.from_string(source.read_text(encoding="utf-8"))
