"""What an applicant could apply for: each item whose window is not over, with its conditions as the records answer them now.

The conditions are those that bind cases. Of an item of which the applicant has a draft, they are asked of the draft, with what is
typed into it; the amount is worked out where the claim says all that the rule asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col

from casework.applications import claim_drafts
from casework.conditions.condition_gates import evaluate_conditions, evaluate_without_case
from casework.forms.facts_as_claimed import facts_as_claimed
from casework.forms.form_fields import WrongForm, content, plan
from casework.forms.typed_forms import claim_of
from casework.lifecycle.case_changes import keyed, view
from casework.lifecycle.filing_window import window
from casework.lifecycle.findings import Finding, Findings, Result
from casework.lifecycle.procedure import Procedure, procedure_of, procedure_on
from casework.shared.policies_in_use import of_work
from casework.shared.reference import Reference, in_force, reference
from casework.views.offered_items import OfferedItem, offered_item
from casework.views.own_cases import OwnCase, OwnParty, own_case, own_cases, own_party
from casework.views.quotes import priced
from models import Case, State
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.awards import Award
from policies.forms import Text, labels
from policies.policy import Policy


@dataclass(frozen=True, kw_only=True)
class MatchedCondition:
    """One condition: met ("ok"), not met ("fail") or not known ("no_data"), why, and what the applicant can do about it."""

    title: Text
    result: str
    words: Text
    can: Text | None
    hard: bool


@dataclass(frozen=True, kw_only=True)
class ItemMatch:
    """One item for one applicant. `draft`: the number of a draft of it; `cases`: what was filed of it.

    `award` is what the rule answers to the draft's claim, where it says all facts; `open_facts`: what else the rule asks, which
    only the unit certifies or the claim does not say yet.
    """

    policy: Policy
    offered: OfferedItem
    conditions: tuple[MatchedCondition, ...]
    draft: str
    cases: tuple[str, ...]
    award: Award | None
    open_facts: tuple[Text, ...]

    @property
    def met(self) -> int:
        """How many conditions are met."""
        return self._count(Result.OK)

    @property
    def failed(self) -> int:
        """How many are known not to be met."""
        return self._count(Result.FAIL)

    @property
    def unknown(self) -> int:
        """Of how many the records say nothing yet."""
        return self._count(Result.NO_DATA)

    @property
    def nearest(self) -> MatchedCondition | None:
        """The condition that comes first of those that are not met: what stops, then what lacks, in the order of a case's life."""
        return next((condition for condition in self.conditions if condition.result != Result.OK), None)

    @property
    def amount_fen(self) -> int | None:
        """What would be paid by the draft's claim; None where that is not known, or nothing would be."""
        return int(self.award.amount) if self.award and self.award.payable and self.award.amount is not None else None

    def _count(self, result: Result) -> int:
        return sum(condition.result == result for condition in self.conditions)


@dataclass(frozen=True, kw_only=True)
class OwnMatches:
    """The items for applicants of this kind, what is nearest first, and those for others."""

    party: OwnParty
    items: tuple[ItemMatch, ...]
    others: tuple[ItemMatch, ...]


def own_matches(store: Store, reader: UUID) -> OwnMatches:
    """For the reader's own party; Refused for who acts for none."""
    party, cases = own_party(store, reader), own_cases(store, reader)
    drafts = {(case.policy, case.item.id): case for case in reversed(cases) if case.state == State.DRAFT}
    typed = {draft.id: _typed(store, reader, party, draft) for draft in drafts.values()}
    with store.read() as work:
        facts = reference(store, work)
        asked = [
            procedure
            for procedure in _procedures(work, facts)
            if (procedure.policy.code, procedure.item.id) not in drafts
        ]
        of_nobody = zip(asked, evaluate_without_case(work, facts, asked, party.id), strict=True)
        found = [
            *(_match(work, facts, procedure, said, cases) for procedure, said in of_nobody),
            *_of_drafts(work, facts, drafts, typed, cases),
        ]
    theirs = [matched for matched in found if party.kind in matched.offered.item.applicants]
    return OwnMatches(
        party=party,
        items=tuple(sorted(theirs, key=_nearness)),
        others=tuple(
            matched
            for matched in found
            if party.kind not in matched.offered.item.applicants and matched.offered.to_apply
        ),
    )


