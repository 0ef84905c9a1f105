"""Parameters and settings: one person proposes a value with its citation, another confirms it; then waiting cases go on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, update
from sqlmodel import col

from casework.conditions.condition_rechecks import PAPERS, again, behind, touched
from casework.lifecycle.filing_window import DEADLINE, check_extension
from casework.lifecycle.procedure import procedure_on
from casework.lifecycle.resume import wake, wake_for_conditions
from casework.parties.party_register import is_code
from casework.payments.export_document import Payer
from casework.policy_settings.list_entries import Entries, between, in_force
from casework.policy_settings.parameter_definitions import Definition, definition, definitions
from casework.policy_settings.value_standing import refuse_stale
from casework.shared.errors import Refused
from casework.shared.people_names import names_of
from casework.shared.reference import Reference, policy_of, reference, touch
from casework.shared.register_writes import Actor, Writer, arriving, filled, of_the_unit, one_side, writer, writing
from casework.staff.unit_register import must_exist
from models import Case, Duty, ParameterValue, Party
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies import all_policies
from policies.applicants import EXCLUSIONS
from policies.kinds import UnitKind
from policies.parameters import Origin, Parameter
from policies.policy import Policy

OPEN = ""
_ROWS: Select[Any] = select(ParameterValue.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A value as proposed: JSON, the document it rests on, and the days on which it holds (both included)."""

    policy: str
    name: str
    value: Any
    citation: str
    valid_from: date | None = None  # None: the policy's first day
    valid_to: date | None = None  # None: open
    origin: Origin = Origin.OFFICIAL
    keeps: bool = False  # refused where it drops entries of the list or table in force
    seen: str = ""  # how its values stood when they were looked at (`value_standing`); "" binds to what is stored


@dataclass(frozen=True, kw_only=True)
class ValueRow:
    """A value as listed; `status` is unset, proposed, confirmed, ended or rejected."""

    name: str
    title: str
    title_en: str
    decides: str
    decides_en: str
    need: str  # of a parameter: when it must be set; "" for a setting
    items: tuple[str, ...]
    ours: bool
    default: Any
    status: str
    id: UUID | None = None
    value: Any = None
    citation: str = ""
    origin: str = ""
    valid_from: str = ""
    valid_to: str = ""
    set_by: str = ""
    confirmed_by: str = ""


def propose(store: Store, actor: Actor, new: Proposal) -> UUID:
    """Enters a value that has no effect until somebody else confirms it; the same proposal twice is one."""
    policy = policy_of(new.policy)
    what = definition(policy, new.name)
    what.parse(new.value)
    _refuse_unwritable(new.name, new.value)
    citation = filled(new.citation, "citation", "依据（文号、条款）", "the citation", most=500)
    with writing(store) as work:
        first = _first_day(store, work, policy, new, citation)
        said = (f"设定 {new.name}", f"set {new.name}")
        who = of_the_unit(store, work, actor, Duty.PARAMETER_AUTHOR, _units(store, work, policy, what), *said)
        _check_origin(work, new.origin)
        _refuse_codes_of_nobody(work, new)
        _refuse_unknown_units(work, policy, what, new.value)
        _refuse_dropping(work, what, new, first)
        row = {
            "policy": policy.code,
            "parameter": new.name,
            "value": canonical_json(new.value),
            "citation": citation,
            "origin": new.origin.value,
            "valid_from": first.isoformat(),
            "valid_to": new.valid_to.isoformat() if new.valid_to else OPEN,
            "set_by": who.id,
        }
        twin = _ROWS.where(*(col(getattr(ParameterValue, name)) == value for name, value in row.items()))
        known = work.execute(twin.where(col(ParameterValue.status) == "proposed")).first()
        if known is not None:
            return UUID(str(known.id))
        refuse_stale(work, policy.code, new.name, new.seen)
        made = work.new_id()
        work.add(ParameterValue, id=made, set_at=work.now, **row)
        content = {**row, "set_by": who.text}
        work.audit(actor=who.text, action="parameters.propose", subject=str(made), content=content)
    return made


def _holds(store: Store, work: UnitOfWork, who: Writer, duty: Duty, units: set[str]) -> bool:
    facts = reference(store, work)
    return who.id is not None and any(facts.holding(who.id, duty, unit, work.now) for unit in units)


def _units(store: Store, work: UnitOfWork, policy: Policy, what: Definition) -> set[str]:
    return owners(reference(store, work), work.today, policy, what)


def owners(facts: Reference, today: date, policy: Policy, what: Definition) -> set[str]:
    """Whose a value is to set: the units that lead an item that it concerns, and the one that pays under the policy."""
    leads = {procedure_on(facts, policy, item, today).lead for item in what.items}
    return leads | ({policy.treasury.zh} if policy.treasury else set())


