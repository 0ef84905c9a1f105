"""Who is paid: the applicant's verified account, frozen on the order, and the checks that stop the wrong or double payee."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from casework.payments import export_document
from casework.shared.errors import Refused
from casework.shared.text_normalization import bare, same_name
from models import PartyAccount
from models.sealing import MARK
from models.unit_of_work import UnitOfWork


class PayeeAccount(NamedTuple):
    """A version of a party's account."""

    id: UUID
    party_id: UUID
    holder: str
    bank: str
    number: str
    clearing_code: str
    usable_from: datetime | None


@dataclass(frozen=True, kw_only=True)
class PayeeCandidate:
    """One payment that might be made: to whom, how much, and on which account."""

    case: str
    party: UUID
    name: str
    fen: int
    account: PayeeAccount | None


def verified(work: UnitOfWork, parties: Sequence[UUID]) -> dict[UUID, PayeeAccount]:
    """The verified account of each party, usable yet or not."""
    columns = [getattr(PartyAccount, name) for name in PayeeAccount._fields]
    query = select(*columns).where(col(PartyAccount.party_id).in_(parties), col(PartyAccount.status) == "verified")
    return {row.party_id: PayeeAccount._make(row) for row in work.execute(query)}


def usable(candidate: PayeeCandidate, now: datetime) -> PayeeAccount:
    """The candidate's account, if it may be paid to; Refused with the way out otherwise."""
    account = candidate.account
    if account is None:
        raise Refused(
            "no_account", "申报人没有已核验的收款账户，请先登记并由第二人核验", "no verified account: enter one"
        )
    if account.usable_from is None or account.usable_from > now:
        raise Refused("account_waits", "收款账户尚在变更等待期内", "the account is still in its waiting time")
    export_document.payee(account.holder, account.bank, account.number, account.clearing_code)
    return account


def doubts(work: UnitOfWork, candidates: Sequence[PayeeCandidate]) -> dict[str, Refused]:
    """What looks like a wrong or double payee, by case: only a confirmation with a reason lets it through."""
    found: dict[str, Refused] = {}
    shared = _shared(work, candidates)
    twice = Counter((candidate.party, candidate.fen) for candidate in candidates)
    for candidate in candidates:
        if candidate.account is None:
            continue
        if not same_name(candidate.account.holder, candidate.name):
            found[candidate.case] = Refused(
                "payee_differs", "收款账户户名与申报人名称不一致", "the account is in another name"
            )
        elif shared.get(bare(candidate.account.number), set()) - {candidate.party}:
            found[candidate.case] = Refused(
                "shared_account", "同一账号登记在另一申报人名下", "another applicant has this account"
            )
        elif twice[candidate.party, candidate.fen] > 1:
            found[candidate.case] = Refused(
                "same_twice", "本批次中同一收款人有两笔相同金额", "the same payee and sum twice here"
            )
    return found


# A natural person's number is sealed, so that the database cannot compare it: those are opened and compared here.
_SEALED = select(col(PartyAccount.number), col(PartyAccount.party_id)).where(
    col(PartyAccount.status) == "verified", col(PartyAccount.number).startswith(MARK)
)


def _shared(work: UnitOfWork, candidates: Sequence[PayeeCandidate]) -> Mapping[str, set[UUID]]:
    """Bare account numbers of the candidates → all parties that have the number verified."""
    numbers = {bare(candidate.account.number) for candidate in candidates if candidate.account is not None}
    plain = func.replace(func.replace(PartyAccount.number, " ", ""), "-", "")
    query = select(plain, col(PartyAccount.party_id)).where(plain.in_(numbers), col(PartyAccount.status) == "verified")
    owners: dict[str, set[UUID]] = {}
    for number, party in work.execute(query):
        owners.setdefault(number, set()).add(party)
    for row in work.execute(_SEALED):
        if (number := bare(row.number)) in numbers:
            owners.setdefault(number, set()).add(row.party_id)
    return owners
