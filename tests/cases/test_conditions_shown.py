"""What stands against a case, and every override, is shown: on the case, in the inbox, in the notice list, on its papers."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework import requests as r
from casework.checks import check
from casework.errors import Refused
from casework.letters.papers import papers_in
from casework.paper_checks import see
from casework.procedure import procedure_of
from casework.queries import cases, dossier, inbox, notice_sheet
from casework.reference import reference
from cli.cases import warned
from cli.notices import html, lines
from models import CheckRecord, Duty, Message, State
from models.store import Store
from support.overriding import missing, waive
from support.stage import NOON, Stage, applicant, claim, officer
from support.walk import Walk, exclude, later, take_off

S, D = State, Duty


@pytest.fixture
def walk(store: Store) -> Walk:
    return Walk(Stage(store).furnish(firms=2))


def test_an_override_is_shown_ever_after(walk: Walk) -> None:
    store, case = walk.stage.store, missing(walk)
    (task,) = inbox(store, officer(D.ACCEPTOR))
    assert any("认定证书" in zh for zh, _ in task.warnings)
    assert [row.warnings for row in cases(store).rows] == [task.warnings]
    assert "! 缺少材料：认定证书" in warned(task.warnings)
    assert next(zh for zh, _ in task.warnings if "认定证书" in zh).endswith("（硬性）"), "what stops is marked"
    waive(walk, case, officer(D.ACCEPTOR), "paper:certificate")
    waive(walk, walk.stage.case(case.id), officer(D.HEAD), "paper:certificate")
    case = walk.to(case.id, S.ON_NOTICE)
    file = dossier(store, case.number)
    assert [(one["check"], one["paper"]) for one in file.waivers] == [("paper:certificate", "算例文号 1")]
    assert {one["check"] for one in file.checks if one["waived"]} == {"paper:certificate"}
    sheet = notice_sheet(store, "XZ2023-GS-0001")
    assert [one.startswith("认定证书") for one in sheet.entries[0].waived] == [True]
    assert "核准例外：认定证书" in "\n".join(lines(sheet)) and "核准例外：认定证书" in html(sheet)
    with store.read() as work:
        told = work.execute(select(col(Message.id)).where(col(Message.kind) == "decided")).scalar_one()
        (letter,) = papers_in(work, told)
    assert "核准例外" in letter.content.decode() and "认定证书" in letter.content.decode()


def test_each_look_is_kept_and_a_check_that_is_lifted_says_so(walk: Walk) -> None:
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    exclude(walk.stage, 1)
    walk.do(r.Accept, case)
    take_off(walk.stage)
    walk.to(case.id, S.CERTIFIED)
    query = select(col(CheckRecord.result)).where(col(CheckRecord.name) == "exclusion")
    with walk.stage.store.read() as work:
        found = list(work.execute(query.order_by(col(CheckRecord.sequence))).scalars())
    assert found == ["ok", "lifted"]


def test_a_paper_that_is_never_uploaded_is_looked_at_by_an_officer_of_the_case(walk: Walk) -> None:
    store, case = walk.stage.store, walk.stage.case(walk.open("M7", 1))

    def found() -> dict[str, str]:
        with store.read() as work:
            facts = reference(store, work)
            known = check(work, facts, lambda one: procedure_of(facts, one, work.today), [case])[case.id]
        return {one.id: str(one.result) for one in known}

    assert "paper:military_check" not in found()
    by = officer(D.CERTIFIER)
    for slot, note, who, code in (
        ("standard", "算例", by, "slot"),
        ("military_check", " ", by, "note"),
        ("military_check", "算例", applicant(0), "no_duty"),
        ("military_check", "算例", officer(D.MAKER), "no_duty"),
    ):
        with pytest.raises(Refused) as no:
            see(store, case=case.id, slot=slot, good=True, note=note, by=who)
        assert no.value.code == code
    see(store, case=case.id, slot="military_check", good=False, note="算例：不符", by=by)
    assert found()["paper:military_check"] == "fail"
    see(store, case=case.id, slot="military_check", good=True, note="算例：原件相符", by=by)
    assert found()["paper:military_check"] == "ok"


@pytest.mark.parametrize("changed", [True, False])
def test_a_look_at_a_paper_counts_for_the_claim_that_was_looked_at(walk: Walk, changed: bool) -> None:
    store, case = walk.stage.store, walk.to(walk.open("M7", 1), S.FILED, D.ACCEPTOR)
    by = officer(D.CERTIFIER)
    see(store, case=case.id, slot="military_check", good=True, note="算例：原件相符", by=by)
    walk.do(r.ReturnForCorrection, case, missing=("算例材料",))
    store.set_clock(later(NOON, 1), frozen=True)
    walk.do(r.File, walk.stage.case(case.id), claim=claim("M7", 2 if changed else 1))
    case = walk.to(case.id, S.FILED, D.ACCEPTOR)
    if changed:
        with pytest.raises(Refused, match="须重新线下核验"):
            walk.do(r.Accept, case)
        see(store, case=case.id, slot="military_check", good=True, note="算例：再次核对", by=by)
    walk.do(r.Accept, case)
