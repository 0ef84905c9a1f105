"""The conditions of an item as `duixian item` lists them: what each asks, from which act it binds, who may override it."""

from collections.abc import Collection, Mapping
from typing import Any

from cli import output
from cli.language import named, t


def described(item: Any) -> list[dict[str, Any]]:
    """Every condition as JSON, in the order in which they are read."""
    return [_described(one) for one in item.conditions]


def _described(one: Any) -> dict[str, Any]:
    may = one.override
    return {
        "id": one.id,
        "title": one.title.zh,
        "title_en": one.title.en,
        "hard": one.hard,
        "needed_from": one.needed.value,
        "remedy": one.remedy.zh,
        "remedy_en": one.remedy.en,
        "override": {"asked_by": may.duty, "confirmed_by": may.second, "reason_codes": [why.value for why in may.why]}
        if may
        else None,
    }


def show(item: Any) -> None:
    """The conditions of an item as a table; a paper stops a case only where it is one of those that must be there."""
    needed = {f"paper:{one.id}" for one in item.evidence if one.required}
    output.line("\n" + t("条件（受理、认定、审定、拨付或兑现前核验）", "Conditions, checked before each act"))
    rows = [
        (one.id, named(one.title), _weight(one, needed), named(one.needed), _override(one)) for one in item.conditions
    ]
    columns = (
        t("核验项", "check"),
        t("名称", "title"),
        t("效力", "weight"),
        t("最迟于", "data by"),
        t("例外", "override"),
    )
    output.table(columns, rows)


def _weight(one: Any, needed: Collection[str]) -> str:
    if one.id.startswith("paper:") and one.id not in needed:
        return t("列为必备时硬性", "hard where required (P-papers)")
    return t("硬性", "hard") if one.hard else t("提醒", "soft")


def _override(one: Any) -> str:
    """Who asks and who confirms; a soft condition stops nothing."""
    if not one.hard:
        return t("不需要", "not needed")
    if one.override is None:
        return t("不得例外", "nobody")
    asks, confirms = _duty(one.override.duty), _duty(one.override.second)
    return t(f"{asks}提出，{confirms}（另一人）核准", f"{asks} asks, {confirms} (another person) confirms")


def _duty(name: str) -> str:
    from casework.words import DUTIES

    wordings: Mapping[Any, Any] = DUTIES
    return t(next(said[0] for duty, said in wordings.items() if duty == name), name)
