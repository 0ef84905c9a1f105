"""Which documents go along with a message by e-mail: written from the records when it is sent, the same bytes every time.

The outbox refers to a document by its message: kind, case and version name the decision, which is never changed.
"""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.letters.page import letter_page, memo_page, sheet_page
from casework.letters.records import Told, decision_of, payment_of, price_of
from casework.queries.conditions import titles, waivers
from models import Case, Message, Party
from models.statements import Prepared
from models.store import Store
from models.work import Work
from notifications.channels.parcel import Attachment
from notifications.wording import Audience

HTML = "text/html; charset=utf-8"
LETTERS = {
    "decided": "审定决定书",
    "approved": "审定决定书",
    "refused": "不予支持告知书",
    "returned": "一次性补正告知书",
    "lapsed": "终止办理告知书",
}
"""Kind of message -> title of the written answer that goes along."""
SHEETS = {"paid": "资金拨付通知单"}
"""Kind of message -> title of the payment sheet that goes along."""
MEMOS = {"delivered": "出让起始价备忘录"}
"""Kind of message -> title of the memo that goes along where a price was given."""

_TOLD = Prepared(
    select(
        col(Message.kind), col(Message.once), col(Message.content), col(Message.case_id),
        col(Case.number), col(Case.policy), col(Case.measure), col(Case.item), col(Case.rule_version),
        col(Message.due_at), col(Party.name).label("party"),
    )
    .join(Case, col(Case.id) == col(Message.case_id))
    .join(Party, col(Party.id) == col(Case.party_id))
    .where(col(Message.id) == bindparam("wanted"))
)  # fmt: skip


class Sent(Protocol):
    """What delivery has in hand: whose message, and for which reader."""

    @property
    def message(self) -> UUID: ...

    @property
    def audience(self) -> str: ...


def papers_of(store: Store) -> Callable[[Sent], tuple[Attachment, ...]]:
    """Gives the documents that go to an applicant with a message; none with most kinds, and none to anybody else."""

    def papers(sent: Sent) -> tuple[Attachment, ...]:
        if sent.audience != Audience.APPLICANT:
            return ()
        with store.read() as work:
            return papers_in(work, sent.message)

    return papers


def papers_in(work: Work, message: UUID) -> tuple[Attachment, ...]:
    """The documents of a message."""
    rows = work.rows(_TOLD, wanted=message)
    if not rows or rows[0].kind not in LETTERS | SHEETS | MEMOS or not rows[0].once.startswith(f"{rows[0].number}/"):
        return ()
    told = Told.of(rows[0])
    given = [one for one in waivers(work, [told.case]).get(told.case, ()) if one["version"] <= told.version]
    waived = titles(told.item, given)
    if told.kind in LETTERS:
        title = LETTERS[told.kind]
        page = letter_page(title, told, decision_of(work, told), demo=work.demo, waived=waived)
    elif told.kind in MEMOS:
        title, price = MEMOS[told.kind], price_of(work, told)
        if price is None:
            return ()
        page = memo_page(title, told, decision_of(work, told), price, demo=work.demo)
    else:
        title, payment = SHEETS[told.kind], payment_of(work, told)
        if payment is None:
            return ()
        page = sheet_page(title, told, payment, demo=work.demo, waived=waived)
    name = f"{'演示DEMO-' if work.demo else ''}{title}-{told.number}.html"
    return (Attachment(name=name, media_type=HTML, content=page.encode()),)
