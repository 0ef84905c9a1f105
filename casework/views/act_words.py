"""What a person said with an act beside reason and clause, field by field in words: for the history and before it is confirmed."""

from collections.abc import Mapping
from typing import Any

from casework.act_forms import CASE_FORMS
from casework.forms.act_fields import ActField
from policies.forms import Text
from policies.measures import Item
from policies.money import Money

_COLUMNS = frozenset({"reason", "reason_code", "clause"})  # the decision shows them by themselves


def said_with(action: str, content: Mapping[str, Any], item: Item) -> tuple[tuple[Text, Text], ...]:
    """Label and words of each field that a decision keeps and that says something; of an outcome the step's own words tell."""
    form = CASE_FORMS.get(action)
    found = []
    for asked in form.fields if form else ():
        value = content.get(asked.attribute)
        if asked.attribute in _COLUMNS or asked.hidden or asked.contrary or value in (None, "", [], {}, False):
            continue
        found.append((asked.label, _words(asked, value, item)))
    return tuple(found)


def _words(asked: ActField, value: Any, item: Item) -> Text:
    if asked.kind == "money":
        return _alike(Money(int(value)).grouped)
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if isinstance(value, Mapping):
        return _alike("；".join(f"{name}={figure}" for name, figure in value.items()))
    if isinstance(value, (list, tuple)):
        return _alike("；".join(map(str, value)))
    if asked.source == "conditions":
        return next((condition.title for condition in item.conditions if condition.id == value), _alike(str(value)))
    if asked.source == "results" and item.results is not None:
        return next(
            (Text(result.zh, result.en) for result in item.results if result.value == value), _alike(str(value))
        )
    return next((word.label for word in asked.choices if word.value == value), _alike(str(value)))


def _alike(words: str) -> Text:
    return Text(words, words)