def open_to(store: Store, work: UnitOfWork, account: UUID) -> Iterator[tuple[Any, Definition]]:
    """The proposals that a person may confirm, the oldest first, each with what it stands for."""
    facts = reference(store, work)
    if facts.holding(account, Duty.PARAMETER_CONFIRMER, None, work.now) is None:
        return
    who = writer(store, work, account, Duty.PARAMETER_CONFIRMER, in_person=True)
    installed = {policy.code: definitions(policy) for policy in all_policies()}
    rows = _ROWS.where(col(ParameterValue.status) == "proposed")
    for row in work.execute(rows.order_by(col(ParameterValue.set_at), col(ParameterValue.id))):
        what = installed.get(row.policy, {}).get(row.parameter)
        if what is None:
            continue  # of a policy that is installed no more
        here = owners(facts, work.today, policy_of(row.policy), what)
        if _holds(store, work, who, Duty.PARAMETER_CONFIRMER, here) and not same_side(store, work, who, row):
            yield row, what


def same_side(store: Store, work: UnitOfWork, who: Writer, row: Any) -> bool:
    """Whether who confirms is who proposed, under whatever account, or stands in for them or for the same third."""
    confirmer, author = (Duty.PARAMETER_CONFIRMER,), (Duty.PARAMETER_AUTHOR,)
    return one_side(store, work, who, confirmer, row.set_by, row.set_at, author)


def _refuse_unwritable(name: str, value: Any) -> None:
    """The paying account is refused when it is set, not when a released batch has to be written with it."""
    if name == "P-payer" and value is not None:
        if isinstance(value, dict) and (further := sorted(set(value) - {"name", "bank", "account", "clearing_code"})):
            zh, en = f"付款账户（P-payer）不含 {'、'.join(further)}", f"P-payer has no {', '.join(further)}"
            raise Refused("payer", zh, en, field="value")
        Payer.of(value).checked()


def _refuse_codes_of_nobody(work: UnitOfWork, new: Proposal) -> None:
    """A code on the exclusion list whose check character does not fit is a slip, unless a party is entered with it so."""
    if new.name != EXCLUSIONS.id:
        return
    codes = sorted(code.strip().upper() for code in new.value)
    odd = [code for code in codes if not is_code(code)]
    entered = set(work.execute(select(col(Party.code)).where(col(Party.code).in_(odd))).scalars())
    if wrong := [code for code in odd if code not in entered]:
        zh = f"名单中的统一社会信用代码校验位不符，也没有这样登记的主体：{'、'.join(wrong)}；请对照登记证核对"
        raise Refused("code", zh, f"wrong check character, and nobody is entered so: {', '.join(wrong)}", field="value")


def _refuse_unknown_units(work: UnitOfWork, policy: Policy, what: Definition, value: Any) -> None:
    """A unit that a value names is entered, and acts itself: a class of units ("every town") has nobody who could."""
    kind = what.what.kind
    of = getattr(kind, "of", kind)
    if not isinstance(of, UnitKind):
        return
    parsed = what.parse(value)
    classes = {unit.zh for measure in policy.measures for unit in measure.units if unit.collective}
    for name in dict.fromkeys(parsed.values() if isinstance(parsed, dict) else [parsed]):
        must_exist(work, name, "value")
        if name in classes:
            zh = f"“{name}”是一类单位，不能由其{what.what.title.zh}；请写明其中一个单位"
            raise Refused("unit", zh, f'"{name}" is a class of units: name one that acts itself', field="value")


def _refuse_dropping(work: UnitOfWork, what: Definition, new: Proposal, first: date) -> None:
    """A new list stands in the place of the old one: what it leaves out must be meant."""
    before = in_force(work, new.policy, new.name, first.isoformat()) if new.keeps else None
    removed = between(what.what.kind, before, new.value).removed if before is not None else ()
    if removed:
        zh = f"新值会整体取代现行值，并移出其中的 {'、'.join(removed)}；要保留的请一并写入，确要移出的请加 --remove"
        en = f"the new value replaces the one in force and drops {', '.join(removed)}: name them too, or say --remove"
        raise Refused("removes", zh, en, field="value")


def differs(store: Store, proposal: UUID) -> Entries:
    """How a proposed list or table differs from the one in force on its first day."""
    with store.read() as work:
        row = work.execute(_ROWS.where(col(ParameterValue.id) == proposal)).first()
        if row is None:
            return Entries()
        kind = definition(policy_of(row.policy), row.parameter).what.kind
        before = in_force(work, row.policy, row.parameter, row.valid_from)
        return between(kind, before, loads(row.value)) if before is not None else Entries()


