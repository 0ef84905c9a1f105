"""Who may do this: the duty whose turn it is, held in the right unit, by somebody with no other part in the case."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, or_, select
from sqlmodel import col

from casework.cases import CaseView
from casework.errors import Refused
from casework.procedure import Procedure
from casework.reference import PEOPLE, PersonView, Reference
from casework.transitions import Action, Move, rows
from casework.words import action_zh, duty_zh, state_zh
from models import Case, Decision, Duty, JointOpinion, Party, Person, State
from models.people import COMPATIBLE, SEPARATED
from models.statements import Prepared
from models.work import Work

PERSON = Prepared(PEOPLE.where(col(Person.id) == bindparam("wanted")))
_PART = (col(Decision.duty), col(Decision.natural_key), col(Decision.on_behalf_of))
_PARTS = select(col(Decision.case_id), *_PART).where(col(Decision.natural_key) != "")
PARTS = Prepared(select(*_PART).where(col(Decision.natural_key) != "", col(Decision.case_id) == bindparam("wanted")))
_PENDING = Prepared(
    select(col(JointOpinion.unit)).where(
        col(JointOpinion.case_id) == bindparam("wanted"), col(JointOpinion.opinion) == "pending"
    )
)
# What the bank did is booked whatever stands on the case, and a batch may always be given back to its maker.
_BOOKED = {Action.SETTLE, Action.FAIL, Action.TAKE_BACK, Action.REJECT_BATCH}
# A notice runs on while its case is on hold: objections are taken and answered all the same, each for itself.
_HEARD = {Action.OBJECT, Action.ANSWER}
WHILE_HELD = frozenset({Action.UNHOLD, Action.WITHDRAW, Action.UNDO, Action.REOPEN, *_HEARD, *_BOOKED})
WHILE_CONTESTED = frozenset({*_HEARD, Action.WITHDRAW, Action.HOLD, Action.UNHOLD, Action.UNDO, *_BOOKED})


class Part(NamedTuple):
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


def person(work: Work, reference: Reference, identity: UUID) -> PersonView:
    """The person's account; unknown and closed ones are refused. Those of officers are part of the reference data."""
    found = reference.officers.get(identity)
    if found is None:
        rows = work.rows(PERSON, wanted=identity)
        found = PersonView._make(rows[0]) if rows else None
    if found is None or not found.active:
        raise Refused("person", "操作人不存在或已停用", "this account does not exist or is closed", field="by")
    return found


def parts(work: Work, cases: Sequence[UUID]) -> dict[UUID, list[Part]]:
    """Who already had which duty, by case."""
    if len(cases) == 1:
        return {cases[0]: [Part._make(row) for row in work.rows(PARTS, wanted=cases[0])]}
    by_case: dict[UUID, list[Part]] = {case: [] for case in cases}
    for case, duty, natural_key, principal in work.execute(_PARTS.where(col(Decision.case_id).in_(cases))):
        by_case[case].append(Part(duty, natural_key, principal))
    return by_case


