"""applications.xlsx into cases: read, compared with the registers, opened and filed; nothing while anything is wrong.

Act ids follow from the file's hash, the sheet and the number in it: the same file imported twice, or again after a
crash half-way, does nothing twice and finishes what was begun.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlalchemy import select
from sqlmodel import col

from casework.applications.application_workbook import ACCOUNT, CODE, NAME, NO, Application, read_applications
from casework.applications.case_opening import CHUNK, NewCase, OpenedCase, open_cases
from casework.applications.evidence_vault import Vault
from casework.lifecycle.commands import Act, File
from casework.lifecycle.filing_window import window
from casework.lifecycle.procedure import procedure_on
from casework.lifecycle.receipts import Receipt
from casework.parties import party_register
from casework.privacy import identity_numbers
from casework.shared.errors import Problem, Refused
from casework.shared.merged_parties import Successor, merged, refusal
from casework.shared.reference import reference
from casework.shared.register_writes import writer
from casework.shared.text_normalization import bare, same_name
from casework.spreadsheets.answered_workbook import Copy, Intake
from casework.spreadsheets.workbook_reading import RowFault
from models import Case, Decision, Duty, Party, PartyAccount, Snapshot
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash
from policies.policy import Policy

_OTHER_ACCOUNT = ("收款账号与登记的账号不符，变更账号须另行办理", "the account is not the one entered: change it apart")
_NO_ACCOUNT = ("收款账号尚未登记，请先在申报主体表中登记", "no account is entered: enter it with the applicant first")
Progress = Callable[[int, int], None]  # how many are done, of how many
CarryOut = Callable[[Store, Sequence[Act]], Sequence[Receipt | Problem]]  # `act_list`: files what was opened


@dataclass(frozen=True, kw_only=True)
class ImportedApplications:
    """What an import did: the cases in the file's order, how many of them were new, and filings refused by a guard."""

    cases: list[OpenedCase] = field(default_factory=list)
    filed: list[Receipt] = field(default_factory=list)
    refused: list[tuple[OpenedCase, Problem]] = field(default_factory=list)

    @property
    def new(self) -> int:
        """How many cases were opened now."""
        return sum(not case.repeated for case in self.cases)


@dataclass(frozen=True)
class _Known:
    """A registered party with the number of its account in use."""

    id: UUID
    kind: str
    name: str
    account: str
    heir: Successor | None = None


def bring_in(
    store: Store,
    actor: UUID,
    path: Path,
    *,
    policy: Policy,
    act_list: CarryOut,
    vault: Vault | None = None,
    folder: Path | None = None,
    answer: Copy | None = None,
    progress: Progress | None = None,
) -> ImportedApplications:
    """Imports a workbook; what it opens is filed by `act_list`, the one of `casework.command_handler`.

    With faults the copy that names them goes to `answer` and the refusal is raised.
    """
    intake, owners = compare(store, actor, path, policy=policy, folder=folder)
    if intake.faults and answer is not None:
        intake.answer(answer)
    rows, done = intake.sound(), ImportedApplications()
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        _chunk(store, actor, policy, intake.file_hash, chunk, owners, vault, act_list, done)
        if progress:
            progress(start + len(chunk), len(rows))
    return done


def compare(
    store: Store, actor: UUID, path: Path, *, policy: Policy, folder: Path | None = None
) -> tuple[Intake[Application], Mapping[tuple[str, str], UUID]]:
    """Reads a workbook and compares it with the registers: its faults, and (item, code) -> party. Nothing is written."""
    with store.read() as work:
        writer(store, work, actor, Duty.CLERK, Duty.APPLICANT, in_person=True)
        today, odd = work.today, party_register.odd_codes(work)
    intake = read_applications(path, policy, folder=folder, today=today, odd=odd)
    with store.read() as work:
        _refuse_closed_window(store, work, policy, intake)
        known = _parties(store, work, policy, intake.rows)
        repeated = _repeated(work, policy, intake, known)
    faults = [fault for row in intake.rows for fault in _faults(row, known, repeated)]
    faults += _twins(intake.rows)
    return intake.with_faults(faults), {key: party.id for key, party in known.items()}


def _twins(rows: Sequence[Application]) -> list[RowFault]:
    """Rows of the file that say the same as an earlier one."""
    first: dict[tuple[str, str, str], Application] = {}
    found = []
    for row in rows:
        earlier = first.setdefault((row.item, row.code, _hash(row)), row)
        if earlier is not row:
            zh = f"与第 {earlier.row} 行的申报内容完全相同，请勿重复申报"
            en = f"says the same as row {earlier.row}: file it once"
            found.append(RowFault(sheet=row.sheet, row=row.row, key=NO, zh=zh, en=en))
    return found


def act_id(file_hash: str, row: Application) -> UUID:
    """The id under which a row of a file is opened."""
    return uuid5(NAMESPACE_OID, f"duixian:{file_hash}:{row.sheet}:{row.number}")


def _chunk(
    store: Store,
    actor: UUID,
    policy: Policy,
    file_hash: str,
    rows: Sequence[Application],
    parties: Mapping[tuple[str, str], UUID],
    vault: Vault | None,
    act_list: CarryOut,
    done: ImportedApplications,
) -> None:
    new = [
        NewCase(
            act_id=act_id(file_hash, row),
            policy=policy.code,
            item=row.item,
            party=parties[row.item, row.code],
            claim=row.claim,
            papers=row.papers,
        )
        for row in rows
    ]
    opened = open_cases(store, actor, new, vault=vault)
    done.cases.extend(opened)
    acts = [File(case=case.case, by=actor, act_id=uuid5(case.act_id, "file"), on_behalf=True) for case in opened]
    for case, answer in zip(opened, act_list(store, acts), strict=True):
        if isinstance(answer, Problem):
            done.refused.append((case, answer))
        else:
            done.filed.append(answer)


