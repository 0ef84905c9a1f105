"""Who may read what. One place decides it for every list and page; the acts have their own rules in `authorization`.

A case is seen by its applicant's people, by those with a duty in a unit of it, by clerks where they file or filed it, and by
those who look on. A reader is a person's account, SYSTEM for the operator at the machine, or None, for whom all is open: the
program itself, and a rehearsal in which nobody is named.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.procedure import Procedure, procedure_on
from casework.privacy.retention import CONFIRMERS, PROPOSERS
from casework.shared.errors import Refused
from casework.shared.reference import PersonView, Reference, person, reference
from casework.shared.register_writes import SYSTEM
from models import Case, Decision, Duty, JointOpinion, Message, Party, Person
from models.duty_names import duty_zh
from models.people import ONLOOKERS
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies import all_policies

Reader = UUID | str | None
# Whoever holds one of these in a unit sees the cases of that unit.
AT_WORK = frozenset(set(Duty) - ONLOOKERS - {Duty.SYSTEM, Duty.APPLICANT})
PAYING = (
    Duty.ALLOCATOR, Duty.MAKER, Duty.CHECKER, Duty.RELEASER, Duty.RECONCILER, Duty.FUND_OFFICER, Duty.HEAD,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ReadScope:
    """What somebody is, for reading: their party, the units in which they hold duties, whether they look on.

    `duties`: every duty that they hold, in whatever unit; `sees_payments`: whether payments are theirs to see.
    """

    who: PersonView
    units: frozenset[str]
    duties: frozenset[Duty]
    looks_on: bool
    sees_payments: bool

    @property
    def office(self) -> bool:
        """Whether they have any duty at all."""
        return bool(self.units) or self.looks_on


def scope(work: UnitOfWork, facts: Reference, by: UUID, looking: Iterable[Duty] = ONLOOKERS) -> ReadScope:
    """The reader's scope now, delegations included; a closed account has none and is refused."""
    who, units, duties = person(work, facts, by), set(), set()
    for holdings in (facts.own, facts.delegated):
        for (owner, duty), listed in holdings.items():
            if owner == by and Duty(duty) in AT_WORK:
                held = {row.unit for row in listed if facts.holding(by, duty, row.unit, work.now)}
                units |= held
                duties |= {Duty(duty)} if held else set()
    looking_on = {duty for duty in looking if facts.holding(by, duty, None, work.now)}
    return ReadScope(
        who=who,
        units=frozenset(units),
        duties=frozenset(duties | looking_on),
        looks_on=bool(looking_on),
        sees_payments=bool(looking_on) or _pays(work, facts, units, duties),
    )


def _pays(work: UnitOfWork, facts: Reference, units: set[str], duties: set[Duty]) -> bool:
    """Payments are seen by the paying unit's people, and by allocators wherever they are."""
    return Duty.ALLOCATOR in duties or bool(duties & set(PAYING) and units & _treasuries(work, facts))


# cases


def seen(store: Store, work: UnitOfWork, reader: Reader, looking: Iterable[Duty] = ONLOOKERS) -> ColumnElement[bool]:
    """The condition on cases that a list of them puts; Refused for who has neither duty nor party."""
    if reader is None:
        return true()
    facts = reference(store, work)
    found = scope(work, facts, _named(reader, "案件", "cases"), looking)
    if not found.office and found.who.party_id is None:
        zh = f"{found.who.name} 没有权限查看案件；申报主体的人员、办理单位任职的人员、审计人员和系统管理员可以看"
        en = f"{found.who.name} may see no cases: applicants see theirs, officers those of their unit"
        raise Refused("not_yours", zh, en, field="by")
    return _condition(work, facts, found)


def refuse_case(
    store: Store, work: UnitOfWork, case: CaseView, reader: Reader, looking: Iterable[Duty] = ONLOOKERS
) -> None:
    """Refuses whom the case does not concern, with who may see it."""
    if reader is None:
        return
    facts = reference(store, work)
    found = scope(work, facts, _named(reader, f"案件 {case.number}", f"case {case.number}"), looking)
    mine = select(col(Case.id)).where(col(Case.id) == case.id, _condition(work, facts, found))
    if work.execute(mine).first() is None:
        raise Refused(
            "not_yours",
            f"{found.who.name} 没有权限查看案件 {case.number}：不是其申报人，也不在办理本案的单位任职；"
            "申报主体的人员、办理单位任职的人员和审计人员可以看",
            f"{found.who.name} may not see case {case.number}: they neither apply in it nor hold a duty in a unit of it",
            field="by",
        )


