"""`backup`, `restore`, `health`, `metrics` at the command line: a drill by hand, with exit codes and plain words."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from casework.operations import heartbeat
from casework.operations.alarms import Alarm, sound
from models import Heartbeat
from models.clock import real_now


def test_a_drill_by_hand(office, tmp_path: Path) -> None:
    made = office.json("backup", "create", "--to", tmp_path / "backups", "--keep", 2)
    assert made["verified"] and made["rows"] > 0 and made["removed"] == []
    proven = office.json("backup", "verify", made["file"])
    assert proven["ok"] and proven["sha256"] == made["sha256"] and proven["audit"] == made["audit"]
    done = office.json("restore", made["file"], "--into", tmp_path / "drill")
    assert done["verify"]["ok"] and done["audit"] == made["audit"]
    assert done["head"]["seq"] == made["audit"]["seq"] + 1
    assert "不会覆盖" in office.error("restore", made["file"], "--into", tmp_path / "drill", code=1)["message"]


def test_it_speaks_to_people_in_both_languages(office, tmp_path: Path) -> None:
    said = office("backup", "create", "--to", tmp_path / "backups")
    assert "备份时核验  全部成立" in said and "审计链头" in said
    [file] = (tmp_path / "backups").iterdir()
    assert "备份完整" in office("backup", "verify", file)
    assert "every invariant holds" in office("restore", file, "--into", tmp_path / "drill", lang="en")


def test_old_ones_go_only_when_a_new_one_is_there(office, tmp_path: Path) -> None:
    files = [office.json("backup", "create", "--to", tmp_path / "b", "--keep", 1)["file"] for _ in range(2)]
    assert [str(path) for path in (tmp_path / "b").iterdir()] == files[1:]


def test_wrong_files_places_and_numbers_are_refused_with_the_way_out(office, tmp_path: Path) -> None:
    assert office.error("backup", "verify", tmp_path / "gone", code=2)["code"] == "file"
    (tmp_path / "text.tar.gz").write_text("no archive")
    assert "请改用另一份备份" in office.error("backup", "verify", tmp_path / "text.tar.gz", code=2)["message"]
    assert office.error("restore", tmp_path / "text.tar.gz", "--into", tmp_path / "x", code=2)["code"] == "damaged"
    assert office.error("backup", "create", "--keep", -1, code=2)["field"] == "--keep"
    assert office.error("backup", "create", "--to", "/proc/nowhere", code=2)["field"] == "--to"
    assert office.error("restore", tmp_path / "x", "--into", "mysql://db/x", code=1)["field"] == "into"
    unreachable = "postgresql+psycopg://nobody:secret-word@127.0.0.1:1/x"
    error = office.error("restore", tmp_path / "x", "--into", unreachable, code=1)
    assert "无法连接数据库" in error["message"] and "secret-word" not in error["message"]


def test_health_says_why_not_and_lists_alarms(office) -> None:
    store = office.store
    found = office.json("health", code=3)
    assert not found["ready"] and [sign["id"] for sign in found["signs"] if not sign["ok"]] == ["sweep"]
    with store.write() as work:
        heartbeat.beat(work, heartbeat.SWEEP)
    assert office.json("health")["ready"] and "就绪" in office("health")
    sound(store, Alarm(kind="run_failed", about="m04_new_products", content={"job": "m04_new_products", "at": "12:00"}))
    assert office.json("health")["alarms"] == ["流程运行失败 A flow run failed（m04_new_products）"]
    assert "m04_new_products" in office("health", lang="en")
    with store.write() as work:
        work.execute(update(Heartbeat).values(at=real_now() - timedelta(minutes=10)))
    assert "未就绪" in office("health", code=3)


def test_metrics_are_those_of_the_endpoint(office) -> None:
    assert "duixian_database_up 1.0" in office("metrics")
    names = {metric["name"] for metric in office.json("metrics")}
    assert {"duixian_cases", "duixian_due_actions", "duixian_fund_fen", "duixian_verify_ok"} <= names
