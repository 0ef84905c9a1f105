"""The audit chain: any row edited, removed, swapped or cut off is found, in the database and in its export."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from models.store import Store
from models.verify import Head, export_audit, head, report, verify
from support.dossier import DossierCase
from support.tree import ROOT

Intruder = Callable[..., None]
Breach = Callable[..., AbstractContextManager[Connection]]
SCRIPT = ROOT / "scripts" / "verify_audit.py"
ROWS = 11


def chain_fault(store: Store, anchor: Head | None = None) -> str | None:
    """What the chain's own check says."""
    return next(check.bad for check in verify(store, anchor=anchor).checks if check.id == "I18-chain")


def prove(path: Path, anchor: Path | None = None) -> tuple[int, str]:
    """Exit code and words of the stand-alone script, run by a bare interpreter."""
    extra = ["--anchor", str(anchor)] if anchor else []
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(path), *extra], capture_output=True, text=True, encoding="utf-8"
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_the_chain_has_a_row_for_each_decision_and_ends_in_its_head(whole: DossierCase) -> None:
    assert head(whole.store).seq == ROWS
    assert chain_fault(whole.store) is None
    assert chain_fault(whole.store, head(whole.store)) is None


def test_an_empty_chain_has_the_genesis_as_its_head(store: Store, tmp_path: Path) -> None:
    assert head(store) == Head(0, "0" * 64)
    assert export_audit(store, tmp_path / "audit.jsonl") == Head(0, "0" * 64)
    assert prove(tmp_path / "audit.jsonl")[0] == 0


@pytest.mark.tampers
def test_an_edit_of_any_field_is_found_at_its_row(whole: DossierCase, breach: Breach) -> None:
    for column in ("at", "actor", "action", "subject", "version", "content", "previous", "hash"):
        new = {"version": "version + 1", "at": "(SELECT MAX(at) FROM audit_entry)"}.get(column, f"{column} || 'x'")
        with breach(f"UPDATE audit_entry SET {column} = {new} WHERE seq = 5") as connection:
            said = next(check.bad for check in report(connection).checks if check.id == "I18-chain")
        assert (said or "").startswith("seq 5:"), column


@pytest.mark.tampers
def test_a_removed_row_is_found_where_it_was(whole: DossierCase, breach: Breach) -> None:
    for seq in range(1, ROWS):
        with breach(f"DELETE FROM audit_entry WHERE seq = {seq}") as connection:
            said = next(check.bad for check in report(connection).checks if check.id == "I18-chain")
        assert said == f"seq {seq}: missing, {seq + 1} follows {seq - 1}"


@pytest.mark.tampers
def test_a_removed_row_is_found_when_the_rest_is_numbered_anew(whole: DossierCase, intruder: Intruder) -> None:
    intruder("DELETE FROM audit_entry WHERE seq = 5")
    for seq in range(6, ROWS + 1):
        intruder(f"UPDATE audit_entry SET seq = {seq - 1} WHERE seq = {seq}")
    assert chain_fault(whole.store) == "seq 5: does not follow the row before it"


@pytest.mark.tampers
def test_two_swapped_rows_are_found_at_the_first(whole: DossierCase, intruder: Intruder) -> None:
    for source, target in ((4, 100), (5, 4), (100, 5)):
        intruder(f"UPDATE audit_entry SET seq = {target} WHERE seq = {source}")
    assert chain_fault(whole.store) == "seq 4: does not follow the row before it"


@pytest.mark.tampers
def test_a_chain_cut_short_is_found_by_the_anchor_alone(whole: DossierCase, intruder: Intruder) -> None:
    anchor = head(whole.store)
    intruder("DELETE FROM audit_entry WHERE seq > 8")
    assert chain_fault(whole.store) is None
    assert chain_fault(whole.store, anchor) == "seq 9: missing, the anchor says that the chain reached 11"


@pytest.mark.tampers
def test_a_chain_written_anew_is_found_by_the_anchor(
    whole: DossierCase, intruder: Intruder, make_store: object
) -> None:
    other = Head(head(whole.store).seq, "f" * 64)
    assert chain_fault(whole.store, other) == "seq 11: hash differs from the anchor"


def test_the_export_is_proven_without_the_product(whole: DossierCase, tmp_path: Path) -> None:
    path, anchor = tmp_path / "audit.jsonl", tmp_path / "head.json"
    reached = export_audit(whole.store, path)
    anchor.write_text(head(whole.store).json())
    assert reached == head(whole.store)
    code, words = prove(path, anchor)
    line = tmp_path / "head.txt"
    line.write_text(f"{head(whole.store).seq}  {head(whole.store).hash}\nDEMO\n")
    assert prove(path, line) == (code, words)
    line.write_text("x")
    assert prove(path, line)[0] == 2 and "用法有误" in prove(path, line)[1] and "audit head" in prove(path, line)[1]
    assert prove(tmp_path / "none")[0] == 2 and "无法读取" in prove(tmp_path / "none")[1]
    assert (code, words.split(": ", 1)[1].strip()) == (0, f"{ROWS} rows, head {reached.hash}")
    assert "models" not in SCRIPT.read_text(encoding="utf-8")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("edited", lambda r: [*r[:4], {**r[4], "actor": "other"}, *r[5:]], "seq 5: content differs from its hash"),
        ("removed", lambda r: [*r[:4], *r[5:]], "seq 5: missing, 6 follows 4"),
        ("swapped", lambda r: [*r[:4], r[5], r[4], *r[6:]], "seq 5: missing, 6 follows 4"),
        ("doubled", lambda r: [*r[:5], r[4], *r[5:]], "seq 6: missing, 5 follows 5"),
        ("cut short", lambda r: r[:8], "seq 9: missing, the anchor says that the chain reached 11"),
        ("begun later", lambda r: r[1:], "seq 1: missing, 2 follows 0"),
        (
            "grafted",
            lambda r: [*r[:4], {**r[4], "previous": "0" * 64}, *r[5:]],
            "seq 5: does not follow the row before",
        ),
        ("poor", lambda r: [*r[:4], {"seq": 5}, *r[5:]], "line 5: lacks action, actor"),
        ("no rows", lambda r: ["a"], "line 1: not a row"),
    ],
)
def test_the_script_names_the_first_bad_row(
    whole: DossierCase, tmp_path: Path, name: str, change: Callable[[list[object]], list[object]], says: str
) -> None:
    path, anchor = tmp_path / "audit.jsonl", tmp_path / "head.json"
    anchor.write_text(export_audit(whole.store, path).json())
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in change(rows)), encoding="utf-8")
    code, words = prove(path, anchor)
    assert (code, says in words) == (1, True), (name, words)


def test_the_script_says_when_it_is_used_wrongly(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "none.jsonl")], capture_output=True, text=True, encoding="utf-8"
    )
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


def test_an_export_that_cannot_be_written_leaves_the_old_one(whole: DossierCase, tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text("old")
    (tmp_path / "audit.jsonl.part").mkdir()
    with pytest.raises(OSError):
        export_audit(whole.store, path)
    assert path.read_text() == "old"
