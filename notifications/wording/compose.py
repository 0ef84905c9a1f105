"""Writes a message for one reader: with case number, what to do, by when, and where to look."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from models import Duty
from models.duty_names import DUTIES
from notifications.wording.catalogue import WORDINGS, version_of
from notifications.wording.deadline import Deadline
from notifications.wording.frame import FRAME
from notifications.wording.letter import Letter, LetterLine
from notifications.wording.values import NOTHING, clean, shown
from notifications.wording.wording_parts import Audience, Said, Wording
from policies.workdays import CHINA, Calendar

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Who reads, in which language, on which day; and whose turn the case is, until when.

    `web` is the portal's address ("" = none: officers are told the command), `token` leads to this reader's task there; a group
    hears of no case there, only how many. `unit` and `duty` are the recipient's; `deadline` is the case's own, for kinds whose
    content names none.
    """

    audience: Audience
    today: date
    language: str = "zh"
    demo: bool = False
    calendar: Calendar = field(default=CHINA)
    web: str = ""
    token: str = ""
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
    counted = bool(reading.web) and reading.audience is Audience.GROUP
    if not body and reading.audience is Audience.GROUP and (number or reading.unit):
        body = words["group_counted" if number and counted else "group" if number else "group_without_case"]
    link, opens = _link(reading, number)
    cases = 0
    if counted and number:  # the list of the cases is in the portal
        values["case"], number, cases = Said(words["cases"].format(n=Said("1"))), "", 1
    heading = clean(text.title.format_map(values))
    lines = {
        "case": number,
        "do": text.to_do(reading.audience).format_map(values),
        "by": "" if counted else _by(content, reading),
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
        lines=tuple(LetterLine(name=name, label=words[name], words=said) for name, said in lines.items() if said),
        link=link,
        opens=opens,
        demo=reading.demo,
        cases=cases,
    )


def _link(reading: Reading, number: str) -> tuple[str, str]:
    """Where a message leads, and the frame's word for it: to the reader's task, else to the inbox; groups always to the inbox."""
    web, group = reading.web.rstrip("/"), reading.audience is Audience.GROUP
    if not web or not (number or group):
        return "", "open"
    if reading.token and not group:
        return f"{web}/t/{reading.token}", "open"
    return (f"{web}/my", "own") if reading.audience is Audience.APPLICANT else (f"{web}/desk", "inbox")


def _values(wording: Wording, content: Mapping[str, Any], reading: Reading) -> dict[str, Said]:
    """Every field in words; unit and duty are the recipient's unless the content names others."""
    here = {"unit": reading.unit, "duty": reading.duty, **content}
    for name in wording.fields - here.keys():  # queued before its English was kept
        if (said := content.get(name.removesuffix("_en"))) is not None:
            here[name] = said
    values = {name: Said(shown(name, here, reading.language)) for name in wording.fields | {"case", "unit"}}
    values["duty"] = Said(_duty(str(here["duty"]), reading.language))
    return defaultdict(lambda: Said(NOTHING), values)


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
