"""Two people where two are asked for in the registers, and nobody on both sides; nobody stands in for the other either.

Acts on cases that take two people are looked at where they stand: in the invariants of people (batches), cases, rules and gates.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, or_, select
from sqlmodel import col

from models.anonymisations import Anonymisation
from models.audit import AuditEntry
from models.parameter_values import ParameterValue
from models.parties import PartyAccount
from models.people import Delegation, Duty, Grant, Person
from models.statements import Prepared
from models.verification.chain_order import newest_places
from models.verification.invariant import Check, FoundAct, VerifiedScope

# What the registers write of acts on parties; the registers in casework spell the same words.
PROPOSED, CONFIRMED = "parties.change", "parties.change.confirm"
_KEEPERS = (Duty.CLERK, Duty.ACCEPTOR, Duty.ADMINISTRATOR)

_PEOPLE = Prepared(select(col(Person.id), col(Person.natural_key), col(Person.login)))
_LENT = Prepared(
    select(
        col(Delegation.to_person), col(Delegation.from_person), col(Delegation.duty), col(Delegation.valid_from),
        col(Delegation.valid_to),
    )
)  # fmt: skip
_OWN = Prepared(select(col(Grant.person_id), col(Grant.duty), col(Grant.valid_from), col(Grant.valid_to)))
_VALUES = Prepared(
    select(
        col(ParameterValue.parameter), col(ParameterValue.set_by), col(ParameterValue.set_at),
        col(ParameterValue.confirmed_by), col(ParameterValue.confirmed_at), col(ParameterValue.id),
    ).where(col(ParameterValue.confirmed_by).is_not(None))
)  # fmt: skip
ACCOUNTS = Prepared(
    select(
        col(PartyAccount.id), col(PartyAccount.entered_by), col(PartyAccount.entered_at),
        col(PartyAccount.verified_by), col(PartyAccount.usable_from), col(PartyAccount.party_id),
        col(PartyAccount.status),
    )
)  # fmt: skip
_ERASURES = Prepared(
    select(
        col(Anonymisation.party_id), col(Anonymisation.proposed_by), col(Anonymisation.proposed_at),
        col(Anonymisation.confirmed_by), col(Anonymisation.confirmed_at), col(Anonymisation.id),
    ).where(col(Anonymisation.confirmed_by).is_not(None))
)  # fmt: skip
CHANGES = Prepared(
    select(
        col(AuditEntry.subject), col(AuditEntry.action), col(AuditEntry.actor), col(AuditEntry.at),
        col(AuditEntry.content), col(AuditEntry.seq),
    )
    .where(or_(col(AuditEntry.action) == PROPOSED, col(AuditEntry.action) == CONFIRMED))
    .order_by(col(AuditEntry.seq))
)  # fmt: skip


class _ActedFor:
    """Everybody by account, and for whom they acted at an instant: themselves, or whom they stood in for too."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def _people(self) -> Mapping[UUID, tuple[str, str]]:
        return {row.id: (row.natural_key, row.login) for row in _PEOPLE.rows(self._connection)}

    @cached_property
    def _lent(self) -> Mapping[UUID, list[Any]]:
        return grouped(_LENT.rows(self._connection))

    @cached_property
    def _own(self) -> Mapping[UUID, list[Any]]:
        return grouped(_OWN.rows(self._connection))

    def of(self, account: UUID, duties: Iterable[str], at: datetime) -> frozenset[str]:
        """The natural persons for whom an account did something in one of these duties."""
        mine = frozenset({self._people[account][0]}) if account in self._people else frozenset()
        lent = [
            delegation
            for delegation in self._lent.get(account, ())
            if delegation.duty in duties and _holds(delegation, at)
        ]
        if not lent or any(grant.duty in duties and _holds(grant, at) for grant in self._own.get(account, ())):
            return mine
        return mine | {self._people[delegation.from_person][0] for delegation in lent}

    def one_person(self, first: UUID, second: UUID) -> bool:
        """Whether two accounts are one natural person's."""
        return self._people.get(first, (str(first),))[0] == self._people.get(second, (str(second),))[0]

    def login(self, account: UUID) -> str:
        """How an account is called."""
        return self._people.get(account, ("", str(account)))[1]


