"""The installation: init, upgrade, verify, doctor, audit; exit codes, errors, interrupts and pipes as a shell sees them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from models import Duty, State
from support import tree

PROGRAM = [sys.executable, "-c", "from cli.app import main; main()"]


def shell(
    *arguments: str, home: Path, lang: str = "zh", url: str = "", **more: Any
) -> "subprocess.CompletedProcess[str]":
    """The real program in a process of its own."""
    env = {**os.environ, "DUIXIAN_HOME": str(home), "DUIXIAN_LANG": lang, "PYTHONPATH": str(tree.ROOT)}
    env |= {"DUIXIAN_DATABASE_URL": url, "DUIXIAN_TOKEN": ""}
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, env=env, cwd=home, **more)


def test_init_makes_a_store_once_and_a_demo_stays_one(desk: Any) -> None:
    made = desk.json("init", "--demo")
    assert made["demo"] is True and len(made["units_added"]) > 15
    assert desk.json("init")["units_added"] == []
    assert "演示数据 DEMO" in desk("units", "list")


def test_a_production_store_never_becomes_a_demo(desk: Any) -> None:
    desk("init")
    assert desk.error("init", "--demo", code=2)["field"] == "--demo"
    assert "DEMO" not in desk("units", "list")


def test_without_a_store_every_command_says_how_to_make_one(desk: Any) -> None:
    for arguments in (["cases"], ["verify"], ["db", "upgrade"], ["advance"], ["inbox"], ["funds"], ["audit", "head"]):
        error = desk.error(*arguments, code=2)
        assert "duixian init" in error["message"], arguments
    assert not desk.home.exists() or not list(desk.home.glob("*.db"))


def test_the_schema_is_upgraded_and_says_from_what_to_what(desk: Any) -> None:
    desk("init")
    found = desk.json("db", "upgrade")
    assert found["before"] == found["after"]


def test_verify_lists_every_invariant_and_names_the_first_bad_row(office: Any) -> None:
    found = office.json("verify")
    assert found["ok"] is True and len(found["checks"]) > 15
    assert "全部成立" in office("verify")
    assert "all hold" in office("verify", lang="en")


def unguarded(store: Any, *statements: str) -> None:
    """Does what the database's triggers would refuse."""
    with store.engine.begin() as connection:
        for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount == 1


@pytest.mark.tampers
def test_verify_ends_with_3_and_names_the_bad_row(office: Any) -> None:
    office("units", "add", "算例乡")
    assert office.json("verify")["ok"] is True
    unguarded(office.store, "UPDATE audit_entry SET actor = 'nobody' WHERE seq = 1")
    found = office.json("verify", code=3)
    bad = [check for check in found["checks"] if not check["ok"]]
    assert found["ok"] is False and bad and all(invariant["bad"] for invariant in bad)
    assert "✗" in office("verify", code=3)


@pytest.mark.tampers
def test_a_store_without_its_guards_is_not_opened(office: Any) -> None:
    unguarded(office.store)
    error = office.error("cases", code=3)
    assert error["code"] == "unsafe-store" and "db upgrade" in error["message"]


def test_the_audit_chain_is_exported_and_its_head_is_an_anchor(office: Any) -> None:
    office("units", "add", "算例乡")
    head = office.json("audit", "head")
    path = office.home / "audit.jsonl"
    exported = office.json("audit", "export", path)
    assert exported["hash"] == head["hash"]
    assert len(path.read_text("utf-8").splitlines()) == head["seq"]
    assert office.json("verify", "--anchor", office.write("head.json", head))["ok"] is True
    false = office.write("false.json", {"seq": 1, "hash": "0" * 64})
    assert office.json("verify", "--anchor", false, code=3)["ok"] is False
    assert office.json("verify", "--anchor", office.write("head.txt", office("audit", "head")))["ok"] is True
    for wrong in ({}, "12 x", "[1]", '{"seq": "1", "hash": 2}'):
        no = office.error("verify", "--anchor", office.write("x.json", wrong), code=2)
        assert no["field"] == "--anchor" and "audit head" in no["message"], wrong
    assert office.error("audit", "export", "/proc/nowhere/x", code=2)["field"] == "FILE"


