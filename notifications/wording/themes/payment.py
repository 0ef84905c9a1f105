"""Money: paid, failed, returned."""

from notifications.wording.wording_parts import MessageText, Wording

WORDINGS = {
    "account_rejected": Wording(
        MessageText(
            title="收款账户未通过核验",
            applicant="{who} 登记的收款账户（尾号 {ends}）经核验不符，已退回：{reason}。",
            applicant_do="请在“我的单位”页面按银行材料重新登记；核验前不能向您拨付。",
            officer="{who} 的收款账户（尾号 {ends}）经核验不符，已退回：{reason}。",
            officer_do="请与申报主体核对银行材料后重新登记。",
        ),
        MessageText(
            title="A payee account was sent back",
            applicant="The account of {who} (ending in {ends}) was checked and is not right: {reason}.",
            applicant_do="Enter it again under My firm, as the bank's paper has it; nothing can be paid before.",
            officer="The account of {who} (ending in {ends}) was checked and is not right: {reason}.",
            officer_do="Compare the bank's paper with the party, and enter the account again.",
        ),
    ),
    "paid": Wording(
        MessageText(
            title="已拨付",
            applicant="申报 {case} 的资金 {amount_fen} 元已到账，案件办结。",
            applicant_do="请核对到账金额，按规定入账。",
            officer="案件 {case} 的资金 {amount_fen} 元已到账，已办结。",
        ),
        MessageText(
            title="Paid",
            applicant="{amount_fen} yuan for {case} have arrived; the case is closed.",
            applicant_do="Check the amount and enter it in your books.",
            officer="{amount_fen} yuan for case {case} have arrived; it is closed.",
        ),
    ),
    "payment_failed": Wording(
        MessageText(
            title="拨付未成功",
            applicant="申报 {case} 的付款未成功：{reason}。",
            applicant_do="请核对收款账户，有误请到受理单位更正，核验后将重新拨付。",
            officer="案件 {case} 的付款未成功：{reason}。",
            officer_do="请与申报人核对收款账户，更正核验后重新制单。",
        ),
        MessageText(
            title="Payment failed",
            applicant="The payment of {case} failed: {reason}.",
            applicant_do="Check your account; have a wrong one corrected at the accepting unit. It is then paid again.",
            officer="The payment of case {case} failed: {reason}.",
            officer_do="Check the account with the applicant; once it is verified prepare the payment again.",
        ),
    ),
    "payment_returned": Wording(
        MessageText(
            title="款项被退回",
            applicant="申报 {case} 的款项被银行退回：{reason}。",
            applicant_do="请核对收款账户，更正核验后将重新拨付。",
            officer="案件 {case} 的款项被银行退回：{reason}。",
            officer_do="请与申报人核对收款账户，更正核验后重新制单。",
        ),
        MessageText(
            title="Payment returned",
            applicant="The bank returned the money of {case}: {reason}.",
            applicant_do="Check your account; once corrected and verified it is paid again.",
            officer="The bank returned the money of case {case}: {reason}.",
            officer_do="Check the account with the applicant; once it is verified prepare the payment again.",
        ),
    ),
}
SAMPLES = {"who": "演示企业有限公司", "ends": "2222"}
