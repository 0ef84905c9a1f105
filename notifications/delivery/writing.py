"""From a claimed sending to the parcel that a channel carries: worded for its reader, as one message or as a digest."""

from collections.abc import Callable
from dataclasses import dataclass

from models.clock import business_date
from notifications.channels.parcel import Attachment, Channel, Parcel
from notifications.delivery.claim import Job, Piece
from notifications.wording import Audience, Letter, Reading, bundle, compose
from policies.workdays import Calendar

MAIL = "email"
Papers = Callable[[Piece], tuple[Attachment, ...]]


def no_papers(_piece: Piece) -> tuple[Attachment, ...]:
    """No documents go along."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Writer:
    """What every letter of an installation shares. `papers` finds the documents that go along on e-mail."""

    calendar: Calendar
    web: str = ""
    papers: Papers = no_papers

    def parcel(self, job: Job, channel: Channel) -> tuple[Parcel, str]:
        """The parcel and the version of its wording."""
        letter = bundle([self._letter(job, piece) for piece in job.pieces], today=business_date(job.made_at))
        mail = channel.kind == MAIL
        parcel = Parcel(
            key=job.key,
            address=job.address,
            subject=letter.subject,
            text=letter.text,
            html=letter.html if mail else "",
            attachments=tuple(paper for piece in job.pieces for paper in self.papers(piece)) if mail else (),
        )
        return parcel, letter.version

    def words(self, job: Job, channel: Channel) -> bool:
        """Whether the sending can be worded."""
        try:
            self.parcel(job, channel)
        except Exception:
            return False
        return True

    def _letter(self, job: Job, piece: Piece) -> Letter:
        unit, _, duty = piece.to.removeprefix("unit:").rpartition(":") if piece.to.startswith("unit:") else ("", "", "")
        reading = Reading(
            audience=Audience(piece.audience),
            today=business_date(job.made_at),
            language=piece.language,
            demo=job.demo,
            calendar=self.calendar,
            web=self.web,
            unit=unit,
            duty=duty,
            deadline=piece.deadline,
        )
        return compose(piece.kind, piece.content, reading)
