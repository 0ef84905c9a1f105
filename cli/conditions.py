"""The conditions of an item as `duixian item` lists them: what each asks, from which act it binds, who may override it."""

from collections.abc import Collection, Mapping
from typing import Any

from cli import output
from cli.language import named, t


def described(item: Any) -> list[dict[str, Any]]:
    """Every condition as JSON, in the order in which they are read."""
    return [_described(condition) for condition in item.conditions]


def _described(condition: Any) -> dict[str, Any]:
    may = condition.override
    return {
        "id": condition.id,
        "title": condition.title.zh,
        "title_en": condition.title.en,
        "hard": condition.hard,
        "needed_from": condition.needed.value,
        "remedy": condition.remedy.zh,
        "remedy_en": condition.remedy.en,
        "override": {"asked_by": may.duty, "confirmed_by": may.second, "reason_codes": [why.value for why in may.why]}
        if may
        else None,
    }


def show(item: Any) -> None:
    """The conditions of an item as a table; a paper stops a case only where it is one of those that must be there."""
    needed = {f"paper:{slot.id}" for slot in item.evidence if slot.required}
    output.line("\n" + t("条件（受理、认定、审定、拨付或兑现前核验）", "Conditions, checked before each act"))
    rows = [
        (
            condition.id,
            named(condition.title),
            _weight(condition, needed),
            named(condition.needed),
            _override(condition),
        )
        for condition in item.conditions
    ]
    columns = (
        t("核验项", "check"),
        t("名称", "title"),
        t("效力", "weight"),
        t("最迟于", "data by"),
        t("例外", "override"),
    )
    output.table(columns, rows)


def _weight(condition: Any, needed: Collection[str]) -> str:
    if condition.id.startswith("paper:") and condition.id not in needed:
        return t("列为必备时硬性", "hard where required (P-papers)")
    return t("硬性", "hard") if condition.hard else t("提醒", "soft")


def _override(condition: Any) -> str:
    """Who asks and who confirms; a soft condition stops nothing."""
    if not condition.hard:
        return t("不需要", "not needed")
    if condition.override is None:
        return t("不得例外", "nobody")
    asks, confirms = _duty(condition.override.duty), _duty(condition.override.second)
    return t(f"{asks}提出，{confirms}（另一人）核准", f"{asks} asks, {confirms} (another person) confirms")


def _duty(name: str) -> str:
    from casework.lifecycle.wordings import DUTIES

    wordings: Mapping[Any, Any] = DUTIES
    return t(next(said[0] for duty, said in wordings.items() if duty == name), name)
