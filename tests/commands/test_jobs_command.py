"""`duixian jobs`: what ran, what is due and next; run and skip with a reason that the audit keeps."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from casework.calendar_jobs import job_runner
from casework.operations.heartbeat import SWEEP, beat, last
from models import AuditEntry, Heartbeat
from models.clock import real_now
from support.calendar_jobs import Notebook, at, only, told


def audited(office: Any, action: str) -> list[tuple[str, str, str]]:
    query = select(col(AuditEntry.actor), col(AuditEntry.subject), col(AuditEntry.content))
    with office.store.read() as work:
        return [tuple(row) for row in work.execute(query.where(col(AuditEntry.action) == action))]


def test_the_listing_says_what_ran_what_is_due_and_what_is_next(office: Any) -> None:
    job_runner.run_due(office.store)
    office.store.set_clock(at("2023-09-06"), frozen=True)
    shown = office("jobs")
    assert (
        "办理期限巡查" in shown
        and "2023-09-04" in shown
        and "已办理" in shown
        and "2023-09-05" in shown
        and "+1" in shown
        and "2024-07-01" in shown
    )
    rows = {row["kind"]: row for row in office.json("jobs")["jobs"]}
    assert rows["deadlines"]["due"] == ["2023-09-05", "2023-09-06"]
    assert (rows["deadlines"]["last_date"], rows["deadlines"]["status"]) == ("2023-09-04", "done")
    assert rows["window_closes"]["next_date"] == "2024-07-01" and rows["rates_digest"]["next_date"] == "2023-09-11"
    assert "watch over" in office("jobs", lang="en")


def test_a_clock_that_was_ahead_is_pointed_out(office: Any) -> None:
    office.store.set_clock(at("2023-10-06"), frozen=True)
    job_runner.run_due(office.store)
    office.store.set_clock(at("2023-09-04"), frozen=True)
    assert "时钟曾经走快" in office("jobs")
    assert all(row["ahead"] for row in office.json("jobs")["jobs"] if row["kind"] == "deadlines")


def test_a_job_is_run_for_the_newest_date_and_anew_only_with_a_reason(office: Any) -> None:
    office.store.set_clock(at("2023-09-06"), frozen=True)
    assert "deadlines（2023-09-06）已办理" in office("jobs", "run", "deadlines")
    refused = office.error("jobs", "run", "deadlines", "--date", "2023-09-06", code=1)
    assert refused["field"] == "--date" and "--again" in refused["message"]
    again = office.json("jobs", "run", "deadlines", "--date", "2023-09-06", "--again", "算例更正")
    assert (again["kind"], again["date"]) == ("deadlines", "2023-09-06")
    history = office.json("jobs", "history", "deadlines")["dates"]
    assert [(row["business_date"], row["status"], row["attempts"]) for row in history] == [("2023-09-06", "done", 2)]
    assert "2023-09-06" in office("jobs", "history", "deadlines", lang="en")
    assert [(actor, subject) for actor, subject, _ in audited(office, "jobs.run")] == [("system", "deadlines")] * 2
    assert "算例更正" in audited(office, "jobs.run")[-1][2]


def test_what_the_calendar_does_at_any_time_is_started_by_its_flows_name(office: Any) -> None:
    office.store.set_clock(at("2023-09-06"), frozen=True)
    assert "sweep（2023-09-06）已办理" in office("jobs", "run", "sweep", "--as", "administrator-0")
    assert last(office.store, SWEEP) is not None
    for flow in ("deliver", "lapse_unanswered", "notices_end", "delegations", "rules_back", "integrity_check"):
        assert office.json("jobs", "run", flow)["failed"] == []
    names = [subject for _, subject, _ in audited(office, "jobs.run")]
    assert names[0] == "sweep" and names[-1] == "integrity_check" and len(names) == 7
    assert audited(office, "jobs.run")[0][0] != "system"
    refused = office.error("jobs", "run", "sweep", "--date", "2023-09-06", code=1)
    assert refused["field"] == "--date" and "不按业务日期" in refused["message"]
    assert office.error("jobs", "run", "sweep", "--as", "clerk-0", code=1)["field"] == "by"
    assert len(audited(office, "jobs.run")) == 7, "what was refused is no start"


def test_a_date_is_skipped_with_a_reason_and_is_then_settled(office: Any) -> None:
    office.store.set_clock(at("2023-09-06"), frozen=True)
    office("jobs", "skip", "deadlines", "--date", "2023-09-06", "--reason", "算例停办", "--as", "administrator-0")
    job_runner.run_due(office.store)
    row = next(row for row in office.json("jobs")["jobs"] if row["kind"] == "deadlines")
    assert (row["last_date"], row["status"], row["reason"]) == ("2023-09-06", "skipped", "算例停办")
    ((actor, subject, content),) = audited(office, "jobs.skip")
    assert subject == "deadlines" and "算例停办" in content and actor != "system"
    assert (
        "已跳过"
        in office.error("jobs", "skip", "deadlines", "--date", "2023-09-06", "--reason", "再次", code=1)["message"]
    )


def test_what_cannot_be_done_is_refused_with_the_way_out(office: Any) -> None:
    office.store.set_clock(at("2023-09-06"), frozen=True)
    unknown = office.error("jobs", "run", "nothing", code=1)
    assert unknown["field"] == "KIND" and "deadlines" in unknown["message"] and "sweep" in unknown["message"]
    assert "尚未到来" in office.error("jobs", "run", "deadlines", "--date", "2023-09-07", code=1)["message"]
    assert office.error("jobs", "run", "deadlines", "--date", "soon", code=2)["field"] == "--date"
    assert (
        office.error("jobs", "skip", "deadlines", "--date", "2023-09-06", "--reason", " ", code=1)["field"] == "reason"
    )
    by_clerk = ("--as", "clerk-0")
    assert office.error("jobs", "run", "deadlines", *by_clerk, code=1)["field"] == "by"
    assert (
        office.error("jobs", "skip", "deadlines", "--date", "2023-09-06", "--reason", "x", *by_clerk, code=1)["field"]
        == "by"
    )


def test_a_job_that_fails_is_shown_with_its_reason(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, [Notebook(trouble=lambda _day: True).job("failing")])
    assert "RuntimeError" in office("jobs", "run", "failing", code=3)
    shown = office("jobs")
    assert "失败，将重试" in shown and "系统处理出错（RuntimeError）" in shown


def test_the_watch_ends_with_an_error_while_the_sweep_is_silent(office: Any) -> None:
    with office.store.write() as work:
        beat(work, SWEEP)
    assert "正常" in office("jobs", "watch")
    with office.store.write() as work:
        before = real_now() - timedelta(minutes=6)
        work.execute(update(Heartbeat).where(col(Heartbeat.kind) == SWEEP).values(at=before))
    assert office.json("jobs", "watch", code=3)["silent"] is True
    assert re.search(r"已有 ([6-9]|\d\d) 分钟", office("jobs", "watch", code=3)), "six, or more on a slow machine"
    assert len(told(office.store, "sweep_silent")) == 5, "one for each unit with an administrator, once"
    with office.store.write() as work:
        work.execute(update(Heartbeat).where(col(Heartbeat.kind) == SWEEP).values(at=real_now()))
    assert office.json("jobs", "watch")["silent"] is False
