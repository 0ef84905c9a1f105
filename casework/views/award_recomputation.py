"""One award computed again in place from what was stored with it: the same to the fen, or where it differs. Writes nothing."""

from dataclasses import dataclass
from json import loads
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.lifecycle.read_access import Reader, refuse_case
from casework.shared.reference import policy_of
from casework.views.case_lists import find_case
from models import AwardRecord, Snapshot
from models.sealing import Anonymised
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash
from models.verification.award_invariants import award_again, facts_forms


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """What came of it. `again_fen` is None where the rule gives no amount or cannot be asked; `says` is why, in two languages."""

    sequence: int
    stored_fen: int
    again_fen: int | None
    clause: str
    rule_version: str
    stored_digest: str
    digest: str  # of the rule as installed; "" where that version is not here
    unaltered: bool  # inputs and trace still have their hash
    says: tuple[str, str]

    @property
    def same(self) -> bool:
        """Whether everything is as it was stored."""
        return self.unaltered and self.again_fen == self.stored_fen and self.digest == self.stored_digest


def recomputed(store: Store, number: str, sequence: int, reader: Reader) -> Recomputed | None:
    """The award of that number, computed again by its rule; None where the case has no such award."""
    with store.read() as work:
        case = find_case(work, number)
        refuse_case(store, work, case, reader)
        row: Any = work.execute(
            select(AwardRecord.__table__).where(  # type: ignore[attr-defined]
                col(AwardRecord.case_id) == case.id, col(AwardRecord.sequence) == sequence
            )
        ).first()
        if row is None:
            return None
        if isinstance(row.inputs, Anonymised):
            gone = (
                "申报人已匿名，依据已不可读，不能重算",
                "the applicant was anonymised: what it rests on cannot be read",
            )
            return _answer(row, None, "", "", True, gone)
        unaltered = content_hash(row.inputs + row.trace) == row.hash
        try:
            item = _rule(case.policy, case.item, row)
        except LookupError as gap:
            return _answer(row, None, "", "", unaltered, (f"规则版本不在本机：{gap}", f"the rule is not here: {gap}"))
        inputs = loads(row.inputs)
        content = _facts(work, case.id, inputs.get("facts", ""))
        if content is None:
            no = ("核算所依据的认定事实已不在库中", "the facts that it was computed from are not there")
            return _answer(row, None, item.clause, item.digest, unaltered, no)
        return _again(row, item, facts_forms(item, policy_of(case.policy).versions_of(case.item)), content, unaltered)


def _rule(policy: str, name: str, row: Any) -> Any:
    law = policy_of(policy)
    named = row.rule_version or next(
        (item.version for item in law.versions_of(name) if item.digest == row.rule_digest), ""
    )
    return law.bound_item(name, named, row.rule_digest)


def _facts(work: UnitOfWork, case: UUID, digest: str) -> str | None:
    mine = select(col(Snapshot.content)).where(
        col(Snapshot.case_id) == case, col(Snapshot.kind) == "facts", col(Snapshot.hash) == digest
    )
    found = work.execute(mine.limit(1)).scalar()
    return found if isinstance(found, str) else None


def _again(row: Any, item: Any, forms: tuple[type, ...], content: str, unaltered: bool) -> Recomputed:
    try:
        award = award_again(item, forms, loads(row.inputs), content)
    except (ValueError, TypeError, KeyError) as error:
        no = (f"不能重算：{error}", f"it cannot be computed again: {error}")
        return _answer(row, None, item.clause, item.digest, unaltered, no)
    if award.missing or award.refused:
        return _answer(row, None, award.clause, item.digest, unaltered, (award.text, award.text))
    amount = int(award.amount or 0)
    says = (
        ("与存储的金额一致，分毫不差", "the same as stored, to the fen")
        if amount == row.gross_fen
        else ("与存储的金额不一致", "not the amount that is stored")
    )
    return _answer(row, amount, award.clause, item.digest, unaltered, says)


def _answer(
    row: Any, again: int | None, clause: str, digest: str, unaltered: bool, says: tuple[str, str]
) -> Recomputed:
    return Recomputed(
        sequence=row.sequence,
        stored_fen=row.gross_fen,
        again_fen=again,
        clause=clause,
        rule_version=row.rule_version,
        stored_digest=row.rule_digest,
        digest=digest,
        unaltered=unaltered,
        says=says,
    )
