"""A simulated bank: reads the pain.001 files that we wrote, and answers with pain.002 reports and CSV lists."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from casework.payments import pain001

PAIN_002 = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"
_WORDS = {"settled": "成功", "failed": "失败", "returned": "退汇"}
_STATUS = {"settled": "ACSC", "failed": "RJCT", "returned": "RJCT", "acknowledged": "ACCP"}


@dataclass(frozen=True, kw_only=True)
class BankTransfer:
    """One payment as the bank received it."""

    order: str
    amount: str
    account: str


@dataclass(frozen=True, kw_only=True)
class BankAnswer:
    """What became of a payment."""

    transfer: BankTransfer
    outcome: str
    code: str = ""
    words: str = ""


def received(path: Path) -> list[BankTransfer]:
    """The payments of a pain.001 file."""
    root = etree.fromstring(path.read_bytes())
    space = {"p": pain001.NAMESPACE}
    return [
        BankTransfer(
            order=str(payment.findtext("p:PmtId/p:EndToEndId", namespaces=space)),
            amount=str(payment.findtext("p:Amt/p:InstdAmt", namespaces=space)),
            account=str(payment.findtext("p:CdtrAcct/p:Id/p:Othr/p:Id", namespaces=space)),
        )
        for payment in root.iterfind(".//p:CdtTrfTxInf", space)
    ]


def as_csv(answers: Sequence[BankAnswer]) -> bytes:
    """A list as county banks send it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["指令编号", "结果", "金额", "收款账号", "原因"])
    for answer in answers:
        reason = f"{answer.code} {answer.words}".strip()
        writer.writerow(
            [answer.transfer.order, _WORDS[answer.outcome], answer.transfer.amount, answer.transfer.account, reason]
        )
    return text.getvalue().encode("utf-8-sig")


def as_pain002(batch: str, answers: Sequence[BankAnswer]) -> bytes:
    """An ISO 20022 status report."""
    root = etree.Element(_tag("Document"), nsmap={None: PAIN_002})  # type: ignore[dict-item]
    root.append(etree.Comment(" DEMO 演示回单，非银行出具 "))
    body = _add(root, "CstmrPmtStsRpt")
    _add(_add(body, "GrpHdr"), "MsgId", f"DEMO-{batch}")
    _add(_add(body, "OrgnlGrpInfAndSts"), "OrgnlMsgId", batch)
    information = _add(body, "OrgnlPmtInfAndSts")
    _add(information, "OrgnlPmtInfId", batch)
    for answer in answers:
        _status(information, answer)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _status(information: etree._Element, answer: BankAnswer) -> None:
    status = _add(information, "TxInfAndSts")
    _add(status, "OrgnlEndToEndId", answer.transfer.order)
    _add(status, "TxSts", _STATUS[answer.outcome])
    if answer.code or answer.outcome == "returned":
        reason = _add(status, "StsRsnInf")
        code = _add(reason, "Rsn")
        _add(code, "Prtry", "RETURN") if answer.outcome == "returned" else _add(code, "Cd", answer.code)
        _add(reason, "AddtlInf", answer.words)
    original = _add(status, "OrgnlTxRef")
    _add(_add(original, "Amt"), "InstdAmt", answer.transfer.amount).set("Ccy", "CNY")
    _add(_add(_add(_add(original, "CdtrAcct"), "Id"), "Othr"), "Id", answer.transfer.account)


def _tag(name: str) -> str:
    return f"{{{PAIN_002}}}{name}"


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    child = etree.SubElement(parent, _tag(name))
    child.text = text
    return child
