"""The rule of the filing binds: every filed case has one on record, and its awards were computed by it."""

from models.verification.invariant import query
from models.verification.people_invariants import ASKED_BY_ANOTHER, SEQ_IF_LAWFUL_THEN

_FILED = "EXISTS (SELECT 1 FROM decision f WHERE f.case_id = c.id AND f.action = 'file')"
_RECORD = (
    "rule_version r WHERE r.policy = c.policy AND r.item = c.item AND r.version = c.rule_version"
    " AND r.digest = c.rule_digest"
)
_AWARDS_BY_THEN = (  # each computation that went on wrote one award
    "(SELECT COUNT(*) FROM decision p WHERE p.case_id = c.id AND p.action = 'compute'"
    " AND p.to_state IN ('computed', 'decided', 'in_progress') AND p.version < d.version)"
)

CHECKS = (
    query(
        id="I31-bound",
        zh="每个已申报案件都绑定了登记在册的规则版本",
        en="every filed case is bound to a rule version on record",
        sql=(
            "SELECT c.number, c.rule_version, c.rule_digest FROM case_file c WHERE c.filed_at IS NOT NULL AND"
            f" {_FILED}"
            f" AND NOT EXISTS (SELECT 1 FROM {_RECORD}) ORDER BY c.number"
        ),
    ),
    query(
        id="I31-award",
        zh="每笔核算所用规则版本即案件当时绑定的版本",
        en="every award was computed by the rule version that its case was bound to",
        sql=(
            "SELECT c.number, a.sequence, a.rule_version, a.rule_digest FROM award a JOIN case_file c ON c.id = a.case_id"
            f" WHERE {_FILED} AND (a.rule_version <> c.rule_version OR a.rule_digest <> c.rule_digest)"
            " AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.case_id = c.id AND d.action = 'rebind'"
            f" AND d.outcome = 'rebound' AND {_AWARDS_BY_THEN} >= a.sequence) ORDER BY c.number, a.sequence"
        ),
    ),
    query(
        id="I31-rebound",
        zh="改用其他规则版本由两人先后决定",
        en="another rule version was decided on by two people, one after the other",
        sql=(
            f"SELECT c.number, d.version, {SEQ_IF_LAWFUL_THEN} FROM decision d JOIN case_file c ON c.id = d.case_id"
            f" WHERE d.action = 'rebind' AND d.outcome = 'rebound' AND NOT {ASKED_BY_ANOTHER}"
            " ORDER BY c.number, d.version"
        ),
        by_act=True,
    ),
    query(
        id="I31-unchanged",
        zh="用过的规则版本内容不变",
        en="a rule version that was used stays what it was",
        sql=(
            "SELECT r.policy, r.item, r.version, count(*) AS contents FROM rule_version r"
            " GROUP BY r.policy, r.item, r.version HAVING count(*) > 1 ORDER BY r.policy, r.item, r.version"
        ),
    ),
)
