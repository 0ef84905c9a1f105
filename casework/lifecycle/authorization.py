"""Who may do this: the duty whose turn it is, held in the right unit, by somebody with no other part in the case."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import Procedure
from casework.lifecycle.transitions import WHILE_CONTESTED, WHILE_HELD, Move, rows
from casework.lifecycle.wordings import action_zh, state_zh
from casework.shared.applicant_ties import parties_of, tied
from casework.shared.errors import Refused
from casework.shared.reference import PersonView, Reference, person_key
from models import Case, Decision, Duty, JointOpinion, Party, State
from models.duty_names import duty_zh
from models.people import COMPATIBLE, SEPARATED
from models.statements import Prepared
from models.unit_of_work import UnitOfWork

_PART = (col(Decision.duty), col(Decision.natural_key), col(Decision.on_behalf_of))
_PARTS = select(col(Decision.case_id), *_PART).where(col(Decision.natural_key) != "")
PARTS = Prepared(select(*_PART).where(col(Decision.natural_key) != "", col(Decision.case_id) == bindparam("wanted")))
# What somebody may be on a case of a party to which they belong: they apply, or enter it at the counter.
OF_THE_APPLICANT = frozenset({Duty.APPLICANT, Duty.CLERK})
RECUSED = "recused"  # the code of that refusal
CONFLICT = "association_conflict"
_PENDING = Prepared(
    select(col(JointOpinion.unit)).where(
        col(JointOpinion.case_id) == bindparam("wanted"), col(JointOpinion.opinion) == "pending"
    )
)
Interests = dict[tuple[Any, ...], Refused | None]


class PriorDuty(NamedTuple):
    """A duty that a natural person already had in a case."""

    duty: str
    natural_key: str
    on_behalf_of: UUID | None


@dataclass(frozen=True)
class Standing:
    """In what duty and unit a person acts, and for whom if not for themselves."""

    move: Move
    unit: str | None
    principal: UUID | None = None

    @property
    def duty(self) -> Duty:
        """The duty of the row under which the person acts."""
        return self.move.duty


def parts(work: UnitOfWork, cases: Sequence[UUID]) -> dict[UUID, list[PriorDuty]]:
    """Who already had which duty, by case."""
    if len(cases) == 1:
        return {cases[0]: [PriorDuty._make(row) for row in work.rows(PARTS, wanted=cases[0])]}
    by_case: dict[UUID, list[PriorDuty]] = {case: [] for case in cases}
    for case, duty, natural_key, principal in work.execute(_PARTS.where(col(Decision.case_id).in_(cases))):
        by_case[case].append(PriorDuty(duty, natural_key, principal))
    return by_case


def standing(
    work: UnitOfWork,
    reference: Reference,
    procedure: Procedure,
    case: CaseView,
    who: PersonView,
    action: Action,
    among: frozenset[Duty] | None = None,
) -> Standing:
    """In what duty (`among` some, where the act itself says so) the person may do this now; Refused with the way out."""
    _not_barred(work, reference, case, who, action)
    candidates = rows(action, State(case.state))
    if among is not None:
        candidates = tuple(move for move in candidates if move.duty in among)
    if not candidates:
        raise Refused(
            "out_of_order",
            f"案件 {case.number} 现为“{state_zh(case.state)}”，不能“{action_zh(action)}”；{_whose(case)}",
            f"case {case.number} is {case.state}: {action} does not apply",
        )
    for move in candidates:
        if move.turn and case.next_duty != move.duty:
            continue
        found = _as(work, reference, procedure, case, who, move)
        if found is not None:
            return found
    wanted = "、".join(dict.fromkeys(duty_zh(move.duty) for move in candidates))
    if all(move.turn and case.next_duty != move.duty for move in candidates):
        raise Refused(
            "not_the_turn",
            f"案件 {case.number} 现在不到“{action_zh(action)}”这一步；{_whose(case)}",
            f"case {case.number}: not the turn of {action}",
        )
    units = (case.next_unit if move.turn else procedure.unit_of(move.duty, case.town) for move in candidates)
    named = "、".join(dict.fromkeys(unit for unit in units if unit))
    where = f"（{named}）" if named else ""
    raise Refused(
        "no_duty",
        f"{who.name} 不是本案的{wanted}{where}，无权“{action_zh(action)}”",
        f"{who.name} holds no such duty here ({action})",
        field="by",
    )


def admitted(
    work: UnitOfWork,
    reference: Reference,
    procedure: Procedure,
    case: CaseView,
    who: PersonView,
    action: Action,
    held: Sequence[PriorDuty],
    among: frozenset[Duty] | None = None,
    interests: Interests | None = None,
) -> Standing:
    """The standing of a person who may do this now by every guard that goes by the person; Refused with the way out.

    `interests` keeps, for one person and many cases, what was found of an interest in their items.
    """
    stands = standing(work, reference, procedure, case, who, action, among)
    key = principal_key(reference, who, stands.duty, stands.principal)
    separate(case, who, stands.duty, held, key, stands.principal)
    stranger(work, reference, case, who, stands.duty, key)
    known = {} if interests is None else interests
    item = (case.policy, case.item, case.rule_version, stands.duty, stands.unit, stands.principal)
    if item not in known:
        known[item] = interested(work, reference, procedure, case, who, stands)
    if (no := known[item]) is not None:
        raise no
    return stands


def stranger(
    work: UnitOfWork, reference: Reference, case: CaseView, who: PersonView, duty: Duty, principal_key: str
) -> None:
    """Nobody who belongs to the applicant handles its case, under no account and through no deputy; they may enter it."""
    if duty in OF_THE_APPLICANT or not tied(work, reference.ties, {who.natural_key, principal_key}, [case.party_id]):
        return
    own = tied(work, reference.ties, {who.natural_key}, [case.party_id])
    zh, en = (who.name, who.name) if own else (f"{who.name} 所代理的人", f"the person for whom {who.name} stands in")
    raise Refused(
        RECUSED,
        f"回避：{zh} 是申报人的成员或申报人本人（名下其他账号一并计算），不能任本案的{duty_zh(duty)}，请换人办理",
        f"{en} belongs to the applicant (under whatever account), so not {duty} on this case",
        field="by",
    )


def separate(
    case: CaseView, who: PersonView, duty: Duty, held: Sequence[PriorDuty], principal_key: str, principal: UUID | None
) -> None:
    """One natural person never holds two conflicting duties on a case; whom one stands in for counts too."""
    other = barred_by(who, duty, held, principal_key, principal)
    if other is not None:
        raise Refused(
            "separation_of_duties",
            f"职责分离：{who.name} 已是本案的{duty_zh(other)}，不能再任{duty_zh(duty)}，请换人办理",
            f"separation of duties: already {other} on this case, so not {duty}",
            field="by",
        )


def barred_by(
    who: PersonView, duty: Duty, held: Sequence[PriorDuty], principal_key: str, principal: UUID | None
) -> Duty | None:
    """The duty that the person, or whom they stand in for, already had and that bars this one; None where none does."""
    if duty not in SEPARATED:
        return None
    for part in held:
        if part.duty not in SEPARATED or part.duty == duty:
            continue
        if frozenset({Duty(part.duty), duty}) in COMPATIBLE:
            continue
        same = part.natural_key in (who.natural_key, principal_key)
        if same or part.on_behalf_of in (who.id, principal or who.id):
            return Duty(part.duty)
    return None


def interested(
    work: UnitOfWork, reference: Reference, procedure: Procedure, case: CaseView, who: PersonView, stands: Standing
) -> Refused | None:
    """Whoever applies for a benefit has no part in judging others' claims to it, under no account and through no deputy."""
    if stands.duty in OF_THE_APPLICANT:
        return None
    keys = {who.natural_key, principal_key(reference, who, stands.duty, stands.principal)}
    found = beneficiary(work, procedure, case, keys, stands.unit)
    return (
        None
        if found is None
        else Refused(
            CONFLICT,
            f"{found}申请或享受本项补助，不得参与其审核（设置 P-association-conflict），请换人办理",
            f"{found} applies for this benefit: it has no part in judging it",
            field="by",
        )
    )


