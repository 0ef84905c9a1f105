"""Cases chosen in a list, and which acts may be done on several of them with one form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from casework.act_forms import CASE_FORMS, ActField, ActForm
from casework.lifecycle.commands import Act
from casework.lifecycle.read_access import refuse_case
from casework.shared.errors import Refused
from casework.views.case_acts import PossibleAct, acts_of
from casework.views.case_lists import CaseRow, find_case, in_both, row_of
from models.store import Store

MOST_CHOSEN = 50  # a page of a list
_FREE_TEXT = "reason_codes"


@dataclass(frozen=True, kw_only=True)
class ChosenCase:
    """A case as it was chosen; `row` None where there is none that the reader may see.

    `acts`: by word, those that it allows; `mine`: those that the reader may do, a second signature among them.
    """

    number: str
    row: CaseRow | None
    acts: Mapping[str, PossibleAct]
    mine: frozenset[str] = frozenset()


def common_fields(form: ActForm[Act]) -> tuple[ActField, ...] | None:
    """The fields of an act that may hold for several cases alike; None where it needs something that is each case's own.

    A sum of money is each case's own, and so is a choice that a case offers.
    """
    own = [
        field
        for field in form.fields
        if not field.hidden and (field.kind == "money" or field.source not in ("", _FREE_TEXT))
    ]
    if any(field.required for field in own):
        return None
    return tuple(field for field in form.fields if not field.hidden and field not in own)


def chosen_cases(store: Store, numbers: Sequence[str], reader: UUID) -> tuple[ChosenCase, ...]:
    """The cases with what the reader may do on each; one that is not theirs to see is as if there were none."""
    found = []
    with store.read() as work:
        for number in list(dict.fromkeys(numbers))[:MOST_CHOSEN]:
            try:
                case = find_case(work, number)
                refuse_case(store, work, case, reader)
            except Refused:
                found.append(ChosenCase(number=number, row=None, acts={}))
                continue
            (row,) = in_both(work, [row_of(case, work.now)])
            can = acts_of(store, work, case, reader)
            acts = {act.action: act for act in can.acts if act.action in CASE_FORMS}
            mine = {word for word, act in acts.items() if act.mine}
            if can.second is not None and can.second.mine:
                mine.add(can.second.action)
            found.append(ChosenCase(number=case.number, row=row, acts=acts, mine=frozenset(mine)))
    return tuple(found)


def offered(cases: Sequence[ChosenCase]) -> dict[str, tuple[int, int]]:
    """The acts of which there is one form for all, by word: on how many the reader may do it now, and how many allow it."""
    found: dict[str, tuple[int, int]] = {}
    for chosen in cases:
        for word, act in chosen.acts.items():
            if not act.many and common_fields(CASE_FORMS[word]) is not None:
                mine, all_ = found.get(word, (0, 0))
                found[word] = (mine + (word in chosen.mine), all_ + 1)
    return {word: counts for word, counts in found.items() if counts[0]}
