"""When an item may be filed: the policy's window with the settings that move its end, and the notices that may."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from casework.lifecycle.procedure import Procedure
from casework.shared.errors import Refused
from casework.shared.reference import Reference
from policies.kinds import WrongValue
from policies.policy import Policy
from policies.window import Extension, Window

DEADLINE = "P-filing-deadline"


def window(procedure: Procedure) -> Window:
    """The filing window of an item under the settings in force."""
    return _window(
        procedure.policy, procedure.reference, procedure.today, rolls=procedure.setting("P-window-end") == "roll"
    )


def check_extension(facts: Reference, policy: Policy, value: Any, published: date, citation: str) -> None:
    """Refuses a last day of filing that no notice dated while filing was open can give."""
    before = _window(policy, facts, published - timedelta(days=1))  # one of the same day gives way to the new one
    new = Extension(until=policy.setting(DEADLINE).parse(value), published=published, citation=citation)
    try:
        Window(first=before.first, last=before.last, extensions=(*before.extensions, new))
    except ValueError as wrong:
        zh, _, en = str(wrong).partition(" / ")
        advice = "申报期只能由申报截止之前发布的公告延长：请核对公告发布日（--from）和新的截止日"
        advice_en = "only a notice published while filing was open puts off its end: check --from and the new last day"
        raise Refused("extension", f"{zh}。{advice}", f"{en}: {advice_en}", field="value") from wrong


def _window(policy: Policy, facts: Reference, today: date, *, rolls: bool = False) -> Window:
    notices = _notices(facts, policy, today)
    return Window.read(first=policy.opens, last=policy.closes, rolls=rolls, notices=notices, calendar=facts.calendar)


def _notices(facts: Reference, policy: Policy, today: date) -> Iterator[Extension]:
    """Every notice on record that was published by a day; a value that is no day gives none."""
    for value in facts.dated.get(policy.code, {}).get(DEADLINE, ()):
        if value.valid_from is None or value.valid_from > today:
            continue
        try:
            until = policy.setting(DEADLINE).parse(value.value)
        except WrongValue:
            continue
        yield Extension(until=until, published=value.valid_from, citation=value.citation)
