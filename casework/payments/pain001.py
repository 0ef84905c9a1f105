"""ISO 20022 pain.001.001.09: the batch as a credit transfer initiation, byte for byte the same whenever it is made."""

from lxml import etree

from casework.payments import export_document
from casework.payments.entitlement_balance import Order
from casework.payments.export_document import LONGEST_NAME, ExportDocument, Payer, written
from policies.money import Money

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_CLEARING_SYSTEM = "CNAPS"
_LONGEST_ID = 35
_DEMO = "DEMO 演示数据，不得据以付款"


def document(batch: ExportDocument) -> bytes:
    """The file. Each EndToEndId is an order number, under which the bank answers; amounts are yuan with two decimals."""
    root = etree.Element(_tag("Document"), nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    if batch.demo:
        root.append(etree.Comment(f" {_DEMO} "))
    body = _add(root, "CstmrCdtTrfInitn")
    _header(body, batch)
    payment = _add(body, "PmtInf")
    _add(payment, "PmtInfId", written("批次号", batch.number, _LONGEST_ID))
    _add(payment, "PmtMtd", "TRF")
    _totals(payment, batch)
    _add(_add(payment, "ReqdExctnDt"), "Dt", batch.released.date().isoformat())
    _payer(payment, batch.payer)
    for order in sorted(batch.orders, key=lambda each_order: each_order.number):
        _transfer(payment, order, batch)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _header(body: etree._Element, batch: ExportDocument) -> None:
    header = _add(body, "GrpHdr")
    _add(header, "MsgId", written("批次号", batch.number, _LONGEST_ID))
    _add(header, "CreDtTm", batch.released.isoformat())
    _totals(header, batch)
    _add(_add(header, "InitgPty"), "Nm", written("付款人", batch.payer.name, LONGEST_NAME))


def _totals(parent: etree._Element, batch: ExportDocument) -> None:
    _add(parent, "NbOfTxs", str(len(batch.orders)))
    _add(parent, "CtrlSum", Money(batch.total_fen).yuan_text)


def _payer(payment: etree._Element, payer: Payer) -> None:
    _add(_add(payment, "Dbtr"), "Nm", written("付款人", payer.name, LONGEST_NAME))
    _account(payment, "DbtrAcct", export_document.account("付款账号", payer.account), currency=True)
    _bank(payment, "DbtrAgt", payer.bank, export_document.clearing("付款行号", payer.clearing_code))


def _transfer(payment: etree._Element, order: Order, batch: ExportDocument) -> None:
    """One order. Without a clearing code the bank's name has to do."""
    transfer = _add(payment, "CdtTrfTxInf")
    identity = _add(transfer, "PmtId")
    _add(identity, "InstrId", written("指令编号", order.number, _LONGEST_ID))
    _add(identity, "EndToEndId", order.number)
    amount = _add(_add(transfer, "Amt"), "InstdAmt", Money(order.amount_fen).yuan_text)
    amount.set("Ccy", "CNY")
    code = (
        export_document.clearing(f"{order.number} 收款行号", order.clearing_code) if order.clearing_code.strip() else ""
    )
    _bank(transfer, "CdtrAgt", order.payee_bank, code)
    _add(_add(transfer, "Cdtr"), "Nm", written(f"{order.number} 收款户名", order.payee_name, LONGEST_NAME))
    _account(transfer, "CdtrAcct", export_document.account(f"{order.number} 收款账号", order.payee_account))
    note = f"{batch.fund} {order.number}" + (" DEMO" if batch.demo else "")
    _add(_add(transfer, "RmtInf"), "Ustrd", written("附言", note, LONGEST_NAME))


def _account(parent: etree._Element, name: str, number: str, *, currency: bool = False) -> None:
    account = _add(parent, name)
    _add(_add(_add(account, "Id"), "Othr"), "Id", number)
    if currency:
        _add(account, "Ccy", "CNY")


def _bank(parent: etree._Element, name: str, bank: str, code: str) -> None:
    institution = _add(_add(parent, name), "FinInstnId")
    if code:
        member = _add(institution, "ClrSysMmbId")
        _add(_add(member, "ClrSysId"), "Cd", _CLEARING_SYSTEM)
        _add(member, "MmbId", code)
    if bank.strip() or not code:
        _add(institution, "Nm", written("开户行", bank, LONGEST_NAME))


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, _tag(name))
    child.text = text
    return child
