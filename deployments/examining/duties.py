"""Whether somebody can act: every turn that waits, and every duty that was given, needs one open account."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from casework.home import Home
from casework.reference import Reference, reference
from casework.stuck import stuck_in
from deployments.finding import Finding
from models import Case, Duty
from models.duty_names import DUTIES

Place = tuple[str, str]  # duty, unit
HOW = "请用 duixian roles add 安排人员"
HOW_EN = "give it to somebody: duixian roles add"


def duties(home: Home) -> Iterator[Finding]:
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
    waiting = Counter({(str(duty), str(unit)): int(count) for duty, unit, count in rows})
    given, able = places(facts, now)
    stuck = sorted((waiting.keys() | given) - able)
    for duty, unit in stuck:
        cases = waiting[duty, unit]
        closed = (duty, unit) in given
        why, why_en = ("账号均已停用", "every account is closed") if closed else ("无人担任", "nobody holds it")
        zh = f"{unit}的{DUTIES[Duty(duty)][0]}{why}" + (f"，{cases} 件案件在等" if cases else "") + f"：{HOW}"
        en = f"{DUTIES[Duty(duty)][1]} in {unit}: {why_en}" + (f", {cases} cases wait" if cases else "") + f"; {HOW_EN}"
        yield Finding("duties", "fail", zh, en)
    barred = [one for one in all_stuck if one.holders]
    for one in barred:
        zh = f"{one.zh}；{HOW}，或委托他人（duixian delegations add）"
        yield Finding("duties", "fail", zh, f"{one.en}; {HOW_EN}, or delegations add")
    if not given:
        yield Finding("duties", "warn", f"还没有人担任任何职责：{HOW}", f"nobody holds any duty yet: {HOW_EN}")
    elif not stuck and not barred:
        yield Finding("duties", "ok", "每项职责都有人可办", "every duty has somebody who can act")


def places(facts: Reference, now: datetime) -> tuple[set[Place], set[Place]]:
    """Duties in units as they were given, and those in which an open account can act, itself or for an open one."""
    given, able = set(), set()
    for (person, duty), holdings in facts.own.items():
        for one in holdings:
            if one.holds(now):
                given.add((str(duty), one.unit))
                able |= {(str(duty), one.unit)} if facts.officers[person].active else set()
    return given, able
