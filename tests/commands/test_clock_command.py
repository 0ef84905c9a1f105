"""`clock`: a rehearsal's time is shown and set, forwards; a production store keeps real time."""

from datetime import UTC, datetime, timedelta

import pytest
from commands.conftest import CommandOffice
from sqlalchemy import select

from models import AuditEntry
from support.calendar_jobs import at


def rows(office: CommandOffice) -> list[str]:
    with office.store.read() as work:
        return list(work.execute(select(AuditEntry.content).where(AuditEntry.action == "clock.set")).scalars())


def now(office: CommandOffice) -> datetime:
    with office.store.read() as work:
        return work.now


def test_the_clock_is_set_in_shanghais_time_and_goes_on_from_there(office: CommandOffice) -> None:
    told = office("clock", "set", "2023-10-04T10:00")
    assert told.startswith("业务时间 2023-10-04 10:00:00\n真实时间 ") and "DEMO" in told
    assert timedelta(0) <= now(office) - at("2023-10-04", "10:00:00") < timedelta(minutes=5)
    shown = office.json("clock", "show")
    assert shown["now"].startswith("2023-10-04T10:0") and shown["now"].endswith("+08:00") and not shown["frozen"]
    assert abs(datetime.fromisoformat(shown["real"]) - datetime.now(UTC)) < timedelta(minutes=5)
    (row,) = rows(office)
    assert "2023-10-04 02:00:00+00:00" in row


def test_it_may_stand_still_and_any_zone_may_be_said(office: CommandOffice) -> None:
    assert "（停在这一刻）" in office("clock", "set", "2023-10-04T02:00:30Z", "--freeze")
    assert now(office) == at("2023-10-04", "10:00:30")
    assert "standing still" in office("clock", "show", lang="en")


def test_it_goes_back_only_when_that_is_said(office: CommandOffice) -> None:
    office("clock", "set", "2023-10-04T10:00", "--freeze")
    error = office.error("clock", "set", "2023-10-04T09:59", code=1)
    assert error["code"] == "backwards" and "--back" in error["message"] and "2023-10-04 10:00" in error["message"]
    assert now(office) == at("2023-10-04", "10:00:00") and len(rows(office)) == 1
    office("clock", "set", "2023-10-04T09:59", "--back", "--freeze")
    assert now(office) == at("2023-10-04", "09:59:00") and '"back":true' in rows(office)[1].replace(" ", "")


@pytest.mark.parametrize(
    "text", ["2023-10-04", "yesterday", "10:00", "2023-13-04T10:00", "9999-12-31T23:59", "2023-10-04T25:00"]
)
def test_what_is_no_time_is_refused(office: CommandOffice, text: str) -> None:
    before = office.seen()
    assert "2023-09-04T10:00" in office.error("clock", "set", text, code=2)["message"]
    assert office.seen() == before and rows(office) == []


def test_a_production_store_shows_its_time_and_refuses_another(production: CommandOffice) -> None:
    shown = production.json("clock", "show")
    assert not shown["demo"] and abs(now(production) - datetime.now(UTC)) < timedelta(minutes=5)
    for more in ((), ("--freeze",), ("--back",)):
        error = production.error("clock", "set", "2030-01-01T00:00", *more, code=1)
        assert error["code"] == "production" and "不能调整" in error["message"]
    assert production.run("clock", "set", "2030-01-01T00:00", lang="en").output.count("real time") == 1
    assert rows(production) == [] and production.json("clock", "show")["now"][:4] == shown["now"][:4]
