"""ISO 20022 pain.002 (payment status report): read without entities, without the network, within limits."""

from typing import Any

from lxml import etree

from casework.payments.bank_status import BankStatus
from casework.payments.reading.result_line import ResultLine, Unreadable, clean, fen, named
from casework.shared.errors import Refused
from casework.shared.text_normalization import bare

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001."
MOST_LINES = 100_000
# External payment transaction statuses → outcome. Only settlement on the creditor's side or a completed one is money.
STATUS: dict[str, BankStatus] = {
    **dict.fromkeys(("ACSC", "ACCC"), BankStatus.SETTLED),
    **dict.fromkeys(("RCVD", "ACTC", "ACCP", "ACSP", "ACWC", "ACFC", "ACWP", "PATC"), BankStatus.ACKNOWLEDGED),
    "PDNG": BankStatus.PENDING,
    **dict.fromkeys(("RJCT", "CANC"), BankStatus.FAILED),
}
_REJECTED = frozenset({"RJCT", "CANC"})
RETURNED = frozenset({"RETURN", "RETURNED", "RTRN", "退汇"})  # a proprietary reason: the money came back


def lines(data: bytes) -> tuple[list[ResultLine], list[Unreadable]]:
    """The transactions of a status report. What is said of a whole group is listed, for a person has to look at it."""
    root = _parse(data)
    if not root.tag.startswith("{" + NAMESPACE) or etree.QName(root).localname != "Document":
        raise Refused("kind", "不是 pain.002 回单（ISO 20022）", "this is no pain.002 report", field="file")
    space = {"p": etree.QName(root).namespace or ""}
    read: list[ResultLine] = []
    unreadable: list[Unreadable] = []
    transactions = list(root.iterfind(".//p:TxInfAndSts", space))
    if len(transactions) > MOST_LINES:
        raise Refused("size", f"回单超过 {MOST_LINES} 笔，请分批导入", "too many lines: split the file", field="file")
    whole = _said(root, "p:CstmrPmtStsRpt/p:OrgnlGrpInfAndSts/p:GrpSts", space)
    torn = {group for group in {payment.getparent() for payment in transactions} if _torn(group, whole, space)}
    for position, transaction in enumerate(transactions, 1):
        group, reference = transaction.getparent(), _reference(transaction, space)
        try:
            if group in torn:
                zh = "整批状态与逐笔状态互相矛盾，请向银行核实"
                raise Refused("contradiction", zh, "the status of the whole contradicts its lines: ask the bank")
            read.append(_line(position, reference, transaction, _above(group, whole, space), space))
        except Refused as no:
            unreadable.append(Unreadable(line=position, reference=clean(reference), code=no.code, zh=no.zh, en=no.en))
    return read, unreadable + _of_groups(root, whole, bool(transactions), space)


def _above(group: Any, whole: str, space: dict[str, str]) -> str:
    """The status that holds for the lines of a group which have none of their own."""
    return (_said(group, "p:PmtInfSts", space) if group is not None else "") or whole


def _torn(group: Any, whole: str, space: dict[str, str]) -> bool:
    """Whether a group is said to be rejected as a whole, and a line of it is said to be something else."""
    own = {_said(payment, "p:TxSts", space) for payment in group.iterfind("p:TxInfAndSts", space)} - {""}
    return any(status in _REJECTED for status in (whole, _above(group, whole, space))) and bool(own - _REJECTED)


def _reference(transaction: etree._Element, space: dict[str, str]) -> str:
    """The order's number: where a bank gives no end-to-end id, the instruction's id, which is the same in our files."""
    given = _said(transaction, "p:OrgnlEndToEndId", space)
    return _said(transaction, "p:OrgnlInstrId", space) if given in ("", "NOTPROVIDED") else given


def _line(position: int, reference: str, transaction: etree._Element, above: str, space: dict[str, str]) -> ResultLine:
    status = _said(transaction, "p:TxSts", space) or (above if above in _REJECTED else "")
    known = STATUS.get(status)
    if known is None:
        zh = f"不认识的状态“{clean(status)[:10]}”；可用：{'、'.join(STATUS)}" if status else "没有写明状态（TxSts）"
        raise Refused("outcome", zh, f"unknown status: one of {', '.join(STATUS)}", field="TxSts")
    code = _text(transaction, "p:StsRsnInf/p:Rsn/p:Cd", space) or _text(transaction, "p:StsRsnInf/p:Rsn/p:Prtry", space)
    words = _text(transaction, "p:StsRsnInf/p:AddtlInf", space)
    if known is BankStatus.FAILED and clean(code).upper() in RETURNED:
        known = BankStatus.RETURNED
    amount = transaction.find("p:OrgnlTxRef/p:Amt/p:InstdAmt", space)
    if amount is not None and amount.get("Ccy") != "CNY":
        raise Refused("currency", "币种不是人民币", "the currency is not CNY", field="Ccy")
    return ResultLine(
        line=position,
        reference=named(reference),
        outcome=known,
        amount_fen=fen(_text(transaction, "p:OrgnlTxRef/p:Amt/p:InstdAmt", space)),
        account=bare(clean(_text(transaction, "p:OrgnlTxRef/p:CdtrAcct/p:Id/p:Othr/p:Id", space))),
        reason=clean(f"{code} {words}"),
    )


def _of_groups(root: etree._Element, whole: str, lines: bool, space: dict[str, str]) -> list[Unreadable]:
    """What the report says of a whole: of everything where there are no lines, of a rejection also beside lines."""
    about = _said(root, ".//p:OrgnlGrpInfAndSts/p:OrgnlMsgId", space)
    groups = [(_said(group, "p:OrgnlPmtInfId", space) or about, _said(group, "p:PmtInfSts", space)) for group in
              root.iterfind(".//p:OrgnlPmtInfAndSts", space)]  # fmt: skip
    said = [pair for pair in ((about, whole), *groups) if pair[1] in _REJECTED] if lines else [
        next((pair for pair in ((about, whole), *groups) if pair[1]), (about, ""))
    ]  # fmt: skip
    return [_of_the_whole(name, status, lines) for name, status in dict(reversed(said)).items()]


def _of_the_whole(about: str, status: str, lines: bool) -> Unreadable:
    shown = clean(status)[:10] or "（无）"
    says = f"整批状态 {shown}，没有逐笔结果；请向银行索取逐笔回单"
    english = "a status of the whole, no lines: ask the bank for them"
    if lines:
        says = f"整批状态 {shown}：文件中没有逐笔列出的指令也未支付，请向银行核实"
        english = "the whole is said to be rejected: what is not listed line by line was not paid either, ask the bank"
    return Unreadable(line=0, reference=clean(about), code="group_status", zh=says, en=english)


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
    """A value's text; one that is interrupted (by a comment, by elements) is not what it looks like."""
    found = parent.find(path, space)
    if found is None:
        return ""
    if len(found):
        name = etree.QName(found).localname
        raise Refused("xml", f"{name} 的内容里夹有注释或其他元素", f"{name} holds a comment or elements", field=name)
    return found.text or ""


def _said(parent: etree._Element, path: str, space: dict[str, str]) -> str:
    """A code or an id, without the blanks around it; an interrupted one says nothing that is known."""
    found = parent.find(path, space)
    return "".join(str(text) for text in found.itertext()).strip() if found is not None else ""
