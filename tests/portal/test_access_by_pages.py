"""What docs/access.md says no to, tried through pages and API: what who may would send, sent by each kind of who may not.

Each act is tried in a situation in which somebody may do it. Afterwards the same form, sent by them, does it: so nothing but who
sent it was in its way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from casework.act_forms import CASE_FORMS, PAYMENT_FORMS
from casework.lifecycle.authorization import parts
from casework.lifecycle.case_changes import CaseView
from casework.lifecycle.commands import Action
from casework.lifecycle.procedure import procedure_of
from casework.shared.reference import reference, touch
from casework.staff import sign_in
from models import AuditEntry, Duty
from models.clock import real_now
from models.people import COMPATIBLE, SEPARATED
from models.store import Store
from support.access_cast import AT_WORK, OTHER_FIRM, furnished, home, member, nobody, onlooker
from support.access_table import YES, AccessTable, AskedCase
from support.api_client import ApiClient
from support.portal import Portal, Shown, Visitor
from support.rehearsal import written
from support.situations import SITUATIONS
from support.stage import UNITS, Stage, applicant, named, officer
from support.walk import Walk, batch_of, firm_of, fund_of

WHY = "算例理由"


@dataclass(frozen=True)
class ActPage:
    """Where an act is done: the situation, the page with its form, where that is sent, and what has to be typed."""

    act: Action
    situation: str
    typed: dict[str, str] = field(default_factory=dict)
    page: str = "/desk/cases/{case}/do/{act}"
    sent: str = ""
    duty: Duty | None = None  # by which duty, where several may

    @property
    def own(self) -> bool:
        """Whether it is a page of the applicant's."""
        return self.page.startswith(("/my", "/apply"))


A, BATCH = Action, "/pay/batches/{batch}"
PAGES = (
    ActPage(A.ACCEPT, "filed"),
    ActPage(A.RETURN, "filed", {"missing": "算例材料"}),
    ActPage(A.REFUSE, "filed", {"reason": WHY}),
    ActPage(A.SCREEN, "accepted, to be screened", {"visited": "yes"}),
    ActPage(A.CERTIFY, "screened"),
    ActPage(A.OPINE, "under joint review", {"positive": "yes"}),
    ActPage(A.OVERRIDE, "opinion against", {"reason": WHY}),
    ActPage(
        A.WAIVE, "stopped by a condition",
        {"check": "exclusion", "reason": WHY, "reason_code": "document", "paper": "算例文号"}, duty=Duty.HEAD,
    ),
    ActPage(A.CONFIRM_AMOUNT, "computed"),
    ActPage(A.DECIDE, "computed and confirmed"),
    ActPage(A.OBJECT, "on notice", {"reason": WHY}),
    ActPage(A.ANSWER, "contested", {"reason": WHY, "upheld": "no"}),
    ActPage(A.HOLD, "filed", {"reason": WHY, "review_on": "2030-01-01"}),
    ActPage(A.UNHOLD, "filed and held"),
    ActPage(A.UNDO, "on notice", {"reason": WHY}),
    ActPage(A.REOPEN, "refused", {"reason": WHY}),
    ActPage(A.REBIND, "accepted", {"reason": WHY, "rule_version": "1"}),
    ActPage(A.DELIVER, "to be delivered", {"document": "算例凭据"}),
    ActPage(A.REVIEW, "reported", {"reason": WHY, "satisfied": "yes"}),
    ActPage(A.PAY_OFFLINE, "payable", {"document": "算例凭证"}),
    ActPage(A.WITHDRAW, "filed", {"reason": WHY}, "/my/cases/{case}/withdraw", "/my/cases/{case}/withdraw"),
    ActPage(A.FILE, "in correction", {"truth": "yes", "unchanged": "yes"}, "/apply/{case}/check", "/apply/{case}/check"),
    ActPage(A.REPORT, "in progress", {"milestone": "1", "text": "算例进展"}, "/my/cases/{case}/report", "/my/cases/{case}/report"),
    ActPage(A.ALLOCATE, "payable", {"number": "算例 1 号"}, "/pay/allocate?fund={fund}", "/pay/allocate"),
    ActPage(A.PREPARE, "to be prepared", {}, "/pay/prepare?fund={fund}", "/pay/prepare"),
    ActPage(A.CHECK_BATCH, "to be checked", {}, BATCH, BATCH + "/check"),
    ActPage(A.CHECK_BATCH, "above the threshold", {}, BATCH, BATCH + "/approve"),
    ActPage(A.RELEASE, "to be released", {}, BATCH, BATCH + "/release"),
    ActPage(A.REJECT_BATCH, "to be checked", {"reason": WHY}, BATCH, BATCH + "/reject", Duty.CHECKER),
)  # fmt: skip
# Done where something is open that no situation has: tests/cases/test_comparisons.py tries it by everybody.
WITHOUT = {A.COMPARE}


