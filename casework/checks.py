"""The automatic checks of a filed case: what the registers say of the applicant, beside what the item asks for.

A check answers ok, fail or no_data with a sentence for the acceptor; none of them decides anything by itself.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col
from stdnum.cn import uscc

from casework.cases import CaseView
from casework.desk import snapshot
from casework.procedure import Procedure
from casework.reference import Reference, in_force
from models import Evidence, Party, PartyAccount, PartyKind
from models.work import Work
from policies.applicants import EXCLUSIONS, REGISTRATION, SECTORS
from policies.forms import Text
from policies.measures import Chain, Item

CODED = frozenset({PartyKind.ENTERPRISE, PartyKind.ASSOCIATION, PartyKind.INSTITUTION})
_PARTIES: Select[Any] = select(
    col(Party.id), col(Party.code), col(Party.sector), col(PartyAccount.status).label("account")
).join(
    PartyAccount,
    (col(PartyAccount.party_id) == col(Party.id)) & (col(PartyAccount.status) != "replaced"),
    isouter=True,
)
_SLOTS = select(col(Evidence.case_id), col(Evidence.slot)).distinct()


class Result(StrEnum):
    """What a check found."""

    OK = "ok"
    FAIL = "fail"
    NO_DATA = "no_data"


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """One check: its id, what it found, and why in two languages."""

    id: str
    result: Result
    words: Text

    @property
    def text(self) -> str:
        """The Chinese wording."""
        return self.words.zh


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """Everything that the checks look at. `values`: parsed parameters that are in force, by id."""

    item: Item
    kind: str
    code: str
    town: str | None
    sector: str
    account: str | None  # status of the account in use, None where there is none
    slots: frozenset[str] = frozenset()
    values: Mapping[str, Any] = field(default_factory=dict)
    claim: Mapping[str, Any] = field(default_factory=dict)  # read where the claim says which papers are uploaded at all


def check(
    work: Work, reference: Reference, way_of: Callable[[CaseView], Procedure], cases: Sequence[CaseView]
) -> dict[UUID, tuple[CheckResult, ...]]:
    """The checks of stored cases, by the case's id."""
    parties = {p.id: p for p in work.execute(_PARTIES.where(col(Party.id).in_({case.party_id for case in cases})))}
    slots: dict[UUID, set[str]] = {case.id: set() for case in cases}
    for identity, slot in work.execute(_SLOTS.where(col(Evidence.case_id).in_(slots))):
        slots[identity].add(slot)
    found = {}
    for case in cases:
        way, party = way_of(case), parties[case.party_id]
        facts = CaseFacts(
            item=way.item,
            kind=case.party_kind,
            code=party.code,
            town=case.town,
            sector=party.sector,
            account=party.account,
            slots=frozenset(slots[case.id]),
            values=_values(reference, way.policy.code, work.today),
            claim=snapshot(work, case, "claim") or {} if any(one.off_line_where for one in way.item.evidence) else {},
        )
        found[case.id] = results(facts)
    return found


def results(facts: CaseFacts) -> tuple[CheckResult, ...]:
    """Every check that the item and the parameters in force ask for, in the order in which they are read."""
    found = [_applicant(facts), _code(facts), _registration(facts), _sector(facts), _exclusion(facts)]
    found += [_account(facts), _papers(facts), *_offline(facts)]
    return tuple(one for one in found if one is not None)


@lru_cache(maxsize=256)
def _values(reference: Reference, policy: str, today: date) -> Mapping[str, Any]:
    stored = in_force(reference, policy, today)
    return {one.id: one.parse(stored[one.id].value) for one in (SECTORS, REGISTRATION, EXCLUSIONS) if one.id in stored}


def _ok(id: str, zh: str, en: str) -> CheckResult:
    return CheckResult(id=id, result=Result.OK, words=Text(zh, en))


def _fail(id: str, zh: str, en: str) -> CheckResult:
    return CheckResult(id=id, result=Result.FAIL, words=Text(zh, en))


def _no_data(id: str, zh: str, en: str) -> CheckResult:
    return CheckResult(id=id, result=Result.NO_DATA, words=Text(zh, en))


def _applicant(facts: CaseFacts) -> CheckResult:
    if facts.kind in facts.item.applicants:
        return _ok("applicant", "申报主体类别符合", "this kind of applicant may apply")
    among = "、".join(kind.zh for kind in facts.item.applicants)
    names = ", ".join(kind.en for kind in facts.item.applicants)
    return _fail("applicant", f"申报主体类别不符：本事项由{among}申报", f"only for: {names}")


def _code(facts: CaseFacts) -> CheckResult | None:
    if facts.kind not in CODED:
        return None
    if uscc.is_valid(facts.code):
        return _ok("code", "统一社会信用代码有效", "the credit code is valid")
    return _fail("code", f"统一社会信用代码 {facts.code} 无效，请核对登记证", "the credit code is wrong")


def _registration(facts: CaseFacts) -> CheckResult | None:
    if facts.item.id not in facts.values.get(REGISTRATION.id, ()):
        return None
    if facts.town:
        return _ok("registration", f"登记于{facts.town}", f"registered in {facts.town}")
    return _no_data("registration", "未登记所属镇（街道），请核对注册地", "no town entered: check the registration")


def _sector(facts: CaseFacts) -> CheckResult | None:
    wanted = facts.values.get(SECTORS.id, {}).get(facts.item.id)
    if wanted is None or facts.kind != PartyKind.ENTERPRISE:
        return None
    if not facts.sector:
        return _no_data("sector", "企业行业未登记，请核对营业执照", "no sector entered: check the licence")
    if facts.sector in wanted:
        return _ok("sector", f"行业“{facts.sector}”符合", "the sector is among those supported")
    return _fail("sector", f"行业“{facts.sector}”不在适用行业内：{'、'.join(wanted)}", "the sector is not supported")


def _exclusion(facts: CaseFacts) -> CheckResult | None:
    listed = facts.values.get(EXCLUSIONS.id)
    if listed is None:
        return None
    if reason := listed.get(facts.code):
        return _fail("exclusion", f"列入不予支持名单：{reason}", "on the exclusion list")
    return _ok("exclusion", "未列入不予支持名单", "not on the exclusion list")


def _account(facts: CaseFacts) -> CheckResult | None:
    if facts.item.chain is not Chain.CASH_GRANT:
        return None
    if facts.account is None:
        return _fail("account", "未登记收款账户，请申报人补充", "no payee account: ask the applicant for one")
    if facts.account == "verified":
        return _ok("account", "收款账户已核验", "the payee account is verified")
    return _no_data("account", "收款账户待第二人核验", "the payee account waits for verification")


def _papers(facts: CaseFacts) -> CheckResult | None:
    wanted = [slot for slot in facts.item.slots(facts.claim) if slot.required and slot.upload]
    if not wanted:
        return None
    missing = [slot for slot in wanted if slot.id not in facts.slots]
    if not missing:
        return _ok("papers", "必交材料齐全", "all required papers are there")
    zh = "、".join(slot.title.zh for slot in missing)
    return _fail("papers", f"缺少材料：{zh}", f"missing: {', '.join(slot.title.en for slot in missing)}")


def _offline(facts: CaseFacts) -> list[CheckResult]:
    return [
        _no_data(f"paper:{slot.id}", f"“{slot.title.zh}”须线下核验并记录", f"check {slot.title.en} off line")
        for slot in facts.item.evidence
        if slot.required and not slot.upload
    ]
