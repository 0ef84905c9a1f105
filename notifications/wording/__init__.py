"""Every sentence that leaves the house: what each kind of message says, to whom, Chinese first, English second."""

from notifications.wording.catalogue import WORDINGS, version_of
from notifications.wording.compose import LANGUAGES, Reading, compose
from notifications.wording.deadline import Deadline
from notifications.wording.digest import bundle
from notifications.wording.frame import DEMO
from notifications.wording.letter import Letter
from notifications.wording.wording_parts import GROUP_FIELDS, Audience, MessageText, Wording

__all__ = [
    "Audience",
    "DEMO",
    "Deadline",
    "GROUP_FIELDS",
    "LANGUAGES",
    "Letter",
    "Reading",
    "MessageText",
    "WORDINGS",
    "Wording",
    "bundle",
    "compose",
    "version_of",
]
