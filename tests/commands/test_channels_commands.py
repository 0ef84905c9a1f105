"""`channels list`, `test`, `add`, `services`: keys are never shown, verdicts come in words with what to do, a demo stays here."""

from collections.abc import Iterator
from typing import Any

import pytest

from casework.operations.message_delivery import channels_of
from casework.shared.home import Home
from deployments.doctor import channels
from support.endpoints import TOKEN, EndpointFault, LoopbackEndpoint, endpoint
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
def robot(office: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackEndpoint]:
    monkeypatch.setenv("DUIXIAN_CHANNEL_DUTY_GROUP_TOKEN", TOKEN)
    monkeypatch.setenv("DUIXIAN_CHANNEL_AWAY_TOKEN", TOKEN)
    with endpoint("wecom") as running:
        office.write("channels.toml", TABLES.format(robot=running.url, mail=9))
        yield running


def test_the_list_says_where_each_leads_and_shows_no_key(office: Any, robot: LoopbackEndpoint) -> None:
    found = office.json("channels", "list")
    rows = {channel["name"]: channel for channel in found["channels"]}
    assert (found["count"], found["demo"]) == (4, True)
    duty = rows["duty-group"]
    assert (duty["leads_to"], duty["keys"], duty["group"], duty["per_minute"]) == (robot.url, {"token": True}, True, 20)
    assert not rows["away"]["ready"] and "演示库" in rows["away"]["problem"]
    shown = office("channels", "list")
    assert TOKEN not in shown + str(found) and "✗ 不可用" in shown and "群" in shown
    assert "leads away" in office("channels", "list", lang="en")


def test_a_trial_is_marked_and_told_in_words(office: Any, robot: LoopbackEndpoint) -> None:
    assert "已送达对方" in office("channels", "test", "duty-group")
    assert "DEMO" in robot.delivered[0].text and "测试" in robot.delivered[0].text
    found = office.json("channels", "test", "duty-group")
    assert (found["verdict"], found["detail"], found["advice"]) == ("sent", "delivered", "")


def test_a_refusal_ends_with_1_and_says_what_to_do(office: Any, robot: LoopbackEndpoint) -> None:
    robot.always(EndpointFault.CODE)
    shown = office("channels", "test", "duty-group", code=1)
    assert "不再重试" in shown and "93000" in shown and "secret_file" in shown
    robot.always(EndpointFault.CLOSED)
    found = office.json("channels", "test", "duty-group", code=1, lang="en")
    assert found["verdict"] == "unknown" and "may come twice" in found["advice"]


def test_mail_needs_an_address_and_a_robot_none(office: Any, robot: LoopbackEndpoint) -> None:
    assert office.error("channels", "test", "mail", code=2)["field"] == "--to"
    assert office.error("channels", "test", "duty-group", "--to", "a@b.example", code=2)["field"] == "--to"
    with mail_server() as post:
        office.write("channels.toml", TABLES.format(robot=robot.url, mail=post.port))
        office("channels", "test", "mail", "--to", "desk@district.example")
        post.always(MailFault.NOBODY)
        refused = office("channels", "test", "mail", "--to", "desk@district.example", code=1)
    assert post.delivered[0].recipients == ("desk@district.example",)
    assert "地址有误" in refused and "desk@" not in refused


def test_a_demo_store_tries_nothing_that_leaves_the_machine(office: Any, robot: LoopbackEndpoint) -> None:
    error = office.error("channels", "test", "away", code=2)
    assert error["field"] == "channels.away" and "演示库" in error["message"]


def test_an_unknown_name_is_told_the_known_ones(office: Any, robot: LoopbackEndpoint) -> None:
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


def test_the_audit_says_who_tried_and_not_to_whom(office: Any, robot: LoopbackEndpoint) -> None:
    office("channels", "test", "archive", "--to", "desk@district.example")
    path = office.home / "audit.jsonl"
    office("audit", "export", path)
    line = path.read_text("utf-8").splitlines()[-1]
    assert "channels test" in line and "archive" in line and "desk@" not in line


def test_the_doctor_names_the_channel_that_is_wrong_and_what_to_do(office: Any) -> None:
    def findings() -> list[tuple[str, str]]:
        return [(channel.level, channel.zh) for channel in channels(Home.at(office.home, database_url=office.url))]

    assert [level for level, _ in findings()] == ["warn"]
    office.write("channels.toml", '[channels.archive]\nkind = "folder"\npath = "out"\n[channels.a]\nkind = "wecom"\n')
    (wrong, words), (sound, _) = findings()
    assert (wrong, sound) == ("fail", "ok") and "DUIXIAN_CHANNEL_A_TOKEN" in words
    office.write("channels.toml", "[")
    assert [level for level, _ in findings()] == ["fail"]


