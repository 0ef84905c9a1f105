"""From a claimed sending to the parcel that a channel carries: worded for its reader, as one message or as a digest."""

from collections.abc import Callable
from dataclasses import dataclass

from models.clock import business_date
from notifications.channels.parcel import Attachment, Channel, Parcel
from notifications.delivery.claim import ClaimedPiece, SendingJob
from notifications.delivery.links import NO_LINKS, MessageLinks
from notifications.wording import Audience, Letter, Reading, bundle, compose
from policies.workdays import Calendar

MAIL = "email"
CODE_OF = "code_of"  # in a message's content: the request whose one-time code it is to carry
FindAttachments = Callable[[ClaimedPiece], tuple[Attachment, ...]]


def no_attachments(_piece: ClaimedPiece) -> tuple[Attachment, ...]:
    """No documents go along."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Renderer:
    """What every letter of an installation shares. `papers` finds the documents that go along on e-mail."""

    calendar: Calendar
    links: MessageLinks = NO_LINKS
    find_attachments: FindAttachments = no_attachments

    def parcel(self, job: SendingJob, channel: Channel) -> tuple[Parcel, str]:
        """The parcel and the version of its wording."""
        letter = bundle([self._letter(job, piece) for piece in job.pieces], today=business_date(job.made_at))
        mail = channel.kind == MAIL
        parcel = Parcel(
            key=job.key,
            address=job.address,
            subject=letter.subject,
            text=letter.text,
            html=letter.html if mail else "",
            attachments=tuple(paper for piece in job.pieces for paper in self.find_attachments(piece)) if mail else (),
        )
        return parcel, letter.version

    def words(self, job: SendingJob, channel: Channel) -> bool:
        """Whether the sending can be worded."""
        try:
            self.parcel(job, channel)
        except Exception:
            return False
        return True

    def _letter(self, job: SendingJob, piece: ClaimedPiece) -> Letter:
        unit, _, duty = piece.to.removeprefix("unit:").rpartition(":") if piece.to.startswith("unit:") else ("", "", "")
        reading = Reading(
            audience=Audience(piece.audience),
            today=business_date(job.made_at),
            language=piece.language,
            demo=job.demo,
            calendar=self.calendar,
            web=self.links.web,
            token=self.links.known(piece.message, piece.reader, piece.link),
            unit=unit,
            duty=duty,
            deadline=piece.deadline,
        )
        content = piece.content
        if request := content.get(CODE_OF):  # a code is made where it is sent, and stored nowhere
            content = {**content, "code": self.links.code(str(request))}
        return compose(piece.kind, content, reading)