def _condition(work: UnitOfWork, facts: Reference, found: ReadScope) -> ColumnElement[bool]:
    if found.looks_on:
        return true()
    mine: list[ColumnElement[bool]] = []
    if found.who.party_id is not None:
        mine.append(col(Case.party_id) == found.who.party_id)
    if Duty.CLERK in found.duties:
        filed = select(col(Decision.case_id)).where(col(Decision.person_id) == found.who.id)
        mine += [col(Case.next_duty) == Duty.APPLICANT, col(Case.id).in_(filed)]
    if found.units:
        asked = select(col(JointOpinion.case_id)).where(col(JointOpinion.unit).in_(found.units))
        here = select(col(Party.id)).where(col(Party.town).in_(found.units))
        mine += [col(Case.party_id).in_(here), col(Case.next_unit).in_(found.units), col(Case.id).in_(asked)]
        mine += _items(work, facts, found.units)
    return or_(false(), *mine)


def _items(work: UnitOfWork, facts: Reference, units: frozenset[str]) -> list[ColumnElement[bool]]:
    """By policy, the items that some of the units lead, pay or are asked about."""
    by_policy: dict[str, list[str]] = {}
    for procedure in _procedures(work, facts):
        if units & {procedure.lead, procedure.treasury, *procedure.joint}:
            by_policy.setdefault(procedure.policy.code, []).append(procedure.item.id)
    return [and_(col(Case.policy) == code, col(Case.item).in_(items)) for code, items in by_policy.items()]


def _procedures(work: UnitOfWork, facts: Reference) -> list[Procedure]:
    return [procedure_on(facts, policy, item.id, work.today) for policy in all_policies() for item in policy]


# money


def funds_seen(store: Store, work: UnitOfWork, reader: Reader) -> frozenset[str] | None:
    """The units whose funds a person sees: their own; None is all, for the treasury's people and those who look on."""
    if reader is None:
        return None
    facts = reference(store, work)
    found = scope(work, facts, _named(reader, "专项资金", "funds"))
    if found.looks_on or found.units & _treasuries(work, facts):
        return None
    if not found.units:
        zh = f"{found.who.name} 没有权限查看专项资金；本单位任职的人员、付款单位、审计人员和系统管理员可以看"
        raise Refused("no_duty", zh, f"{found.who.name} may see no funds: officers see their unit's", field="by")
    return found.units


def refuse_payments(store: Store, work: UnitOfWork, reader: Reader) -> None:
    """Refuses who has no part in payments: they are seen by the paying unit, by allocators and by those who look on."""
    if reader is None:
        return
    found = scope(work, reference(store, work), _named(reader, "拨付", "payments"))
    if not found.sees_payments:
        duties = "、".join(duty_zh(duty) for duty in PAYING)
        zh = f"{found.who.name} 没有权限查看拨付；付款单位的{duties}、审计人员和系统管理员可以看"
        raise Refused("no_duty", zh, f"{found.who.name} has no part in payments", field="by")


def _treasuries(work: UnitOfWork, facts: Reference) -> set[str]:
    return {procedure.treasury for procedure in _procedures(work, facts)}


def messages_seen(store: Store, work: UnitOfWork, reader: Reader) -> ColumnElement[bool]:
    """The condition on messages: those of cases that the reader may see, and those to themselves or their party.

    The operator at the machine, whose channels carry them, sees all in lists, which hold nothing of their content.
    """
    if reader is None or reader == SYSTEM:
        return true()
    facts = reference(store, work)
    found = scope(work, facts, _named(reader, "消息", "messages"))
    mine = select(col(Case.id)).where(_condition(work, facts, found))
    own = [f"person:{found.who.id}", str(found.who.id), f"party:{found.who.party_id}", str(found.who.party_id)]
    own += [f"unit:{unit}" for unit in found.units]
    return or_(true() if found.looks_on else false(), col(Message.case_id).in_(mine), col(Message.recipient).in_(own))


