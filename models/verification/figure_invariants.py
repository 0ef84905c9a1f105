"""Watches: figures are numbered without a gap, rankings are what their figures give, keys end only by two people's word."""

from collections.abc import Iterator
from fractions import Fraction
from json import loads
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from models.rates import Ranking
from models.sealing import MARK
from models.statements import Prepared
from models.unit_of_work import content_hash
from models.verification.invariant import Check, VerifiedScope, query
from policies.ranking import Measured, ranked

_RANKINGS = Prepared(
    select(col(Ranking.as_of), col(Ranking.sequence), col(Ranking.content), col(Ranking.hash)).order_by(
        col(Ranking.as_of), col(Ranking.sequence)
    )
)


def _hashes(connection: Connection, _scope: VerifiedScope) -> Iterator[str]:
    """Rankings that are not what was published."""
    for row in _RANKINGS.rows(connection):
        if content_hash(row.content) != row.hash:
            yield f"{row.as_of}: sequence={row.sequence}, hash={row.hash}"


def _places(connection: Connection, _scope: VerifiedScope) -> Iterator[str]:
    """Rankings whose places do not follow from their own catalogue and figures."""
    for row in _RANKINGS.rows(connection):
        content = loads(row.content)
        again = {unit.unit: (unit.place, unit.points) for unit in ranked(list(_measured(content)), content["method"])}
        for published in content["rows"]:
            if again.get(published["unit"]) != (published["place"], Fraction(published["points"])):
                yield f"{row.as_of}: sequence={row.sequence}, unit={published['unit']}, place={published['place']}"


def _measured(content: dict[str, Any]) -> Iterator[Measured]:
    for indicator in content["catalogue"]:
        figures = content["figures"][indicator["title"]]
        yield Measured(
            title=indicator["title"],
            weight=int(indicator["weight"]),
            higher_is_better=indicator.get("direction") != "lower",
            figures={unit: Fraction(figure["value"]) for unit, figure in figures.items()},
        )


def _sealed(table: str, column: str, label: str, source: str) -> str:
    """Texts of natural persons with a key that stand in clear."""
    return (
        f"SELECT CAST({label} AS TEXT), '{table}.{column}' AS stands_in_clear FROM {source}"
        f" JOIN personal_key k ON k.party_id = q.id WHERE t.{column} <> '' AND substr(t.{column}, 1, 3) <> '{MARK}'"
    )


_OF_CASE = "JOIN case_file c ON c.id = t.case_id JOIN party q ON q.id = c.party_id"
_CLEAR = " UNION ALL ".join(
    (
        _sealed("party", "name", "q.id", "party q JOIN party t ON t.id = q.id"),
        _sealed("party", "contact", "q.id", "party q JOIN party t ON t.id = q.id"),
        _sealed("party_account", "number", "q.id", "party_account t JOIN party q ON q.id = t.party_id"),
        _sealed("party_account", "holder", "q.id", "party_account t JOIN party q ON q.id = t.party_id"),
        _sealed("payment_order", "payee_name", "c.number", f"payment_order t {_OF_CASE}"),
        _sealed("payment_order", "payee_account", "c.number", f"payment_order t {_OF_CASE}"),
        _sealed("snapshot", "content", "c.number", f"snapshot t {_OF_CASE}"),
        _sealed("award", "inputs", "c.number", f"award t {_OF_CASE}"),
        _sealed("award", "trace", "c.number", f"award t {_OF_CASE}"),
        _sealed("evidence", "name", "c.number", f"evidence t {_OF_CASE}"),
    )
)

CHECKS = (
    query(
        "W1-figures",
        "兑付数据逐次编号，更正不留空号",
        "official figures are numbered without a gap, corrections included",
        "SELECT period, unit, COUNT(*) AS found, MAX(sequence) AS last FROM payout_figure"
        " GROUP BY policy, unit, period HAVING COUNT(*) <> MAX(sequence)",
    ),
    query(
        "W2-rankings",
        "赛马排名逐次编号，更正不留空号",
        "rankings of a date are numbered without a gap, corrections included",
        "SELECT as_of, item, COUNT(*) AS found, MAX(sequence) AS last FROM ranking"
        " GROUP BY policy, item, as_of HAVING COUNT(*) <> MAX(sequence)",
    ),
    Check(
        id="W2-hash",
        zh="已公布的赛马排名与其哈希一致",
        en="a published ranking still has its hash",
        find=_hashes,
    ),
    Check(
        id="W2-places",
        zh="赛马名次按冻结的目录和数据重算一致",
        en="the places of a ranking follow from its own catalogue and figures",
        find=_places,
    ),
    query(
        "W3-destroyed",
        "个人密钥的销毁与两人确认的匿名化一一对应",
        "a person's key is destroyed where two people confirmed it, and only there",
        "SELECT k.party_id, k.destroyed_at FROM personal_key k WHERE (k.wrapped = '') <> EXISTS (SELECT 1 FROM"
        " anonymisation a WHERE a.party_id = k.party_id AND a.status IN ('confirmed', 'cleared'))",
    ),
    query(
        "W3-keyless",
        "加密的个人信息都有其密钥记录",
        "everything sealed of a person has its key on record",
        f"SELECT p.id, p.kind FROM party p WHERE substr(p.name, 1, 3) = '{MARK}'"
        " AND NOT EXISTS (SELECT 1 FROM personal_key k WHERE k.party_id = p.id)",
    ),
    query(
        "W3-sealed",
        "自然人的姓名、账号和申报内容均已加密",
        "names, accounts and claims of natural persons are sealed",
        _CLEAR,
    ),
)
