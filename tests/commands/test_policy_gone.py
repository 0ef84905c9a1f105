"""A policy that is no longer here stops its own cases only: lists, jobs and the doctor go on with those of the other one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from commands.conftest import CommandOffice

import policies
from casework.calendar_jobs.job_runner import run_due
from casework.lifecycle import commands as r
from casework.shared.home import Home
from deployments.doctor import doctor
from deployments.finding import DoctorFinding
from models import Duty, State
from support.calendar_jobs import told
from support.stage import claim
from support.two_policies import OTHER, draft, installed


@pytest.fixture(autouse=True)
def _back_at_the_end() -> Iterator[None]:
    """Both are installed when the store is looked over: what cannot be computed again is rightly red there."""
    with installed():
        yield


@contextmanager
def gone_away() -> Iterator[None]:
    """The other policy is not there meanwhile."""
    del policies._registered[OTHER.code]
    try:
        yield
    finally:
        policies._registered[OTHER.code] = OTHER


def both(office: CommandOffice, state: State = State.SCREENED, duty: Duty | None = Duty.CERTIFIER) -> tuple[str, str]:
    """A case of each policy in the same state."""
    walk = office.walk
    numbers = []
    for policy, number in (("XZ2023", 1), (OTHER.code, 2)):
        made = draft(walk, policy, "M4a", number)
        walk.do(r.File, walk.stage.case(made), claim={**claim("M4a", 1), "product": f"算例织机{number}"})
        numbers.append(walk.to(made, state, duty).number)
    return numbers[0], numbers[1]


def test_the_cases_of_the_other_policy_are_shown_done_and_watched(office: CommandOffice) -> None:
    ours, gone = both(office)
    certifier = ("--as", "certifier-0")
    with gone_away():
        tasks = {task["case"]["number"]: task for task in office.json("inbox", *certifier)["tasks"]}
        assert tasks[ours]["actions"] and not tasks[gone]["actions"]
        assert "未安装" in office("inbox", *certifier) and "not installed" in office("inbox", *certifier, lang="en")
        for lang, words in (("zh", "请安装其程序包"), ("en", "install its package")):
            assert words in office("case", gone, "--as", "auditor-0", lang=lang, code=1)
            assert words in office("act", gone, "certify", "--as-claimed", *certifier, lang=lang, code=1)
        listed = office("cases", "--as", "auditor-0")
        assert ours in listed and gone in listed
        office("act", ours, "certify", "--as-claimed", *certifier)
        found = examined(office)
        assert not any("未能完成" in each_words.zh for each_words in found)
        assert any(finding.level == "fail" and OTHER.code in finding.zh for finding in found)


def examined(office: CommandOffice) -> list[DoctorFinding]:
    home = Home.at(office.home, database_url=office.url)
    with home.in_use():
        return [finding for finding in doctor(home) if finding.id in ("policies", "rules", "duties", "filing")]


def test_the_jobs_of_the_calendar_do_their_work_for_the_other_policy(office: CommandOffice) -> None:
    ours, gone = both(office)
    store = office.store
    with store.read() as work:
        later = work.now + timedelta(days=120)
    with gone_away():
        store.set_clock(later)
        done = run_due(store)
        assert not done.failed, done.failed
        late = {message.content["case"] for message in told(store, "deadline_escalated")}
        assert ours in late and gone not in late, "who is late with ours hears of it"
    store.set_clock(later + timedelta(days=1))
    assert not run_due(store).failed
    assert gone in {message.content["case"] for message in told(store, "deadline_escalated")}, (
        "and of the other's when it is back"
    )


def test_of_a_list_of_both_the_one_is_done_and_the_other_told(office: CommandOffice) -> None:
    ours, gone = both(office, State.FILED, Duty.ACCEPTOR)
    path = office.write("list.csv", f"案件,动作\n{ours},accept\n{gone},accept\n")
    with gone_away():
        said = office("act", "--list", path, "--as", "acceptor-0", code=1)
    assert "请安装其程序包" in said
    states = {case["number"]: case["state"] for case in office.json("cases", "--as", "auditor-0")["cases"]}
    assert states[gone] == "filed" and states[ours] != "filed"


def test_a_fund_that_both_share_pays_on_for_the_one(office: CommandOffice) -> None:
    _, gone = both(office, State.PAYABLE, None)
    fund = ("--fund", "区经商局:2023")
    with gone_away():
        done = office.json("payments", "allocate", "算例文 1 号", *fund, "--as", "allocator-0")
        assert (done["count"], [case["case"] for case in done["excluded"]]) == (1, [gone])
        assert office.json("payments", "prepare", *fund, "--as", "maker-0")["count"] == 1
        assert OTHER.code in office("verify", code=3), "what cannot be computed again is said"
