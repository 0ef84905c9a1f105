"""The rule that binds a case: noted at filing, looked for before anything is computed, another one only by two people."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from casework.lifecycle.case_changes import CaseView, set_waiting_and_notify
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import Procedure
from casework.lifecycle.step_runner import StepContext
from casework.lifecycle.transitions import RESTS_ON_RULE
from casework.shared.errors import Refused
from casework.shared.reference import PolicyNotInstalled, policy_of
from models import Duty, RuleVersion
from models.statements import Prepared
from models.unit_of_work import UnitOfWork
from policies.measures import Item
from policies.versions import NotInstalled

STOPPED = "不能核算："  # how the words on a stopped case begin
OWNER = Duty.HEAD  # of the lead unit: has the version installed again, or decides with another head on another one
_KNOWN = Prepared(
    select(col(RuleVersion.id)).where(
        col(RuleVersion.policy) == bindparam("policy"),
        col(RuleVersion.item) == bindparam("item"),
        col(RuleVersion.digest) == bindparam("digest"),
    )
)


def bind(work: UnitOfWork, policy: str, item: Item, digest: str) -> dict[str, Any]:
    """What a case is bound to from now on, noted as used; for the case's row."""
    if not work.rows(_KNOWN, policy=policy, item=item.id, digest=digest):
        insert = (postgresql if work.postgres else sqlite).insert
        row = {
            "id": work.new_id(), "policy": policy, "item": item.id, "version": item.version, "digest": digest,
            "first_used": work.now,
        }  # fmt: skip
        work.execute(insert(RuleVersion).values(**row).on_conflict_do_nothing())
    return {"rule_version": item.version, "rule_digest": digest}


def require(procedure: Procedure, case: CaseView, action: Action) -> None:
    """Refuses an act that rests on a rule which is not here."""
    if procedure.gap is not None and action in RESTS_ON_RULE:
        raise Refused(
            "rule_version",
            f"案件 {case.number} 适用的{procedure.gap.zh}；请安装该版本，或由两名负责人另行决定适用版本",
            f"case {case.number}: {procedure.gap.en}; install it, or two heads decide on another version",
        )


def stop_unbound(context: StepContext, cases: Sequence[CaseView]) -> list[CaseView]:
    """The cases whose rule is here and is what it was; the others wait for their unit's head, with its name."""
    known: dict[tuple[str, str, str, str], str] = {}
    going = []
    for case in cases:
        key = (case.policy, case.item, case.rule_version, case.rule_digest)
        if key not in known:
            known[key] = missing(case)
        if not known[key]:
            going.append(case)
            continue
        set_waiting_and_notify(context.work, case, context.procedure(case).turn(OWNER), known[key])
        context.outcome.waiting.append((case.number, known[key]))
    return going


def missing(case: CaseView) -> str:
    """Why a case's rule, or its policy, cannot be used now, in words; "" where it can. The rule is read anew each time."""
    try:
        policy_of(case.policy).bound_item(case.item, case.rule_version, case.rule_digest)
    except (NotInstalled, PolicyNotInstalled) as gap:
        return STOPPED + gap.zh
    return ""