def _first_day(store: Store, work: UnitOfWork, policy: Policy, new: Proposal, citation: str) -> date:
    """From when a value holds: as said, else the policy's first day; of a notice that extends filing, its publication."""
    extends = new.name == DEADLINE
    present = extends or (_papers(new.name) and work.today > policy.opens)
    first = new.valid_from or (work.today if present else policy.opens)
    if _papers(new.name) and present and first < work.today:
        zh = f"必备材料清单不得溯及既往：生效日最早为今日（{work.today}）"
        raise Refused("span", zh, "a list of papers cannot begin in the past", field="valid_from")
    if new.valid_to is not None and new.valid_to < first:
        raise Refused("span", f"失效日 {new.valid_to} 早于生效日 {first}", "it ends before it begins", field="valid_to")
    if extends:
        check_extension(reference(store, work), policy, new.value, first, citation)
    return first


def _papers(name: str) -> bool:
    """Whether this is an item's list of required papers: what was filed before it keeps the list of its day."""
    return name.partition(":")[0] == PAPERS


def confirm(store: Store, actor: Actor, proposal: UUID, *, seen: str = "") -> int:
    """Puts a proposed value in force, ends the one before it, and wakes the cases that wait for it; how many woke.

    `seen`: how its values stood when they were looked at, as in `Proposal`.
    """
    with arriving(store) as work:
        writer(store, work, actor, Duty.PARAMETER_CONFIRMER, in_person=True)
        row = _proposed(work, proposal)
        here = _units(store, work, policy_of(row.policy), definition(policy_of(row.policy), row.parameter))
        said = (f"确认 {row.parameter}", f"confirm {row.parameter}")
        who = of_the_unit(store, work, actor, Duty.PARAMETER_CONFIRMER, here, *said)
        if same_side(store, work, who, row):
            raise Refused(
                "second_person",
                "参数须由设定人以外的另一人确认（同一人的其他账号、其代理人也不行）",
                "somebody else must confirm what you proposed",
                field="by",
            )
        refuse_stale(work, row.policy, row.parameter, seen)
        _check_origin(work, Origin(row.origin))
        what = definition(policy_of(row.policy), row.parameter)
        what.parse(loads(row.value))
        _refuse_unknown_units(work, policy_of(row.policy), what, loads(row.value))
        _refuse_unwritable(row.parameter, loads(row.value))
        if row.parameter == DEADLINE:
            published = date.fromisoformat(row.valid_from)
            check_extension(reference(store, work), policy_of(row.policy), loads(row.value), published, row.citation)
        first = _begins(work, row)
        before = _in_force(work, row)
        _make_room(work, row, first)
        this = update(ParameterValue).where(col(ParameterValue.id) == proposal)
        work.execute(this.values(status="confirmed", confirmed_by=who.id, confirmed_at=work.now, valid_from=first))
        woken = wake(work, row.policy, what.items) + wake_for_conditions(work, col(Case.policy) == row.policy)
        content = {"policy": row.policy, "parameter": row.parameter, "valid_from": first, "woken": woken}
        work.audit(actor=who.text, action="parameters.confirm", subject=str(proposal), content=content)
        touch(work)
        if behind(row.parameter):
            which = touched(row.policy, row.parameter, what.items, before, loads(row.value))
            again(work, reference(store, work), *which)
    return woken


def _begins(work: UnitOfWork, row: Any) -> str:
    """From when the value holds; a list of papers that was confirmed late begins with its confirmation."""
    today, opens = work.today.isoformat(), policy_of(row.policy).opens.isoformat()
    first = max(row.valid_from, today) if _papers(row.parameter) and today > opens else str(row.valid_from)
    if row.valid_to and row.valid_to < first:
        raise Refused("span", f"失效日 {row.valid_to} 早于生效日 {first}", "it ends before it begins", field="valid_to")
    return first


def _in_force(work: UnitOfWork, row: Any) -> Any:
    """The value that holds today, before the new one; None where there is none."""
    today = work.today.isoformat()
    query = _ROWS.where(
        col(ParameterValue.policy) == row.policy,
        col(ParameterValue.parameter) == row.parameter,
        col(ParameterValue.status) == "confirmed",
        col(ParameterValue.valid_from) <= today,
        or_(col(ParameterValue.valid_to) == OPEN, col(ParameterValue.valid_to) >= today),
    )
    held = work.execute(query.order_by(col(ParameterValue.valid_from).desc())).first()
    return None if held is None else loads(held.value)


