"""The checks of a case: what registers, papers, parameters, claim and facts say beside what the item asks for.

A check answers ok, fail or no_data in words, with the hash of what it looked at. What follows from an answer (whether an
act is stopped) is `casework.conditions.condition_gates`' business; which checks an item has is said in `policies.conditions`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlmodel import col

from casework.conditions.check_inputs import CheckInputs, gather, without_case
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.findings import CheckResult, Result
from casework.lifecycle.procedure import Procedure
from casework.shared.reference import Reference, in_force
from models import Party, PartyAccount, PartyKind
from models.columns import canonical_json
from models.unit_of_work import UnitOfWork, content_hash
from policies.applicants import EXCLUSIONS, REGISTRATION, SECTORS
from policies.conditions import PAPER, Gate
from policies.forms import Text
from policies.measures import Chain, Item, Slot

CODED = frozenset({PartyKind.ENTERPRISE, PartyKind.ASSOCIATION, PartyKind.INSTITUTION})
_PARTIES: Select[Any] = (
    select(
        col(Party.id),
        col(Party.kind),
        col(Party.code),
        col(Party.town),
        col(Party.sector),
        col(PartyAccount.status).label("account"),
    )
    .join(
        PartyAccount,
        (col(PartyAccount.party_id) == col(Party.id)) & (col(PartyAccount.status) != "replaced"),
        isouter=True,
    )
    .where(col(Party.id).in_(bindparam("parties", expanding=True)))
)
_CODE_LENGTH, _CODE_CHARACTERS = 18, frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")


@dataclass(frozen=True, kw_only=True)
class OffLine:
    """What somebody found of a paper that is never uploaded."""

    found: str
    note: str
    by: UUID
    outdated: bool = False  # the claim was stated otherwise since


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """Everything that the checks look at. `values`: parsed parameters that are in force, by id.

    `required`: the slots that must be filled (None: as the item marks them); `event`: the date that must lie in the term
    and its label; `earlier`: why the subject counts as supported already, "" where it was compared and is not.
    """

    item: Item
    kind: str
    code: str
    town: str | None
    sector: str
    account: str | None  # status of the account in use, None where there is none
    slots: frozenset[str] = frozenset()
    values: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[Slot, ...] | None = None
    offline: Mapping[str, OffLine] = field(default_factory=dict)
    inside: bool | None = None  # the window; None: not filed yet
    event: tuple[date | None, Text] | None = None
    earlier: str | None = None
    lacks: tuple[str, ...] = ()  # unset parameters on which the comparison with earlier awards turns
    claim: Mapping[str, Any] = field(default_factory=dict)  # read where the claim says which papers are uploaded at all
    compared: bool = False  # the award itself was computed beside earlier ones
    others: tuple[str, ...] = ()


def check(
    work: UnitOfWork,
    reference: Reference,
    procedure_for: Callable[[CaseView], Procedure],
    cases: Sequence[CaseView],
    stated: Mapping[UUID, Any] | None = None,
    claims: Mapping[UUID, Mapping[str, Any]] | None = None,
) -> dict[UUID, tuple[CheckResult, ...]]:
    """The checks of stored cases, by the case's id; `stated` are the facts that an act certifies just now, `claims` what
    one files just now."""
    asked = {"parties": list({case.party_id for case in cases})}
    parties = {party.id: party for party in work.execute(_PARTIES, asked)}
    procedures = {case.id: procedure_for(case) for case in cases}
    looked = gather(work, reference, procedures, cases, stated or {}, claims or {})
    found = {}
    for case in cases:
        procedure, seen = procedures[case.id], looked[case.id]
        party = parties[case.party_id]
        values = _values(reference, procedure.policy.code, work.today)
        found[case.id] = results(_facts(procedure, party, seen, values))
    return found


def check_without_case(
    work: UnitOfWork, reference: Reference, procedures: Sequence[Procedure], party: UUID
) -> list[tuple[CheckResult, ...]]:
    """The same checks for an applicant that has no case of these items yet, item by item."""
    applicant = next(row for row in work.execute(_PARTIES, {"parties": [party]}))
    return [
        results(
            _facts(
                procedure,
                applicant,
                without_case(reference, procedure),
                _values(reference, procedure.policy.code, work.today),
            )
        )
        for procedure in procedures
    ]


def _facts(procedure: Procedure, party: Any, seen: CheckInputs, values: Mapping[str, Any]) -> CaseFacts:
    offline = {
        slot: OffLine(found=paper.found, note=paper.note, by=paper.checked_by, outdated=slot in seen.outdated)
        for slot, paper in seen.offline.items()
    }
    return CaseFacts(
        item=procedure.item,
        kind=party.kind,
        code=party.code,
        town=party.town,
        sector=party.sector,
        account=party.account,
        slots=frozenset(seen.slots),
        values=values,
        required=seen.required,
        offline=offline,
        inside=seen.inside,
        event=seen.event,
        claim=seen.claim,
        earlier=seen.earlier,
        lacks=seen.lacks,
        compared=seen.compared,
        others=seen.others,
    )


def results(facts: CaseFacts) -> tuple[CheckResult, ...]:
    """Every check that the item and the parameters in force ask for, in the order in which they are read."""
    found = [_applicant(facts), _window(facts), _code(facts), _registration(facts), _sector(facts), _exclusion(facts)]
    found += [_event(facts), _subject(facts), _twice(facts), _account(facts), *_papers(facts)]
    return tuple(result for result in found if result is not None)


@lru_cache(maxsize=256)
def _values(reference: Reference, policy: str, today: date) -> Mapping[str, Any]:
    stored = in_force(reference, policy, today)
    return {
        definition.id: definition.parse(stored[definition.id].value)
        for definition in (SECTORS, REGISTRATION, EXCLUSIONS)
        if definition.id in stored
    }


def _found(result: Result, id: str, zh: str, en: str, looked_at: tuple[Any, ...]) -> CheckResult:
    data = content_hash(canonical_json([id, result, *looked_at]))
    return CheckResult(id=id, result=result, words=Text(zh, en), data=data)


def _ok(id: str, zh: str, en: str, *looked_at: Any) -> CheckResult:
    return _found(Result.OK, id, zh, en, looked_at)


def _fail(id: str, zh: str, en: str, *looked_at: Any) -> CheckResult:
    return _found(Result.FAIL, id, zh, en, looked_at)


def _no_data(id: str, zh: str, en: str, *looked_at: Any) -> CheckResult:
    return _found(Result.NO_DATA, id, zh, en, looked_at)


def _applicant(facts: CaseFacts) -> CheckResult:
    if facts.kind in facts.item.applicants:
        return _ok("applicant", "申报主体类别符合", "this kind of applicant may apply", facts.kind)
    among = "、".join(kind.zh for kind in facts.item.applicants)
    names = ", ".join(kind.en for kind in facts.item.applicants)
    return _fail("applicant", f"申报主体类别不符：本事项由{among}申报", f"only for: {names}", facts.kind)


def _window(facts: CaseFacts) -> CheckResult | None:
    if facts.inside is None:
        return None
    if facts.inside:
        return _ok("window", "在申报期内提交", "filed inside the window")
    return _fail("window", "提交时不在申报期内", "filed outside the window")


def _code(facts: CaseFacts) -> CheckResult | None:
    if facts.kind not in CODED:
        return None
    if _shaped(facts.code):
        return _ok("code", "统一社会信用代码有效", "the credit code is valid", facts.code)
    zh = f"统一社会信用代码 {facts.code} 无效，请核对登记证"
    return _fail("code", zh, "the credit code is wrong", facts.code)


def _shaped(code: str) -> bool:
    """What a registered code is: its check character fits, or two officers saw that the certificate has it so."""
    return len(code) == _CODE_LENGTH and all(char in _CODE_CHARACTERS for char in code)


def _registration(facts: CaseFacts) -> CheckResult | None:
    if facts.item.id not in facts.values.get(REGISTRATION.id, ()):
        return None
    if facts.town:
        return _ok("registration", f"登记于{facts.town}", f"registered in {facts.town}", facts.town)
    return _no_data("registration", "未登记所属镇（街道），请核对注册地", "no town entered: check the registration")


def _sector(facts: CaseFacts) -> CheckResult | None:
    wanted = facts.values.get(SECTORS.id, {}).get(facts.item.id)
    if wanted is None or facts.kind != PartyKind.ENTERPRISE:
        return None
    if not facts.sector:
        return _no_data(
            "sector", "企业行业未登记，请核对营业执照", "no sector entered: check the licence", list(wanted)
        )
    if facts.sector in wanted:
        return _ok("sector", f"行业“{facts.sector}”符合", "the sector is among those supported", facts.sector)
    zh = f"行业“{facts.sector}”不在适用行业内：{'、'.join(wanted)}"
    return _fail("sector", zh, "the sector is not supported", facts.sector, list(wanted))


def _exclusion(facts: CaseFacts) -> CheckResult | None:
    listed = facts.values.get(EXCLUSIONS.id)
    if listed is None:
        return None
    wanted = facts.code.strip().upper()
    reason = next((why for code, why in listed.items() if code.strip().upper() == wanted), None)
    if reason is not None:
        return _fail("exclusion", f"列入不予支持名单：{reason}", f"on the exclusion list: {reason}", wanted, reason)
    return _ok("exclusion", "未列入不予支持名单", "not on the exclusion list", wanted)


def _event(facts: CaseFacts) -> CheckResult | None:
    if facts.event is None or facts.item.term is None:
        return None
    day, name = facts.event
    term = facts.item.term
    if day is None:
        return replace(_no_data("event", f"{name.zh}待认定", f"{name.en}: not certified yet"), office=True)
    span = f"{term.opens} 至 {term.closes}"
    if term.opens <= day <= term.closes:
        return _ok("event", f"{name.zh} {day} 在 {span} 之内", f"{name.en} {day} lies in the term", str(day))
    return _fail("event", f"{name.zh} {day} 不在 {span} 之内", f"{name.en} {day} lies outside the term", str(day))


def _subject(facts: CaseFacts) -> CheckResult | None:
    if not facts.item.pays:
        return None
    if facts.compared:
        return _ok("subject", "核算时已与此前支持比对", "compared with earlier awards when it was computed", "computed")
    if facts.lacks:
        zh = f"与此前支持的比对取决于尚未设定的参数：{'、'.join(facts.lacks)}；设定后核算时比对"
        en = f"how earlier awards count turns on {', '.join(facts.lacks)}, unset as yet: compared when it is computed"
        return replace(_no_data("subject", zh, en, list(facts.lacks)), needed=Gate.DECIDE)
    if facts.earlier is None:
        return _no_data("subject", "认定时与此前支持比对", "compared with earlier awards at certification")
    if facts.earlier:
        return _fail(
            "subject", f"同一事项已享受支持：{facts.earlier}", "the subject was supported already", facts.earlier
        )
    return _ok("subject", "同一事项未曾享受支持", "the subject was not supported before", "compared")


def _twice(facts: CaseFacts) -> CheckResult | None:
    if not facts.others:
        return None
    named = "、".join(facts.others)
    zh = f"同一申报主体就同一事项另有在办案件：{named}"
    return _fail("twice", zh, f"the same applicant has open cases on the same subject: {named}", list(facts.others))


def _account(facts: CaseFacts) -> CheckResult | None:
    if facts.item.chain is not Chain.CASH_GRANT:
        return None
    if facts.account is None:
        return _no_data("account", "未登记收款账户，请申报人补充", "no payee account: ask the applicant for one", "")
    if facts.account == "verified":
        return _ok("account", "收款账户已核验", "the payee account is verified", facts.account)
    zh = "收款账户待第二人核验"
    return replace(_no_data("account", zh, "the payee account waits for verification", facts.account), office=True)


def _papers(facts: CaseFacts) -> list[CheckResult]:
    """What is required, each in its way; and a paper that nobody requires, but somebody looked at and found wrong."""
    slots = facts.item.slots(facts.claim)
    required = facts.required if facts.required is not None else tuple(slot for slot in slots if slot.required)
    wanted = {slot.id for slot in required}
    asked = [slot for slot in slots if slot.id in wanted or slot.id in facts.offline]
    return [_paper(facts, slot) if slot.upload else _offline(facts, slot) for slot in asked]


def _paper(facts: CaseFacts, slot: Slot) -> CheckResult:
    if slot.id in facts.slots:
        return _ok(PAPER + slot.id, f"已有“{slot.title.zh}”", f"{slot.title.en} is there")
    return _no_data(PAPER + slot.id, f"缺少材料：{slot.title.zh}", f"missing: {slot.title.en}")


def _offline(facts: CaseFacts, slot: Slot) -> CheckResult:
    id, offline = PAPER + slot.id, facts.offline.get(slot.id)
    if offline is None:
        return _no_data(id, f"“{slot.title.zh}”须线下核验并记录", f"check {slot.title.en} off line")
    if offline.outdated and offline.found == "ok":  # what was found wrong stays so until somebody looks again
        zh = f"“{slot.title.zh}”核验后申报内容已变更，须重新线下核验"
        return _no_data(id, zh, f"the claim was changed since {slot.title.en} was checked off line", offline.note)
    say = _ok if offline.found == "ok" else _fail
    zh = f"“{slot.title.zh}”线下核验{'通过' if offline.found == 'ok' else '不符'}：{offline.note}"
    found = say(
        id, zh, f"{slot.title.en} checked off line: {offline.found}, {offline.note}", offline.found, offline.note
    )
    return replace(found, person=offline.by)
