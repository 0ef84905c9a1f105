"""From a task of the inbox to the commands that do it, with all that the store knows filled in: they can be copied.

Words in capitals are the person's to fill in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from models.store import Store
    from models.unit_of_work import UnitOfWork

_ACT = "duixian act {case} "
# What is done by another command than `act`, or not without an option.
_SPELT: dict[str, tuple[str, ...]] = {
    "file": (_ACT + "file{claim}",),
    "return": (_ACT + "return --missing MISSING",),
    "refuse": (_ACT + "refuse --reason REASON",),
    "certify": (_ACT + "certify --as-claimed{facts}",),
    "compare": (_ACT + "compare --comparison {comparison} --verdict VERDICT --reason REASON",),
    "opine": (_ACT + "opine", _ACT + "opine --negative --reason REASON"),
    "override": (_ACT + "override --reason REASON",),
    "confirm_amount": (_ACT + "confirm",),
    "answer": (
        _ACT + "answer --objection {objection} --reason REASON",
        _ACT + "answer --objection {objection} --upheld --reason REASON",
    ),
    "deliver": (_ACT + "deliver --document DOCUMENT{result}",),
    "report": (_ACT + "report --milestone {milestone} --text TEXT",),
    "review": (_ACT + "review --reason REASON", _ACT + "review --unsatisfied --reason REASON"),
    "undo": (_ACT + "undo --reason REASON",),
    "rebind": (_ACT + "rebind --rule-version VERSION --reason REASON",),
    "allocate": ("duixian payments allocate DOCUMENT --fund {fund} --case {case}",),
    "prepare": ("duixian payments prepare --fund {fund} --case {case}",),
    "check_batch": ("duixian payments check {batch}",),
    "approve_batch": ("duixian payments approve {batch}",),
    "reject_batch": ("duixian payments reject {batch} --reason REASON",),
    "release": ("duixian payments release {batch}",),
    "settle": ("duixian payments import FILE",),
    "fail": ("duixian payments import FILE",),
    "add_budget": ("duixian budgets add {unit} {year} YUAN --document DOCUMENT{own}",),
}
_RETURNED = "duixian benefits returned {benefit} --proof PROOF"
_WAIVE = _ACT + "waive --check {check} --reason-code CODE --reason REASON --paper PAPER"
_SET = "duixian parameters set {name} VALUE --citation CITATION --policy {policy}"


def quote(text: str) -> str:
    """A word as a shell takes it; Chinese names need no quotes."""
    import shlex

    return text if re.fullmatch(r"[\w:./@%+=,-]+", text) else shlex.quote(text)


def commands(store: Store, tasks: Iterable[Any], login: str | None) -> dict[str, list[str]]:
    """The commands of each task, by the case's number; a batch that is to be checked or released is shown first."""
    listed = list(tasks)
    who = f" --as {quote(login)}" if login else ""
    with store.read() as work:
        known = _known(work, listed)
    return {task.case.number: [line + who for line in _lines(task, known[task.case.number])] for task in listed}


def _lines(task: Any, given: Mapping[str, Any]) -> list[str]:
    found = []
    if {"check_batch", "reject_batch", "release"} & set(task.actions):
        found.append(f"duixian payments show {given['batch']}")
    if task.confirms is not None:
        found.append(task.confirms.command)
    for action in task.actions:
        if task.confirms is not None and action == task.confirms.action:
            continue
        if action == "waive":
            found += [_WAIVE.format(**given, check=check) for check in given["checks"]]
        elif action == "set_returned":
            found += [_RETURNED.format(benefit=benefit) for benefit in given["returns"]]
        elif action == "set_parameter":
            found += [_SET.format(name=name, policy=task.case.policy) for name in given["missing"]]
        else:
            third = (action, task.case.next_duty) == ("check_batch", "head")
            spelt = _SPELT.get("approve_batch" if third else action, (_ACT + action,))
            found += [sentence.format(**given) for sentence in spelt]
    return list(dict.fromkeys(found))