def _refuse_closed_window(store: Store, work: UnitOfWork, policy: Policy, intake: Intake[Application]) -> None:
    facts = reference(store, work)
    for item in dict.fromkeys(row.item for row in intake.rows):
        span = window(procedure_on(facts, policy, item, work.today))
        if not span.inside(work.now):
            early = work.now < span.opens_at
            zh = f"申报尚未开始，{span.first} 00:00 起受理" if early else f"申报已于 {span.last_filing_day} 24:00 截止"
            en = f"filing opens on {span.first}" if early else f"filing closed on {span.last_filing_day}"
            raise Refused("outside_window", f"{zh}（未导入任何内容）", f"{en} (nothing was imported)", field="file")


def _parties(
    store: Store, work: UnitOfWork, policy: Policy, rows: Sequence[Application]
) -> dict[tuple[str, str], _Known]:
    """(item, code as typed) -> the party that may apply under it."""
    stored = {code: _stored(store, work, code) for code in {row.code for row in rows}}
    by_code: dict[str, list[_Known]] = {}
    everything = sorted({code for codes in stored.values() for code in codes})
    for start in range(0, len(everything), CHUNK):
        query = (
            select(col(Party.id), col(Party.kind), col(Party.name), col(Party.code), col(PartyAccount.number))
            .join(
                PartyAccount,
                (col(PartyAccount.party_id) == col(Party.id)) & (col(PartyAccount.status) != "replaced"),
                isouter=True,
            )
            .where(col(Party.code).in_(everything[start : start + CHUNK]))
        )
        for row in work.execute(query):
            by_code.setdefault(row.code, []).append(_Known(row.id, row.kind, row.name, row.number or ""))
    found: dict[tuple[str, str], _Known] = {}
    for item, code in {(row.item, row.code) for row in rows}:
        kinds = set(policy.item_on(item, work.today).applicants)
        for party in (party for name in stored[code] for party in by_code.get(name, ())):
            if party.kind in kinds:
                found[item, code] = party
    heirs = merged(work, {party.id for party in found.values()})
    return {key: replace(party, heir=heirs.get(party.id)) for key, party in found.items()}


def _stored(store: Store, work: UnitOfWork, code: str) -> tuple[str, ...]:
    """As what a code may be stored: itself, and its blind index where it is an identity number."""
    if identity_numbers.plausible(code):
        return code, identity_numbers.blind(store, work, identity_numbers.checked(code))
    return (code,)


def _repeated(
    work: UnitOfWork, policy: Policy, intake: Intake[Application], known: Mapping[tuple[str, str], _Known]
) -> dict[tuple[UUID, str, str], str]:
    """(party, item, hash of the claim) -> the number of a live case that says the same, unless it is this very row's."""
    own = {act_id(intake.file_hash, row) for row in intake.rows}
    hashes = sorted({_hash(row) for row in intake.rows})
    found: dict[tuple[UUID, str, str], str] = {}
    for start in range(0, len(hashes), CHUNK):
        query = (
            select(col(Case.party_id), col(Case.item), col(Snapshot.hash), col(Case.number), col(Decision.act_id))
            .join(Snapshot, col(Snapshot.case_id) == col(Case.id))
            .join(Decision, (col(Decision.case_id) == col(Case.id)) & (col(Decision.version) == 1))
            .where(
                col(Snapshot.kind) == "claim",
                col(Snapshot.hash).in_(hashes[start : start + CHUNK]),
                col(Case.policy) == policy.code,
                col(Case.next_duty).is_not(None),
            )
        )
        for row in work.execute(query):
            if row.act_id not in own:
                found[row.party_id, row.item, row.hash] = row.number
    return found


def _hash(row: Application) -> str:
    return content_hash(canonical_json(row.claim))


def _faults(
    row: Application, known: Mapping[tuple[str, str], _Known], repeated: Mapping[tuple[UUID, str, str], str]
) -> list[RowFault]:
    """What the registers say against a row."""

    def fault(key: str, zh: str, en: str) -> RowFault:
        return RowFault(sheet=row.sheet, row=row.row, key=key, zh=zh, en=en)

    party = known.get((row.item, row.code))
    if party is not None and party.heir is not None:
        no = refusal(party.heir, "申报", "file")
        return [fault(CODE, no.zh, no.en)]
    if party is None:
        zh = "申报主体未登记，或其类别不能申报本事项；请先导入申报主体"
        return [fault(CODE, zh, "the applicant is not entered, or is of a kind that cannot file this: enter it first")]
    found: list[RowFault] = []
    if row.name and not same_name(row.name, party.name):
        en = f'the name is not the one that is entered: "{party.name}"'
        found.append(fault(NAME, f"申报主体名称与登记的“{party.name}”不符", en))
    if row.account and bare(row.account) != party.account:
        found.append(fault(ACCOUNT, *(_OTHER_ACCOUNT if party.account else _NO_ACCOUNT)))
    if number := repeated.get((party.id, row.item, _hash(row))):
        en = f"says the same as case {number}, which is under way: file it once"
        found.append(fault(NO, f"与在办案件 {number} 内容完全相同，请勿重复申报", en))
    return found
