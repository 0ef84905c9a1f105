"""Money: paid, approved, awarded; orders; funds and their ledger; what each case's money says about its state."""

from models.verification.invariant import query

_AWARD = (  # the newest award of each case
    "SELECT a.case_id, a.amount_fen, a.gross_fen, a.ceiling_fen, a.fund_id FROM award a"
    " WHERE a.sequence = (SELECT MAX(b.sequence) FROM award b WHERE b.case_id = a.case_id)"
)


def _net(account: str) -> str:
    """What came into an account less what left it."""
    return (
        f"SUM(CASE WHEN target = '{account}' THEN amount_fen ELSE 0 END)"
        f" - SUM(CASE WHEN source = '{account}' THEN amount_fen ELSE 0 END) AS {account}"
    )


_PARTS = ", ".join(_net(account) for account in ("available", "reserved", "committed", "paid"))
_BUDGET = (
    "SUM(CASE WHEN source = 'treasury' THEN amount_fen ELSE 0 END)"
    " - SUM(CASE WHEN target = 'treasury' THEN amount_fen ELSE 0 END) AS budget"
)
_BY_CASE = f"SELECT case_id, {_PARTS} FROM ledger_entry WHERE case_id IS NOT NULL GROUP BY case_id"

CHECKS = (
    query(
        "I1-award",
        "每案：已付 ≤ 审定 ≤ 核算 ≤ 限额",
        "per case: paid ≤ approved ≤ computed ≤ ceiling",
        f"SELECT c.number, e.paid_fen AS paid, e.approved_fen AS approved, a.amount_fen AS computed,"
        f" a.gross_fen AS gross, a.ceiling_fen AS ceiling"
        f" FROM entitlement e JOIN case_file c ON c.id = e.case_id LEFT JOIN ({_AWARD}) a ON a.case_id = e.case_id"
        " WHERE NOT e.ended AND (a.case_id IS NULL OR e.paid_fen < 0 OR e.paid_fen > e.approved_fen"
        " OR e.approved_fen > a.amount_fen OR a.amount_fen > a.gross_fen OR a.amount_fen > a.ceiling_fen)",
    ),
    query(
        "I1-party",
        "每个对象：账上已付 = 各案已付之和 ≤ 审定之和",
        "per party: paid by the ledger = paid by its cases ≤ approved",
        "SELECT p.name, COALESCE(l.paid, 0) AS ledger, COALESCE(e.paid, 0) AS paid, COALESCE(e.approved, 0) AS approved"
        " FROM party p"
        f" LEFT JOIN (SELECT c.party_id, SUM(b.paid) AS paid FROM ({_BY_CASE}) b JOIN case_file c ON c.id = b.case_id"
        " GROUP BY c.party_id) l ON l.party_id = p.id"
        " LEFT JOIN (SELECT party_id, SUM(paid_fen) AS paid, SUM(approved_fen) AS approved FROM entitlement"
        " WHERE NOT ended GROUP BY party_id) e ON e.party_id = p.id"
        " WHERE COALESCE(l.paid, 0) <> COALESCE(e.paid, 0) OR COALESCE(e.paid, 0) > COALESCE(e.approved, 0)",
    ),
    query(
        "I2-once",
        "每项权益至多一笔有效支付指令",
        "at most one live payment order an entitlement",
        "SELECT MIN(c.number) AS number, COUNT(*) AS live FROM payment_order o JOIN case_file c ON c.id = o.case_id"
        " WHERE o.state NOT IN ('failed', 'returned', 'cancelled') GROUP BY o.entitlement_id HAVING COUNT(*) > 1",
    ),
    query(
        "I2-paid",
        "权益的已付 = 已到账指令之和，且每笔指令不超过审定",
        "paid of an entitlement = its settled orders, and no order exceeds what is approved",
        "SELECT c.number, e.paid_fen AS paid, COALESCE(o.settled, 0) AS settled, COALESCE(o.most, 0) AS most,"
        " e.approved_fen AS approved"
        " FROM entitlement e JOIN case_file c ON c.id = e.case_id LEFT JOIN (SELECT entitlement_id,"
        " SUM(CASE WHEN state = 'settled' THEN amount_fen ELSE 0 END) AS settled,"
        " MAX(CASE WHEN state IN ('failed', 'returned', 'cancelled') THEN 0 ELSE amount_fen END) AS most"
        " FROM payment_order GROUP BY entitlement_id) o ON o.entitlement_id = e.id"
        " WHERE e.paid_fen <> COALESCE(o.settled, 0) OR COALESCE(o.most, 0) > e.approved_fen",
    ),
    query(
        "I2-case",
        "支付指令与其权益属于同一案件",
        "an order belongs to the case of its entitlement",
        "SELECT o.number, c.number AS ordered_for, d.number AS entitled FROM payment_order o"
        " JOIN entitlement e ON e.id = o.entitlement_id JOIN case_file c ON c.id = o.case_id"
        " JOIN case_file d ON d.id = e.case_id WHERE o.case_id <> e.case_id OR d.party_id <> e.party_id",
    ),
    query(
        "I3-fund",
        "资金各科目 = 账目之和，均不为负，合计等于预算",
        "balances of a fund = sums of its ledger, none negative, together the budget",
        "SELECT f.unit, f.year, f.policy, f.budget_fen AS budget, f.available_fen AS available, f.reserved_fen AS reserved,"
        " f.committed_fen AS committed, f.paid_fen AS paid, l.budget AS ledger_budget, l.available AS ledger_available,"
        " l.reserved AS ledger_reserved, l.committed AS ledger_committed, l.paid AS ledger_paid"
        f" FROM fund f LEFT JOIN (SELECT fund_id, {_PARTS}, {_BUDGET} FROM ledger_entry GROUP BY fund_id) l"
        " ON l.fund_id = f.id"
        " WHERE f.available_fen <> COALESCE(l.available, 0) OR f.reserved_fen <> COALESCE(l.reserved, 0)"
        " OR f.committed_fen <> COALESCE(l.committed, 0) OR f.paid_fen <> COALESCE(l.paid, 0)"
        " OR f.budget_fen <> COALESCE(l.budget, 0) OR f.available_fen < 0 OR f.reserved_fen < 0"
        " OR f.committed_fen < 0 OR f.paid_fen < 0"
        " OR f.available_fen + f.reserved_fen + f.committed_fen + f.paid_fen <> f.budget_fen",
    ),
    query(
        "I5-case",
        "每案在账上的预留、下达、已付与其状态相符",
        "what the ledger holds for a case fits the case's state",
        "SELECT c.number, c.state, COALESCE(l.reserved, 0) AS reserved, COALESCE(l.committed, 0) AS committed,"
        " COALESCE(l.paid, 0) AS paid, e.paid_fen AS entitlement_paid, e.approved_fen AS approved,"
        " c.amount_fen AS amount"
        f" FROM case_file c LEFT JOIN ({_BY_CASE}) l ON l.case_id = c.id"
        " LEFT JOIN entitlement e ON e.case_id = c.id AND NOT e.ended"
        f" LEFT JOIN ({_AWARD}) a ON a.case_id = c.id"
        " WHERE COALESCE(l.reserved, 0) < 0 OR COALESCE(l.committed, 0) < 0"
        " OR COALESCE(l.paid, 0) <> COALESCE(e.paid_fen, 0)"
        " OR COALESCE(l.reserved, 0) + COALESCE(l.committed, 0) + COALESCE(l.paid, 0) <> CASE"
        " WHEN c.state = 'computed' THEN CASE WHEN a.fund_id IS NULL THEN 0 ELSE COALESCE(c.amount_fen, 0) END"
        " WHEN c.state IN ('decided', 'on_notice', 'payable', 'ordered', 'paid') THEN COALESCE(e.approved_fen, 0)"
        " ELSE COALESCE(e.paid_fen, 0) END"
        " OR (c.state = 'computed' AND COALESCE(l.committed, 0) <> 0)"
        " OR (c.state = 'ordered' AND COALESCE(l.reserved, 0) <> 0)"
        " OR (c.state IN ('decided', 'on_notice', 'payable', 'ordered') AND e.paid_fen >= e.approved_fen)"
        " OR (c.state = 'paid' AND COALESCE(l.reserved, 0) + COALESCE(l.committed, 0) <> 0)",
    ),
    query(
        "I5-fund",
        "一案的账目都在核算时确定的那笔资金内",
        "the money of a case stays in the fund that its award names",
        "SELECT DISTINCT c.number, f.unit, f.year, f.policy FROM ledger_entry l JOIN case_file c ON c.id = l.case_id"
        " JOIN fund f ON f.id = l.fund_id WHERE NOT EXISTS"
        " (SELECT 1 FROM award a WHERE a.case_id = l.case_id AND a.fund_id = l.fund_id)",
    ),
    query(
        "I5-policy",
        "一案的资金是本政策自己的或各政策共用的，从不是其他政策的",
        "the money of a case is its policy's own fund's or a shared one's, never another policy's",
        "SELECT c.number, c.policy, f.unit, f.year, f.policy AS fund_of FROM fund f JOIN award a ON a.fund_id = f.id"
        " JOIN case_file c ON c.id = a.case_id WHERE f.policy <> '' AND f.policy <> c.policy"
        " UNION SELECT c.number, c.policy, f.unit, f.year, f.policy FROM fund f JOIN entitlement e ON e.fund_id = f.id"
        " JOIN case_file c ON c.id = e.case_id WHERE f.policy <> '' AND f.policy <> c.policy",
    ),
    query(  # in the order of the audit chain, which is that of the commits
        "I5-own",
        "政策自己的资金开设之后，其案件不再从共用资金中预留",
        "once a policy has a fund of its own, its claims are reserved there and no longer on the shared one",
        "SELECT c.number, c.policy, o.unit, o.year, l.amount_fen AS reserved, r.seq FROM fund o"
        " JOIN fund s ON s.unit = o.unit AND s.year = o.year AND s.policy = ''"
        " JOIN ledger_entry l ON l.fund_id = s.id AND l.source = 'available' AND l.target = 'reserved'"
        " JOIN case_file c ON c.id = l.case_id AND c.policy = o.policy"
        " JOIN audit_entry r ON r.subject = c.number AND r.action = 'compute'"
        " AND l.once = 'reserve:' || c.number || ':' || CAST(r.version - 1 AS TEXT)"
        " JOIN (SELECT subject, MIN(seq) AS seq FROM audit_entry WHERE action = 'budgets.appropriate' GROUP BY subject) b"
        " ON REPLACE(b.subject, '-', '') = REPLACE(CAST(o.id AS TEXT), '-', '') AND b.seq < r.seq"
        " WHERE o.policy <> ''",
        by_act=True,
    ),
    query(
        "I6-payee",
        "支付指令的账户是申报人已核验的账户，且与指令上冻结的一致",
        "an order pays the verified account of the case's party, as frozen on the order",
        "SELECT o.number, c.number AS for_case, o.state, a.status AS account FROM payment_order o"
        " JOIN case_file c ON c.id = o.case_id LEFT JOIN party_account a ON a.id = o.account_id"
        " WHERE (o.channel = 'batch' AND a.id IS NULL) OR (a.id IS NOT NULL AND (a.party_id <> c.party_id"
        " OR a.number <> o.payee_account OR a.holder <> o.payee_name OR a.status = 'unverified'"
        " OR a.usable_from IS NULL OR a.usable_from > o.made_at))",
    ),
    query(
        "P1-batch",
        "支付批次的笔数和金额等于其指令之和",
        "a batch's control totals equal its orders",
        "SELECT b.number, b.orders, b.total_fen AS total, COUNT(o.id) AS found, COALESCE(SUM(o.amount_fen), 0) AS sum"
        " FROM payment_batch b LEFT JOIN payment_order o ON o.batch_id = b.id"
        " GROUP BY b.id, b.number, b.orders, b.total_fen"
        " HAVING b.orders <> COUNT(o.id) OR b.total_fen <> COALESCE(SUM(o.amount_fen), 0)",
    ),
    query(
        "P2-allocation",
        "资金下达文件的笔数和金额等于其明细之和",
        "an allocation document's totals equal its lines",
        "SELECT a.number, a.lines, a.total_fen AS total, COUNT(l.id) AS found, COALESCE(SUM(l.amount_fen), 0) AS sum"
        " FROM allocation a LEFT JOIN allocation_line l ON l.allocation_id = a.id"
        " GROUP BY a.id, a.number, a.lines, a.total_fen"
        " HAVING a.lines <> COUNT(l.id) OR a.total_fen <> COALESCE(SUM(l.amount_fen), 0)",
    ),
    query(
        "P4-fund",
        "资金下达文件和支付批次只列其资金内的案件",
        "an allocation document and a batch hold cases of their fund alone",
        "SELECT d.number, c.number AS case_number, f.unit, f.year, f.policy FROM allocation d"
        " JOIN allocation_line l ON l.allocation_id = d.id JOIN entitlement e ON e.id = l.entitlement_id"
        " JOIN case_file c ON c.id = e.case_id JOIN fund f ON f.id = e.fund_id WHERE e.fund_id <> d.fund_id"
        " UNION SELECT d.number, c.number, f.unit, f.year, f.policy FROM payment_batch d"
        " JOIN payment_order o ON o.batch_id = d.id JOIN entitlement e ON e.id = o.entitlement_id"
        " JOIN case_file c ON c.id = e.case_id JOIN fund f ON f.id = e.fund_id WHERE e.fund_id <> d.fund_id",
    ),
    query(
        "P3-result",
        "每条已匹配的回单指向一笔同金额的指令",
        "a matched bank result points to an order of the same amount",
        "SELECT r.reference, r.line, r.outcome, r.amount_fen AS result, o.amount_fen AS ordered FROM bank_result r"
        " LEFT JOIN payment_order o ON o.id = r.order_id"
        " WHERE r.match = 'matched' AND (o.id IS NULL OR o.amount_fen <> r.amount_fen)",
    ),
    query(
        "I4-cost",
        "同一凭证在有效兑付中只计一次，认定不超过申报",
        "a document counts once among live cost lines, recognised within claimed",
        "SELECT l.document, c.number AS case_number, l.recognised_fen AS recognised, l.claimed_fen AS claimed"
        " FROM cost_line l JOIN case_file c ON c.id = l.case_id WHERE l.recognised_fen > l.claimed_fen"
        " OR (l.live AND EXISTS (SELECT 1 FROM cost_line o WHERE o.document = l.document AND o.live AND o.id <> l.id))",
    ),
)