def _known(work: UnitOfWork, tasks: Sequence[Any]) -> dict[str, dict[str, Any]]:
    """By case what its commands name: batch, fund, the open milestone, comparison and objection, what is still asked for."""
    batches, funds = _batches(work, tasks), _funds(work, tasks)
    first = {name: _first(work, tasks, name) for name in ("milestone", "comparison", "objection")}
    stated = _claims(work, tasks)
    found = {}
    for task in tasks:
        number, identity = task.case.number, task.case.id
        item = _item(work, task)
        found[number] = {
            "case": number,
            "batch": batches.get(number, "BATCH"),
            "fund": quote(funds.get(number, "UNIT:YEAR")),
            "unit": quote(task.case.next_unit or "UNIT"),
            "year": work.today.year,
            "own": _own(work, task) if "add_budget" in task.actions else "",
            "claim": "" if _whole(item, stated.get(identity)) else " --claim FILE",
            "facts": _facts(item, stated.get(identity, {})) if "certify" in task.actions else "",
            "result": " --result RESULT" if item is not None and item.results else "",
            "checks": _checks(work, task, item) if "waive" in task.actions else (),
            "returns": _returns(work, task) if "set_returned" in task.actions else (),
            "missing": _parameters(task, item) if "set_parameter" in task.actions else (),
            **{name: given.get(identity, name.upper()) for name, given in first.items()},
        }
    return found


def _own(work: UnitOfWork, task: Any) -> str:
    """Names the policy's own fund where that is the one the case waits for."""
    from casework.funds.fund_lookup import fund_of

    fund = fund_of(work, task.case.next_unit or "", work.today.year, task.case.policy)
    return f" --policy {fund.key.policy}" if fund is not None and fund.key.policy else ""


def _item(work: UnitOfWork, task: Any) -> Any:
    """The item in the version that binds the case; None where that policy is installed no more."""
    from casework.shared.errors import Refused
    from casework.shared.reference import policy_of

    try:
        return policy_of(task.case.policy).item_as(task.case.item, task.case.rule_version, work.today)
    except (LookupError, Refused):
        return None


def _claims(work: UnitOfWork, tasks: Sequence[Any]) -> dict[Any, dict[str, Any]]:
    from casework.forms.facts_as_claimed import claims

    asking = [task.case.id for task in tasks if {"file", "certify"} & set(task.actions)]
    return {case: stated for case, (_, stated) in claims(work, asking).items()} if asking else {}


def _whole(item: Any, stated: Mapping[str, Any] | None) -> bool:
    """Whether there is a claim that lacks nothing."""
    from casework.forms import typed_forms

    return stated is not None and (item is None or not typed_forms.missing(item, stated))


def _facts(item: Any, stated: Mapping[str, Any]) -> str:
    """What the unit must say beyond the claim, a `--fact` each."""
    from casework.forms.facts_as_claimed import facts_as_claimed
    from casework.forms.form_fields import plan

    if item is None:
        return ""
    taken = facts_as_claimed(item, stated)
    return "".join(
        f" --fact {field.name}=VALUE" for field in plan(item.facts) if field.required and field.name not in taken
    )


def _checks(work: UnitOfWork, task: Any, item: Any) -> tuple[str, ...]:
    """The conditions that stop the case and that somebody may override, as the check list has them last."""
    from casework.conditions.condition_wordings import checks

    may = (
        {condition.id for condition in item.conditions if condition.hard and condition.override}
        if item is not None
        else set()
    )
    said = checks(work, task.case.id)
    return tuple(
        said_check["check"]
        for said_check in said
        if said_check["check"] in may and not said_check["waived"] and said_check["result"] != "ok"
    )