def grouped(rows: Iterable[Any]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def _holds(term: Any, at: datetime) -> bool:
    return bool(term.valid_from <= at and (term.valid_to is None or at < term.valid_to))


class _Pair(NamedTuple):
    """What one account said first and another confirmed; `subject` is what the confirmation's audit row is about."""

    what: str
    first: UUID
    first_at: datetime
    second: UUID
    second_at: datetime
    subject: str


def _values(connection: Connection) -> Iterator[_Pair]:
    for row in _VALUES.rows(connection):
        yield _Pair(row.parameter, row.set_by, row.set_at, row.confirmed_by, row.confirmed_at, str(row.id))


def _erasures(connection: Connection) -> Iterator[_Pair]:
    for row in _ERASURES.rows(connection):
        who, then = row.confirmed_by, row.confirmed_at
        yield _Pair(str(row.party_id), row.proposed_by, row.proposed_at, who, then, str(row.id))


def _accounts(connection: Connection) -> Iterator[_Pair]:
    for row in ACCOUNTS.rows(connection):
        first, second = account_of(row.entered_by), account_of(row.verified_by)
        if first and second and row.usable_from:
            yield _Pair(str(row.id), first, row.entered_at, second, row.usable_from, str(row.id))


def _changes(connection: Connection) -> Iterator[_Pair]:
    asked: dict[str, Any] = {}
    for row in CHANGES.rows(connection):
        if row.action == PROPOSED:
            asked[row.subject] = row
        elif (first := account_of(asked[row.subject].actor if row.subject in asked else "")) and (
            second := account_of(row.actor)
        ):
            yield _Pair(row.subject, first, asked[row.subject].at, second, row.at, row.subject)


def account_of(actor: str) -> UUID | None:
    """The account that a row names; None for the operator at the machine."""
    try:
        return UUID(actor)
    except ValueError:
        return None


def _dual_control(
    id: str, zh: str, en: str, pairs: Callable[[Connection], Iterator[_Pair]], asks: Iterable[str], confirms: Iterable[str],
    action: str, *, accounts_counted: bool = False,
) -> Check:  # fmt: skip
    """A check that who confirmed is no account, deputy or fellow deputy of who said it first.

    `action`: of the confirmation's row in the audit chain. `accounts_counted`: verify looked at accounts of one person always.
    """
    first_duties, second_duties = frozenset(asks), frozenset(confirms)

    def find(connection: Connection, _scope: VerifiedScope) -> Iterator[FoundAct]:
        acted_for, places = _ActedFor(connection), None
        for pair in pairs(connection):
            first = acted_for.of(pair.first, first_duties, pair.first_at)
            if first & acted_for.of(pair.second, second_duties, pair.second_at):
                places = newest_places(connection, action) if places is None else places
                breach_then = accounts_counted and acted_for.one_person(pair.first, pair.second)
                words = f"{pair.what}: one={acted_for.login(pair.first)}, other={acted_for.login(pair.second)}"
                yield FoundAct(words, None if breach_then else places.get(pair.subject))

    return Check(id=id, zh=zh, en=en, find=find)


def _unverified(connection: Connection, _scope: VerifiedScope) -> Iterator[str]:
    """Accounts that may be paid into though no record says who looked at the bank's paper."""
    for row in ACCOUNTS.rows(connection):
        if row.status == "verified" and not row.verified_by:
            yield f"{row.id}: verified_by=, status={row.status}"


CHECKS = (
    _dual_control(
        "I16-values", "参数的设定人与确认人是两个自然人，互不代理", "author and confirmer of a value are two sides",
        _values, [Duty.PARAMETER_AUTHOR], [Duty.PARAMETER_CONFIRMER],
        "parameters.confirm", accounts_counted=True,
    ),
    _dual_control(
        "I16-accounts", "收款账户的录入人与核验人是两个自然人，互不代理", "enterer and verifier of a payee account are two sides",
        _accounts, _KEEPERS, [Duty.ACCEPTOR, Duty.FUND_OFFICER, Duty.CHECKER, Duty.RECONCILER],
        "accounts.verify",
    ),
    Check(
        id="I16-verified",
        zh="已核验的收款账户都有核验人",
        en="every verified payee account names who verified it",
        find=_unverified,
    ),
    _dual_control(
        "I16-changes", "主体变更的提出人与确认人是两个自然人，互不代理", "proposer and confirmer of a party's change are two sides",
        _changes, _KEEPERS, _KEEPERS, CONFIRMED,
    ),
    _dual_control(
        "W3-two-people", "匿名化的提议人与确认人是两个自然人，互不代理", "proposer and confirmer of an anonymisation are two sides",
        _erasures, [Duty.ADMINISTRATOR], [Duty.ADMINISTRATOR, Duty.AUDITOR, Duty.HEAD],
        "retention.confirm", accounts_counted=True,
    ),
)  # fmt: skip
