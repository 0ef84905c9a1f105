"""`channels list` and `channels test`: keys are never shown, verdicts come in words with what to do, a demo stays at home."""

from collections.abc import Iterator
from typing import Any

import pytest

from casework.home import Home
from casework.sending import channels_of
from deployments.doctor import channels
from support.endpoints import TOKEN, Endpoint, Fault, endpoint
from support.mail_server import MailFault, mail_server

TABLES = """
[allow]
schemes = ["https", "http", "smtp"]
private = ["127.0.0.0/8"]
[channels.archive]
kind = "folder"
path = "outgoing"
[channels.duty-group]
kind = "wecom"
url = "{robot}"
[channels.mail]
kind = "email"
url = "smtp://127.0.0.1:{mail}"
sender = "兑现 <notice@district.example>"
[channels.away]
kind = "feishu"
"""


@pytest.fixture
def robot(office: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.setenv("DUIXIAN_CHANNEL_DUTY_GROUP_TOKEN", TOKEN)
    monkeypatch.setenv("DUIXIAN_CHANNEL_AWAY_TOKEN", TOKEN)
    with endpoint("wecom") as running:
        office.write("channels.toml", TABLES.format(robot=running.url, mail=9))
        yield running


def test_the_list_says_where_each_leads_and_shows_no_key(office: Any, robot: Endpoint) -> None:
    found = office.json("channels", "list")
    rows = {one["name"]: one for one in found["channels"]}
    assert (found["count"], found["demo"]) == (4, True)
    duty = rows["duty-group"]
    assert (duty["leads_to"], duty["keys"], duty["group"], duty["per_minute"]) == (robot.url, {"token": True}, True, 20)
    assert not rows["away"]["ready"] and "演示库" in rows["away"]["problem"]
    shown = office("channels", "list")
    assert TOKEN not in shown + str(found) and "✗ 不可用" in shown and "群" in shown
    assert "leads away" in office("channels", "list", lang="en")


def test_a_trial_is_marked_and_told_in_words(office: Any, robot: Endpoint) -> None:
    assert "已送达对方" in office("channels", "test", "duty-group")
    assert "DEMO" in robot.delivered[0].text and "测试" in robot.delivered[0].text
    found = office.json("channels", "test", "duty-group")
    assert (found["verdict"], found["detail"], found["advice"]) == ("sent", "delivered", "")


def test_a_refusal_ends_with_1_and_says_what_to_do(office: Any, robot: Endpoint) -> None:
    robot.always(Fault.CODE)
    shown = office("channels", "test", "duty-group", code=1)
    assert "不再重试" in shown and "93000" in shown and "secret_file" in shown
    robot.always(Fault.CLOSED)
    found = office.json("channels", "test", "duty-group", code=1, lang="en")
    assert found["verdict"] == "unknown" and "may come twice" in found["advice"]


def test_mail_needs_an_address_and_a_robot_none(office: Any, robot: Endpoint) -> None:
    assert office.error("channels", "test", "mail", code=2)["field"] == "--to"
    assert office.error("channels", "test", "duty-group", "--to", "a@b.example", code=2)["field"] == "--to"
    with mail_server() as post:
        office.write("channels.toml", TABLES.format(robot=robot.url, mail=post.port))
        office("channels", "test", "mail", "--to", "desk@district.example")
        post.always(MailFault.NOBODY)
        refused = office("channels", "test", "mail", "--to", "desk@district.example", code=1)
    assert post.delivered[0].recipients == ("desk@district.example",)
    assert "收件地址不对" in refused and "desk@" not in refused


def test_a_demo_store_tries_nothing_that_leaves_the_machine(office: Any, robot: Endpoint) -> None:
    error = office.error("channels", "test", "away", code=2)
    assert error["field"] == "channels.away" and "演示库" in error["message"]


def test_an_unknown_name_is_told_the_known_ones(office: Any, robot: Endpoint) -> None:
    error = office.error("channels", "test", "nobody", code=2)
    assert error["field"] == "NAME" and "duty-group" in error["message"]


def test_wrong_settings_end_with_2_and_name_the_field(office: Any) -> None:
    office.write("channels.toml", '[channels.a]\nkind = "wecom"\ntoken = "very-s3cret"\n')
    error = office.error("channels", "test", "a", code=2)
    assert error["field"] == "channels.a" and "very-s3cret" not in error["message"]
    shown = office("channels", "list")
    assert "DUIXIAN_CHANNEL_A_TOKEN" in shown and "very-s3cret" not in shown
    office.write("channels.toml", "[")
    assert office.error("channels", "list", code=2)["field"] == "channels.toml"


def test_without_a_file_there_are_no_channels(production: Any) -> None:
    assert production.json("channels", "list") == {"demo": False, "count": 0, "channels": [], "faults": []}


def test_the_audit_says_who_tried_and_not_to_whom(office: Any, robot: Endpoint) -> None:
    office("channels", "test", "archive", "--to", "desk@district.example")
    path = office.home / "audit.jsonl"
    office("audit", "export", path)
    line = path.read_text("utf-8").splitlines()[-1]
    assert "channels test" in line and "archive" in line and "desk@" not in line


def test_the_doctor_names_the_channel_that_is_wrong_and_what_to_do(office: Any) -> None:
    def findings() -> list[tuple[str, str]]:
        return [(one.level, one.zh) for one in channels(Home.at(office.home, database_url=office.url))]

    assert [level for level, _ in findings()] == ["warn"]
    office.write("channels.toml", '[channels.archive]\nkind = "folder"\npath = "out"\n[channels.a]\nkind = "wecom"\n')
    (wrong, words), (sound, _) = findings()
    assert (wrong, sound) == ("fail", "ok") and "DUIXIAN_CHANNEL_A_TOKEN" in words
    office.write("channels.toml", "[")
    assert [level for level, _ in findings()] == ["fail"]


def test_a_channel_that_is_wrong_silences_no_other(office: Any, caplog: pytest.LogCaptureFixture) -> None:
    office.write("channels.toml", '[channels.a]\nkind = "wecom"\n[channels.archive]\nkind = "folder"\npath = "out"\n')
    assert [one.name for one in channels_of(Home.at(office.home, database_url=office.url))] == ["archive"]
    assert "a channel is not used: channels.a lacks the key token" in caplog.text
