"""Carries a parcel through Apprise: the strict plugin of its kind, one fresh instance for each piece of the text."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from apprise import Apprise, AppriseAsset

from notifications.channels.answers import Reason, answer
from notifications.channels.attempt import Attempt
from notifications.channels.parcel import Answer, Parcel, Verdict
from notifications.channels.places import Allowed, Place
from notifications.channels.split import split
from notifications.channels.strict import Errand, registered

REMEMBERED = 1_000


@dataclass(kw_only=True)
class ThroughApprise:
    """A carrier. `arguments` are the plugin's own (its schema first), `limit` the bytes that one message may have."""

    arguments: Mapping[str, Any] = field(repr=False)
    place: Place
    allowed: Allowed
    limit: int | None = None
    chat: bool = False  # the subject stands above the text
    options: Mapping[str, Any] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        registered()
        self._asset = AppriseAsset(async_mode=False)
        self._gone = _Gone()

    def parts(self, parcel: Parcel) -> int:
        """How many messages the text becomes."""
        return len(self._pieces(parcel))

    def carry(self, parcel: Parcel, attempt: Attempt) -> Answer:
        """Piece by piece. Where a later attempt finds that some have gone, it goes on behind them."""
        pieces = self._pieces(parcel)
        mark = f"{parcel.key}\0{parcel.address}\0{hashlib.sha256(''.join(pieces).encode()).hexdigest()}"
        for number in range(self._gone.count(mark), len(pieces)):
            attempt.note = f"(part {number + 1} of {len(pieces)})" if len(pieces) > 1 else ""
            found = self._one(pieces[number], parcel, attempt)
            if found.verdict is not Verdict.SENT:
                detail = f"{found.detail} {attempt.note}".strip() if attempt.note not in found.detail else found.detail
                return Answer(found.verdict, detail, found.retry_after)
            attempt.settled()
            self._gone.note(mark, number + 1)
        self._gone.forget(mark)
        return answer(Reason.DELIVERED)

    def _one(self, piece: str, parcel: Parcel, attempt: Attempt) -> Answer:
        plugin = self.plugin(parcel.address)
        plugin.errand = Errand(
            parcel=parcel,
            text=piece,
            attempt=attempt,
            place=self.place,
            allowed=self.allowed,
            options=self.options,
            keys=self.keys,
        )
        sender = Apprise(asset=self._asset)
        sender.add(plugin)
        delivered = bool(sender.notify(body=piece))
        found: Answer = plugin.answer or answer(Reason.REJECTED, "the message is empty")
        if delivered is not (found.verdict is Verdict.SENT):
            return answer(Reason.ANSWER_LOST, "Apprise and its plugin disagree")
        return found

    def plugin(self, address: str = "") -> Any:
        """A fresh plugin; raises TypeError where it does not take its arguments."""
        to = {"targets": [address]} if "from_addr" in self.arguments and address else {}
        return Apprise.instantiate({**self.arguments, **to}, asset=self._asset, suppress_exceptions=False)

    def _pieces(self, parcel: Parcel) -> list[str]:
        if not self.chat:
            return [parcel.text]
        text = parcel.text if parcel.text.startswith(parcel.subject) else f"{parcel.subject}\n{parcel.text}"
        if parcel.attachments:
            count = len(parcel.attachments)
            text += f"\n（另有附件 {count} 份，本渠道不附带 · {count} attachments left out）"
        clean = "".join(one for one in text.strip() if one in "\n\t" or ord(one) >= 32)
        return split(clean, self.limit) if self.limit else [clean]


class _Gone:
    """How many pieces of a parcel have arrived already, for as many parcels as may be under way."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: OrderedDict[str, int] = OrderedDict()

    def count(self, mark: str) -> int:
        with self._lock:
            return self._counts.get(mark, 0)

    def note(self, mark: str, count: int) -> None:
        with self._lock:
            self._counts[mark] = count
            self._counts.move_to_end(mark)
            while len(self._counts) > REMEMBERED:
                self._counts.popitem(last=False)

    def forget(self, mark: str) -> None:
        with self._lock:
            self._counts.pop(mark, None)
