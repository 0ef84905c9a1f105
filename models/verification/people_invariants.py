"""People: duties are apart, by natural person; two are needed where two are; onlookers decide nothing."""

from models.verification.invariant import query

# Everybody who had a part in a decision: whoever acted, by the key then and now, and the person they stood in for.
_PARTS = (
    "SELECT case_id, duty, natural_key AS who FROM decision WHERE natural_key <> ''"
    " UNION SELECT d.case_id, d.duty, p.natural_key FROM decision d JOIN person p ON p.id = d.person_id"
    " UNION SELECT d.case_id, d.duty, p.natural_key FROM decision d JOIN person p ON p.id = d.on_behalf_of"
)
# Of a decision d: the version before asked for the same, by another side. Who stands in for somebody is on their side.
_FOR_WHOM = "COALESCE((SELECT f.natural_key FROM person f WHERE f.id = {}.on_behalf_of), {}.natural_key)"
ASKED_BY_ANOTHER = (
    "EXISTS (SELECT 1 FROM decision p WHERE p.case_id = d.case_id AND p.version = d.version - 1"
    " AND p.action = d.action AND p.outcome = 'requested' AND p.natural_key <> ''"
    f" AND p.natural_key NOT IN (d.natural_key, {_FOR_WHOM.format('d', 'd')})"
    f" AND {_FOR_WHOM.format('p', 'p')} NOT IN (d.natural_key, {_FOR_WHOM.format('d', 'd')}))"
)
# The same as it was asked for until deputies counted, and where the chain has a decision that was lawful by that.
_BY_ANOTHER_ACCOUNT = (
    "EXISTS (SELECT 1 FROM decision p WHERE p.case_id = d.case_id AND p.version = d.version - 1"
    " AND p.action = d.action AND p.outcome = 'requested' AND p.natural_key NOT IN ('', d.natural_key))"
)
SEQ_IF_LAWFUL_THEN = (
    f"CASE WHEN {_BY_ANOTHER_ACCOUNT} THEN (SELECT a.seq FROM audit_entry a WHERE a.subject = c.number"
    " AND a.version = d.version AND a.action = d.action) END"
)
_LOGIN = "(SELECT MIN(p.login) FROM person p WHERE p.natural_key = a.who) AS login"


def _one_person_twice(table: str, label: str, first: str, second: str) -> str:
    """Rows on which two accounts belong to one natural person."""
    return (
        f"SELECT {label}, a.login AS one, b.login AS other FROM {table} t JOIN person a ON a.id = t.{first}"
        f" JOIN person b ON b.id = t.{second} WHERE a.natural_key = b.natural_key"
    )


CHECKS = (
    query(
        "I8-duties",
        "同一自然人（含代理和另设账户）在一案中不任两项不相容职责",
        "no natural person, delegates and second accounts included, has two conflicting duties on a case",
        f"WITH part AS ({_PARTS}) SELECT c.number, a.duty, b.duty AS with_duty, {_LOGIN} FROM part a"
        " JOIN part b ON b.case_id = a.case_id AND b.who = a.who AND a.duty < b.duty"
        " JOIN duty_conflict x ON x.held = a.duty AND x.wanted = b.duty JOIN case_file c ON c.id = a.case_id",
    ),
    query(
        "I8-onlookers",
        "审计员和管理员不办理案件",
        "auditors and administrators decide nothing",
        "SELECT c.number, d.version, d.action, g.duty AS holds FROM decision d JOIN case_file c ON c.id = d.case_id"
        " JOIN person p ON p.natural_key = d.natural_key JOIN grant_of_duty g ON g.person_id = p.id"
        " WHERE d.natural_key <> '' AND g.duty IN ('auditor', 'administrator') AND g.valid_from <= d.decided_at"
        " AND (g.valid_to IS NULL OR g.valid_to > d.decided_at)",
    ),
    query(
        "I8-named",
        "人的决定有办理人，系统的决定没有",
        "a person's decision names the person, the system's names nobody",
        "SELECT c.number, d.version, d.action, d.duty FROM decision d JOIN case_file c ON c.id = d.case_id"
        " WHERE (d.duty = 'system') <> (d.person_id IS NULL) OR (d.person_id IS NULL) <> (d.natural_key = '')",
    ),
    query(
        "I8-made-checked",
        "支付批次的制单人与复核人是两个自然人",
        "maker and checker of a batch are two natural persons",
        _one_person_twice("payment_batch", "t.number", "maker_id", "checker_id"),
    ),
    query(
        "I8-made-released",
        "支付批次的制单人与放行人是两个自然人",
        "maker and releaser of a batch are two natural persons",
        _one_person_twice("payment_batch", "t.number", "maker_id", "releaser_id"),
    ),
    query(
        "I8-checked-released",
        "支付批次的复核人与放行人是两个自然人",
        "checker and releaser of a batch are two natural persons",
        _one_person_twice("payment_batch", "t.number", "checker_id", "releaser_id"),
    ),
    query(
        "I16-confirmed",
        "生效的参数都经确认，且有依据",
        "a value in force was confirmed and has its citation",
        "SELECT parameter, policy, status FROM parameter_value"
        " WHERE (status = 'confirmed' AND (confirmed_by IS NULL OR confirmed_at IS NULL)) OR citation = ''",
    ),
)
