"""Cases as they are named at the command line, and certification as claimed: the claim's values with what was changed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cli.errors import wrong_use

if TYPE_CHECKING:
    from models.store import Store


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An act as asked for: the case's number, the action's word, the options that were given."""

    case: str
    action: str
    options: Mapping[str, Any] = field(default_factory=dict)


def numbers(store: Store, given: Sequence[str]) -> dict[str, uuid.UUID]:
    """Case numbers (and ids) as given → ids; what is unknown is absent."""
    from sqlalchemy import select
    from sqlmodel import col

    from models import Case

    found: dict[str, uuid.UUID] = {}
    wanted: dict[str, list[str]] = {}
    for text in given:
        wanted.setdefault(case_number(text), []).append(text)
    keys = list(wanted)
    with store.read() as work:
        for start in range(0, len(keys), 500):
            query = select(col(Case.number), col(Case.id)).where(col(Case.number).in_(keys[start : start + 500]))
            found |= {text: row.id for row in work.execute(query) for text in wanted[row.number]}
    return found


def case_number(text: str) -> str:
    """A case's number in its one spelling, however it was typed."""
    from casework.shared.text_normalization import narrow

    return narrow(text).upper()


def completed(store: Store, wanted: Sequence[Wanted]) -> list[Wanted]:
    """The acts with the facts that they name: single ones read by their fields, and the claim's where it is taken as it is."""
    asking = [request for request in wanted if "as_claimed" in request.options or "fact" in request.options]
    if not asking:
        return list(wanted)
    from casework.forms.facts_as_claimed import claims

    known = numbers(store, [request.case for request in asking])
    with store.read() as work:
        found = claims(work, list(known.values()))
    return [_with_facts(request, found.get(known.get(request.case, uuid.UUID(int=0)))) for request in wanted]


def _with_facts(wanted: Wanted, claim: tuple[Any, dict[str, Any]] | None) -> Wanted:
    from casework.forms.facts_as_claimed import facts_as_claimed

    options = dict(wanted.options)
    as_claimed, single = options.pop("as_claimed", False), options.pop("fact", ())
    if not (as_claimed or single):
        return wanted
    if claim is None:  # an unknown case, which is said where the act is made
        return replace(wanted, options={**options, "facts": options.get("facts", {})})
    item, stated = claim
    base = facts_as_claimed(item, stated) if as_claimed else {}
    return replace(wanted, options={**options, "facts": {**base, **options.get("facts", {}), **_single(item, single)}})


def _single(item: Any, given: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE, each read as its field asks."""
    from casework.spreadsheets.columns import WrongCell, of_form

    columns: Mapping[str, Any] = {column.key: column for column in of_form(item.facts) if "." not in column.key}
    found = {}
    for text in given:
        name, sign, value = text.partition("=")
        column = columns.get(name.strip())
        if not sign or column is None:
            among = "、".join(f"{key}（{table_column.title}）" for key, table_column in columns.items())
            zh = f"--fact 应写成 字段=值；现为 {text}；{item.id} 的字段：{among}"
            raise wrong_use("fact", zh, f"write NAME=VALUE; fields: {', '.join(columns)}", field="--fact")
        try:
            found[column.key] = column.read(value)
        except WrongCell as wrong:
            raise wrong_use("fact", f"{column.title} {wrong.zh}", f"{name}: {wrong.en}", field="--fact") from wrong
    return found