@dataclass
class Tried:
    """A case on its way through one page: who may, and everybody else."""

    stage: Stage
    portal: Portal
    case: CaseView
    at: ActPage

    def address(self, pattern: str) -> str:
        """An address with this case in it."""
        batch, fund = batch_of(self.stage.store, self.case), fund_of(self.case).text
        return pattern.format(case=self.case.number, act=self.at.act, batch=batch, fund=fund)

    def answers(self, people: list[UUID]) -> dict[UUID, str]:
        """What the guards say to each of them."""
        with self.stage.store.read() as work:
            facts = reference(self.stage.store, work)
            procedure = procedure_of(facts, self.case, work.today)
            desk = AskedCase(self.stage.store, work, facts, procedure, self.case, AccessTable())
            held = parts(work, [self.case.id])[self.case.id]
            return {by: desk.answer(by, self.at.act, held) for by in people}

    def entitled(self) -> tuple[UUID, Duty, str]:
        """Somebody who may, with the duty and the unit."""
        if self.at.own:
            return applicant(firm_of(self.case), 1), Duty.APPLICANT, ""
        places = [(home(duty, unit), duty, unit) for duty in AT_WORK for unit in UNITS]
        said = self.answers([by for by, _, _ in places])
        return next(place for place in places if said[place[0]] == YES and self.at.duty in (None, place[1]))

    def others(self, duty: Duty, unit: str) -> Iterator[UUID]:
        """Each kind of person: of every duty one in that unit and one elsewhere, the applicant's own, who looks on, strangers."""
        for other in AT_WORK:
            yield home(other, unit or UNITS[0])
            yield home(other, next(another for another in reversed(UNITS) if another != unit))
        if duty is not Duty.APPLICANT:
            yield from (member(duty), onlooker(duty))
            yield from self.with_a_part(duty)
        yield from (applicant(firm_of(self.case)), applicant(OTHER_FIRM), nobody())
        yield from (officer(Duty.AUDITOR), officer(Duty.ADMINISTRATOR))

    def with_a_part(self, duty: Duty) -> Iterator[UUID]:
        """A second account, with the duty in every unit, of each natural person whose part in the case bars it."""
        with self.stage.store.write() as work:
            held = parts(work, [self.case.id])[self.case.id]
            for number, part in enumerate(held):
                pair = frozenset({Duty(part.duty), duty})
                if duty in SEPARATED and part.duty in SEPARATED and len(pair) == 2 and pair not in COMPATIBLE:
                    yield self.stage.person(work, f"second-{number}", duty, key=part.natural_key)
            work.flush()
            touch(work)

    def visitor(self, by: UUID) -> Visitor:
        """A browser with a session of theirs."""
        with self.stage.store.write() as work:
            secret = sign_in.begin_session(work, by, now=real_now(), agent="test")
        visitor = self.portal.visitor()
        visitor.client.cookies.set("duixian-session", secret)
        return visitor

    def form(self, visitor: Visitor) -> tuple[str, dict[str, Any]]:
        """The form of who may, filled in; of an act on a case the one that confirms what it was shown to do."""
        page = visitor.get(self.address(self.at.page))
        assert page.status == 200, page.words()[:600]
        sent = self.address(self.at.sent or self.at.page)
        fields = {**_fields(page.form(action=sent)), **self.at.typed}
        if self.at.sent:
            return sent, fields
        effects = visitor.post(sent, fields)
        assert effects.status == 200 and "尚未办理" in effects.words(), effects.words()[:600]
        return sent, _fields(effects.form(action=sent))

    def body(self, by: UUID) -> dict[str, Any] | None:
        """What the API is sent for the act, shown to be right by who may; None of what has an address of its own there."""
        if self.at.act not in CASE_FORMS or self.at.act is A.FILE:
            return None
        client, kinds = self.client(by), {field.name: field.kind for field in CASE_FORMS[self.at.act].fields}
        fields = {name: _as_json(kinds[name], text) for name, text in self.at.typed.items()}
        if self.at.act is A.CERTIFY:
            fields["facts"] = client.get(self.address("/cases/{case}/acts/{act}")).json()["begins"]["facts"]
        body = {"version": self.stage.case(self.case.id).version, "fields": fields}
        foreseen = client.post(self.address("/cases/{case}/acts/{act}/preview"), body)
        assert foreseen.status_code == 200, foreseen.text
        return body

    def client(self, by: UUID) -> ApiClient:
        """A system with a token of theirs."""
        return ApiClient(self.portal, by)


