"""The doctor looks at what an installation holds: modes of files, policies, windows, people, keys, messages."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import col

import policies
from casework.parties import party_register
from casework.shared.home import Home
from casework.shared.reference import touch
from casework.staff import person_accounts
from deployments.doctor import doctor
from deployments.examining import filing_windows as filing_
from deployments.finding import DoctorFinding
from models import Case, Dispatch, Duty, Grant, Message, Person, State
from models.store import Store
from support.calendar_jobs import at
from support.office import identity_number
from support.stage import add_draft, named
from support.tree import ROOT
from support.walk import Walk

Make = Callable[..., Store]
SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
POSTGRES = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)


def found(home: Home, name: str) -> list[DoctorFinding]:
    return [finding for finding in doctor(home) if finding.id == name]


def only(home: Home, name: str) -> DoctorFinding:
    (finding,) = found(home, name)
    return finding


# files


@SQLITE
@pytest.mark.parametrize("end", ["", "-wal", "-shm"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_database_that_others_may_read_is_named_with_the_way_out(walk: Walk, home: Home, end: str, mode: int) -> None:
    database = Path(f"{walk.stage.store.engine.url.database}{end}")
    assert only(home, "files").level == "ok" and database.stat().st_mode & 0o777 == 0o600
    database.chmod(mode)
    finding = only(home, "files")
    assert finding.level == "fail" and f"{mode:o}" in finding.zh and f"chmod 600 {database}" in finding.zh


@SQLITE
def test_any_file_of_the_home_counts_and_an_open_folder_is_a_warning(walk: Walk, home: Home) -> None:
    kept = home.directory / "backups" / "申报-错误.xlsx"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"")
    kept.chmod(0o644)
    assert "chmod -R go-rwx" in only(home, "files").en
    kept.chmod(0o600)
    home.directory.chmod(0o755)
    assert (only(home, "files").level, "chmod 700" in only(home, "files").zh) == ("warn", True)
    home.directory.chmod(0o700)
    assert only(home, "files").level == "ok"


# policies and windows


def test_a_day_on_which_a_policy_is_open_is_well(walk: Walk, home: Home) -> None:
    assert (only(home, "filing").level, "2024-06-30" in only(home, "filing").zh) == ("ok", True)


@pytest.mark.parametrize(
    ("day", "level"),
    [("2023-05-01", "fail"), ("2023-05-02", "warn"), ("2023-06-30", "warn"), ("2023-07-01", "ok"), ("2024-06-30", "ok"),
     ("2024-07-01", "fail"), ("2026-11-26", "fail")],
)  # fmt: skip
def test_where_nothing_can_be_filed_nor_soon_it_is_red_and_says_what_to_do(
    store: Store, home: Home, day: str, level: str
) -> None:
    store.set_clock(at(day), frozen=True)
    finding = only(home, "filing")
    assert finding.level == level
    assert (level == "fail") == ("DUIXIAN_POLICIES" in finding.zh and "XZ2023 2023-07-01 至 2024-06-30" in finding.zh)


def test_the_example_from_outside_opens_the_window_of_2026(
    store: Store, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUIXIAN_POLICIES", str(ROOT / "docs" / "examples" / "policies"))
    store.set_clock(at("2026-11-26"), frozen=True)
    assert (only(home, "filing").level, only(home, "policies").level) == ("ok", "ok")
    assert "XZ2026EX" in only(home, "filing").zh and "XZ2026EX" in only(home, "policies").zh
    monkeypatch.setenv("DUIXIAN_POLICIES", "/no/such/place")
    assert only(home, "policies").level == "fail" and "/no/such/place" in only(home, "policies").zh
    assert only(home, "filing").level == "fail"


def test_a_policy_that_cases_need_and_nobody_installed_is_named(
    walk: Walk, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewed = policies.get("XZ2023").renewed(
        code="XZ2024", opens=date(2024, 7, 1), closes=date(2025, 6, 30), changes={}
    )
    monkeypatch.setitem(policies._registered, "XZ2024", renewed)
    with walk.stage.store.write() as work:
        add_draft(work, named("renewed"), "M4a", 1, party=named("firm-0"), policy="XZ2024", closes=at("2024-06-30"))
    assert only(home, "policies").level == "ok"
    monkeypatch.delitem(policies._registered, "XZ2024")
    assert "没有安装政策 XZ2024" in only(home, "policies").zh and only(home, "policies").level == "fail"


@SQLITE
def test_a_policy_from_outside_must_have_flows_and_true_examples(
    store: Store, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "wrong_examples.py").write_text(
        "from dataclasses import replace\nfrom datetime import date\nimport policies\n"
        "OLD = policies.get('XZ2023')\nM4A = OLD.item('M4a')\n"
        "POLICY = OLD.renewed(code='WRONG', opens=date(2024, 7, 1), closes=date(2025, 6, 30), changes={\n"
        "    'M4a': {'examples': (replace(M4A.examples[0], amount='1.00'),)}, 'M9': {'flow': 'nowhere'}})\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("DUIXIAN_POLICIES", str(tmp_path))
    said = "\n".join(finding.zh for finding in found(home, "policies") if finding.level == "fail")
    assert "WRONG M4a 的算例不符" in said and "WRONG 第 M9 项没有流程 nowhere" in said


# people


def test_a_turn_that_waits_for_closed_accounts_only_is_named(walk: Walk, home: Home) -> None:
    case = walk.to(walk.open("M4a", 1), State.FILED, Duty.ACCEPTOR)
    assert only(home, "duties").level == "ok"
    with walk.stage.store.write() as work:
        closed = [row.id for row in work.execute(Person.__table__.select()) if row.login.startswith("acceptor")]  # type: ignore[attr-defined]
        work.execute(update(Person).where(col(Person.id).in_(closed)).values(active=False))
        touch(work)
    findings = found(home, "duties")
    assert closed and {finding.level for finding in findings} == {"fail"}
    waiting = [finding for finding in findings if case.next_unit and finding.zh.startswith(case.next_unit)]
    assert len(waiting) == 1 and "账号均已停用，1 件案件在等" in waiting[0].zh and "roles add" in waiting[0].zh


def test_one_open_account_is_enough(walk: Walk, home: Home) -> None:
    store = walk.stage.store
    with store.write() as work:
        walk.stage.person(work, "another", Duty.ACCEPTOR)
        touch(work)
    for row in person_accounts.listed(store):
        if row.login.startswith("acceptor-"):
            person_accounts.close(store, "system", row.login)
    assert only(home, "duties").level == "ok"
    person_accounts.close(store, "system", "another")
    assert {finding.level for finding in found(home, "duties")} == {"fail"}


def test_where_nobody_holds_anything_yet_that_is_said(store: Store, home: Home) -> None:
    assert (only(home, "duties").level, "roles add" in only(home, "duties").zh) == ("warn", True)


@SQLITE
def test_a_lead_unit_without_officers_is_named_before_a_case_waits_for_them(walk: Walk, home: Home) -> None:
    store, unit = walk.stage.store, "区市场监管局"
    assert unit not in only(home, "staffing").zh and "尚无" in only(home, "staffing").zh, "others have nobody at all"
    with store.write() as work:
        held = Grant.__table__.delete().where(col(Grant.unit) == unit)  # type: ignore[attr-defined]
        work.execute(held.where(col(Grant.duty).in_(["certifier", "parameter_author"])))
        touch(work)
    finding = only(home, "staffing")
    assert finding.level == "warn" and f"{unit}（M" in finding.zh and "尚无认定人" in finding.zh
    case = walk.open("M7", 1)
    with store.write() as work:
        waits = update(Case).where(col(Case.id) == case)
        work.execute(waits.values(next_duty="parameter_author", next_unit=unit))
    (waiting,) = [words for words in found(home, "duties") if "1 件案件在等" in words.zh]
    assert waiting.level == "warn" and "也可由区财政局的参数拟定人设定" in waiting.zh


def test_before_there_is_a_store_policies_that_init_would_refuse_are_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "policies"
    empty.mkdir()
    monkeypatch.setenv("DUIXIAN_POLICIES", str(empty))
    home = Home.at(tmp_path / "home", database_url=f"sqlite:///{tmp_path / 'home' / 'duixian.db'}")
    named, over = found(home, "policies")
    assert (named.level, over.level, str(empty) in named.zh, "到期" in over.zh) == ("fail", "fail", True, True)
    monkeypatch.delenv("DUIXIAN_POLICIES")
    assert "到期" in only(home, "policies").zh
    monkeypatch.setenv("DUIXIAN_POLICIES", str(ROOT / "docs" / "examples" / "policies"))
    monkeypatch.setattr(filing_, "real_now", lambda: at("2026-11-26"))
    assert found(home, "policies") == []


# keys and roles


@pytest.fixture
def production(make_store: Make, tmp_path: Path) -> Iterator[Home]:
    """A production store in which nothing is yet."""
    here = Home.at(tmp_path / "production", database_url=make_store(demo=False).url)
    yield here
    here.store().close()


def enter_a_person(home: Home) -> None:
    new = party_register.NewParty(kind="person", code=identity_number(1), name="虚构人")
    party_register.add(home.store(), "system", new)


def test_an_identity_key_that_is_gone_or_anothers_is_red(
    production: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, home = tmp_path / "identity-key", production
    monkeypatch.setenv("DUIXIAN_IDENTITY_KEY", str(key))
    assert only(home, "identity-key").level == "ok", "nothing needs it yet"
    enter_a_person(home)
    assert (only(home, "identity-key").level, "可用" in only(home, "identity-key").zh) == ("ok", True)
    own = key.read_bytes()
    key.write_bytes(b"another key of thirty-two bytes.")
    assert (only(home, "identity-key").level, "打不开" in only(home, "identity-key").zh) == ("fail", True)
    key.unlink()
    assert (only(home, "identity-key").level, "恢复" in only(home, "identity-key").zh) == ("fail", True)
    key.write_bytes(own)
    assert only(home, "identity-key").level == "ok"


@POSTGRES
def test_on_a_server_a_key_that_nobody_named_is_said(production: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DUIXIAN_IDENTITY_KEY", raising=False)
    finding = only(production, "identity-key")
    assert (finding.level, "DUIXIAN_IDENTITY_KEY" in finding.zh) == ("warn", True)


@POSTGRES
def test_a_superuser_is_red_in_production_and_a_warning_in_a_rehearsal(home: Home, production: Home) -> None:
    finding = only(production, "database-role")
    assert finding.level == "fail" and "超级用户" in finding.zh and "duixian db roles" in finding.zh
    assert only(home, "database-role").level == "warn"


# messages


def dispatched(store: Store, sent: int, lost: int) -> None:
    with store.write() as work:
        for number in range(sent + lost):
            message = work.new_id()
            work.add(
                Message,
                id=message,
                once=f"m{number}",
                kind="filed",
                recipient="unit:虚构",
                content="{}",
                due_at=work.now,
            )
            work.add(
                Dispatch, once=f"d{number}", message_id=message, recipient="unit:虚构", audience="officer", language="zh",
                channel="mail", status="sent" if number < sent else "undeliverable", gives_up_at=1, due_at=work.now,
                ended_at=work.now,
            )  # fmt: skip


@pytest.mark.tampers
@pytest.mark.parametrize(("sent", "lost", "level"), [(9, 0, "ok"), (9, 1, "warn"), (9, 2, "fail"), (9, 23, "fail")])
def test_messages_that_reached_nobody_are_counted(store: Store, home: Home, sent: int, lost: int, level: str) -> None:
    store.set_clock(at("2023-09-04"), frozen=True)
    dispatched(store, sent, lost)
    finding = only(home, "messages")
    assert finding.level == level and (not lost or f"{sent + lost} 条消息中有 {lost} 条" in finding.zh)
    store.set_clock(at("2023-10-05"), frozen=True)
    assert only(home, "messages").level == "ok", "what was long ago is not repeated for ever"
