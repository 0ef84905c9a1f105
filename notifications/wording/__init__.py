"""Every sentence that leaves the house: what each kind of message says, to whom, Chinese first, English second."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from notifications.wording import themes
from notifications.wording.kit import Audience, Text, Wording, merged
from notifications.wording.values import shown

WORDINGS: dict[str, Wording] = merged(
    *(
        (found.name, import_module(f"{themes.__name__}.{found.name}").WORDINGS)
        for found in sorted(iter_modules(themes.__path__), key=lambda one: one.name)
    )
)
"""Kind -> its wording, of all themes."""

__all__ = ["Audience", "Text", "WORDINGS", "Wording", "render"]

DEMO = "【演示 DEMO】"


def render(
    kind: str,
    content: Mapping[str, Any],
    *,
    language: str = "zh",
    demo: bool = False,
    audience: Audience = Audience.APPLICANT,
) -> tuple[str, str]:
    """Subject and body of a message; a demo store's messages say so in both."""
    text = WORDINGS[kind].text(language)
    values = {name: shown(name, content[name]) for name in WORDINGS[kind].fields}
    number = values.get("case", "")
    colon, gap = (": ", " ") if language == "en" else ("：", "")
    subject = text.title + (colon + number if number else "")
    body = gap.join(one for one in (text.body(audience), text.to_do(audience)) if one)
    mark = DEMO if demo else ""
    return mark + subject.format_map(values), mark + body.format_map(values)