def test_advance_with_nothing_due_starts_nothing(office: Any) -> None:
    assert office.json("advance")["moved"] == []
    assert office.error("advance", "M99", code=1)["field"] == "measure"
    assert not (office.home / "engine" / "prefect.db").exists()


def test_the_doctor_says_what_it_looked_at(office: Any) -> None:
    result = office.run("doctor", "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == (0 if found["ok"] else 3)
    assert {"versions", "database"} <= {finding["id"] for finding in found["findings"]}


def test_an_unexpected_error_ends_with_3_an_id_and_the_log(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli import measures

    def broken(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(measures, "policy_named", broken)
    error = desk.error("measures", code=3)
    assert error["code"] == "unexpected"
    log = desk.home / "log" / "duixian.log"
    assert str(log) in error["message"]
    assert "a fault of ours" in log.read_text("utf-8") and "a fault of ours" not in error["message"]
    identity = error["message"].split("错误编号 ")[1][:8]
    assert identity in log.read_text("utf-8")


def test_a_secret_never_reaches_the_log(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli import errors

    assert errors._harmless(["inbox", "--token", "dx_secret", "--json"]) == "inbox --token=… … --json"
    assert errors._harmless(["inbox", "--token=dx_secret"]) == "inbox --token=…"


def test_an_interrupt_ends_cleanly(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli import measures

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(measures, "policy_named", interrupted)
    result = desk.run("measures")
    assert result.exit_code == 130 and "已中断" in result.output


def test_exit_codes_and_streams_in_a_real_shell(tmp_path: Path) -> None:
    assert shell("measures", home=tmp_path).returncode == 0
    wrong = shell("measures", "--nothing", home=tmp_path)
    assert (wrong.returncode, wrong.stdout) == (2, "") and "没有选项 --nothing" in wrong.stderr
    english = shell("quote", "M4a", home=tmp_path, lang="en")
    assert english.returncode == 2 and "--facts" in english.stderr and english.stderr.isascii()
    unknown = shell("mesures", home=tmp_path)
    assert unknown.returncode == 2 and "measures" in unknown.stderr


def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    env = {**os.environ, "DUIXIAN_HOME": str(tmp_path), "PYTHONPATH": str(tree.ROOT), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [*PROGRAM, "item", "M4a", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    ) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
    assert process.returncode == 0


@pytest.mark.parametrize("arguments", [["--help"], ["act", "--help"], ["serve", "--help"], ["quote", "--help"]])
def test_help_imports_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    heavy = ("prefect", "sqlmodel", "sqlalchemy", "rich", "numpy", "lxml", "policies.xiuzhou_2023")
    program = f"""
import sys
from cli.app import app
try:
    app({arguments!r})
except SystemExit as end:
    assert end.code == 0, end.code
sys.stderr.write(" ".join(name for name in {heavy!r} if name in sys.modules))
"""
    env = {**os.environ, "PYTHONPATH": str(tree.ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "用法" in done.stdout


def test_quotes_items_and_measures_import_no_database_and_no_engine(tmp_path: Path) -> None:
    program = """
import sys
from cli.app import app
try:
    app(["item", "M16", "--json"])
except SystemExit as end:
    assert end.code == 0
sys.stderr.write(" ".join(name for name in ("prefect", "sqlalchemy", "sqlmodel") if name in sys.modules))
"""
    env = {**os.environ, "PYTHONPATH": str(tree.ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.slow
def test_advance_moves_what_is_due_through_the_engine(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.SYSTEM)
    office.home.mkdir(parents=True, exist_ok=True)
    done = shell("advance", "M4", "--json", home=office.home, url=office.url)
    assert done.returncode == 0, done.stderr
    assert [case["case"] for case in json.loads(done.stdout)["moved"]] == [number]
    assert office.json("case", number)["case"]["next_duty"] == "acceptor"
    assert json.loads(shell("advance", "--json", home=office.home, url=office.url).stdout)["moved"] == []
