"""What the remedies of a condition tell people to do can be done, and lets a stopped case go on by itself."""

from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

from casework.applications.evidence_vault import Vault
from casework.awards import public_notice
from casework.lifecycle.case_changes import set_waiting
from casework.lifecycle.procedure import Next
from casework.parties import party_corrections
from casework.shared.errors import Refused
from casework.shared.reference import touch
from models import Duty, Party, State
from models.store import Store
from support.office import code
from support.stage import LEAD, TOWN, Stage, named, officer
from support.walk import Walk

S, D = State, Duty
SECTOR = "算例毛衫"


@pytest.fixture
def walk(store: Store) -> Walk:
    """The town and the sector of a firm are conditions of M4a."""
    walk = Walk(Stage(store).furnish(firms=1))
    with store.write() as work:
        walk.stage.value(work, "P-registration", ["M4a"])
        walk.stage.value(work, "P-sectors", {"M4a": [SECTOR]})
        work.execute(update(Party).where(col(Party.id) == named("firm-0")).values(sector=SECTOR))
        touch(work)
    return walk


@pytest.mark.parametrize(("wrong", "right"), [("town", TOWN), ("sector", SECTOR), ("code", code(7))])
def test_a_correction_by_two_officers_lets_a_stopped_case_go_on(walk: Walk, wrong: str, right: str) -> None:
    store, case = walk.stage.store, walk.to(walk.open("M4a", 1), S.DECIDED, D.SYSTEM)
    with store.write() as work:
        spoilt = {"town": None, "sector": "算例其他", "code": "91330411"}[wrong]
        work.execute(update(Party).where(col(Party.id) == named("firm-0")).values({wrong: spoilt}))
    public_notice.announce(store)
    assert walk.stage.case(case.id).next_duty == D.HEAD, "stopped"
    for nothing in ({}, {"town": TOWN, "sector": SECTOR}):
        with pytest.raises(Refused, match="一项"):
            party_corrections.correct(store, officer(D.CLERK), named("firm-0"), proof="营业执照", **nothing)
    change = party_corrections.correct(store, officer(D.CLERK), named("firm-0"), proof="营业执照", **{wrong: right})
    (row,) = party_corrections.pending(store)
    assert right in row.value
    with pytest.raises(Refused):
        party_corrections.confirm(store, officer(D.CLERK), change)
    party_corrections.confirm(store, officer(D.ACCEPTOR), change)
    assert walk.to(case.id, S.ON_NOTICE).problem == ""


def test_an_added_paper_lets_a_stopped_case_go_on(walk: Walk, tmp_path: Path) -> None:
    store, case = walk.stage.store, walk.to(walk.open("M4a", 1), S.DECIDED, D.SYSTEM)
    with store.write() as work:
        set_waiting(work, case, Next(D.HEAD, LEAD, work.now, False, work.today), "算例：缺必备材料")
    paper = tmp_path / "证书.pdf"
    paper.write_bytes(b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n9\n%%EOF\n")
    Vault(tmp_path / "papers").add(store, paper, case=case.id, slot="certificate", by=officer(D.CERTIFIER))
    assert walk.to(case.id, S.ON_NOTICE).problem == ""
