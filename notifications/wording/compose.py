"""Writes a message for one reader: with case number, what to do, by when, and where to look."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import quote

from models import Duty
from models.duty_names import DUTIES
from notifications.wording.catalogue import WORDINGS, version_of
from notifications.wording.deadline import Deadline
from notifications.wording.frame import FRAME
from notifications.wording.kit import Audience, Wording
from notifications.wording.letter import Letter, Line
from notifications.wording.values import NOTHING, clean, shown
from policies.workdays import CHINA, Calendar

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Who reads, in which language, on which day; and whose turn the case is, until when.

    `web` is the address under which people see cases ("" = none: officers are told the command). `unit` and `duty` are the
    recipient's; `deadline` is the case's own, for kinds whose content names none.
    """

    audience: Audience
    today: date
    language: str = "zh"
    demo: bool = False
    calendar: Calendar = field(default=CHINA)
    web: str = ""
    unit: str = ""
    duty: str = ""
    deadline: Deadline | None = None


def compose(kind: str, content: Mapping[str, Any], reading: Reading) -> Letter:
    """The message of this kind for this reader; KeyError for a kind that nobody worded."""
    wording = WORDINGS[kind]
    text, words = wording.text(reading.language), FRAME[reading.language]
    values = _values(wording, content, reading)
    number = values["case"] if content.get("case") else ""
    body = text.body(reading.audience)
    if not body and reading.audience is Audience.GROUP and (number or reading.unit):
        body = words["group" if number else "group_without_case"]
    heading = clean(text.title.format_map(values))
    lines = {
        "case": number,
        "do": text.to_do(reading.audience).format_map(values),
        "by": _by(content, reading),
        "look": _command(number, reading),
    }
    return Letter(
        kind=kind,
        version=version_of(kind),
        language=reading.language,
        heading=heading,
        number=number,
        happened=body.format_map(values) or heading,
        foot=words[f"foot_{reading.audience}"],
        lines=tuple(Line(name=name, label=words[name], words=said) for name, said in lines.items() if said),
        link=f"{reading.web.rstrip('/')}/cases/{quote(number)}" if reading.web and number else "",
        demo=reading.demo,
    )


def _values(wording: Wording, content: Mapping[str, Any], reading: Reading) -> Mapping[str, str]:
    """Every field in words; unit and duty are the recipient's unless the content names others."""
    here = {"unit": reading.unit, "duty": reading.duty, **content}
    values = {name: shown(name, here, reading.language) for name in wording.fields | {"case", "unit"}}
    values["duty"] = _duty(str(here["duty"]), reading.language)
    return defaultdict(lambda: NOTHING, values)


def _duty(duty: str, language: str) -> str:
    return DUTIES[Duty(duty)][language == "en"] if duty in set(Duty) else clean(duty)


def _by(content: Mapping[str, Any], reading: Reading) -> str:
    deadline = Deadline.of(content) or reading.deadline
    return deadline.words(reading.language, reading.today, reading.calendar) if deadline else ""


def _command(number: str, reading: Reading) -> str:
    """Where no web address is set, officers look a case up by command; applicants are told nothing that they cannot use."""
    if reading.web or not number or reading.audience is Audience.APPLICANT:
        return ""
    return f"duixian case {number}"