def refuse_unnamed(reader: Reader, zh: str, en: str) -> None:
    """Refuses the operator at the machine where a person must read."""
    if reader is not None:
        _named(reader, zh, en)


# registers


def refuse_outsider(store: Store, work: UnitOfWork, reader: Reader, what: tuple[str, str]) -> UUID | None:
    """Registers of the office are read by whoever holds a duty and by the operator who keeps them.

    An applicant's people see what is their own: their party is the answer; anybody else is refused.
    """
    if reader is None or reader == SYSTEM:
        return None
    found = scope(work, reference(store, work), _named(reader, *what))
    if found.office:
        return None
    if found.who.party_id is None:
        raise _outside(found, what)
    return found.who.party_id


def refuse_stranger(store: Store, work: UnitOfWork, reader: Reader, holder: str, what: tuple[str, str]) -> None:
    """What is one holder's (`person:LOGIN`, `party:ID`): read by themselves, by their party's people and by the office."""
    kind, _, name = holder.partition(":")
    whose = work.execute(select(col(Person.id), col(Person.party_id)).where(col(Person.login) == name)).first()
    if kind == "person" and whose is not None and whose.id == reader:
        return
    party = refuse_outsider(store, work, reader, what)
    own = whose is not None and whose.party_id == party if kind == "person" else holder == f"party:{party}"
    if party is not None and not own:
        raise _outside(scope(work, reference(store, work), _named(reader, *what)), what)


def refuse_retention(store: Store, work: UnitOfWork, reader: Reader) -> None:
    """Who is to be anonymised is seen by those who propose and confirm it."""
    refuse_without(store, work, reader, dict.fromkeys((*PROPOSERS, *CONFIRMERS)), ("保存期限", "retention"))


def refuse_all_but_onlookers(store: Store, work: UnitOfWork, reader: Reader, what: tuple[str, str]) -> None:
    """What goes over everything at once: for those who look on and for the operator at the machine."""
    if reader is None or reader == SYSTEM:
        return
    found = scope(work, reference(store, work), _named(reader, *what))
    if not found.looks_on:
        zh = f"{found.who.name} 没有权限查看{what[0]}；审计人员、系统管理员和本机的运维人员可以看"
        raise Refused("no_duty", zh, f"{found.who.name} may not see {what[1]}: auditors may", field="by")


def refuse_all_but_office(store: Store, work: UnitOfWork, reader: Reader, what: tuple[str, str]) -> None:
    """The same for what is nobody's own: applicants are refused too."""
    if refuse_outsider(store, work, reader, what) is not None:
        raise _outside(scope(work, reference(store, work), _named(reader, *what)), what)


def refuse_without(
    store: Store, work: UnitOfWork, reader: Reader, duties: Iterable[Duty], what: tuple[str, str]
) -> None:
    """Refuses whoever holds none of the duties, the unnamed operator too."""
    if reader is None:
        return
    facts, wanted = reference(store, work), tuple(duties)
    found = scope(work, facts, _named(reader, *what))
    if not any(facts.holding(found.who.id, duty, None, work.now) for duty in wanted):
        may = "、".join(duty_zh(duty) for duty in wanted)
        zh = f"{found.who.name} 没有权限查看{what[0]}；{may}可以看"
        raise Refused("no_duty", zh, f"{found.who.name} may not see {what[1]}: {', '.join(wanted)} may", field="by")


def _outside(found: ReadScope, what: tuple[str, str]) -> Refused:
    zh = f"{found.who.name} 没有权限查看{what[0]}；在各单位任职的人员、审计人员和系统管理员可以看"
    return Refused("no_duty", zh, f"{found.who.name} may not see {what[1]}: those with a duty may", field="by")


def _named(reader: Reader, zh: str, en: str) -> UUID:
    """The account that reads; the operator at the machine is nobody in particular."""
    if isinstance(reader, UUID):
        return reader
    says = f"查看{zh}须由本人以个人账号办理：请用 --as 登录名 和本人的令牌（--token），或以本人的系统用户登录"
    raise Refused("in_person", says, f"say who reads {en}: --as LOGIN with their token", field="by")
