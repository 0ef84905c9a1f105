"""A workbook of applications becomes filed cases, once; or nothing does, and the copy says why."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from casework.applications import case_opening as intake_module
from casework.applications.application_import import bring_in
from casework.applications.application_workbook import ACCOUNT, CODE, NAME, NO, write_applications
from casework.applications.case_opening import NewCase, open_case, open_cases
from casework.applications.evidence_vault import Vault
from casework.command_handler import act, act_list
from casework.lifecycle.commands import File
from casework.parties import party_register, payee_accounts
from casework.parties.party_register import NewParty
from casework.parties.payee_accounts import NewAccount
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM
from casework.spreadsheets.answered_workbook import Copy
from models import AuditEntry, Case, Counter, Decision, Duty, Evidence, PartyKind, Snapshot
from models.store import Store
from support.bilingual import in_both
from support.office import POLICY, Office, code, identity_number
from support.workbooks import rows_of

NOON = datetime(2023, 10, 9, 4, tzinfo=UTC)
CLAIM = {
    "event": "paris", "season": "2024 春夏", "brand": "算例牌", "held_on": "2023-09-25",
    "cost_lines": [{"document": "3300231130 00000001", "claimed": "1000.50"}],
}  # fmt: skip
ROW = {
    "event": "巴黎时装周", "season": "2024 春夏", "brand": "算例牌", "held_on": "2023-09-25",
    "cost_lines.claimed": "1000.50",
}  # fmt: skip


@pytest.fixture
def office(store: Store) -> Office:
    store.set_clock(NOON, frozen=True)
    made = Office(store)
    made.clerk = made.person("clerk", Duty.CLERK)  # type: ignore[attr-defined]
    return made


def row(number: int, **changes):
    document = f"3300231130 {number:08d}"
    return {NO: str(number), CODE: code(number), "cost_lines.document": document, **ROW, **changes}


def book(path: Path, *rows, item: str = "M5c") -> Path:
    write_applications(POLICY, path, {item: rows}, today=NOON.date())
    return path


def count(store: Store, record) -> int:
    with store.read() as work:
        return work.execute(select(func.count()).select_from(record)).scalar_one()


def everything(store: Store) -> dict[str, int]:
    records = (Case, Decision, Snapshot, Evidence, AuditEntry, Counter)
    return {record.__name__: count(store, record) for record in records}


def load(office, path, **named):
    return bring_in(office.store, office.clerk, path, policy=POLICY, **{"act_list": act_list, **named})


def refusal(call, *arguments, **named) -> Refused:
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    assert caught.value.zh and caught.value.en
    return in_both(caught.value) if caught.value.code == "sheet" else caught.value


def test_a_workbook_becomes_filed_cases_with_their_numbers(office, tmp_path):
    for number in (1, 2, 3):
        office.party(number)
    done = load(office, book(tmp_path / "a.xlsx", row(1), row(2), row(3)))
    assert [case.number for case in done.cases] == [f"XZ2023-M05-{n:06d}" for n in (1, 2, 3)]
    assert [filed_case.state for filed_case in done.filed] == ["filed"] * 3 and done.refused == []
    with office.store.read() as work:
        decisions = work.execute(select(Decision.action, Decision.duty, Decision.version).order_by(Decision.version))
        assert {tuple(decision) for decision in decisions} == {("open", "clerk", 1), ("file", "clerk", 2)}


def test_the_same_file_twice_does_nothing_the_second_time(office, tmp_path):
    office.party(1)
    path = book(tmp_path / "a.xlsx", row(1))
    first = load(office, path)
    before = everything(office.store)
    again = load(office, path)
    assert (first.new, again.new) == (1, 0)
    assert [case.case for case in first.cases] == [case.case for case in again.cases]
    assert everything(office.store) == before


def test_an_import_that_died_half_way_is_finished_by_the_next(office, tmp_path, monkeypatch):
    from casework.applications import application_import

    for number in (1, 2, 3):
        office.party(number)
    path = book(tmp_path / "a.xlsx", row(1), row(2), row(3))
    monkeypatch.setattr(application_import, "CHUNK", 2)
    calls = []

    def dies(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return act_list(*arguments)

    with pytest.raises(KeyboardInterrupt):
        load(office, path, act_list=dies)
    done = load(office, path)
    assert done.new == 0 and len(done.filed) == 3 and count(office.store, Case) == 3
    with office.store.read() as work:
        assert set(work.execute(select(Case.state)).scalars()) == {"filed"}


def test_one_wrong_row_and_nothing_at_all_is_imported(office, tmp_path):
    office.party(1)
    before, answer = everything(office.store), tmp_path / "answer.xlsx"
    path = book(tmp_path / "a.xlsx", row(1), row(2), row(3, brand=None))
    said = refusal(load, office, path, answer=Copy(answer))
    assert "2 行有误" in said.zh and everything(office.store) == before
    errors = [line[-1] for line in rows_of(answer, "M5c")[2:]]
    assert errors[0] is None and "未登记" in errors[1] and "必填" in errors[2]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({NAME: "另一家"}, "与登记的“算例企业1”不符"),
        ({ACCOUNT: "99000012345678"}, "与登记的账号不符"),
    ],
)
def test_what_contradicts_the_registers_is_said_in_its_row(office, tmp_path, changes, words):
    office.party(1, account="33000012345678")
    load(office, book(tmp_path / "good.xlsx", row(1, **{NAME: "算例企业1", ACCOUNT: "33000012345678"})))
    assert words in refusal(load, office, book(tmp_path / "a.xlsx", row(1, brand="乙牌", **changes))).zh


def test_an_account_that_is_not_entered_is_said(office, tmp_path):
    office.party(1)
    assert "尚未登记" in refusal(load, office, book(tmp_path / "a.xlsx", row(1, **{ACCOUNT: "33000012345678"}))).zh


def test_the_wrong_kind_of_applicant_is_said(office, tmp_path):
    office.party(1, kind=PartyKind.ASSOCIATION)
    assert "类别不能申报" in refusal(load, office, book(tmp_path / "a.xlsx", row(1))).zh


def test_the_same_application_from_another_file_or_twice_in_one_is_refused(office, tmp_path):
    office.party(1)
    twin = row(1, **{NO: "7"})
    assert "第 3 行的申报内容完全相同" in refusal(load, office, book(tmp_path / "two.xlsx", row(1), twin)).zh
    load(office, book(tmp_path / "a.xlsx", row(1)))
    said = refusal(load, office, book(tmp_path / "b.xlsx", twin))
    assert "XZ2023-M05-000001" in said.zh and count(office.store, Case) == 1


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2023, 6, 30, 15, 59, 59, tzinfo=UTC), "尚未开始"),
        (datetime(2024, 6, 30, 16, tzinfo=UTC), "24:00 截止"),
    ],
)
def test_outside_the_window_nothing_is_imported(office, tmp_path, moment, words):
    office.party(1)
    office.store.set_clock(datetime(2023, 5, 1, tzinfo=UTC), frozen=True)
    office.clerk = office.person("early", Duty.CLERK)
    office.store.set_clock(moment, frozen=True)
    changed = row(1, held_on="2023-05-01")
    assert words in refusal(load, office, book(tmp_path / "a.xlsx", changed)).zh
    assert count(office.store, Case) == 0


def test_the_last_second_is_in_time(office, tmp_path):
    office.party(1)
    office.store.set_clock(datetime(2024, 6, 30, 15, 59, 59, tzinfo=UTC), frozen=True)
    assert len(load(office, book(tmp_path / "a.xlsx", row(1))).filed) == 1


def test_only_a_clerk_imports_and_the_operator_does_not(office, tmp_path):
    office.party(1)
    path = book(tmp_path / "a.xlsx", row(1))
    decider = office.person("decider", Duty.DECIDER)
    assert refusal(bring_in, office.store, decider, path, policy=POLICY, act_list=act_list).code == "no_duty"
    assert refusal(bring_in, office.store, SYSTEM, path, policy=POLICY, act_list=act_list).code == "in_person"


def test_a_graduate_applies_under_an_identity_number_that_is_stored_nowhere(office, tmp_path):
    office.store.set_clock(datetime(2024, 6, 1, tzinfo=UTC), frozen=True)
    number = identity_number(5)
    new = NewParty(kind="person", name="算例毕业生", code=number)
    made = party_register.add(office.store, SYSTEM, new)
    payee_accounts.enter(office.store, SYSTEM, made, NewAccount(number="33000012345678", bank="算例银行"))
    from casework.forms import typed_forms
    from casework.spreadsheets.columns import of_form

    item = POLICY.item("M2b")
    claim = _claim_row(item, typed_forms, of_form)
    done = load(office, book(tmp_path / "a.xlsx", {NO: "1", CODE: number, **claim}, item="M2b"))
    assert done.new == 1
    with office.store.read() as work:
        assert number not in str(work.execute(select(AuditEntry.content)).all())


def _claim_row(item, forms, of_form):
    """A lawful row of an item from its worked example, as far as the claim asks for the same fields."""
    facts = forms.content(item.examples[0].facts)
    return {c.key: facts.get(c.key, "算例") for c in of_form(item.claim) if "." not in c.key and c.required}


class TestPapers:
    @pytest.fixture
    def folder(self, tmp_path):
        (tmp_path / "papers").mkdir()
        (tmp_path / "papers" / "a.txt").write_text("算例材料")
        return tmp_path / "papers"

    def slot(self):
        return next(slot.id for slot in POLICY.item("M5c").evidence if slot.upload)

    def test_papers_come_with_the_case(self, office, tmp_path, folder):
        office.party(1)
        vault = Vault(tmp_path / "vault")
        path = book(tmp_path / "a.xlsx", row(1, **{f"evidence.{self.slot()}": "a.txt"}))
        load(office, path, folder=folder, vault=vault)
        assert count(office.store, Evidence) == 1 and vault.check(office.store).sound
        load(office, path, folder=folder, vault=vault)
        assert count(office.store, Evidence) == 1

    def test_a_paper_that_is_missing_refuses_the_file(self, office, tmp_path, folder):
        office.party(1)
        path = book(tmp_path / "a.xlsx", row(1, **{f"evidence.{self.slot()}": "b.txt"}))
        assert "找不到" in refusal(load, office, path, folder=folder, vault=Vault(tmp_path / "v")).zh
        assert count(office.store, Case) == 0


class TestOpening:
    def new(self, office, **changes):
        given = {"act_id": uuid4(), "policy": POLICY.code, "item": "M5c", "party": office.party(1), "claim": CLAIM}
        return NewCase(**{**given, **changes})

    def test_an_applicant_opens_their_own_draft_and_files_it(self, office):
        new = self.new(office)
        signer = office.person("signer", party=new.party)
        opened = open_case(office.store, signer, new)
        assert open_case(office.store, signer, new).repeated
        receipt = act(office.store, File(case=opened.case, by=signer, act_id=uuid4(), seen=1))
        assert (receipt.state, receipt.version) == ("filed", 2)

    def test_strangers_and_auditors_open_nothing(self, office):
        new = self.new(office)
        assert refusal(open_case, office.store, office.person("x", Duty.DECIDER), new).code == "no_duty"
        other = office.person("other", party=office.party(2))
        assert refusal(open_case, office.store, other, new).code == "no_duty"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"item": "M99"}, "item"),
            ({"party": uuid4()}, "party"),
            ({"claim": {}}, "event"),
            ({"claim": {**CLAIM, "held_on": "2023-12-01"}}, "held_on"),
        ],
    )
    def test_a_wrong_draft_is_refused_by_field_and_uses_up_no_number(self, office, changes, field):
        before = everything(office.store)
        assert refusal(open_case, office.store, office.clerk, self.new(office, **changes)).field == field
        after = everything(office.store)
        assert after["Case"] == 0 and after["Decision"] == before["Decision"]
        assert open_case(office.store, office.clerk, self.new(office)).number.endswith("000001")

    def test_a_draft_waits_for_its_applicant_until_the_window_closes(self, office):
        opened = open_case(office.store, office.clerk, self.new(office))
        with office.store.read() as work:
            case = work.execute(select(Case.__table__).where(Case.id == opened.case)).one()
        assert (case.state, case.version, case.next_duty) == ("draft", 1, "applicant")
        assert case.next_due == datetime(2024, 6, 30, 16, tzinfo=UTC)

    def test_after_the_window_no_draft_is_opened(self, office):
        new = self.new(office)
        office.store.set_clock(datetime(2024, 7, 1, tzinfo=UTC), frozen=True)
        assert refusal(open_case, office.store, office.clerk, new).code == "outside_window"

    def test_drafts_of_several_measures_are_numbered_each_in_its_series(self, office):
        stand = {"fair_name": "算例展", "city": "算例市", "opened_on": "2023-09-01"}
        many = [self.new(office), self.new(office, item="M14a", claim=stand), self.new(office)]
        opened = open_cases(office.store, office.clerk, many)
        assert [opened_case.number for opened_case in opened] == [
            "XZ2023-M05-000001",
            "XZ2023-M14-000001",
            "XZ2023-M05-000002",
        ]

    def test_a_long_list_is_opened_in_chunks(self, office, monkeypatch):
        monkeypatch.setattr(intake_module, "CHUNK", 3)
        many = [self.new(office) for _ in range(7)]
        opened = open_cases(office.store, office.clerk, many)
        assert [opened_case.number[-2:] for opened_case in opened] == ["01", "02", "03", "04", "05", "06", "07"]
        assert all(each_open_case.repeated for each_open_case in open_cases(office.store, office.clerk, many))

    def test_a_late_second_at_filing_is_refused_and_the_draft_stays(self, office):
        signer_party = office.party(1)
        signer = office.person("signer", party=signer_party)
        opened = open_case(office.store, signer, self.new(office))
        office.store.set_clock(datetime(2024, 6, 30, 16, tzinfo=UTC), frozen=True)
        late = File(case=opened.case, by=signer, act_id=uuid4())
        assert refusal(act, office.store, late).code == "outside_window"
        with office.store.read() as work:
            assert work.execute(select(Case.state)).scalar_one() == "draft"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("rows", [300, pytest.param(2000, marks=pytest.mark.prove)])
def test_many_rows_are_imported_in_one_go(office, tmp_path, rows):
    numbers = range(1, rows + 1)
    party_register.add_many(
        office.store, SYSTEM, [NewParty(kind="enterprise", name=f"企业{n}", code=code(n)) for n in numbers]
    )
    seen: list[tuple[int, int]] = []
    path = book(tmp_path / "a.xlsx", *(row(n) for n in numbers))
    done = load(office, path, progress=lambda at, of: seen.append((at, of)))
    assert len(done.filed) == rows and seen[-1] == (rows, rows)
