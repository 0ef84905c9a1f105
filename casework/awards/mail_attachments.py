"""Which documents go along with a message by e-mail: written from the records when it is sent, the same bytes every time.

The outbox refers to a document by its message: kind, case and version name the decision, which is never changed.
"""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from casework.awards.letter_page import StatedLetter, letter, memo, payment_sheet
from casework.awards.letter_records import LetterContent, decision_of, payment_of, price_of
from casework.conditions.condition_wordings import titles, waivers
from casework.shared.portal_address import letters_address
from casework.shared.verification_codes import address_of, code_of
from models import Case, Message, Party
from models.statements import Prepared
from models.store import Store
from models.unit_of_work import UnitOfWork
from notifications.channels.parcel import Attachment
from notifications.wording import Audience

HTML = "text/html; charset=utf-8"
LETTERS = {
    "decided": "审定决定书",
    "decided_in_part": "审定决定书",
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
TITLES = LETTERS | SHEETS | MEMOS

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


def papers_in(work: UnitOfWork, message: UUID, *, kept: bool = True) -> tuple[Attachment, ...]:
    """The documents of a message. One that is only looked at before its act (not `kept`) bears no code that anybody could check,
    nor does one of an installation in earnest whose portal's address nobody said."""
    found = stated(work, message)
    if found is None:
        return ()
    portal = letters_address(demo=work.demo) if kept else ""
    code, address = (code_of(message), address_of(portal, message)) if portal else ("", "")
    page = found.page(demo=work.demo, code=code, address=address)
    name = f"{'演示DEMO-' if work.demo else ''}{found.title}-{found.told.number}.html"
    return (Attachment(name=name, media_type=HTML, content=page.encode()),)


def stated(work: UnitOfWork, message: UUID) -> StatedLetter | None:
    """What the document of a message states; None where none goes along."""
    rows = work.rows(_TOLD, wanted=message)
    if not rows or rows[0].kind not in TITLES or not rows[0].once.startswith(f"{rows[0].number}/"):
        return None
    told = LetterContent.of(rows[0])
    title = TITLES[told.kind]
    if told.kind in MEMOS:
        price = price_of(work, told)
        return None if price is None else memo(title, told, decision_of(work, told), price)
    given = [waiver for waiver in waivers(work, [told.case]).get(told.case, ()) if waiver["version"] <= told.version]
    waived = titles(told.item, given)
    if told.kind in LETTERS:
        return letter(title, told, decision_of(work, told), waived)
    payment = payment_of(work, told)
    return None if payment is None else payment_sheet(title, told, payment, waived)