def _nearness(matched: ItemMatch) -> tuple[bool, bool, int, int, str]:
    """Drafts come first, then what can be filed now, then what nothing stops, and what lacks least."""
    return not matched.draft, not matched.offered.open, matched.failed, matched.unknown, matched.offered.item.id


def _typed(store: Store, reader: UUID, party: OwnParty, draft: OwnCase) -> Mapping[str, Any]:
    filed = own_case(store, reader, draft.number).claim
    return claim_drafts.typed(store, party.id, draft, filed).values


def _procedures(work: UnitOfWork, facts: Reference) -> list[Procedure]:
    """Of every item whose window is not over."""
    every = [procedure_on(facts, policy, item.id, work.today) for policy in of_work(work) for item in policy]
    return [procedure for procedure in every if work.now < window(procedure).closes_at]


def _of_drafts(
    work: UnitOfWork,
    facts: Reference,
    drafts: Mapping[tuple[str, str], OwnCase],
    typed: Mapping[UUID, Mapping[str, Any]],
    cases: Sequence[OwnCase],
) -> list[ItemMatch]:
    if not drafts:
        return []
    found = keyed(work.execute(view().where(col(Case.id).in_(list(typed)))))
    procedures = {identity: procedure_of(facts, case, work.today) for identity, case in found.items()}
    whole = {identity: claim for identity in found if (claim := _whole(procedures[identity], typed[identity]))}
    said = evaluate_conditions(work, facts, lambda kept: procedures[kept.id], list(found.values()), claims=whole)
    return [
        _match(
            work, facts, procedures[identity], said[identity], cases, draft=case.number, claim=typed[identity],
            whole=identity in whole,
        )
        for identity, case in found.items()
    ]  # fmt: skip


def _whole(procedure: Procedure, claim: Mapping[str, Any]) -> dict[str, Any] | None:
    """A claim as it would be filed; None while something of it is wrong or missing."""
    try:
        return content(claim_of(procedure.item, claim, today=procedure.today))
    except WrongForm:
        return None


def _match(
    work: UnitOfWork,
    facts: Reference,
    procedure: Procedure,
    findings: Findings,
    cases: Sequence[OwnCase],
    *,
    draft: str = "",
    claim: Mapping[str, Any] | None = None,
    whole: bool = False,
) -> ItemMatch:
    item = procedure.item
    said = facts_as_claimed(item, claim) if claim and whole else {}
    stated = {field.name for field in plan(item.claim)} if whole else set()
    lacking = tuple(words for name, words in labels(item.facts).items() if name not in stated)
    return ItemMatch(
        policy=procedure.policy,
        offered=offered_item(procedure, facts, work.now),
        conditions=tuple(map(_condition, sorted(findings, key=_order))),
        draft=draft,
        cases=tuple(
            case.number
            for case in cases
            if (case.policy, case.item.id) == (procedure.policy.code, item.id) and case.state != State.DRAFT
        ),
        award=None if lacking or not said else _award(facts, procedure, said),
        open_facts=lacking,
    )


def _award(facts: Reference, procedure: Procedure, said: Mapping[str, Any]) -> Award | None:
    """By the rule of the real computation and the values in force."""
    values = in_force(facts, procedure.policy.code, procedure.today, procedure.item.id)
    try:
        return priced(procedure.item, said, values, procedure.today)
    except WrongForm:
        return None


def _order(finding: Finding) -> tuple[bool, bool, int]:
    """What fails, then what lacks, then what is met; among them by the act that it would stop."""
    found = finding.result.result
    return found is Result.OK, found is Result.NO_DATA, finding.condition.needed.order


def _condition(finding: Finding) -> MatchedCondition:
    can = finding.condition.applicant if finding.result.result is not Result.OK and not finding.result.office else None
    return MatchedCondition(
        title=finding.condition.title,
        result=finding.result.result.value,
        words=finding.result.words,
        can=can,
        hard=finding.condition.hard,
    )