def beneficiary(
    work: UnitOfWork, procedure: Procedure, case: CaseView, keys: Collection[str], unit: str | None
) -> str | None:
    """Whoever applies for the case's benefit among these natural persons' parties and the unit itself; None where nobody
    does, or where that bars nobody."""
    if procedure.item.reviewed_by_beneficiaries or not procedure.setting("P-association-conflict"):
        return None
    mine = or_(col(Party.id).in_(parties_of(work, set(keys))), col(Party.name) == (unit or ""))
    gone = ("draft", "refused", "withdrawn", "lapsed")
    query = select(col(Party.name)).join(Case, col(Case.party_id) == col(Party.id))
    found: str | None = work.execute(
        query.where(
            col(Case.policy) == case.policy, col(Case.item) == case.item, col(Case.state).not_in(gone), mine
        ).limit(1)
    ).scalar_one_or_none()
    return found


def one_side(work: UnitOfWork, reference: Reference, asked: Any, who: PersonView, stands: Standing) -> bool:
    """Whether who asks and who confirms are one side: the same natural person, or one who stands in for the other or for
    the same third. `asked` is a decision: its natural_key and on_behalf_of."""
    theirs = {asked.natural_key}
    if asked.on_behalf_of is not None:
        theirs.add(person_key(work, reference, asked.on_behalf_of))
    return bool(theirs & {who.natural_key, principal_key(reference, who, stands.duty, stands.principal)})


