"""Records: every reference leads somewhere, every hash fits what it is of, the guards and the store's mark stand."""

from collections.abc import Iterator

from sqlalchemy import Connection, ForeignKey, Table, select
from sqlmodel import SQLModel, col

from models.cases import Case, Snapshot
from models.sealing import Anonymised
from models.statements import Prepared
from models.triggers import faults
from models.unit_of_work import content_hash
from models.verification.invariant import Check, VerifiedScope, query

_SNAPSHOTS = Prepared(
    select(col(Case.number), col(Snapshot.kind), col(Snapshot.version), col(Snapshot.content), col(Snapshot.hash)).join(
        Case, col(Case.id) == Snapshot.case_id
    )
)


def _orphans() -> str:
    """One select over every reference between tables: rows that refer to something that is not there."""
    return " UNION ALL ".join(
        _orphan(table, key)
        for table in SQLModel.metadata.sorted_tables
        for key in sorted(table.foreign_keys, key=lambda foreign: foreign.parent.name)
    )


def _orphan(table: Table, key: ForeignKey) -> str:
    parent, column, target = key.column.table.name, key.parent.name, key.column.name
    return (
        f'SELECT \'{table.name}.{column}\' AS reference, CAST(c."{column}" AS TEXT) AS leads_to FROM "{table.name}" c'
        f' WHERE c."{column}" IS NOT NULL'
        f' AND NOT EXISTS (SELECT 1 FROM "{parent}" p WHERE p."{target}" = c."{column}")'
    )


def _snapshots(connection: Connection, _scope: VerifiedScope) -> Iterator[str]:
    """Snapshots whose content no longer has the hash that was written beside it."""
    for number, kind, version, content, digest in _SNAPSHOTS.rows(connection):
        if not isinstance(content, Anonymised) and content_hash(content) != digest:
            yield f"{number}: kind={kind}, version={version}, hash={digest}"


def _guards(connection: Connection, _scope: VerifiedScope) -> Iterator[str]:
    yield from faults(connection)


CHECKS = (
    query(
        "R1-references",
        "每个引用都有所指",
        "every reference leads to a row that is there",
        _orphans(),
    ),
    Check(
        id="I19-snapshots",
        zh="冻结的申报与认定内容与其哈希一致",
        en="what was stated and certified still has its hash",
        find=_snapshots,
    ),
    query(
        "I19-evidence",
        "每份材料都有 SHA-256 和大小",
        "every paper has its SHA-256 and size",
        "SELECT e.name, c.number AS case_number, e.slot, e.sha256, e.size FROM evidence e"
        " JOIN case_file c ON c.id = e.case_id WHERE length(e.sha256) <> 64 OR e.size <= 0",
    ),
    Check(
        id="R2-guards",
        zh="数据库的触发器与规则表完好",
        en="the database's triggers and rules stand as installed",
        find=_guards,
    ),
    query(
        "R3-mark",
        "生产库按真实时间运行，且不含演示数据",
        "a production store keeps real time and holds no demo data",
        "SELECT 'store', m.demo, m.offset_us, m.frozen_at FROM store_mark m WHERE NOT m.demo"
        " AND (m.offset_us <> 0 OR m.frozen_at IS NOT NULL OR EXISTS (SELECT 1 FROM party p WHERE p.demo)"
        " OR EXISTS (SELECT 1 FROM parameter_value v WHERE v.origin = 'demo' AND v.status = 'confirmed'))",
    ),
)
