"""docs/installing.md: its commands are taken from the page. Those without root are carried out in an empty folder, in their order;
the PostgreSQL blocks against a server of the test's own; units are installed and enabled under an empty root. The rest is checked
by its own tools: the shell's parser, `systemd-analyze verify`, each command's own options."""

import configparser
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from scripts import browser
from support import tree
from support.postgres import Server

PAGE = tree.text(Path("docs/installing.md"))
UNITS = tree.ROOT / "deployments" / "systemd"
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
AS_ROOT = [one for one in BLOCKS if one.startswith("# root\n")]
PLAIN = [one for one in BLOCKS if not one.startswith("# root\n")]
SOURCE = "/usr/local/src/duixian"
DATED = {"filing", "working-days", "versions", "disk", "fonts"}  # depends on the day and the machine of the test


def test_every_block_of_the_page_is_of_one_kind_or_the_other() -> None:
    assert PAGE.count("```") == 2 * len(BLOCKS) and len(AS_ROOT) >= 6 and len(PLAIN) >= 6


@pytest.mark.slow
def test_the_page_is_carried_out_from_its_first_command_to_its_last_in_an_empty_folder(tmp_path: Path) -> None:
    place = tmp_path / "empty"
    place.mkdir(mode=0o700)
    (place / "policies").mkdir()
    script = "set -euo pipefail\n" + "\n".join(PLAIN).replace(SOURCE, str(tree.ROOT))
    # what the doctor finds is looked at below; on another day the example's window is over
    script = script.replace("\nduixian doctor\n", "\nduixian doctor --json > doctor.json || [ $? = 3 ]\n")
    done = subprocess.run(["bash"], input=script, cwd=place, env=environment(place), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    bad = {one["id"] for one in json.loads((place / "doctor.json").read_text())["findings"] if one["level"] == "fail"}
    assert bad <= DATED, bad
    assert "全部成立" in done.stdout and "XZ2026EX" in done.stdout
    assert [path for path in (place / "home").rglob("*") if path.stat().st_mode & 0o077] == []
    assert list((place / "backups").iterdir()) and json.loads((place / "audit-head.json").read_text())["seq"]


@pytest.mark.slow
def test_the_postgresql_blocks_lead_to_a_store_in_which_the_program_is_no_superuser(tmp_path: Path) -> None:
    before, after = (one for one in AS_ROOT if "sudo -u postgres" in one)
    place = tmp_path / "etc"
    (place / "policies").mkdir(mode=0o755, parents=True)
    policy, init = (next(one for one in PLAIN if words in one) for words in ("cp /usr/local/src", "duixian init"))
    example = (UNITS / "environment.example").read_text(encoding="utf-8")
    example = example.replace("/etc/duixian", str(place)).replace("/var/lib/duixian", str(tmp_path / "home"))
    (place / "environment").write_text(example, encoding="utf-8")
    enter = f"set -a; . {place}/environment; set +a\n"
    server = Server()
    try:
        url = make_url(server.url("postgres"))
        host = str(url.query["host"])
        script = "set -euo pipefail\n" + before + enter + policy + init + after + enter
        script += "duixian doctor --json > doctor.json || [ $? = 3 ]\nduixian verify\n"
        for words, ours in {
            "apt-get install --yes postgresql\n": "", "sudo -u postgres ": "", "sudo -u duixian ": "",
            "install -o root -g duixian ": "install ", "@127.0.0.1/duixian": f"@/duixian?host={host}",
            "/etc/duixian": str(place), SOURCE: str(tree.ROOT),
        }.items():  # fmt: skip
            assert words in script, words
            script = script.replace(words, ours)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("DUIXIAN_", "PREFECT_"))}
        path = os.pathsep.join((str(server.tools), str(Path(sys.executable).parent), os.environ["PATH"]))
        surroundings = {**clean, "PATH": path, "PGHOST": host, "PGUSER": "postgres"}
        done = subprocess.run(["bash"], input=script, cwd=tmp_path, env=surroundings, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        with psycopg.connect(host=host, user="postgres", dbname="duixian") as connection:
            logins = dict(
                connection.execute("SELECT rolname, rolsuper FROM pg_roles WHERE rolname LIKE 'duixian%'").fetchall()
            )
            tables = connection.execute(
                "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
    finally:
        server.stop()
    assert "全部成立" in done.stdout
    assert logins["duixian_service"] is False and "duixian_setup" not in logins and tables == [("duixian_owner",)]
    bad = {
        one["id"] for one in json.loads((tmp_path / "doctor.json").read_text())["findings"] if one["level"] == "fail"
    }
    assert bad <= DATED | {"duties", "parameters"}, bad
    assert (
        "duixian_service" in (place / "database-url").read_text()
        and (place / "database-url").stat().st_mode & 0o027 == 0
    )


def environment(place: Path) -> dict[str, str]:
    """The settings of the page's own example, in the test's folder, and our program on the path."""
    lines = (UNITS / "environment.example").read_text(encoding="utf-8").splitlines()
    named = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    named |= {
        "DUIXIAN_HOME": str(place / "home"),
        "DUIXIAN_POLICIES": str(place / "policies"),
        "DUIXIAN_IDENTITY_KEY": str(place / "home" / "identity-key"),
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("DUIXIAN_", "PREFECT_"))}
    return {**clean, **named, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def root_lines() -> list[list[str]]:
    """Every command of the root blocks as words."""
    lines = [line for block in AS_ROOT for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[-1][:40])
def test_the_shell_can_parse(block: str) -> None:
    done = subprocess.run(["bash", "-n"], input=block, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_root_uses_only_tools_that_a_debian_has_and_names_files_that_are_there() -> None:
    known = {
        "apt-get",
        "timedatectl",
        "python3",
        "useradd",
        "install",
        "ln",
        "cp",
        "systemctl",
        "journalctl",
        "sudo",
        "sed",
        "echo",
    }
    for words in root_lines():
        assert words[0] in known or words[0] == "/opt/duixian/bin/pip" or words[0].startswith("PASSWORD=$("), words
        for word in words:
            if word.startswith(f"{SOURCE}/"):
                assert list(tree.ROOT.glob(word.removeprefix(f"{SOURCE}/"))), word


def test_what_the_page_enables_is_shipped_and_every_unit_shipped_is_enabled() -> None:
    enabled = {word for words in root_lines() if words[:2] == ["systemctl", "enable"] for word in words[3:]}
    shipped = {path.name for path in UNITS.iterdir()}
    assert enabled <= shipped
    started = {name.replace(".timer", ".service") for name in enabled}
    assert started == {name for name in shipped if name.endswith(".service")}
    for name in shipped:
        assert f"`{name}`" in PAGE or name.replace(".service", ".timer") in PAGE or name.endswith((".cron", ".example"))


@pytest.mark.slow
@pytest.mark.parametrize("unit", sorted(UNITS.glob("*.service")), ids=lambda path: path.name)
def test_a_service_runs_a_command_that_exists_privately_and_as_its_own_user(unit: Path) -> None:
    read = configparser.ConfigParser(interpolation=None, strict=False)
    read.optionxform = str  # type: ignore[assignment,method-assign]
    read.read(unit, encoding="utf-8")
    service = read["Service"]
    assert (service["User"], service["UMask"], service["NoNewPrivileges"]) == ("duixian", "0077", "yes")
    assert service["EnvironmentFile"] == "/etc/duixian/environment"
    program, *words = shlex.split(service["ExecStart"])
    assert program == "/usr/local/bin/duixian"
    command = [word for word in words if not word.startswith(("-", "/")) and not word.isdigit()]
    shown = subprocess.run(
        [str(Path(sys.executable).with_name("duixian")), *command, "--help"], capture_output=True, text=True
    )
    assert shown.returncode == 0 and all(word in shown.stdout for word in words if word.startswith("--"))


def test_systemd_itself_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    assert analyze or not browser.required(), "systemd-analyze is missing: apt-get install systemd"
    if analyze is None:
        return  # not a Linux in CI: what can be read is looked at above
    ours = tmp_path / "duixian"
    ours.write_text("#!/bin/sh\n", encoding="utf-8")
    ours.chmod(0o755)
    folder = tmp_path / "units"
    folder.mkdir()
    for path in [*UNITS.glob("*.service"), *UNITS.glob("*.timer")]:
        text = path.read_text(encoding="utf-8")
        (folder / path.name).write_text(text.replace("/usr/local/bin/duixian", str(ours)), encoding="utf-8")
    units = sorted(map(str, folder.iterdir()))
    done = subprocess.run([analyze, "verify", "--man=no", *units], capture_output=True, text=True)
    mine = [line for line in (done.stdout + done.stderr).splitlines() if "duixian" in line]
    assert (done.returncode, mine) == (0, []), done.stdout + done.stderr
    for timer in UNITS.glob("*.timer"):
        (when,) = re.findall(r"^OnCalendar=(.+)$", timer.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert subprocess.run([analyze, "calendar", when], capture_output=True).returncode == 0, when


def test_the_block_that_lets_it_run_installs_and_enables_units_that_systemd_takes(tmp_path: Path) -> None:
    systemctl, analyze = shutil.which("systemctl"), shutil.which("systemd-analyze")
    assert (systemctl and analyze) or not browser.required(), "systemd is missing: apt-get install systemd"
    if systemctl is None or analyze is None:
        return
    (block,) = (one for one in AS_ROOT if "systemctl enable" in one)
    place, program = tmp_path / "etc" / "systemd" / "system", tmp_path / "usr" / "local" / "bin" / "duixian"
    for folder in (place, program.parent):
        folder.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    script = block.replace(SOURCE, str(tree.ROOT)).replace("/etc/systemd/system/", f"{place}/")
    script = script.replace("systemctl daemon-reload\n", "").replace(
        "systemctl enable --now", f"systemctl --root={tmp_path} enable"
    )
    done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    wanted = {path.name for path in place.glob("*.wants/*")}
    assert wanted == {"duixian.service", "duixian-watch.timer", "duixian-backup.timer", "duixian-doctor.timer"}
    for unit in place.glob("duixian*"):
        unit.write_text(
            unit.read_text(encoding="utf-8").replace("/usr/local/bin/duixian", str(program)), encoding="utf-8"
        )
    installed = sorted(str(one) for one in place.glob("duixian*"))
    checked = subprocess.run([analyze, "verify", "--man=no", *installed], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_unit_with_a_slip_in_it_is_found(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        assert not browser.required()
        return
    wrong = tmp_path / "duixian-wrong.service"
    wrong.write_text("[Service]\nExecStart=/no/such/duixian serve\nUMaks=0077\n", encoding="utf-8")
    done = subprocess.run([analyze, "verify", "--man=no", str(wrong)], capture_output=True, text=True)
    assert done.returncode != 0 and "UMaks" in done.stderr


def test_the_example_of_settings_names_what_the_page_explains() -> None:
    text = (UNITS / "environment.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^#?(DUIXIAN_\w+)=", text, flags=re.MULTILINE))
    explained = set(re.findall(r"^\| `(DUIXIAN_\w+)`", PAGE, flags=re.MULTILINE))
    assert explained <= named and stat.S_ISREG((UNITS / "environment.example").stat().st_mode)
