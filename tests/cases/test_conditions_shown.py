"""What stands against a case, and every override, is shown: on the case, in the inbox, in the notice list, on its papers."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from casework.applications.offline_papers import see
from casework.awards.mail_attachments import papers_in
from casework.conditions.condition_checks import check
from casework.lifecycle import commands as r
from casework.lifecycle.procedure import procedure_of
from casework.policy_settings import parameter_register
from casework.shared.errors import Refused
from casework.shared.reference import reference, touch
from casework.views import cases, dossier, inbox, published_notice, whole_inbox
from casework.views.notice_pages import html
from cli.cases import warned
from cli.notices import lines
from models import CheckRecord, Duty, Message, State
from models.store import Store
from policies.parameters import Origin
from support.overriding import missing, waive
from support.stage import LEAD, MARKET, NOON, TOWN, TREASURY, Stage, applicant, claim, named, officer
from support.walk import Walk, exclude, later, on, take_off

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
    assert [(waiver["check"], waiver["paper"]) for waiver in file.waivers] == [("paper:certificate", "算例文号 1")]
    assert {finding["check"] for finding in file.checks if finding["waived"]} == {"paper:certificate"}
    sheet = published_notice(store, "XZ2023-GS-0001")
    assert [text.startswith("认定证书") for text in sheet.entries[0].waived] == [True]
    assert "核准例外：认定证书" in "\n".join(lines(sheet)) and "核准例外：认定证书" in html(sheet)
    with store.read() as work:
        told = work.execute(select(col(Message.id)).where(col(Message.kind) == "decided")).scalar_one()
        (letter,) = papers_in(work, told)
    assert "核准例外" in letter.content.decode() and "认定证书" in letter.content.decode()


def test_an_act_that_would_be_refused_is_not_offered_and_says_what_stops_it(walk: Walk) -> None:
    store, case = walk.stage.store, missing(walk)
    (task,) = inbox(store, officer(D.ACCEPTOR))
    assert task.actions == ("return", "refuse")
    (reason,) = task.stopped
    assert reason.action == "accept" and "认定证书" in reason.zh and "waive --check paper:certificate" in reason.zh
    assert "override by acceptor" in reason.en
    with pytest.raises(Refused, match="认定证书"):
        walk.do(r.Accept, case)
    waive(walk, case, officer(D.ACCEPTOR), "paper:certificate")
    waive(walk, walk.stage.case(case.id), officer(D.HEAD), "paper:certificate")
    (task,) = inbox(store, officer(D.ACCEPTOR))
    assert task.actions == ("accept", "return", "refuse") and task.stopped == ()
    walk.do(r.ReturnForCorrection, walk.stage.case(case.id), missing=("算例",))
    case = walk.to(case.id, S.FILED, D.ACCEPTOR)
    (task,) = inbox(store, officer(D.ACCEPTOR))
    assert "return" not in task.actions and [reason.action for reason in task.stopped] == ["return"], "once only"


def test_filing_is_offered_only_while_it_is_open_and_says_when_that_is(walk: Walk) -> None:
    store, opens, closes = walk.stage.store, on("2023-06-30"), on("2024-07-01")
    draft = walk.stage.case(walk.open("M4a", 1, 1))
    back = walk.to(walk.open("M4a", 2), S.FILED, D.ACCEPTOR)
    walk.do(r.ReturnForCorrection, back, missing=("算例",))
    assert [each_task.actions for each_task in (*inbox(store, applicant(0)), *inbox(store, applicant(1)))] == [
        ("file",),
        ("file",),
    ]
    for day, zh, en in (
        (opens, "2023-07-01 00:00 起", "opens on 2023-07-01"),
        (closes, "2024-06-30 24:00 截止", "closed with"),
    ):
        store.set_clock(day, frozen=True)
        (task,) = inbox(store, applicant(1))
        (reason,) = task.stopped
        assert (task.actions, reason.action) == ((), "file") and zh in reason.zh and en in reason.en
        with pytest.raises(Refused) as no:
            walk.do(r.File, draft, claim=claim("M4a", 1))
        assert (no.value.zh, no.value.en) == (reason.zh, reason.en)
    (late,) = inbox(store, applicant(0))
    assert late.actions == () and "补正期限已过" in late.stopped[0].zh and "file anew" in late.stopped[0].en


def test_the_author_in_the_unit_that_pays_sees_what_waits_for_a_value(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=2, values={}))
    with store.write() as work:
        author = walk.stage.person(work, "author-who-pays")
        stranger = walk.stage.person(work, "author-elsewhere")
        walk.stage.grant(work, "author-who-pays", D.PARAMETER_AUTHOR, TREASURY)
        walk.stage.grant(work, "author-elsewhere", D.PARAMETER_AUTHOR, TOWN)
        touch(work)
    case = walk.to(walk.open("M16", 1), S.CERTIFIED, D.PARAMETER_AUTHOR)
    (task,) = inbox(store, author)
    assert (task.case.number, task.actions) == (case.number, ("set_parameter",))
    assert inbox(store, stranger) == ()


def test_what_waits_for_a_value_is_shown_to_those_who_may_set_it_now_whatever_unit_it_was_parked_with(
    store: Store,
) -> None:
    walk = Walk(Stage(store).furnish(firms=2, values={}))
    units = {"author-before": LEAD, "author-now": MARKET, "author-elsewhere": TOWN}
    with store.write() as work:
        for login, unit in units.items():
            walk.stage.person(work, login)
            walk.stage.grant(work, login, D.PARAMETER_AUTHOR, unit)
        touch(work)
    case = walk.to(walk.open("M16", 1), S.CERTIFIED, D.PARAMETER_AUTHOR)

    def shown() -> list[str]:
        return [login for login in units if [task.case.id for task in inbox(store, named(login))] == [case.id]]

    assert shown() == ["author-before"]
    with store.write() as work:
        walk.stage.value(work, "P-lead", {"M16": MARKET})
        touch(work)
    assert shown() == ["author-now"]
    for login in units:
        rate = parameter_register.Proposal(
            policy="XZ2023", name="P16-rate", value="5%", citation="算例", origin=Origin.DEMO
        )
        if login == "author-now":
            parameter_register.propose(store, named(login), rate)
        else:
            with pytest.raises(Refused):
                parameter_register.propose(store, named(login), rate)


def test_a_proposed_value_is_in_the_inbox_of_each_who_may_confirm_it_and_of_nobody_else(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1, values={}))
    with store.write() as work:
        walk.stage.person(work, "elsewhere")
        walk.stage.grant(work, "elsewhere", D.PARAMETER_CONFIRMER, TOWN)
        walk.stage.person(work, "author under another account", D.PARAMETER_CONFIRMER, key=f"{D.PARAMETER_AUTHOR}-0")
        touch(work)
    author, new = (
        officer(D.PARAMETER_AUTHOR),
        {"name": "P16-rate", "value": "5%", "citation": "算例", "origin": Origin.DEMO},
    )
    made = parameter_register.propose(store, author, parameter_register.Proposal(policy="XZ2023", **new))
    for which in range(3):
        (proposal,) = whole_inbox(store, officer(D.PARAMETER_CONFIRMER, which)).proposals
        assert (
            (proposal.name, proposal.proposal) == ("P16-rate", made)
            and proposal.title
            and proposal.title_en
            and proposal.proposed_by
        )
        assert proposal.command == f"duixian parameters confirm {made} --policy XZ2023"
    for nobody in (author, named("elsewhere"), named("author under another account"), officer(D.ACCEPTOR)):
        assert whole_inbox(store, nobody).proposals == ()
    parameter_register.confirm(store, officer(D.PARAMETER_CONFIRMER), made)
    assert whole_inbox(store, officer(D.PARAMETER_CONFIRMER, 1)).proposals == ()


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
            known = check(work, facts, lambda case_: procedure_of(facts, case_, work.today), [case])[case.id]
        return {finding.id: str(finding.result) for finding in known}

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
