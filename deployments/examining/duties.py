"""Whether somebody can act: every turn that waits, and every duty that was given, needs one open account."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from sqlalchemy import func, select
from sqlmodel import col

from casework.lifecycle.procedure import Procedure, procedure_on
from casework.lifecycle.stuck_cases import stuck_in
from casework.shared.home import Home
from casework.shared.policies_in_use import of_work
from casework.shared.reference import Reference, reference
from deployments.finding import DoctorFinding
from models import Case, Duty
from models.duty_names import DUTIES
from policies.measures import Chain
from policies.policy import Policy

Place = tuple[str, str]  # duty, unit
HOW = "请用 duixian roles add 安排人员"
HOW_EN = "give it to somebody: duixian roles add"


def duties(home: Home) -> Iterator[DoctorFinding]:
    """Turns that wait where nobody can act, or whoever can is barred; duties whose every holder's account is closed."""
    store = home.store()
    with store.read() as work:
        facts, now = reference(store, work), work.now
        people = (Duty.SYSTEM, Duty.APPLICANT)
        query = select(col(Case.next_duty), col(Case.next_unit), func.count()).where(
            col(Case.next_duty).is_not(None), col(Case.next_duty).not_in(people), col(Case.next_unit).is_not(None)
        )
        all_stuck = stuck_in(work, facts)
        rows = work.execute(query.group_by(col(Case.next_duty), col(Case.next_unit))).all()
        known, today = [policy for policy in of_work(work) if policy.holds_on(work.today)], work.today
    waiting = Counter({(str(duty), str(unit)): int(count) for duty, unit, count in rows})
    given, able = places(facts, now)
    stuck = sorted((waiting.keys() | given) - able)
    for duty, unit in stuck:
        cases = waiting[duty, unit]
        closed = (duty, unit) in given
        why, why_en = ("账号均已停用", "every account is closed") if closed else ("无人担任", "nobody holds it")
        zh = f"{unit}的{DUTIES[Duty(duty)][0]}{why}" + (f"，{cases} 件案件在等" if cases else "") + f"：{HOW}"
        en = f"{DUTIES[Duty(duty)][1]} in {unit}: {why_en}" + (f", {cases} cases wait" if cases else "") + f"; {HOW_EN}"
        others = _elsewhere(known, able) if duty == Duty.PARAMETER_AUTHOR else []
        if others:
            listed = "、".join(others)
            zh += f"；也可由{listed}的{DUTIES[Duty(duty)][0]}设定（duixian parameters set）"
            en += f"; that of {listed} may set the value as well (duixian parameters set)"
        yield DoctorFinding("duties", "warn" if others else "fail", zh, en)
    barred = [case for case in all_stuck if case.holders]
    for case in barred:
        zh = f"{case.zh}；{HOW}，或委托他人（duixian delegations add）"
        yield DoctorFinding("duties", "fail", zh, f"{case.en}; {HOW_EN}, or delegations add")
    if given:
        yield from _unstaffed(known, facts, today, able | set(stuck))
    if not given:
        yield DoctorFinding("duties", "warn", f"还没有人担任任何职责：{HOW}", f"nobody holds any duty yet: {HOW_EN}")
    elif not stuck and not barred:
        zh, en = "已安排的和在等的每项职责都有人可办", "every duty given or waited for has somebody who can act"
        yield DoctorFinding("duties", "ok", zh, en)


def _elsewhere(known: Iterable[Policy], able: set[Place]) -> list[str]:
    """The units that pay under a policy and have an author: they may set any of its values."""
    paying = {policy.treasury.zh for policy in known if policy.treasury}
    return sorted(unit for unit in paying if (str(Duty.PARAMETER_AUTHOR), unit) in able)


def _unstaffed(known: Iterable[Policy], facts: Reference, today: date, there: set[Place]) -> Iterator[DoctorFinding]:
    """Duties that nobody has yet in the units that lead an item which can be filed: before a case waits for them."""
    missing: dict[str, tuple[dict[Duty, None], dict[str, None]]] = {}
    for policy in known:
        for item in policy:
            procedure = procedure_on(facts, policy, item.id, today)
            for duty in _needed(procedure):
                if (str(duty), procedure.lead) not in there:
                    duties_, items = missing.setdefault(procedure.lead, ({}, {}))
                    duties_[duty], items[item.id] = None, None
    if missing:
        said = {
            unit: ("、".join(DUTIES[missed][0] for missed in who), "、".join(of)) for unit, (who, of) in missing.items()
        }
        zh = "；".join(f"{unit}（{of}）尚无{who}" for unit, (who, of) in sorted(said.items()))
        en = "; ".join(
            f"{unit} ({', '.join(of)}) has no {', '.join(DUTIES[missed][1] for missed in who)}"
            for unit, (who, of) in sorted(missing.items())
        )
        zh, en = f"一有申报即无人可办：{zh}。{HOW}", f"nobody could act on a filing: {en}; {HOW_EN}"
        yield DoctorFinding("staffing", "warn", zh, en)


def _needed(procedure: Procedure) -> Iterator[Duty]:
    """Whom the lead unit of an item needs for a case to be decided."""
    yield Duty.CERTIFIER
    if procedure.item.chain is Chain.PROGRAMME:
        return
    if not procedure.accepted_by_rule:
        yield Duty.ACCEPTOR
    if procedure.amount_checked:
        yield Duty.AMOUNT_CHECKER
    if not procedure.decided_by_rule:
        yield Duty.DECIDER


def places(facts: Reference, now: datetime) -> tuple[set[Place], set[Place]]:
    """Duties in units as they were given, and those in which an open account can act, itself or for an open one."""
    given, able = set(), set()
    for (person, duty), holdings in facts.own.items():
        for holding in holdings:
            if holding.holds(now):
                given.add((str(duty), holding.unit))
                able |= {(str(duty), holding.unit)} if facts.officers[person].active else set()
    return given, able