def test_a_channel_that_is_wrong_silences_no_other(office: Any, caplog: pytest.LogCaptureFixture) -> None:
    office.write("channels.toml", '[channels.a]\nkind = "wecom"\n[channels.archive]\nkind = "folder"\npath = "out"\n')
    assert [channel.name for channel in channels_of(Home.at(office.home, database_url=office.url))] == ["archive"]
    assert "a channel is not used: channels.a: the key token is missing" in caplog.text


LOCAL = '[allow]\nschemes = ["http"]\nprivate = ["127.0.0.0/8"]\n# kept\n'
HIDDEN = "s3cretq7x"


def test_an_address_is_added_tried_and_never_shown(office: Any) -> None:
    office.write("channels.toml", LOCAL)
    (office.home / "channels.toml").chmod(0o640)
    with endpoint("webhook") as other:
        url = f"json://user:{HIDDEN}@{other.url.partition('://')[2]}/in/{HIDDEN}\n"
        shown = office("channels", "add", "ops", "--group", "--per-minute", 7, stdin=url)
        [row] = office.json("channels", "list")["channels"]
        tried = office("channels", "test", "ops")
    assert (row["name"], row["kind"], row["keys"]) == ("ops", "apprise", {"url": True})
    assert row["leads_to"] == f"json://… → {other.url.partition('://')[2]}" and row["leads_to"] in shown
    assert (row["group"], row["local"], row["per_minute"], row["ready"]) == (True, True, 7, True)
    assert "已送达对方" in tried and "DEMO" in other.delivered[0].json["title"]
    assert HIDDEN not in shown + tried + str(row) + office("channels", "list") + office("channels", "list", lang="en")
    said = office.home / "channels.toml"
    assert "# kept" in said.read_text() and HIDDEN not in said.read_text() and said.stat().st_mode & 0o777 == 0o640
    kept = office.home / "secrets" / "ops.url"
    assert kept.read_text() == url and kept.stat().st_mode & 0o777 == 0o600
    office("audit", "export", office.home / "audit.jsonl")
    line = (office.home / "audit.jsonl").read_text("utf-8")
    assert "channels add" in line and HIDDEN not in line


WRONG = {
    "an unknown service": ("ops", f"pigeon://{HIDDEN}", "channels.ops.url"),
    "nothing": ("ops", "", "channels.ops.url"),
    "what is no host": ("ops", f"json://{HIDDEN}/x", "channels.ops.url"),
    "a host that is not allowed": ("ops", f"json://hook.example/{HIDDEN}", "channels.ops.url"),
    "a name in capitals": ("Ops", f"json://127.0.0.1/{HIDDEN}", "NAME"),
    "a name that is taken": ("archive", f"json://127.0.0.1/{HIDDEN}", "NAME"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_added_changes_nothing_and_is_not_shown(what: str, office: Any) -> None:
    name, url, field = WRONG[what]
    table = LOCAL + '[channels.archive]\nkind = "folder"\npath = "out"\n'
    office.write("channels.toml", table)
    for lang in ("zh", "en"):
        error = office.error("channels", "add", name, "--no-group", stdin=url, lang=lang, code=2)
        assert error["field"] == field and HIDDEN not in error["message"]
    assert (office.home / "channels.toml").read_text() == table and not (office.home / "secrets").exists()


def test_whether_several_read_it_must_be_said(office: Any) -> None:
    office.write("channels.toml", LOCAL)
    assert "--group" in office.error("channels", "add", "ops", stdin="json://127.0.0.1/", code=2)["message"]


def test_the_services_say_how_an_address_is_written_and_which_cannot_serve(office: Any) -> None:
    found = office.json("channels", "services")
    assert found["count"] == len(found["services"]) > 140
    [ntfy] = office.json("channels", "services", "ntfys")["services"]
    assert ntfy["usable"] and "{schema}://{topic}" in ntfy["templates"]
    assert {"name": "password", "required": False, "secret": True} in ntfy["parts"]
    assert "不可用作渠道" in office("channels", "services", "mqtt")
    assert "cannot be a channel" in office("channels", "services", "mqtt", lang="en")
    assert office.error("channels", "services", "pigeon", code=2)["field"] == "SCHEME"


def test_the_doctor_hides_an_address_that_is_wrong(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUIXIAN_CHANNEL_OPS_URL", f"json://hook.example/{HIDDEN}")
    office.write("channels.toml", LOCAL + '[channels.ops]\nkind = "apprise"\ngroup = true\n')
    [wrong] = channels(Home.at(office.home, database_url=office.url))
    assert wrong.level == "fail" and "hook.example" in wrong.zh and HIDDEN not in wrong.zh + wrong.en
