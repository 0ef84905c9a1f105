"""When an item may be filed: the policy's window with the settings that move its end."""

from datetime import date

from casework.procedure import Procedure
from casework.reference import in_force
from policies.window import Extension, Window


def window(way: Procedure) -> Window:
    """The filing window of an item under the settings in force."""
    put_off = way.setting("P-filing-deadline")
    value = in_force(way.reference, way.policy.code, way.today).get("P-filing-deadline")
    extensions: tuple[Extension, ...] = ()
    if put_off and value:
        notice = Extension(
            until=date.fromisoformat(put_off),
            published=value.valid_from or way.policy.closes,
            citation=value.citation,
        )
        extensions = (notice,)
    return Window(
        first=way.policy.opens,
        last=way.policy.closes,
        rolls=way.setting("P-window-end") == "roll",
        extensions=extensions,
        calendar=way.reference.calendar,
    )
