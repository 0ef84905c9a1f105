"""A person at work on many cases at once: their transaction, the admission of each case's share, and what is left out with why."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from casework.conditions.admission import admit, keep_findings
from casework.lifecycle.act_context import ActContext
from casework.lifecycle.authorization import parts
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Act, Action
from casework.lifecycle.eligible_officers import PERSONAL
from casework.lifecycle.procedure import Procedure, procedure_of
from casework.lifecycle.receipts import Excluded
from casework.shared.error_translation import translated
from casework.shared.errors import Problem, Refused
from casework.shared.reference import PersonView, Reference, person, reference
from models.store import Store
from models.unit_of_work import UnitOfWork

log = logging.getLogger("duixian.acts")


class AllExcluded(Refused):
    """Nothing was left to act on; `excluded` says why, case by case."""

    def __init__(self, excluded: Sequence[Excluded]) -> None:
        first = excluded[0] if excluded else Excluded(case="", code="nothing", zh="没有案件", en="no cases")
        more = f"（共 {len(excluded)} 件未通过）" if len(excluded) > 1 else ""
        super().__init__(
            first.code, f"{first.case} {first.zh}{more}".strip(), f"{first.case}: {first.en}", field="cases"
        )
        self.excluded = tuple(excluded)


@dataclass(frozen=True, kw_only=True)
class CaseShare(Act):
    """One case's share of an act on many; `details` is what its decision keeps."""

    action: Action  # type: ignore[misc]
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> dict[str, Any]:
        return dict(self.details)

    @property
    def digest(self) -> str:
        """A share says nothing of its own: what the person said stands with the whole act (`receipts.keep`)."""
        return ""


@dataclass(frozen=True)
class PaymentContext:
    """A person at work on payments, in one transaction, with the reference data of that instant."""

    work: UnitOfWork
    reference: Reference
    who: PersonView

    def procedure(self, case: CaseView) -> Procedure:
        """How the case's item goes today."""
        return procedure_of(self.reference, case, self.work.today)

    def admit(
        self,
        cases: Sequence[CaseView],
        action: Action,
        act_id: UUID,
        *,
        reason: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> tuple[list[ActContext], list[Excluded]]:
        """The cases on which the person may do this now, each with the context of its share, and those on which not, with why."""
        asked = [
            (case, CaseShare(
                case=case.id, by=self.who.id, act_id=uuid5(act_id, str(case.id)), seen=case.version, action=action,
                reason=reason, details=details or {},
            ))
            for case in cases
        ]  # fmt: skip
        held = parts(self.work, [case.id for case in cases])
        shares, refused = admit(self.work, self.reference, self.who, asked, held)
        keep_findings(shares)
        for case, no in refused:
            if no.code in PERSONAL:
                log.info("refused to %s: %s on case %s (%s)", self.who.id, action, case.id, no.code)
        return shares, [out(case, no) for case, no in refused]


@contextmanager
def at_work(store: Store, by: UUID) -> Iterator[PaymentContext]:
    """One write transaction of one person; what the database itself refuses is told in words."""
    with translated(), store.write() as work:
        known = reference(store, work)
        yield PaymentContext(work, known, person(work, known, by))


def out(case: CaseView, no: Problem, category: str = "procedure") -> Excluded:
    """A case left out for a problem."""
    return Excluded(case=case.number, code=no.code, zh=no.zh, en=no.en, category=category)


def unknown(cases: Sequence[UUID], views: Mapping[UUID, CaseView]) -> list[Excluded]:
    """The ids that are no case."""
    return [
        Excluded(case=str(case), code="unknown_case", zh="没有这个案件", en="there is no such case")
        for case in dict.fromkeys(cases)
        if case not in views
    ]


def whole(excluded: Sequence[Excluded], way_out: str = "") -> None:
    """Refuses an act that is done on all of its cases or on none, naming the cases that stand in the way."""
    if not excluded:
        return
    named = "；".join(f"{case.case}：{case.zh}" for case in excluded[:5])
    more = f" 等 {len(excluded)} 件" if len(excluded) > 5 else ""
    english = "; ".join(f"{case.case}: {case.en}" for case in excluded[:5])
    raise Refused(excluded[0].code, f"{named}{more}{way_out}", english, field="batch")