def standing(
    work: Work,
    reference: Reference,
    way: Procedure,
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
        found = _as(work, reference, way, case, who, move)
        if found is not None:
            return found
    wanted = "、".join(dict.fromkeys(duty_zh(move.duty) for move in candidates))
    if all(move.turn and case.next_duty != move.duty for move in candidates):
        raise Refused(
            "not_the_turn",
            f"案件 {case.number} 现在不到“{action_zh(action)}”这一步；{_whose(case)}",
            f"case {case.number}: not the turn of {action}",
        )
    units = (case.next_unit if move.turn else way.unit_of(move.duty, case.town) for move in candidates)
    named = "、".join(dict.fromkeys(one for one in units if one))
    where = f"（{named}）" if named else ""
    raise Refused(
        "no_duty",
        f"{who.name} 不是本案的{wanted}{where}，无权“{action_zh(action)}”",
        f"{who.name} holds no such duty here ({action})",
        field="by",
    )


def separate(
    case: CaseView, who: PersonView, duty: Duty, held: Sequence[Part], principal_key: str, principal: UUID | None
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
    who: PersonView, duty: Duty, held: Sequence[Part], principal_key: str, principal: UUID | None
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


def disinterested(
    work: Work, reference: Reference, way: Procedure, case: CaseView, who: PersonView, stands: Standing
) -> None:
    """Whoever applies for a benefit has no part in judging others' claims to it, under no account and through no deputy."""
    if way.item.reviewed_by_beneficiaries or stands.duty in (Duty.APPLICANT, Duty.CLERK):
        return
    if not way.setting("P-association-conflict"):
        return
    keys = {who.natural_key, principal_key(reference, who, stands.duty, stands.principal)}
    mine = or_(col(Party.id).in_(parties_of(keys)), col(Party.name) == (stands.unit or ""))
    gone = ("draft", "refused", "withdrawn", "lapsed")
    query = select(col(Party.name)).join(Case, col(Case.party_id) == col(Party.id))
    found = work.execute(
        query.where(
            col(Case.policy) == case.policy, col(Case.item) == case.item, col(Case.state).not_in(gone), mine
        ).limit(1)
    ).scalar_one_or_none()
    if found is not None:
        raise Refused(
            "association_conflict",
            f"{found}申请或享受本项补助，不得参与其审核（设置 P-association-conflict）",
            f"{found} applies for this benefit: it has no part in judging it",
            field="by",
        )


def parties_of(natural_keys: Collection[str]) -> Select[tuple[UUID | None]]:
    """The parties to which natural persons belong, under whatever account: to be asked, or set within another query."""
    belongs = select(col(Person.party_id)).where(col(Person.natural_key).in_(sorted(natural_keys)))
    return belongs.where(col(Person.party_id).is_not(None))


def belongs_to(work: Work, natural_key: str, party: UUID) -> bool:
    """Whether a natural person belongs to a party, under whatever account."""
    return party in set(work.execute(parties_of([natural_key])).scalars())


def one_side(work: Work, reference: Reference, asked: Any, who: PersonView, stands: Standing) -> bool:
    """Whether who asks and who confirms are one side: the same natural person, or one who stands in for the other or for
    the same third. `asked` is a decision: its natural_key and on_behalf_of."""
    theirs = {asked.natural_key}
    if asked.on_behalf_of is not None:
        theirs.add(person_key(work, reference, asked.on_behalf_of))
    return bool(theirs & {who.natural_key, principal_key(reference, who, stands.duty, stands.principal)})


def person_key(work: Work, reference: Reference, account: UUID) -> str:
    """The natural person behind an account, closed ones included."""
    known = reference.officers.get(account)
    return known.natural_key if known else PersonView._make(work.rows(PERSON, wanted=account)[0]).natural_key


def principal_key(reference: Reference, who: PersonView, duty: Duty, principal: UUID | None) -> str:
    """The natural person for whom somebody stands in; their own where they act for themselves."""
    for one in reference.delegated.get((who.id, duty), ()):
        if one.principal == principal:
            return one.principal_key
    return who.natural_key


def _not_barred(work: Work, reference: Reference, case: CaseView, who: PersonView, action: Action) -> None:
    if reference.only_looks_on(who.natural_key, work.now):
        raise Refused(
            "onlooker", "审计人员和系统管理员不得办理案件", "auditors and administrators decide nothing", field="by"
        )
    if case.held and action not in WHILE_HELD:
        raise Refused("held", f"案件 {case.number} 已暂停办理，须先恢复", "the case is on hold: lift the hold first")
    if case.contested and action not in WHILE_CONTESTED:
        raise Refused("contested", f"案件 {case.number} 有异议待答复", "an objection waits for its answer")


def _as(
    work: Work, reference: Reference, way: Procedure, case: CaseView, who: PersonView, move: Move
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
    unit = case.next_unit if move.turn else way.unit_of(move.duty, case.town)
    if move.duty is Duty.CLERK:
        unit = None
    held = reference.holding(who.id, move.duty, unit, work.now)
    return Standing(move, held.unit, held.principal) if held else None


def _whose(case: CaseView) -> str:
    if case.next_duty is None:
        return "案件已办结"
    unit = f"{case.next_unit}的" if case.next_unit else ""
    return f"下一步由{unit}{duty_zh(Duty(case.next_duty))}办理"