def principal_key(reference: Reference, who: PersonView, duty: Duty, principal: UUID | None) -> str:
    """The natural person for whom somebody stands in; their own where they act for themselves."""
    for delegation in reference.delegated.get((who.id, duty), ()):
        if delegation.principal == principal:
            return delegation.principal_key
    return who.natural_key


def _not_barred(work: UnitOfWork, reference: Reference, case: CaseView, who: PersonView, action: Action) -> None:
    if reference.only_looks_on(who.natural_key, work.now):
        raise Refused(
            "onlooker", "审计人员和系统管理员不得办理案件", "auditors and administrators decide nothing", field="by"
        )
    if case.held and action not in WHILE_HELD:
        raise Refused("held", f"案件 {case.number} 已暂停办理，须先恢复", "the case is on hold: lift the hold first")
    if case.contested and action not in WHILE_CONTESTED:
        raise Refused("contested", f"案件 {case.number} 有异议待答复", "an objection waits for its answer")


def _as(
    work: UnitOfWork, reference: Reference, procedure: Procedure, case: CaseView, who: PersonView, move: Move
) -> Standing | None:
    """The standing under one row, if the person has it."""
    if move.duty is Duty.SYSTEM:
        return None
    if move.duty is Duty.APPLICANT:
        return Standing(move, None) if who.party_id == case.party_id else None
    if move.duty is Duty.JOINT_REVIEWER:
        for row in work.rows(_PENDING, wanted=case.id):
            held = reference.holding(who.id, move.duty, row.unit, work.now)
            if held:
                return Standing(move, held.unit, held.principal)
        return None
    unit = case.next_unit if move.turn else procedure.unit_of(move.duty, case.town)
    if move.duty is Duty.CLERK:
        unit = None
    held = reference.holding(who.id, move.duty, unit, work.now)
    return Standing(move, held.unit, held.principal) if held else None


def _whose(case: CaseView) -> str:
    if case.next_duty is None:
        return "案件已办结"
    unit = f"{case.next_unit}的" if case.next_unit else ""
    return f"下一步由{unit}{duty_zh(Duty(case.next_duty))}办理"
