"""What is wrong between a form's fields, in English, where the measure's file is on record and says it in Chinese only."""

from collections.abc import Mapping

from policies.forms import WrongFacts

# By the field that is named. A measure's file is part of its rule's digest (policies.digest), so words are added here.
_ENGLISH: Mapping[str, str] = {
    "completed_on": "a completed standard has a date of publication",
    "event_name": "name the other event",
    "fair_name": "name the other fair",
    "level_name": "name the other kind of standard",
    "period_to": "the period ends before it begins",
    "promised_days": "give the working days promised with a time limit, and only then",
}


def english(wrong: WrongFacts) -> str:
    """The contradiction in English; where nobody has said it in English, that it is one."""
    return wrong.en or _ENGLISH.get(wrong.field, "contradicts the rest of the form")