def reject(store: Store, actor: Actor, proposal: UUID, *, reason: str) -> None:
    """Turns a proposal down, or takes one's own back; it stays readable."""
    why = filled(reason, "reason", "理由", "the reason")
    with writing(store) as work:
        duties = (Duty.PARAMETER_AUTHOR, Duty.PARAMETER_CONFIRMER)
        who = writer(store, work, actor, *duties, in_person=True)
        row = _proposed(work, proposal)
        here = _units(store, work, policy_of(row.policy), definition(policy_of(row.policy), row.parameter))
        held = Duty.PARAMETER_AUTHOR if _holds(store, work, who, Duty.PARAMETER_AUTHOR, here) else duties[1]
        who = of_the_unit(store, work, actor, held, here, f"否决 {row.parameter}", f"reject {row.parameter}")
        work.execute(update(ParameterValue).where(col(ParameterValue.id) == proposal).values(status="rejected"))
        work.audit(actor=who.text, action="parameters.reject", subject=str(proposal), content={"reason": why})


def listed(store: Store, policy: Policy, *, history: bool = False) -> list[ValueRow]:
    """Every parameter and setting: its values in force and proposed (with `history` the ended ones too), or unset."""
    with store.read() as work:
        query = _ROWS.where(col(ParameterValue.policy) == policy.code)
        if not history:
            query = query.where(col(ParameterValue.status).in_(["proposed", "confirmed"]))
        stored: dict[str, list[Any]] = {}
        rows = work.execute(query.order_by(col(ParameterValue.valid_from), col(ParameterValue.set_at))).all()
        for row in rows:
            stored.setdefault(row.parameter, []).append(row)
        names = names_of(work, [person for row in rows for person in (row.set_by, row.confirmed_by)])
    return [_row(what, row, names) for name, what in definitions(policy).items() for row in stored.get(name, [None])]


def _row(what: Definition, row: Any, names: dict[UUID, str]) -> ValueRow:
    entered = {}
    if row is not None:
        entered = {
            "id": row.id,
            "value": loads(row.value),
            "citation": row.citation,
            "origin": row.origin,
            "valid_from": row.valid_from,
            "valid_to": row.valid_to,
            "set_by": names[row.set_by],
            "confirmed_by": names.get(row.confirmed_by, ""),
        }
    return ValueRow(
        name=what.name,
        title=what.what.title.zh,
        title_en=what.what.title.en,
        decides=what.what.decides.zh,
        decides_en=what.what.decides.en,
        need=what.what.need.value if isinstance(what.what, Parameter) else "",
        items=what.items,
        ours=what.ours,
        default=getattr(what.what, "default", None),
        status=row.status if row is not None else "unset",
        **entered,
    )


def _check_origin(work: UnitOfWork, origin: Origin) -> None:
    if origin is Origin.HYPOTHETICAL or (origin is Origin.DEMO and not work.demo):
        raise Refused(
            "origin",
            "正式库只接受有文件依据的参数值；演示值、假设值只能用于演示库或测算",
            "a production store takes official values only",
            field="origin",
        )


def _proposed(work: UnitOfWork, proposal: UUID) -> Any:
    row = work.execute(_ROWS.where(col(ParameterValue.id) == proposal).with_for_update()).first()
    if row is None:
        raise Refused("proposal", "没有这项参数设定", "there is no such proposal", field="proposal")
    if row.status != "proposed":
        says = {"confirmed": "已确认", "rejected": "已否决", "ended": "已失效"}[row.status]
        raise Refused("proposal", f"该项参数设定{says}", f"this proposal is {row.status}", field="proposal")
    return row


def _make_room(work: UnitOfWork, new: Any, first: str) -> None:
    """On each day one value holds: what began earlier ends the day before, what began the same day gives way.

    A value that begins later stays; the new one must then say when it ends.
    """
    query = _ROWS.where(
        col(ParameterValue.policy) == new.policy,
        col(ParameterValue.parameter) == new.parameter,
        col(ParameterValue.status) == "confirmed",
        or_(col(ParameterValue.valid_to) == OPEN, col(ParameterValue.valid_to) >= first),
    )
    before = (date.fromisoformat(first) - timedelta(days=1)).isoformat()
    for row in work.execute(query).all():
        if row.valid_from > first:
            if new.valid_to and new.valid_to < row.valid_from:
                continue
            raise Refused(
                "overlap",
                f"{new.parameter} 已有自 {row.valid_from} 起生效的值，新值的失效日须早于该日",
                f"another value begins on {row.valid_from}: the new one must end before",
                field="valid_to",
            )
        ends = {"status": "ended"} if row.valid_from == first else {"valid_to": before}
        work.execute(update(ParameterValue).where(col(ParameterValue.id) == row.id).values(**ends))
