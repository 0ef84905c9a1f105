"""What a bank's line means for an order as it stands: book it, note it without effect, or refuse it. A table, no database."""

from dataclasses import dataclass
from enum import StrEnum

from casework.payments.bank_status import BankStatus
from casework.payments.entitlement_balance import Order
from casework.payments.reading.result_line import ResultLine
from casework.shared.errors import Refused
from casework.shared.text_normalization import bare
from models import OrderState

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
    _same_payment(order, line)
    state = OrderState(order.state)
    if order.channel != "batch" or state not in TABLE:
        says = f"指令 {order.number} 尚未发往银行或已取消，银行却有回单，请核实"
        raise Refused("not_sent", says, f"order {order.number} never went to the bank")
    found = TABLE[state].get(line.outcome)
    if found is None:
        says = (
            f"指令 {order.number} 此前已报“{_ZH[state]}”，现又报“{_ZH_OUTCOME[line.outcome]}”，前后矛盾，请向银行核实"
        )
        raise Refused("contradiction", says, f"order {order.number} was {state}, now {line.outcome}: ask the bank")
    effect, target = found
    return StatusTransition(effect, target or state)


def _same_payment(order: Order, line: ResultLine) -> None:
    """Amount and account are the order's. News that moves money or opens a new attempt must give both."""
    moves = line.outcome in (News.SETTLED, News.FAILED, News.RETURNED)
    if (moves or line.amount_fen is not None) and line.amount_fen != order.amount_fen:
        raise Refused("amount", f"指令 {order.number} 的金额与回单不一致", f"order {order.number}: another amount")
    if (moves or line.account) and bare(line.account) != bare(order.payee_account):
        raise Refused(
            "account", f"指令 {order.number} 的收款账号与回单不一致", f"order {order.number}: another account"
        )


_ZH = {S.SETTLED: "到账", S.FAILED: "失败"}
_ZH_OUTCOME = {News.SETTLED: "到账", News.FAILED: "失败"}
