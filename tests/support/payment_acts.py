"""Acts on many cases as tests ask for them: by keyword, through the one door."""

from collections.abc import Callable
from typing import Any

from casework.command_handler import act
from casework.lifecycle.receipts import BatchReceipt
from casework.payments.commands import (
    AllocateFund,
    ApproveBatch,
    CheckBatch,
    PaymentCommand,
    PrepareBatch,
    RejectBatch,
    ReleaseBatch,
)
from models.store import Store

PaymentAct = Callable[..., BatchReceipt]


def _sends(kind: type[PaymentCommand]) -> PaymentAct:
    def send(store: Store, **asked: Any) -> BatchReceipt:
        return act(store, kind(**asked))

    return send


allocate = _sends(AllocateFund)
prepare = _sends(PrepareBatch)
check = _sends(CheckBatch)
approve = _sends(ApproveBatch)
release = _sends(ReleaseBatch)
reject_batch = _sends(RejectBatch)
