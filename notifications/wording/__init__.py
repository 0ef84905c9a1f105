"""Every sentence that leaves the house: what each kind of message says, to whom, Chinese first, English second."""

from notifications.wording.catalogue import WORDINGS, version_of
from notifications.wording.compose import LANGUAGES, Reading, compose
from notifications.wording.deadline import Deadline
from notifications.wording.digest import bundle
from notifications.wording.frame import DEMO
from notifications.wording.kit import GROUP_FIELDS, Audience, Text, Wording
from notifications.wording.letter import Letter

__all__ = [
    "Audience",
    "DEMO",
    "Deadline",
    "GROUP_FIELDS",
    "LANGUAGES",
    "Letter",
    "Reading",
    "Text",
    "WORDINGS",
    "Wording",
    "bundle",
    "compose",
    "version_of",
]
