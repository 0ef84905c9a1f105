"""Identity numbers, credit codes, names and accounts at the door: what is real is taken, what is not is refused there."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlmodel import col
from stdnum.cn import uscc

from casework.parties import party_register, party_workbook, payee_accounts
from casework.parties.party_register import NewParty
from casework.parties.payee_accounts import NewAccount
from casework.payments import export_document
from casework.privacy import identity_numbers
from casework.shared.errors import Refused
from casework.shared.register_writes import SYSTEM, filled
from casework.shared.text_normalization import name_key, same_name, unseen
from casework.spreadsheets.workbook_writing import filled as written
from casework.staff import person_accounts, staff_workbook
from casework.staff.person_accounts import NewPerson
from models import Party, PartyAccount
from models.store import Store
from support.office import TOWN, Office, code, identity_number

WIDE = "".join(chr(0xFF10 + int(digit)) for digit in "330411")
BEFORE_THEIR_COUNTY = [
    "330411197506150014", "330411198206150017", "330402197006150011", "330421197006150010", "330424197506150016",
    "330106197506150017", "330482198506150014", "332601197506150014",
]  # fmt: skip
PERMITS = [
    "810000199006150010",
    "820000199006150012",
    "830000199006150014",
    "911156199006150012",
    "E12345678",
    "H12345678",
]


@pytest.fixture
def office(store: Store) -> Office:
    store.set_clock(datetime(2023, 10, 9, 4, tzinfo=UTC), frozen=True)
    return Office(store)


def checked(number: str) -> str:
    """A number of 17 digits with its check character."""
    return number + "10X98765432"[sum(int(digit) * 2 ** (17 - place) for place, digit in enumerate(number)) % 11]


@pytest.mark.parametrize("number", [*BEFORE_THEIR_COUNTY, *PERMITS, "33041919850615001X", WIDE + " 19750615 0014"])
def test_every_real_number_is_taken(office: Office, number: str) -> None:
    made = party_register.add(office.store, SYSTEM, NewParty(kind="person", name="演示人", code=number))
    assert party_register.add(office.store, SYSTEM, NewParty(kind="person", name="演示人", code=number.lower())) == made
    with office.store.read() as work:
        row = work.execute(select(col(Party.code), col(Party.code_masked)).where(col(Party.id) == made)).one()
    assert row.code.startswith("id:") and identity_numbers.checked(number) not in row.code + row.code_masked


@pytest.mark.parametrize("born", [str(year) for year in (1900, 1949, 1960, 1982, 1983, 1999, 2000, 2015)])
def test_a_number_counts_by_its_date_and_check_character_whatever_the_county_was(born: str) -> None:
    for county in ("330411", "330402", "330483", "419001", "999999"):
        number = checked(f"{county}{born}0229001"[:10] + "0228001")
        assert identity_numbers.checked(number) == number
        wrong = number[:-1] + ("1" if number[-1] != "1" else "2")
        with pytest.raises(Refused, match="身份证号不正确"):
            identity_numbers.checked(wrong)


@pytest.mark.parametrize(
    "number",
    [
        checked("33041119750230001"),  # 30 February
        checked("33041119751301001"),
        checked("33041100000615001"),
        checked("33041117000615001"),
        "33041119750615001", "3304111975061500140", "33041119750615OO14", "", "X", "张三", "١٢٣٤٥٦٧٨",
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(Refused):
        identity_numbers.checked(number)


def test_nobody_is_born_tomorrow(office: Office) -> None:
    with pytest.raises(Refused, match="身份证号不正确"):
        party_register.add(
            office.store, SYSTEM, NewParty(kind="person", name="演示人", code=checked("33041120231010001"))
        )


def test_an_unknown_county_only_warns_and_stops_no_workbook(office: Office, tmp_path) -> None:
    numbers = [checked(f"{county}19850615001") for county in ("330419", "330411", "330499")]
    rows = [{"kind": "自然人", "name": f"演示{n}", "code": number} for n, number in enumerate(numbers)]
    path = tmp_path / "e.xlsx"
    written(path, (), {party_workbook.ENTERPRISES.sheet: (party_workbook.COLUMNS, rows)})
    done = party_workbook.bring_in(office.store, SYSTEM, path)
    assert done.new == len(rows)
    assert ["330419" in done.warnings[0][0], "330499" in done.warnings[1][0], len(done.warnings)] == [True, True, 2]
    lines = [f"yanshi{n},演示{n},{number}" for n, number in enumerate([*BEFORE_THEIR_COUNTY, numbers[0]])]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(["login,name,identity", *lines]), encoding="utf-8")
    done = staff_workbook.bring_in(office.store, SYSTEM, path)
    assert (done.new, len(done.warnings)) == (len(lines), 1)


def both(last: int) -> str:
    """A number that fits as identity number and, by its check character, as credit code."""
    found = (checked(f"33041119900101{serial:03d}") for serial in range(1000))
    return [code_ for code_ in found if code_[-1] != "X" and uscc.is_valid(code_)][last]


@pytest.mark.parametrize("which", [0, 3, -1])
def test_an_identity_number_is_no_credit_code(office: Office, which: int) -> None:
    for kind in ("enterprise", "association", "institution"):
        with pytest.raises(Refused, match="身份证件号码"):
            party_register.add(office.store, SYSTEM, NewParty(kind=kind, name="演示", code=both(which)))
    assert party_register.add(office.store, SYSTEM, NewParty(kind="person", name="演示", code=both(which)))


def test_codes_of_every_registering_office_are_taken(office: Office) -> None:
    for body in ("N2330411MAEX00001", "53330411MAEX00001", "12330411MAEX00001", "91330411MAEX00001"):
        right = body + uscc.calc_check_digit(body)
        assert party_register.add(office.store, SYSTEM, NewParty(kind="enterprise", name=f"演示{body[:2]}", code=right))
        with pytest.raises(Refused, match="校验位"):
            party_register.checked_code(party_register.PartyKind.ENTERPRISE, body + ("1" if right[-1] != "1" else "2"))


UNSEEN = ["\u200b", "\u200d", "\u2060", "\xad", "\u3164", "\u115f", "\uffa0", "\u2800", "\ue000", "\U000f0000", "\t", "\n",
          "\x85", "\x9f", "\u202e", "\ufeff", "\xa0", "\u2003", "\ufe0f", "\u2028", "\u180e", "\u034f"]  # fmt: skip


@pytest.mark.parametrize("char", UNSEEN)
def test_what_nobody_sees_is_refused_in_every_name_at_the_door(office: Office, char: str) -> None:
    name = f"演示{char}厂"
    assert unseen(name)
    entries = (
        lambda: party_register.add(office.store, SYSTEM, NewParty(kind="enterprise", name=name, code=code(1))),
        lambda: person_accounts.add(office.store, SYSTEM, NewPerson(login="yanshi", name=name)),
        lambda: payee_accounts.examine(NewAccount(number="622200000001", bank=name), "演示厂"),
        lambda: payee_accounts.examine(
            NewAccount(number="622200000001", bank="演示银行", holder=name, proof="演示"), "演示厂"
        ),
        lambda: filled(name, "name", "名称", "the name"),
    )
    for enter in entries:
        with pytest.raises(Refused, match="看不见"):
            enter()
    new = [NewParty(kind="enterprise", name=name, code=code(1))]
    assert [no.code for _, no in party_register.faults(office.store, new)] == ["text"]


@pytest.mark.parametrize("length", [1, 140, 141, 200])
def test_a_name_that_is_taken_can_be_paid_to(office: Office, length: int) -> None:
    name, account = "演" * length, NewAccount(number="6222 0000-0001", bank="演示银行", clearing_code="102335000001")
    new = NewParty(kind="enterprise", name=name, code=code(1), account=account)
    if length > export_document.LONGEST_NAME:
        with pytest.raises(Refused, match="最多 140 字"):
            party_register.add(office.store, SYSTEM, new)
        return
    party_register.add(office.store, SYSTEM, new)
    stored = payee_accounts.examine(account, name)
    export_document.payee(stored["holder"], stored["bank"], stored["number"], stored["clearing_code"])


def test_a_name_that_no_bank_takes_is_refused_at_each_door_by_itself(office: Office) -> None:
    long = "演" * (export_document.LONGEST_NAME + 1)
    doors = (
        lambda: party_register.add(office.store, SYSTEM, NewParty(kind="enterprise", name=long, code=code(1))),
        lambda: person_accounts.add(office.store, SYSTEM, NewPerson(login="yanshi", name=long)),
        lambda: payee_accounts.examine(NewAccount(number="622200000001", bank="演示银行"), long),
        lambda: payee_accounts.examine(NewAccount(number="622200000001", bank=long), "演示厂"),
    )
    for enter in doors:
        with pytest.raises(Refused, match="最多 140 字"):
            enter()


SAME = [
    ("演示（嘉禾）织造有限公司", "演示(嘉禾)织造有限公司"),
    ("阿依努尔·演示", "阿依努尔•演示"),
    ("阿依努尔·演示", "阿依努尔・演示"),
    ("演示ABC厂", "演示\uff21\uff22\uff23厂"),
    ("演示 ABC 厂", "演示ABC厂"),
    ("演示\u3014嘉禾\u3015厂", "演示(嘉禾)厂"),
]


@pytest.mark.parametrize(("spelling", "other"), SAME)
def test_two_spellings_of_one_name_are_one_party_and_one_holder(office: Office, spelling: str, other: str) -> None:
    assert same_name(spelling, other)
    account = NewAccount(number="622200000001", bank="演示银行", holder=other)
    for kind, number in (("enterprise", code(1)), ("person", identity_number(1))):
        new = NewParty(kind=kind, name=spelling, code=number, account=account)
        made = party_register.add(office.store, SYSTEM, new)
        assert party_register.add(office.store, SYSTEM, NewParty(kind=kind, name=other, code=number)) == made
    with office.store.read() as work:
        found = {party_register.named(office.store, work, name) for name in (code(1), code(1).lower())}
    assert len(found) == 1


@pytest.mark.parametrize(
    ("name", "other"), [("演示甲厂", "演示乙厂"), ("演示（嘉禾）", "演示嘉禾"), ("演示", "演 示厂")]
)
def test_other_names_are_other_names(name: str, other: str) -> None:
    assert name_key(name) != name_key(other)


def test_one_party_with_two_accounts_in_a_file_is_refused_with_both_lines(office: Office, tmp_path) -> None:
    row = {
        "kind": "企业",
        "name": "演示23厂",
        "code": code(23),
        "town": TOWN,
        "bank": "演示银行",
        "account": "622200000023",
    }
    path, book = tmp_path / "e.xlsx", {}
    for name, change in {"number": {"account": "622200000099"}, "bank": {"bank": "别家演示银行"}, "same": {}}.items():
        rows = [row, {**row, "name": "演示24厂", "code": code(24), "account": "622200000024"}, {**row, **change}]
        written(path, (), {party_workbook.ENTERPRISES.sheet: (party_workbook.COLUMNS, rows)})
        book[name] = [(fault.row, fault.key) for fault in party_workbook.read(office.store, path).faults]
    assert book == {"number": [(3, "account"), (5, "account")], "bank": [(3, "account"), (5, "account")], "same": []}
    party_workbook.bring_in(office.store, SYSTEM, path)
    with office.store.read() as work:
        assert work.execute(select(col(PartyAccount.version))).scalars().all() == [1, 1]


def test_digits_in_full_width_are_the_account(office: Office) -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in "622200000024")
    assert payee_accounts.examine(NewAccount(number=wide, bank="演示银行"), "演示厂")["number"] == "622200000024"
    with pytest.raises(Refused):
        payee_accounts.examine(NewAccount(number="٦٢٢٢٠٠٠٠", bank="演示银行"), "演示厂")


def test_many_parties_are_entered_in_one_transaction(office: Office) -> None:
    new = [NewParty(kind="enterprise", name=f"演示{n}厂", code=code(n)) for n in range(1, 700)]
    with pytest.raises(Refused) as caught:
        party_register.add_many(office.store, SYSTEM, [*new, NewParty(kind="enterprise", name="演示", code="1")])
    assert caught.value.field == "[699].code"
    assert party_register.listed(office.store) == []
    assert party_register.add_many(office.store, SYSTEM, new).new == len(new)
