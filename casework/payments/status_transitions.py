"""What a bank's line means for an order as it stands: book it, note it without effect, or refuse it. A table, no database."""

from dataclasses import dataclass
from enum import StrEnum

from casework.payments.bank_status import BankStatus
from casework.payments.entitlement_balance import Order
from casework.payments.reading.result_line import ResultLine
from casework.shared.errors import Refused
from casework.shared.text_normalization import bare
from models import OrderState
from policies.money import Money

S, News = OrderState, BankStatus


class Effect(StrEnum):
    """What a line does."""

    NOTHING = "nothing"  # no news, or news that came too late to matter
    ACKNOWLEDGE = "acknowledge"
    SETTLE = "settle"
    FAIL = "fail"
    TAKE_BACK = "take_back"


@dataclass(frozen=True)
class StatusTransition:
    """The effect of a line, and the state to which its order goes."""

    effect: Effect
    state: OrderState


_ON_THE_WAY: dict[BankStatus, tuple[Effect, OrderState | None]] = {
    News.ACKNOWLEDGED: (Effect.ACKNOWLEDGE, S.ACKNOWLEDGED),
    News.PENDING: (Effect.NOTHING, None),
    News.SETTLED: (Effect.SETTLE, S.SETTLED),
    News.FAILED: (Effect.FAIL, S.FAILED),
    News.RETURNED: (Effect.FAIL, S.RETURNED),  # news of the settlement was overtaken: the money is not with the payee
}
_NO_NEWS: tuple[Effect, OrderState | None] = (Effect.NOTHING, None)
# A pair that is missing contradicts what the bank said before: a person has to ask.
TABLE: dict[OrderState, dict[BankStatus, tuple[Effect, OrderState | None]]] = {
    S.SENT: _ON_THE_WAY,
    S.ACKNOWLEDGED: {**_ON_THE_WAY, News.ACKNOWLEDGED: _NO_NEWS},
    S.SETTLED: {
        News.ACKNOWLEDGED: _NO_NEWS,
        News.PENDING: _NO_NEWS,
        News.SETTLED: _NO_NEWS,
        News.RETURNED: (Effect.TAKE_BACK, S.RETURNED),
    },
    S.FAILED: {News.ACKNOWLEDGED: _NO_NEWS, News.PENDING: _NO_NEWS, News.FAILED: _NO_NEWS, News.RETURNED: _NO_NEWS},
    S.RETURNED: dict.fromkeys(News, _NO_NEWS),
}


def judge(order: Order, line: ResultLine) -> StatusTransition:
    """What the line does to the order; Refused, with nothing moved, when they do not fit together."""
    state = OrderState(order.state)
    if order.channel != "batch" or state not in TABLE:
        zh, en = _unsent(order, state)
        raise Refused("not_sent", f"指令 {order.number} {zh}，银行却有回单，请核实", f"order {order.number} {en}")
    _same_payment(order, line)
    found = TABLE[state].get(line.outcome)
    if found is None:
        says = (
            f"指令 {order.number} 此前已报“{_ZH[state]}”，现又报“{_ZH_OUTCOME[line.outcome]}”，前后矛盾，请向银行核实"
        )
        raise Refused("contradiction", says, f"order {order.number} was {state}, now {line.outcome}: ask the bank")
    effect, target = found
    return StatusTransition(effect, target or state)


def _unsent(order: Order, state: OrderState) -> tuple[str, str]:
    """Why the bank cannot know an order."""
    if order.channel != "batch":
        return "是线下拨付，没有经过银行批次", "was paid offline and never went to the bank"
    if state is S.CANCELLED:
        return "已取消，从未发往银行", "was cancelled and never went to the bank"
    return "从未导出，没有发往银行", "was never exported and never went to the bank"


def _same_payment(order: Order, line: ResultLine) -> None:
    """Amount and account are the order's. News that moves money or opens a new attempt must give both."""
    moves = line.outcome in (News.SETTLED, News.FAILED, News.RETURNED)
    if (moves or line.amount_fen is not None) and line.amount_fen != order.amount_fen:
        ours, said = Money(order.amount_fen).grouped, "" if line.amount_fen is None else Money(line.amount_fen).grouped
        shown = f" {said} 元" if said else "未写明"
        zh = f"金额不符：指令 {order.number} 的金额与回单不一致，指令 {ours} 元，回单{shown}"
        raise Refused("amount", zh, f"order {order.number}: ordered {ours}, the bank says {said or 'nothing'}")
    if (moves or line.account) and bare(line.account) != bare(order.payee_account):
        raise Refused(
            "account", f"指令 {order.number} 的收款账号与回单不一致", f"order {order.number}: another account"
        )


_ZH = {S.SETTLED: "到账", S.FAILED: "失败"}
_ZH_OUTCOME = {News.SETTLED: "到账", News.FAILED: "失败"}
