"""What an exception says of an attempt: the other side has nothing, may have it, or said no. Only its kind and codes are told."""

import http.client
import smtplib
import ssl

from notifications.channels.allow_list import NotAllowed
from notifications.channels.answers import AnswerReason, answer
from notifications.channels.attempt import Attempt, OutOfTime
from notifications.channels.connection import Unreached
from notifications.channels.parcel import Answer


class Unsendable(Exception):
    """A message that cannot be put into a request."""


def answer_to(error: BaseException, attempt: Attempt) -> Answer:
    """The answer that an exception amounts to; its own words only where they hold no address and no key."""
    match error:
        case NotAllowed():
            return answer(AnswerReason.NOT_ALLOWED, str(error))
        case Unreached():
            return answer(AnswerReason.UNREACHABLE, str(error))
        case Unsendable():
            return answer(AnswerReason.REJECTED, str(error))
        case ssl.SSLCertVerificationError():
            return answer(AnswerReason.INSECURE, error.verify_message)
        case smtplib.SMTPNotSupportedError():
            return answer(AnswerReason.INSECURE, str(error))
        case smtplib.SMTPRecipientsRefused():
            code, words = next(iter(error.recipients.values()))
            return _refused_by_mail(code, words, recipient=True)
        case smtplib.SMTPResponseException() if error.smtp_code > 0:
            return _refused_by_mail(error.smtp_code, error.smtp_error)
        case OutOfTime():
            return attempt.cut_off()
        case TimeoutError() if not attempt.begun:
            return attempt.cut_off()
        case OSError() | http.client.HTTPException():
            return attempt.cut_off(AnswerReason.UNREACHABLE, type(error).__name__)
    return attempt.cut_off(AnswerReason.FAULT, type(error).__name__)


def _refused_by_mail(code: int, words: bytes | str, *, recipient: bool = False) -> Answer:
    """What a refusing SMTP code means: 4xx is for now, 5xx for ever."""
    text = words.decode(errors="replace") if isinstance(words, bytes) else words
    if 400 <= code < 500:
        reason = AnswerReason.UNAVAILABLE
    elif code in (530, 534, 535, 538):
        reason = AnswerReason.WRONG_KEY
    else:
        reason = AnswerReason.WRONG_ADDRESS if recipient else AnswerReason.REJECTED
    return answer(reason, f"SMTP {code} {text}")