def _as_json(kind: str, text: str) -> Any:
    """What is typed into a form as the API takes it."""
    return {"flag": text == "yes", "lines": [text]}.get(kind, int(text) if kind == "count" else text)


def _fields(form: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in form.form_values():
        found.setdefault(name, []).append(value)
    return found


def token(page: Shown) -> str:
    """The token that the forms of this browser carry: on every page, one that is not theirs too."""
    return str(page.tree.xpath("//header//input[@name='_token']")[0].get("value"))


def kept(store: Store) -> list[tuple[object, ...]]:
    """What is written, but for the note of who looked at the payees of a batch."""
    with store.read() as work:
        looks = select(func.count()).select_from(AuditEntry).where(col(AuditEntry.action) == "payments.show")
        looked = work.execute(looks).scalar_one()
    return [("audit_entry", row[1] - looked) if row[0] == "audit_entry" else row for row in written(store)]


@pytest.fixture
def tried(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Tried:
    """The case in its situation, with people of every kind."""
    at: ActPage = request.param
    file = Path(store.url.removeprefix("sqlite:///"))
    store.close()
    stage = furnished(file, tmp_path / "furnished.sqlite")
    case = next(situation for situation in SITUATIONS if situation.name == at.situation).reach(Walk(stage))
    return Tried(stage, Portal(stage.store, tmp_path), case, at)


@pytest.mark.prove
@pytest.mark.parametrize("tried", PAGES, ids=lambda at: f"{at.act} when {at.situation}", indirect=True)
def test_what_the_table_says_no_to_is_refused_through_the_pages_and_writes_nothing(tried: Tried, proven: Any) -> None:
    by, duty, unit = tried.entitled()
    entitled = tried.visitor(by)
    sent, fields = tried.form(entitled)
    said = tried.answers(list(dict.fromkeys(tried.others(duty, unit))))
    wrong, refused = [], [who for who, code in said.items() if code != YES]
    assert len(refused) > 20
    paying = tried.at.page.startswith("/pay")  # some may look at a batch who may do nothing with it
    visitors = [(who, tried.visitor(who)) for who in refused]
    body = tried.body(by)
    clients = {who: tried.client(who) for who in refused} if body else {}
    before = kept(tried.stage.store)
    for who, client in clients.items():
        told = client.post(tried.address("/cases/{case}/acts/{act}"), body, key=uuid4())
        if told.status_code not in (403, 404, 409):
            wrong.append(f"{_name(tried, who)} ({said[who]}) by the API: {told.status_code} {told.text[:160]}")
    if kept(tried.stage.store) != before:
        wrong.append("by the API: something was written")
    for who, visitor in visitors:
        shown = visitor.get(tried.address(tried.at.page))
        answer = visitor.post(sent, {**fields, "_token": token(shown), "act_id": str(uuid4())})
        looked = shown.status in ((200, 403, 404) if paying else (403, 404))
        if not looked or answer.status not in ((403, 404, 409, 422) if paying else (403, 404, 409)):
            wrong.append(f"{_name(tried, who)} ({said[who]}): {shown.status} {answer.status} {answer.words()[:160]}")
        if kept(tried.stage.store) != before:
            wrong.append(f"{_name(tried, who)}: something was written")
    assert not wrong, "\n".join(wrong)
    done = entitled.post(sent, fields)
    assert done.status == 200 and kept(tried.stage.store) != before, done.words()[:600]
    proven(f"{len(refused)} kinds of people refused")


def _name(tried: Tried, who: UUID) -> str:
    with tried.stage.store.read() as work:
        return str(work.connection.exec_driver_sql("SELECT login FROM person WHERE id = ?", (who.hex,)).scalar())


def test_every_act_that_has_a_form_is_among_them() -> None:
    wanted = {form.command.action for form in (*CASE_FORMS.values(), *PAYMENT_FORMS.values())}
    assert {at.act for at in PAGES} | WITHOUT == wanted and not {at.act for at in PAGES} & WITHOUT
    assert named("nobody") == nobody()
