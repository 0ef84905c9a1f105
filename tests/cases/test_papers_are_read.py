"""A paper can be opened by whom the case concerns, whole and true to its hash; each reading is in the audit chain."""

import hashlib
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.applications.evidence_vault import Vault, open_paper, papers_of
from casework.shared.errors import Refused
from models import AuditEntry, Duty, State
from models.store import Store
from support.rehearsal import written
from support.stage import Stage, applicant, officer
from support.walk import Walk

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


@pytest.fixture
def case(store: Store, vault: Vault, tmp_path: Path) -> UUID:
    """A filed case with two papers in one slot beside those it was filed with."""
    walk = Walk(Stage(store).furnish())
    found = walk.to(walk.open("M4a", 1), State.FILED)
    for number in (1, 2):
        paper = tmp_path / f"第{number}页.pdf"
        paper.write_bytes(PDF + b"%" + str(number).encode())
        vault.add(store, paper, case=found.id, slot=_slot(), by=None)
    return found.id


def _slot() -> str:
    from policies import get

    return next(slot.id for slot in get("XZ2023").item("M4a").evidence if slot.upload)


def place(store: Store, case: UUID, name: str) -> str:
    with store.read() as work:
        return next(str(paper.position) for paper in papers_of(work, case) if paper.name == name)


@pytest.mark.parametrize("who", ["applicant", "acceptor", "certifier", "checker", "auditor"])
def test_whom_the_case_concerns_reads_its_papers(store: Store, vault: Vault, case: UUID, who: str) -> None:
    by = applicant(0) if who == "applicant" else officer(Duty(who))
    paper, data = open_paper(store, vault, case, place(store, case, "第2页.pdf"), by=by)
    assert (paper.name, data) == ("第2页.pdf", PDF + b"%2")
    assert open_paper(store, vault, case, "第1页.pdf", by=by)[1] == PDF + b"%1"
    assert open_paper(store, vault, case, paper.sha256[:16], by=by)[0] == paper
    with store.read() as work:
        rows = work.execute(select(AuditEntry.__table__).where(col(AuditEntry.action) == "evidence.read")).all()  # type: ignore[attr-defined]
    assert [(row.actor, row.subject) for row in rows] == [(str(by), str(case))] * 3
    assert all("第" not in row.content for row in rows), "names of papers stay out of the chain"


def test_a_position_is_no_beginning_of_a_hash_and_short_beginnings_name_nothing(
    store: Store, vault: Vault, case: UUID, tmp_path: Path
) -> None:
    tail = next(n for n in range(1000) if hashlib.sha256(PDF + b"%%%d" % n).hexdigest().startswith("1"))
    paper = tmp_path / "第三页.pdf"
    paper.write_bytes(PDF + b"%%%d" % tail)
    vault.add(store, paper, case=case, slot=_slot(), by=None)
    by = officer(Duty.ACCEPTOR)
    assert open_paper(store, vault, case, "1", by=by)[0].position == 1
    last = open_paper(store, vault, case, "第三页.pdf", by=by)[0]
    assert last.sha256.startswith("1") and open_paper(store, vault, case, last.sha256[:8], by=by)[0] == last
    with pytest.raises(Refused, match="没有材料"):
        open_paper(store, vault, case, last.sha256[:7], by=by)


class VaultBesideAWriter(Vault):
    """While a paper is read, somebody else writes into the store."""

    def __init__(self, folder: Path, store: Store) -> None:
        super().__init__(folder)
        self.store = store

    def read(self, sha256: str) -> bytes:
        with self.store.write() as work:
            work.audit(actor="system", action="beside", subject="x", content={})
        return super().read(sha256)


def test_a_paper_is_read_without_keeping_writers_waiting(store: Store, vault: Vault, case: UUID) -> None:
    beside = VaultBesideAWriter(vault.folder, store)
    assert open_paper(store, beside, case, place(store, case, "第1页.pdf"), by=officer(Duty.ACCEPTOR))[1] == PDF + b"%1"


def test_another_firm_and_a_passer_by_read_nothing(store: Store, vault: Vault, case: UUID) -> None:
    before = written(store)
    for stranger in (applicant(1), officer(Duty.ADMINISTRATOR)):
        with pytest.raises(Refused) as no:
            open_paper(store, vault, case, "1", by=stranger)
        assert no.value.code == "not_yours"
    assert written(store) == before


def test_what_is_not_one_paper_is_answered_with_the_list(store: Store, vault: Vault, case: UUID) -> None:
    for wanted in ("99", "没有.pdf"):
        with pytest.raises(Refused, match="没有材料") as no:
            open_paper(store, vault, case, wanted, by=officer(Duty.ACCEPTOR))
        assert "第1页.pdf" in no.value.zh and "第2页.pdf" in no.value.zh


@pytest.mark.tampers
def test_an_altered_or_lost_file_is_not_handed_out(store: Store, vault: Vault, case: UUID) -> None:
    with store.read() as work:
        first, second = (listed_paper for listed_paper in papers_of(work, case) if listed_paper.name.startswith("第"))
    vault.place(first.sha256).chmod(0o600)
    vault.place(first.sha256).write_bytes(PDF)
    vault.place(second.sha256).unlink()
    for paper, code in ((first, "altered"), (second, "gone")):
        with pytest.raises(Refused) as no:
            open_paper(store, vault, case, str(paper.position), by=officer(Duty.ACCEPTOR))
        assert no.value.code == code
