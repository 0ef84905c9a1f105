"""ISO 20022 pain.002 (payment status report): read without entities, without the network, within limits."""

from typing import Any

from lxml import etree

from casework.errors import Refused
from casework.payments.outcomes import Outcome
from casework.payments.reading.result import ResultLine, Unreadable, clean, fen, named

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001."
MOST_LINES = 100_000
# External payment transaction statuses → outcome. Only settlement on the creditor's side or a completed one is money.
STATUS: dict[str, Outcome] = {
    **dict.fromkeys(("ACSC", "ACCC"), Outcome.SETTLED),
    **dict.fromkeys(("RCVD", "ACTC", "ACCP", "ACSP", "ACWC", "ACFC", "ACWP", "PATC"), Outcome.ACKNOWLEDGED),
    "PDNG": Outcome.PENDING,
    **dict.fromkeys(("RJCT", "CANC"), Outcome.FAILED),
}
RETURNED = frozenset({"RETURN", "RETURNED", "RTRN", "退汇"})  # a proprietary reason: the money came back


def lines(data: bytes) -> tuple[list[ResultLine], list[Unreadable]]:
    """The transactions of a status report. A status of the whole message is listed, for it names no order."""
    root = _parse(data)
    if not root.tag.startswith("{" + NAMESPACE) or etree.QName(root).localname != "Document":
        raise Refused("kind", "不是 pain.002 回单（ISO 20022）", "this is no pain.002 report", field="file")
    space = {"p": etree.QName(root).namespace or ""}
    read: list[ResultLine] = []
    unreadable: list[Unreadable] = []
    transactions = list(root.iterfind(".//p:TxInfAndSts", space))
    if len(transactions) > MOST_LINES:
        raise Refused("size", f"回单超过 {MOST_LINES} 笔，请分批导入", "too many lines: split the file", field="file")
    for position, transaction in enumerate(transactions, 1):
        reference = _text(transaction, "p:OrgnlEndToEndId", space)
        try:
            read.append(_line(position, reference, transaction, space))
        except Refused as no:
            unreadable.append(Unreadable(line=position, reference=clean(reference), code=no.code, zh=no.zh, en=no.en))
    if not transactions:
        unreadable.append(_of_the_whole(root, space))
    return read, unreadable


def _line(position: int, reference: str, transaction: etree._Element, space: dict[str, str]) -> ResultLine:
    status = _text(transaction, "p:TxSts", space)
    known = STATUS.get(status)
    if known is None:
        raise Refused("outcome", f"不认识的状态 {clean(status)[:10]!r}", "an unknown status", field="TxSts")
    code = _text(transaction, "p:StsRsnInf/p:Rsn/p:Cd", space) or _text(transaction, "p:StsRsnInf/p:Rsn/p:Prtry", space)
    words = _text(transaction, "p:StsRsnInf/p:AddtlInf", space)
    if known is Outcome.FAILED and clean(code).upper() in RETURNED:
        known = Outcome.RETURNED
    amount = transaction.find("p:OrgnlTxRef/p:Amt/p:InstdAmt", space)
    if amount is not None and amount.get("Ccy") != "CNY":
        raise Refused("currency", "币种不是人民币", "the currency is not CNY", field="Ccy")
    return ResultLine(
        line=position,
        reference=named(reference),
        outcome=known,
        amount_fen=fen("" if amount is None else amount.text or ""),
        account=clean(_text(transaction, "p:OrgnlTxRef/p:CdtrAcct/p:Id/p:Othr/p:Id", space)),
        reason=clean(f"{code} {words}"),
    )


def _of_the_whole(root: etree._Element, space: dict[str, str]) -> Unreadable:
    """A report without transactions: its status is for a person to read."""
    about = _text(root, ".//p:OrgnlGrpInfAndSts/p:OrgnlMsgId", space)
    status = _text(root, ".//p:OrgnlGrpInfAndSts/p:GrpSts", space) or _text(root, ".//p:PmtInfSts", space)
    says = f"整批状态 {clean(status)[:10] or '（无）'}，没有逐笔结果；请向银行索取逐笔回单"
    return Unreadable(
        line=0, reference=clean(about), code="group_status", zh=says, en="a status of the whole, no lines"
    )


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as wrong:
        raise Refused("xml", "XML 文件不完整或格式有误", "the XML is malformed", field="file") from wrong
    info: Any = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise Refused("xml", "XML 文件含有 DOCTYPE，已拒绝", "a DOCTYPE is refused", field="file")
    return root


def _text(parent: etree._Element, path: str, space: dict[str, str]) -> str:
    return parent.findtext(path, default="", namespaces=space) or ""