def _returns(work: UnitOfWork, task: Any) -> tuple[str, ...]:
    """The benefits that have to be given back first, as the case's problem names them."""
    from sqlalchemy import select
    from sqlmodel import col

    from casework.stacking.stacking_basis import outside_name
    from models import BenefitRecord, Comparison

    columns = (
        BenefitRecord.id,
        BenefitRecord.source,
        BenefitRecord.reference,
        BenefitRecord.subject,
        BenefitRecord.basis,
    )
    query = (
        select(*(col(name) for name in columns))
        .join(Comparison, col(Comparison.benefit_id) == col(BenefitRecord.id))
        .where(col(Comparison.case_id) == task.case.id, col(BenefitRecord.returned).is_(False))
    )
    named = {str(row.id) for row in work.execute(query) if outside_name(row) in task.case.problem}
    return tuple(sorted(named)) or ("BENEFIT",)


def _parameters(task: Any, item: Any) -> tuple[str, ...]:
    """The parameters that the case waits for, as its problem names them."""
    if item is None:
        return ("NAME",)
    from policies.applicants import APPLICANT

    words = task.case.problem.replace("、", " ").replace("（", " ").split()
    known = {parameter.id for parameter in (*item.parameters, *APPLICANT)}
    return tuple(dict.fromkeys(word for word in words if word in known)) or ("NAME",)


def _first(work: UnitOfWork, tasks: Sequence[Any], kind: str) -> dict[Any, int]:
    """By case the number of its first open milestone, comparison or objection."""
    from sqlalchemy import select
    from sqlmodel import col

    from models import Comparison, MilestoneRecord, Objection

    number, still_open, case = {
        "milestone": (
            MilestoneRecord.position,
            col(MilestoneRecord.state).in_(["planned", "in_progress"]),
            MilestoneRecord.case_id,
        ),
        "comparison": (Comparison.sequence, col(Comparison.verdict) == "open", Comparison.case_id),
        "objection": (Objection.position, col(Objection.outcome) == "open", Objection.case_id),
    }[kind]
    actions = {"milestone": "report", "comparison": "compare", "objection": "answer"}
    asking = [task.case.id for task in tasks if actions[kind] in task.actions]
    if not asking:
        return {}
    query: Any = select(col(case).label("of_case"), col(number).label("number")).where(
        still_open, col(case).in_(asking)
    )
    found: dict[Any, int] = {}
    for row in work.execute(query.order_by(col(number))):
        found.setdefault(row.of_case, row.number)
    return found


def _batches(work: UnitOfWork, tasks: Sequence[Any]) -> dict[str, str]:
    """The batch that is under way for each case."""
    from sqlalchemy import select
    from sqlmodel import col

    from models import Case, PaymentBatch, PaymentOrder

    query: Any = (
        select(col(Case.number), col(PaymentBatch.number).label("batch"))
        .join(PaymentOrder, col(PaymentOrder.case_id) == col(Case.id))
        .join(PaymentBatch, col(PaymentBatch.id) == col(PaymentOrder.batch_id))
        .where(col(Case.number).in_([task.case.number for task in tasks]), col(PaymentOrder.state) != "cancelled")
        .order_by(col(PaymentOrder.attempt))
    )
    return {row.number: row.batch for row in work.execute(query)}


def _funds(work: UnitOfWork, tasks: Sequence[Any]) -> dict[str, str]:
    """The fund of each case with an entitlement in force, as `--fund` takes it."""
    from sqlalchemy import select
    from sqlmodel import col

    from casework.shared.fund_key import FundKey
    from models import Case, Entitlement, Fund

    query: Any = (
        select(col(Case.number), col(Fund.unit), col(Fund.year), col(Fund.policy))
        .join(Entitlement, col(Entitlement.case_id) == col(Case.id))
        .join(Fund, col(Fund.id) == col(Entitlement.fund_id))
        .where(col(Case.number).in_([task.case.number for task in tasks]), col(Entitlement.ended).is_(False))
    )
    return {number: FundKey(*key).text for number, *key in work.execute(query)}
