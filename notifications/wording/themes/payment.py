"""Money: paid, failed, returned."""

from notifications.wording.wording_parts import MessageText, Wording

WORDINGS = {
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
