"""docs/installing.md: its commands are taken from the page. Those without root are carried out in an empty folder, in their order;
the PostgreSQL blocks against a server of the test's own; units are installed and enabled under an empty root. The user
and the folders are made under another one, packages are simulated by apt and pip. The rest is checked by its own tools: the shell's
parser, `systemd-analyze verify`, each command's own options."""

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
from typing import Any
from zoneinfo import available_timezones

import psycopg
import pytest
from sqlalchemy.engine import make_url

from scripts import browser
from support import tree
from support.postgres import Server

PAGE = tree.text(Path("docs/installing.md"))
UNITS = tree.ROOT / "deployments" / "systemd"
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
AS_ROOT = [each_block for each_block in BLOCKS if each_block.startswith("# root\n")]
PLAIN = [each_block for each_block in BLOCKS if not each_block.startswith("# root\n")]
SOURCE = "/usr/local/src/duixian"
DATED = {"filing", "working-days", "versions", "disk", "fonts"}  # depends on the day and the machine of the test


def test_every_block_of_the_page_is_of_one_kind_or_the_other() -> None:
    assert PAGE.count("```") == 2 * len(BLOCKS) and len(AS_ROOT) >= 6 and len(PLAIN) >= 6


@pytest.mark.prove
def test_the_page_is_carried_out_from_its_first_command_to_its_last_in_an_empty_folder(tmp_path: Path) -> None:
    place = tmp_path / "empty"
    place.mkdir(mode=0o700)
    (place / "policies").mkdir()
    script = "set -euo pipefail\n" + "\n".join(PLAIN).replace(SOURCE, str(tree.ROOT))
    # what the doctor finds is looked at below; on another day the example's window is over
    script = script.replace("\nduixian doctor\n", "\nduixian doctor --json > doctor.json || [ $? = 3 ]\n")
    done = subprocess.run(["bash"], input=script, cwd=place, env=environment(place), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    bad = {
        finding["id"]
        for finding in json.loads((place / "doctor.json").read_text())["findings"]
        if finding["level"] == "fail"
    }
    assert bad <= DATED, bad
    assert "全部成立" in done.stdout and "XZ2026EX" in done.stdout
    assert [path for path in (place / "home").rglob("*") if path.stat().st_mode & 0o077] == []
    assert list((place / "backups").iterdir()) and json.loads((place / "audit-head.json").read_text())["seq"]


@pytest.mark.prove
def test_the_postgresql_blocks_lead_to_a_store_in_which_the_program_is_no_superuser(tmp_path: Path) -> None:
    before, after = (line for line in AS_ROOT if "sudo -u postgres" in line)
    place = tmp_path / "etc"
    (place / "policies").mkdir(mode=0o755, parents=True)
    policy, init = (next(block for block in PLAIN if words in block) for words in ("cp /usr/local/src", "duixian init"))
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
        finding["id"]
        for finding in json.loads((tmp_path / "doctor.json").read_text())["findings"]
        if finding["level"] == "fail"
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


def block_with(words: str) -> str:
    """The root block that says this."""
    (found,) = (line for line in AS_ROOT if words in line)
    return found


def run(script: str, **more: Any) -> str:
    """What a script prints; it must end well."""
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_apt_knows_every_package_and_option_of_the_page() -> None:
    """`--simulate` changes nothing and needs no root; without lists of packages the names are at least those of packages."""
    lines = [words for words in root_lines() if words[0] == "apt-get" and "install" in words]
    packages = {word for words in lines for word in words[2:] if not word.startswith("-")}
    assert len(lines) == 2 and {"python3", "postgresql"} <= packages
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", package) for package in packages)
    assert [root_line for root_line in root_lines() if root_line[0] == "apt-get" and "install" not in root_line] == [
        ["apt-get", "update"]
    ]
    if shutil.which("apt-get") is None:
        assert not browser.required()
        return
    if subprocess.run(["apt-cache", "show", "fonts-noto-cjk"], capture_output=True).returncode:
        return  # no lists of packages here: apt would refuse what is right
    options = sorted({word for words in lines for word in words if word.startswith("-")})
    run(shlex.join(["apt-get", "--simulate", "install", *options, *sorted(packages)]))


def test_the_clock_and_journal_commands_take_what_the_page_gives_them() -> None:
    said = {words[1] for words in root_lines() if words[0] == "timedatectl"}
    assert said == {"set-timezone", "set-ntp"} and "Asia/Shanghai" in available_timezones()
    for tool, wanted in (
        ("timedatectl", said),
        ("systemctl", {"status", "enable", "daemon-reload", "--no-pager", "--now"}),
    ):
        if shutil.which(tool) is not None:
            helps = run(f"{tool} --help")
            assert [command for command in wanted if command not in helps] == []
    if shutil.which("journalctl") is not None:
        (journal,) = (words for words in root_lines() if words[0] == "journalctl")
        run(shlex.join(journal))


def test_the_user_and_the_folders_are_made_as_the_page_says_under_an_empty_root(tmp_path: Path) -> None:
    """As root in a root of the test's own; nobody else can make a user or give a file away: then the options are looked at."""
    block, useradd = block_with("useradd"), shutil.which("useradd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert useradd or not browser.required(), "useradd is missing: apt-get install passwd"
    if useradd is None:
        return
    (words,) = (words for words in root_lines() if words[0] == "useradd")
    helps = run(f"{useradd} --help")
    assert all(word in helps for word in words if word.startswith("--"))
    if os.geteuid() != 0:
        return
    for name in ("passwd", "group", "shadow", "gshadow"):
        place = tmp_path / "etc" / name
        place.parent.mkdir(exist_ok=True)
        place.write_text("root:x:0:0::/root:/bin/sh\n" if name == "passwd" else "", encoding="utf-8")
    made = next(line for line in block.splitlines() if line.startswith("useradd"))
    run(made.replace("useradd", f"{useradd} --prefix {tmp_path}"))
    user = (tmp_path / "etc" / "passwd").read_text(encoding="utf-8").splitlines()[-1].split(":")
    assert (user[0], user[5], user[6]) == ("duixian", "/var/lib/duixian", "/usr/sbin/nologin") and 0 < int(
        user[2]
    ) < 1000
    rest = block.replace(made, "").replace("-o duixian", f"-o {user[2]}").replace("-g duixian", f"-g {user[3]}")
    for folder in ("/var/", "/etc/"):
        rest = rest.replace(f" {folder}", f" {tmp_path}{folder}")
    run(rest.replace(SOURCE, str(tree.ROOT)))
    seen = {
        name: (tmp_path / name).stat() for name in ("var/lib/duixian", "var/backups/duixian", "etc/duixian/environment")
    }
    assert [(status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) for status in seen.values()] == [
        (int(user[2]), int(user[3]), 0o700), (int(user[2]), int(user[3]), 0o700), (0, int(user[3]), 0o640),
    ]  # fmt: skip


@pytest.mark.prove
def test_pip_takes_the_lock_and_the_program_with_the_options_of_the_page(tmp_path: Path) -> None:
    """Nothing is fetched: what the lock pins is installed beside the tests, and any pin that is not is refused."""
    lines = block_with("pip install").splitlines()
    pip = f"{sys.executable} -m pip install --dry-run --no-index --disable-pip-version-check"
    lock, program = (line for line in lines if "pip install" in line)
    assert lines[1] == "python3 -m venv /opt/duixian"
    for line, more in ((lock, ""), (program, " --no-build-isolation")):
        said = run(line.replace("/opt/duixian/bin/pip install", pip + more).replace(SOURCE, str(tree.ROOT)))
        assert "Would install" not in said if line is lock else "Would install duixian" in said
    odd = tmp_path / "requirements.lock"
    text = (tree.ROOT / "requirements.lock").read_text(encoding="utf-8")
    odd.write_text(re.sub(r"^(\w[\w.-]*)==(\S+)", r"\1==0.0.0.1", text, count=1, flags=re.MULTILINE), encoding="utf-8")
    done = lock.replace("/opt/duixian/bin/pip install", pip).replace(f"{SOURCE}/requirements.lock", str(odd))
    assert subprocess.run(["bash", "-c", done], capture_output=True).returncode
    linked = next(line for line in lines if line.startswith("ln "))
    (tmp_path / "bin").mkdir()
    run(
        linked.replace("/opt/duixian/bin", str(Path(sys.executable).parent)).replace(
            "/usr/local/bin", str(tmp_path / "bin")
        )
    )
    assert run(f"{tmp_path}/bin/duixian --help")


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
    (block,) = (line for line in AS_ROOT if "systemctl enable" in line)
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
    installed = sorted(str(value) for value in place.glob("duixian*"))
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
