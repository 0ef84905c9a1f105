"""The claim of a case as the applicant's people type it, before it is filed or filed again: kept as a form, sent with the act File.

`now` is real time: what was typed is no act.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID

from casework.forms import form_drafts
from casework.forms.form_drafts import CLAIM
from casework.forms.form_fields import Fault, WrongForm
from casework.forms.typed_forms import claim_of
from casework.shared.errors import Refused
from models.columns import canonical_json
from models.store import Store
from policies.measures import Item


class TypedCase(Protocol):
    """The case whose claim is being typed."""

    @property
    def id(self) -> UUID: ...
    @property
    def corrections(self) -> int: ...
    @property
    def can_file(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class ClaimDraft:
    """A claim as typed so far. `version` counts its saves, 0: nothing was typed since the last filing, or ever."""

    values: Mapping[str, Any]
    version: int = 0
    saved_at: datetime | None = None
    by: UUID | None = None

    @property
    def digest(self) -> str:
        """What is typed, as one hash: a page that shows it sends it back, and so says which content it means."""
        return sha256(canonical_json(dict(self.values)).encode()).hexdigest()


def typed(store: Store, party: UUID, case: TypedCase, filed: Mapping[str, Any]) -> ClaimDraft:
    """What any of the applicant's people typed last; what was `filed` before where nothing was typed since."""
    found = form_drafts.saved_by_any(store, party, _name(case))
    if found is None:
        return ClaimDraft(values=filed)
    return ClaimDraft(values=found.content, version=found.version, saved_at=found.saved_at, by=found.by)


def keep(
    store: Store,
    person: UUID,
    party: UUID,
    case: TypedCase,
    values: Mapping[str, Any],
    *,
    now: datetime,
    newest: ClaimDraft | None = None,
    base: str = "",
) -> ClaimDraft:
    """Keeps what is typed, right or wrong; of a case that is not the applicant's to file nothing is kept.

    `base`: the digest of what the writer's page began with. Refused ("newer") where `newest` is another one, of a colleague.
    """
    if not case.can_file:
        zh, en = "本案现在不能修改申报内容，所填未保存", "the claim cannot be changed now: nothing was saved"
        raise Refused("not_the_turn", zh, en, field="case")
    if newest and newest.by not in (None, person) and base not in ("", newest.digest):
        zh = "同事在您填写期间保存了较新的内容，您刚才填写的未保存；请先复制所填文字，再刷新本页查看"
        raise Refused(
            "newer", zh, "a colleague saved meanwhile, what you typed is not saved: copy it, then reload to see"
        )
    kept = form_drafts.save(store, person, _name(case), values, now=now, party=party)
    return ClaimDraft(values=values, version=kept.version, saved_at=now, by=person)


def forget(store: Store, party: UUID, case: TypedCase) -> None:
    """The claim was filed: what was typed for it goes, everybody's."""
    form_drafts.forget_everybodys(store, party, _name(case))


def faults_of(item: Item, values: Mapping[str, Any], *, today: Any) -> tuple[Fault, ...]:
    """Everything that is wrong with a claim or missing from it on a business date."""
    try:
        claim_of(item, values, today=today)
    except WrongForm as wrong:
        return wrong.faults
    return ()


def _name(case: TypedCase) -> str:
    """One form for each time that the case is with the applicant."""
    return f"{CLAIM}{case.id}:{case.corrections}"
