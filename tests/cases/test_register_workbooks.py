"""Workbooks of the registers: enterprises, people, holidays, benefits; all rows or none, every fault in its row."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from casework.awards import benefit_workbook, external_benefits
from casework.parties import party_register, party_workbook
from casework.parties.party_register import NewParty
from casework.policy_settings import holiday_workbook, holidays
from casework.shared.errors import Refused
from casework.shared.reference import reference
from casework.shared.register_writes import SYSTEM
from casework.spreadsheets.answered_workbook import Copy
from casework.spreadsheets.workbook_writing import filled, table
from casework.staff import duty_grants, person_accounts, staff_workbook
from models import AuditEntry, BenefitRecord, Party, PartyAccount, Person
from models.store import Store
from policies.money import Money
from support.bilingual import in_both
from support.office import LEAD, TOWN, Office, code, identity_number
from support.workbooks import changed, rows_of, workbook

FIRM = {
    "kind": "企业", "name": "算例一厂", "code": code(1), "town": TOWN, "sector": "毛衫", "registered_on": "2010-05-01",
    "account": "33000012345678", "bank": "算例银行", "clearing_code": "102335000001",
}  # fmt: skip

OFFICER = {"login": "wang", "name": "算例王", "unit": LEAD, "duties": "受理人；初审人"}
GRANTED = {
    "code": code(1), "kind": "发票", "basis": "3300231130 00000001", "source": "算例省补", "level": "省",
    "reference": "算例文号", "amount": "1000.50", "first": "2023-01-01", "last": "2023-12-31",
}  # fmt: skip


@pytest.fixture
def office(store: Store) -> Office:
    store.set_clock(datetime(2023, 10, 9, 4, tzinfo=UTC), frozen=True)
    return Office(store)


def book(path, sheet, *rows):
    filled(path, sheet.legend, {sheet.sheet: (sheet.columns, rows)})
    return path


def count(store, record):
    with store.read() as work:
        return work.execute(select(func.count()).select_from(record)).scalar_one()


def refusal(call, *arguments, **named) -> str:
    with pytest.raises(Refused) as caught:
        call(*arguments, **named)
    return in_both(caught.value).zh


class TestEnterprises:
    def load(self, office, path, **named):
        return party_workbook.bring_in(office.store, SYSTEM, path, **named)

    def book(self, tmp_path, *rows):
        return book(tmp_path / "e.xlsx", party_workbook.ENTERPRISES, *rows)

    def test_rows_become_parties_with_accounts_and_again_nothing(self, office, tmp_path):
        person = {"kind": "自然人", "name": "算例毕业生", "code": identity_number(3)}
        unit = {"kind": "责任单位", "name": LEAD, "code": LEAD}
        path = self.book(tmp_path, FIRM, person, unit)
        first, again = self.load(office, path), self.load(office, path)
        assert (first.rows, first.new, again.new) == (3, 3, 0)
        assert count(office.store, PartyAccount) == 1
        row = next(row for row in party_register.listed(office.store) if row.name == "算例一厂")
        assert (row.code, row.town, row.account, row.account_status) == (code(1), TOWN, "****5678", "unverified")

    def test_every_fault_of_every_row_is_in_the_copy_and_nothing_is_entered(self, office, tmp_path):
        party_register.add(office.store, SYSTEM, NewParty(kind="enterprise", name="旧名", code=code(9)))
        before, answer = count(office.store, Party), tmp_path / "answer.xlsx"
        path = self.book(
            tmp_path,
            FIRM,
            {**FIRM, "code": code(2)[:-1] + "_"},
            {**FIRM, "code": code(3), "town": "无名镇"},
            {**FIRM, "code": code(4), "registered_on": "2023-10-10"},
            {**FIRM, "code": code(5), "account": "12ab"},
            {**FIRM, "code": code(6), "holder": "他人"},
            {**FIRM, "name": "同码异名"},
            {**FIRM, "code": code(9), "name": "新名"},
            {**FIRM, "code": code(8), "name": None},
            {**FIRM, "code": code(7), "kind": "公司"},
        )
        assert "9 行有误" in refusal(self.load, office, path, answer=Copy(answer))
        assert count(office.store, Party) == before
        words = [row[-1] for row in rows_of(answer, party_workbook.ENTERPRISES.sheet)[2:]]
        expected = [
            None,
            "字符",
            "没有单位",
            "之后",
            "数字",
            "证明",
            "已登记为",
            "已登记为“旧名”",
            "必填",
            "应为下列之一",
        ]
        for found, wanted in zip(words, expected, strict=True):
            assert found is None if wanted is None else wanted in found

    def test_every_fault_is_said_in_english_too(self, office, tmp_path):
        party_register.add(office.store, SYSTEM, NewParty(kind="enterprise", name="旧名", code=code(9)))
        rows = {
            '"主体类别": give one of enterprise ("企业")': {"kind": "公司"},
            "unified social credit code: it has 18 characters": {"code": code(2)[:-1]},
            'there is no unit "无名镇": enter it first': {"town": "无名镇"},
            'there is no unit "算例"; is it "算例': {"town": "算例"},
            "the registration lies ahead": {"registered_on": "2023-10-10"},
            '"2023-02-30" is no date': {"registered_on": "2023-02-30"},
            '"成立日期": give a date like 2023-09-01, not "去年"': {"registered_on": "去年"},
            "an account number has 6 to 32 digits": {"account": "12ab"},
            "a clearing code has 12 digits": {"clearing_code": "1"},
            "the bank is required": {"bank": None},
            'the holder "他人" is not the party: state the proof': {"holder": "他人"},
            'this code is entered as "旧名"': {"code": code(9)},
            '"名称": required, fill it in': {"name": None},
            "the name: at most 140 plain characters": {"name": "名" * 201},
        }
        filled_in = [{**FIRM, "code": code(20 + n), **each_row} for n, each_row in enumerate(rows.values())]
        path, answer = self.book(tmp_path, *filled_in), tmp_path / "answer.xlsx"
        with pytest.raises(Refused) as no:
            self.load(office, path, answer=Copy(answer, "en"))
        assert f"{len(rows)} rows are wrong" in in_both(no.value).en
        found = {fault.row: in_both(fault).en for fault in party_workbook.read(office.store, path).faults}
        for row, wanted in enumerate(rows, start=3):
            assert wanted in found[row]
        said = [row[-1] for row in rows_of(answer, party_workbook.ENTERPRISES.sheet)[2:]]
        assert [words.splitlines()[-1] for words in said] == [found[row] for row in range(3, 3 + len(rows))]

    @pytest.mark.parametrize("column", ["code", "account", "clearing_code"])
    def test_numeric_codes_and_accounts_are_refused(self, office, tmp_path, column):
        keys = [each_column.key for each_column in party_workbook.COLUMNS]

        def numeric(workbook):
            cell = workbook[party_workbook.ENTERPRISES.sheet].cell(row=3, column=keys.index(column) + 1)
            cell.value = 913304110000000019

        assert "后几位可能已丢失" in refusal(self.load, office, changed(self.book(tmp_path, FIRM), numeric))

    def test_the_template_comes_back_empty(self, office, tmp_path):
        path = tmp_path / "t.xlsx"
        party_workbook.ENTERPRISES.template(path)
        assert "没有填写" in refusal(self.load, office, path)

    def test_an_empty_sheet_is_refused(self, office, tmp_path):
        assert "表头" in refusal(self.load, office, workbook(tmp_path / "x.xlsx", {"申报主体": []}))


class TestStaff:
    def load(self, office, path, **named):
        return staff_workbook.bring_in(office.store, SYSTEM, path, **named)

    def test_people_and_duties_are_entered_once(self, office, tmp_path):
        path = book(tmp_path / "p.xlsx", staff_workbook.STAFF, OFFICER, {"login": "li", "name": "算例李"})
        first, again = self.load(office, path), self.load(office, path)
        assert (first.new, again.new) == (2, 0)
        assert [row.duty for row in duty_grants.listed(office.store, person="wang")] == ["acceptor", "screener"]

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
    def test_a_csv_file_does_as_well(self, office, tmp_path, encoding):
        path = tmp_path / "p.csv"
        path.write_text("登录名,姓名,单位,职责\nwang,算例王," + LEAD + ",acceptor\n", encoding=encoding)
        assert self.load(office, path).new == 1
        assert "没有单位" in refusal(self.load, office, self.wrong_csv(tmp_path))

    def wrong_csv(self, tmp_path):
        path = tmp_path / "w.csv"
        path.write_text("登录名,姓名,单位,职责\nli,算例李,无名局,acceptor\n", encoding="utf-8")
        return path

    @pytest.mark.parametrize(
        ("data", "words"),
        [(b"\xff\xff\xff", "编码"), (b"a\x00b", "不是 CSV"), (b'login,name\n"a', "格式有误"), (b"", "表头")],
    )
    def test_what_is_no_csv_is_refused(self, office, tmp_path, data, words):
        path = tmp_path / "x.csv"
        path.write_bytes(data)
        assert words in refusal(self.load, office, path)

    def test_a_csv_of_a_hundred_thousand_rows_is_refused_by_the_stated_limit(self, office, tmp_path):
        path = tmp_path / "many.csv"
        path.write_text("login,name\n" + "a,b\n" * 100_000, encoding="utf-8")
        assert "20,000 行" in refusal(self.load, office, path)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"duties": "大王"}, "没有职责"),
            ({"unit": None}, "须写明单位"),
            ({"identity": "330411199001010000"}, "身份证号不正确"),
            ({"login": None}, "登录名 必填"),
        ],
    )
    def test_a_wrong_row_refuses_the_list(self, office, tmp_path, changes, words):
        before = count(office.store, Person)
        path = book(
            tmp_path / "p.xlsx", staff_workbook.STAFF, {"login": "li", "name": "算例李"}, {**OFFICER, **changes}
        )
        assert words in refusal(self.load, office, path)
        assert count(office.store, Person) == before

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"duties": "大王"}, 'there is no duty "大王"; there are applicant, clerk, acceptor'),
            ({"unit": None}, "name the unit of the duties"),
            ({"unit": "无名局"}, 'there is no unit "无名局"'),
            ({"identity": "330411199001010000"}, "the identity number is wrong"),
            ({"identity": 330411199001010000}, '"身份证号": is a number, whose last digits may be lost'),
        ],
    )
    def test_a_wrong_row_is_said_in_english_too(self, office, tmp_path, changes, words):
        path = book(tmp_path / "p.xlsx", staff_workbook.STAFF, {**OFFICER, **changes})
        (fault,) = staff_workbook.read(office.store, path).faults
        assert words in in_both(fault).words("en")

    def test_identity_numbers_leave_no_trace(self, office, tmp_path):
        number = identity_number(4)
        path = book(tmp_path / "p.xlsx", staff_workbook.STAFF, {**OFFICER, "identity": number})
        self.load(office, path)
        with office.store.read() as work:
            assert number not in str(
                [*work.execute(select(Person.__table__)), *work.execute(select(AuditEntry.content))]
            )
        assert person_accounts.id_of(office.store, "wang")


class TestHolidays:
    def test_days_are_entered_by_notice(self, office, tmp_path):
        rows = [
            {"day": "2023-10-16", "kind": "放假", "citation": "算例通知"},
            {"day": "2023-10-21", "kind": "上班", "citation": "算例通知"},
        ]
        path = book(tmp_path / "h.xlsx", holiday_workbook.HOLIDAYS, *rows)
        assert holiday_workbook.bring_in(office.store, SYSTEM, path).new == 2
        assert holiday_workbook.bring_in(office.store, SYSTEM, path).new == 0
        with office.store.read() as work:
            calendar = reference(office.store, work).calendar
        assert calendar.is_workday(date(2023, 10, 21)) and not calendar.is_workday(date(2023, 10, 16))

    @pytest.mark.parametrize(
        ("row", "words"),
        [
            ({"day": "2035-01-01", "kind": "放假", "citation": "x"}, "整年"),
            ({"day": "2023-02-30", "kind": "放假", "citation": "x"}, "不是日期"),
            ({"day": "2023-10-16", "kind": "休息吧", "citation": "x"}, "应为下列之一"),
            ({"day": "2023-10-16", "kind": "放假"}, "必填"),
        ],
    )
    def test_a_wrong_day_is_refused(self, office, tmp_path, row, words):
        assert words in refusal(
            holiday_workbook.bring_in, office.store, SYSTEM, book(tmp_path / "h.xlsx", holiday_workbook.HOLIDAYS, row)
        )
        assert holidays.listed(office.store) == []

    def test_a_day_named_as_both_is_refused(self, office, tmp_path):
        rows = [{"day": "2023-10-16", "kind": kind, "citation": "x"} for kind in ("放假", "上班")]
        path = book(tmp_path / "h.xlsx", holiday_workbook.HOLIDAYS, *rows)
        assert "既放假又上班" in refusal(holiday_workbook.bring_in, office.store, SYSTEM, path)


class TestBenefits:
    def load(self, office, *rows, tmp_path):
        return benefit_workbook.bring_in(
            office.store, SYSTEM, book(tmp_path / "b.xlsx", benefit_workbook.BENEFITS, *rows)
        )

    def test_sums_are_entered_once_under_their_subject(self, office, tmp_path):
        office.party(1)
        assert self.load(office, GRANTED, tmp_path=tmp_path).new == 1
        assert self.load(office, GRANTED, tmp_path=tmp_path).new == 0
        (row,) = external_benefits.listed(office.store)
        assert (row.subject, row.amount, row.period) == (
            "invoice:330023113000000001",
            Money.yuan("1000.50"),
            "2023-01-01/2023-12-31",
        )

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"code": code(2)}, "no such party: enter it first"),
            ({"kind": "收据"}, '"依据类别": give one of enterprise ("企业"), project ("项目")'),
            ({"basis": "、、"}, 'no basis of this kind: "、、"'),
            ({"amount": "1.001"}, 'not an amount in yuan, like 120000.00: "1.001"'),
            ({"amount": "-1"}, "the amount cannot be negative"),
            ({"last": "2022-12-31"}, "a period has a first and a last day"),
            ({"last": "2023-02-30"}, '"2023-02-30" is no date'),
            ({"paid": "也许"}, '"已到账": give yes or no, not "也许"'),
        ],
    )
    def test_a_wrong_row_is_said_in_english_too(self, office, tmp_path, changes, words):
        office.party(1)
        path = book(tmp_path / "b.xlsx", benefit_workbook.BENEFITS, {**GRANTED, **changes})
        (fault,) = benefit_workbook.read(office.store, path).faults
        assert words in in_both(fault).en

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"code": code(2)}, "未登记"),
            ({"kind": "收据"}, "应为下列之一"),
            ({"basis": "、、"}, "依据无效"),
            ({"amount": "1.001"}, "两位小数"),
            ({"amount": "-1"}, "不小于零"),
            ({"last": "2022-12-31"}, "期间"),
            ({"last": "2023-02-30"}, "不是日期"),
            ({"paid": "也许"}, "是 或 否"),
        ],
    )
    def test_a_wrong_row_refuses_the_workbook(self, office, tmp_path, changes, words):
        office.party(1)
        good = {**GRANTED, "reference": "另一文号"}
        assert words in refusal(self.load, office, good, {**GRANTED, **changes}, tmp_path=tmp_path)
        assert count(office.store, BenefitRecord) == 0


def test_a_plain_table_is_written_inert(tmp_path):
    path = tmp_path / "t.xlsx"
    table(
        path,
        {"表": (("名称", "金额"), [("=1+1", Money.yuan("1.50")), ("@x", 3), (None, True), ("", date(2023, 1, 2))])},
    )
    assert rows_of(path, "表") == [["名称", "金额"], ["=1+1", "1.50"], ["@x", 3], [None, True], [None, "2023-01-02"]]
