"""Any Apprise address as a channel: real endpoints on loopback, honest verdicts, and nothing beyond what was allowed."""

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlsplit

import pytest
import requests
from apprise import NotificationManager
from apprise.plugins import custom_json
from apprise.plugins.custom_json import NotifyJSON

from models import Duty
from models.store import Store
from notifications.channels.answers import AnswerReason, reason_of
from notifications.channels.apprise_carrier import ThroughApprise, notified
from notifications.channels.apprise_services import loaded
from notifications.channels.attempt import Attempt
from notifications.channels.carried import weight
from notifications.channels.channel_settings import WrongSettings, read_settings
from notifications.channels.opening import open_channels
from notifications.channels.parcel import Answer, Attachment, Channel, SendingVerdict
from notifications.channels.sandbox import sandboxed
from notifications.channels.transport import HeldSmtplib, Transport, carrying
from support.channels import LOOPBACK, channel, left_behind, parcel
from support.endpoints import TOKEN, EndpointFault, LoopbackEndpoint, Request, closed_port, endpoint
from support.mail_server import PASSWORD, USER, MailFault, mail_server
from support.posts import Post

SECRET = "s3cretq7x"


def at(url: str, *, group: bool = True, demo: bool = True, **more: Any) -> Channel:
    return channel("apprise", keys={"url": url}, group=group, demo=demo, **more)


def hostport(end: LoopbackEndpoint) -> str:
    return end.url.partition("://")[2]


def in_json(got: Request) -> tuple[str, str]:
    return got.json["title"], got.json["message"]


def in_form(got: Request) -> tuple[str, str]:
    found = unquote_plus(got.body.decode())
    return found.partition("title=")[2].partition("&")[0], found.partition("message=")[2].partition("&")[0]


def in_xml(got: Request) -> tuple[str, str]:
    found = got.body.decode()
    return found.partition("<Subject>")[2].partition("<")[0], found.partition("<Message>")[2].partition("<")[0]


SERVICES: dict[str, tuple[str, str, Callable[[Request], tuple[str, str]]]] = {
    "json": (f"json://user:{SECRET}@{{}}/in/{SECRET}", f"/in/{SECRET}", in_json),
    "xml": (f"xml://{{}}/in/{SECRET}", f"/in/{SECRET}", in_xml),
    "form": (f"form://{{}}/in/{SECRET}", f"/in/{SECRET}", in_form),
    "ntfy": (f"ntfy://{SECRET}:{SECRET}@{{}}/duty", "/", in_json),
}


@pytest.mark.parametrize("schema", SERVICES)
def test_a_message_arrives_at_a_service_of_one_s_own(schema: str) -> None:
    url, path, read = SERVICES[schema]
    with endpoint("webhook") as other:
        duty = at(url.format(hostport(other)))
        assert (duty.kind, duty.group, duty.local) == ("apprise", True, True)
        assert duty.send(parcel(subject="【演示数据 DEMO】申报提醒"), seconds=5).verdict is SendingVerdict.SENT
    [got] = other.delivered
    assert (got.path, read(got)) == (path, ("【演示数据 DEMO】申报提醒", "距离申报截止还有 7 天。"))


@pytest.mark.parametrize("schema", SERVICES)
def test_each_answer_has_its_verdict_and_no_redirect_is_followed(schema: str) -> None:
    url, path, _ = SERVICES[schema]
    expected = {
        EndpointFault.NONE: (SendingVerdict.SENT, AnswerReason.DELIVERED),
        EndpointFault.TOO_MANY: (SendingVerdict.RETRY, AnswerReason.THROTTLED),
        EndpointFault.SERVER_ERROR: (SendingVerdict.RETRY, AnswerReason.UNAVAILABLE),
        EndpointFault.CLOSED: (SendingVerdict.UNKNOWN, AnswerReason.ANSWER_LOST),
        EndpointFault.DROPPED: (SendingVerdict.UNKNOWN, AnswerReason.ANSWER_LOST),
        EndpointFault.REDIRECT: (SendingVerdict.REFUSED, AnswerReason.REDIRECTED),
    }
    with endpoint("webhook") as other:
        duty = at(url.format(hostport(other)))
        for fault, wanted in expected.items():
            other.always(fault)
            found = duty.send(parcel(), seconds=5)
            assert (found.verdict, reason_of(found)) == wanted, (fault, found)
            assert SECRET not in repr(found)
        assert duty.send(parcel(), seconds=5).retry_after is None
        assert other.always(EndpointFault.TOO_MANY) and duty.send(parcel(), seconds=5).retry_after == 7
    assert {request.path for request in other.requests} == {path}
    nobody = at(url.format(f"127.0.0.1:{closed_port()}")).send(parcel(), seconds=5)
    assert (nobody.verdict, reason_of(nobody)) == (SendingVerdict.RETRY, AnswerReason.UNREACHABLE)


@pytest.mark.parametrize("schema", SERVICES)
def test_an_answer_that_comes_too_late_is_neither_yes_nor_no(schema: str) -> None:
    with endpoint("webhook", slow=60.0) as other:
        duty = at(SERVICES[schema][0].format(hostport(other)))
        for fault in (EndpointFault.HANG, EndpointFault.DRIP, EndpointFault.LATE):
            other.always(fault)
            assert (
                left_behind(lambda seconds: duty.send(parcel(), seconds=seconds)).verdict is SendingVerdict.UNKNOWN
            ), fault


def mail_url(port: int, to: str = "duty@district.example", password: str = PASSWORD) -> str:
    return f"mailto://{USER}:{password}@127.0.0.1:{port}?from=notice@district.example&to={to}"


def test_mail_arrives_and_each_answer_of_the_mail_server_counts() -> None:
    with mail_server(sign_in=True) as post:
        duty = at(mail_url(post.port))
        assert duty.send(parcel(), seconds=5).verdict is SendingVerdict.SENT
        [mail] = post.delivered
        assert (mail.recipients, str(mail.message["Subject"])) == (("duty@district.example",), "申报提醒")
        body = mail.message.get_body(("html", "plain"))
        assert body is not None and "距离申报截止还有" in body.get_content()
        wanted = {
            MailFault.BUSY: AnswerReason.UNAVAILABLE,
            MailFault.NOBODY: AnswerReason.REJECTED,
            MailFault.FULL: AnswerReason.UNAVAILABLE,
            MailFault.UNWANTED: AnswerReason.REJECTED,
            MailFault.DROPPED: AnswerReason.ANSWER_LOST,
        }
        for fault, reason in wanted.items():
            post.always(fault)
            found = duty.send(parcel(), seconds=5)
            assert reason_of(found) is reason, (fault, found)
        post.always(MailFault.NONE)
        wrong = at(mail_url(post.port, password=SECRET)).send(parcel(), seconds=5)
        assert (reason_of(wrong), SECRET in repr(wrong)) == (AnswerReason.WRONG_KEY, False)
    assert reason_of(at(mail_url(closed_port())).send(parcel(), seconds=5)) is AnswerReason.UNREACHABLE


def test_mail_that_asks_for_encryption_never_goes_in_the_clear() -> None:
    with mail_server() as post:
        for mode in ("starttls", "ssl"):
            url = f"mailtos://{USER}:{PASSWORD}@127.0.0.1:{post.port}?from=a@b.example&to=c@b.example&mode={mode}"
            found = at(url).send(parcel(), seconds=5)
            assert found.verdict is SendingVerdict.RETRY and post.delivered == [], found


def test_of_several_recipients_one_that_is_refused_leaves_a_doubt_and_not_a_no() -> None:
    with mail_server(lambda _, to: MailFault.NOBODY if to.startswith("nobody") else MailFault.NONE) as post:
        found = at(f"mailto://127.0.0.1:{post.port}?from=a@b.example&to=one@b.example,nobody@b.example").send(
            parcel(), seconds=5
        )
    assert len(post.delivered) == 1 and found.verdict is SendingVerdict.UNKNOWN, found


def test_a_long_text_goes_in_numbered_parts_and_what_went_does_not_go_again() -> None:
    text = "\n".join(f"{n}. 请在截止前补正材料，逾期视为撤回 <b>&</b>。" for n in range(400))
    faults = iter([EndpointFault.NONE, EndpointFault.TOO_MANY])
    with endpoint("webhook", lambda _: next(faults, EndpointFault.NONE)) as other:
        duty = at(f"ntfy://{hostport(other)}/duty")
        assert weight(duty, parcel(text=text)) > 2
        first = duty.send(parcel(text=text), seconds=10)
        assert first.verdict is SendingVerdict.RETRY and "(part 2 of" in first.detail
        assert duty.send(parcel(text=text), seconds=10).verdict is SendingVerdict.SENT
    texts = [message.json["message"] for message in other.delivered]
    assert len(texts) == weight(duty, parcel(text=text)) and all(len(each_text) <= 7_800 for each_text in texts)
    assert "".join(each_text.partition("\n")[2] for each_text in texts) == text
    assert {message.json["title"] for message in other.delivered} == {"申报提醒"}


def test_attachments_stay_behind_and_the_message_says_so() -> None:
    paper = Attachment("清单.xlsx", "application/vnd.ms-excel", b"0")
    with endpoint("webhook") as other:
        assert (
            at(f"json://{hostport(other)}/").send(parcel(attachments=(paper,)), seconds=5).verdict
            is SendingVerdict.SENT
        )
    assert "另有附件 1 份" in in_json(other.delivered[0])[1] and "清单" not in other.delivered[0].body.decode()


def test_a_subject_without_a_place_of_its_own_stands_above_the_text() -> None:
    with endpoint("webhook") as other:
        assert (
            at(f"json://{hostport(other)}/").send(parcel(subject="长" * 300), seconds=5).verdict is SendingVerdict.SENT
        )
    assert in_json(other.delivered[0]) == ("", "长" * 300 + "\n距离申报截止还有 7 天。")


def test_of_several_targets_one_that_has_it_leaves_a_doubt_and_not_a_no() -> None:
    faults = iter([EndpointFault.NONE, EndpointFault.SERVER_ERROR])
    with endpoint("webhook", lambda _: next(faults)) as other:
        found = at(f"ntfy://{hostport(other)}/one/two").send(parcel(), seconds=5)
    assert (found.verdict, len(other.requests)) == (SendingVerdict.UNKNOWN, 2) and "some of several" in found.detail


@pytest.mark.parametrize("several", [True, False])
def test_time_that_runs_out_between_two_targets_is_a_doubt(several: bool) -> None:
    attempt = Attempt(5.0)
    transport = Transport(allowed=LOOPBACK, attempt=attempt, several=several)
    attempt.begin()
    transport.arrived()
    assert attempt.cut_off().verdict is (SendingVerdict.UNKNOWN if several else SendingVerdict.RETRY)


def test_a_retry_in_an_address_is_no_second_target() -> None:
    duty: Any = at("json://127.0.0.1:9/?retry=5")
    assert duty.carrier.transport(duty.carrier.plugin(), Attempt(1.0)).several is False


def test_a_plugin_that_forgets_encryption_sends_no_mail() -> None:
    with mail_server() as post:
        attempt = Attempt(5.0)
        transport = Transport(allowed=LOOPBACK, attempt=attempt, mail_scheme="starttls")
        with carrying(transport), pytest.raises(OSError):
            HeldSmtplib().SMTP("127.0.0.1", post.port)
        attempt.close()
    assert [reason_of(said) for said in transport.answers] == [AnswerReason.INSECURE] and post.delivered == []


def test_neither_the_address_nor_a_query_makes_a_refusal_a_success_or_repeats_it() -> None:
    with endpoint("webhook") as other:
        other.always(EndpointFault.SERVER_ERROR)
        found = at(f"json://{hostport(other)}/?optional=yes&retry=5&wait=1").send(parcel(), seconds=5)
    assert (found.verdict, len(other.requests)) == (SendingVerdict.RETRY, 1)


def test_a_robot_s_refusal_inside_200_is_read_by_this_way_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint("wecom") as robot:
        monkeypatch.setattr(loaded()["wecombot"], "notify_url", f"{robot.url}/cgi-bin/webhook/send?key={{key}}")
        duty = at(f"wecombot://{TOKEN}")
        assert duty.send(parcel(), seconds=5).verdict is SendingVerdict.SENT
        robot.always(EndpointFault.CODE)
        assert reason_of(duty.send(parcel(), seconds=5)) is AnswerReason.WRONG_KEY
        robot.always(EndpointFault.GARBAGE)
        assert duty.send(parcel(), seconds=5).verdict is SendingVerdict.UNKNOWN


class Misbehaving(NotifyJSON):  # type: ignore[misc]
    """A plugin that does something else before or after it sends."""

    protocol, secure_protocol = "misbehaving", None
    act: Callable[[], Any]

    def send(self, body: str, title: str = "", **more: Any) -> bool:
        said = NotifyJSON.send(self, body, title, **more)
        type(self).act()
        return bool(said)


@contextmanager
def misbehaving(act: Callable[[], Any]) -> Iterator[None]:
    manager = NotificationManager()
    loaded()
    manager.add(type("Misbehaving", (Misbehaving,), {"act": staticmethod(act)}), schemas=("misbehaving",), force=True)
    try:
        yield
    finally:
        manager.remove("misbehaving", unload=False)


def carried(url: str, act: Callable[[], Any]) -> tuple[Answer, list[str]]:
    """One sending of a plugin that does more, and what was blocked in it."""
    parts = urlsplit(url)
    with misbehaving(act):
        arguments = {"schema": "misbehaving", "host": parts.hostname, "port": parts.port, "fullpath": "/"}
        carrier = ThroughApprise(service=loaded()["misbehaving"], arguments=arguments, allowed=LOOPBACK)
        plugin, attempt = carrier.plugin(), Attempt(5.0)
        transport = carrier.transport(plugin, attempt)
        said, blocked = notified(plugin, "x", "", transport)
        attempt.close()
        return transport.result(said, blocked), blocked


def connects() -> None:
    socket.create_connection(("127.0.0.1", 9), timeout=1)


DEEDS: dict[str, tuple[Callable[[], Any], str]] = {
    "reads a file": (lambda: Path("/etc/passwd").read_text(), "open"),
    "writes a file": (lambda: Path("/tmp/of-a-plugin").write_text("x"), "open"),
    "writes among the packages": (lambda: Path(requests.__file__).with_name("x.txt").write_text("x"), "open"),
    "reads by a link": (lambda: Path("/proc/self/root/etc/passwd").read_text(), "open"),
    "lists a folder": (lambda: list(Path("/etc").iterdir()), "os.listdir"),
    "starts a program": (lambda: subprocess.run(["/bin/true"], check=False), "subprocess.Popen"),
    "asks a shell": (lambda: os.system("true"), "os.system"),
    "connects by itself": (connects, "socket."),
    "asks a name server": (lambda: socket.getaddrinfo("hook.example", 80), "socket.getaddrinfo"),
    "loads a library": (lambda: ctypes.CDLL("libc.so.6"), "ctypes."),
    "removes a file": (lambda: Path("/tmp/of-a-plugin").unlink(), "os.remove"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_plugin_does_nothing_but_send(deed: str) -> None:
    act, event = DEEDS[deed]
    with endpoint("webhook") as other:
        found, blocked = carried(other.url, act)
    assert [text for text in blocked if text.startswith(event)], blocked
    assert not Path("/tmp/of-a-plugin").exists()
    assert found.verdict is SendingVerdict.UNKNOWN, "it had been sent when the plugin broke off"


def test_outside_a_sending_nothing_is_blocked(tmp_path: Path) -> None:
    with sandboxed() as blocked, pytest.raises(PermissionError):
        (tmp_path / "a").write_text("x")
    assert blocked == ["open"]
    (tmp_path / "a").write_text("x")
    assert (tmp_path / "a").read_text() == "x"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/x", "http://169.254.169.254/latest", "http://localhost:1/", "ftp://127.0.0.1/x"]
)
def test_a_second_host_is_asked_of_the_allow_list_too(elsewhere: str) -> None:
    called = []

    def act() -> None:
        called.append(1)
        vars(custom_json)["requests"].get(elsewhere, allow_redirects=True)

    with endpoint("webhook") as other:
        found, _ = carried(other.url, act)
    assert called and (found.verdict, reason_of(found)) == (SendingVerdict.REFUSED, AnswerReason.NOT_ALLOWED)


def test_a_channel_that_was_local_stays_local(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo store opened it: where it goes later may not leave the machine, whatever else is allowed."""
    with endpoint("webhook") as other:
        duty: Any = at(f"json://{hostport(other)}/in")
        monkeypatch.setitem(duty.carrier.arguments, "host", "hook.example")
        duty.carrier.allowed = replace(LOOPBACK, hosts=("hook.example",))
        found = duty.send(parcel(), seconds=5)
    assert (reason_of(found), other.requests) == (AnswerReason.NOT_ALLOWED, [])


def settings(home: Path, table: str, **environment: str) -> Any:
    (home / "channels.toml").write_text(table, encoding="utf-8")
    return read_settings(home, environment)


LOCAL = '[allow]\nschemes = ["http"]\nprivate = ["127.0.0.0/8"]\n'


def opened(home: Path, table: str, *, demo: bool = False, **environment: str) -> Any:
    return open_channels(settings(home, LOCAL + table, **environment), demo=demo)["a"]


def test_the_address_comes_from_a_file_of_one_s_own_or_the_environment(tmp_path: Path) -> None:
    (tmp_path / "a.url").write_text(f"json://127.0.0.1:1/{SECRET}\n")
    (tmp_path / "a.url").chmod(0o600)
    table = '[channels.a]\nkind = "apprise"\ngroup = false\nurl_file = "a.url"\nper_minute = 7\n'
    found = opened(tmp_path, table, demo=True)
    assert (found.group, found.local, found.per_minute, found.leads_to) == (False, True, 7, "json://… → 127.0.0.1:1")
    named = opened(tmp_path, table, DUIXIAN_CHANNEL_A_URL=f"xml://127.0.0.1:2/{SECRET}")
    assert named.leads_to == "xml://… → 127.0.0.1:2"
    (tmp_path / "a.url").chmod(0o644)
    with pytest.raises(WrongSettings) as refused:
        opened(tmp_path, table)
    assert refused.value.field == "channels.a.url_file" and "chmod 600" in refused.value.zh


GROUP = '[channels.a]\nkind = "apprise"\ngroup = true\n'
WRONG = {
    "the address in the file": (GROUP + f'url = "json://127.0.0.1/{SECRET}"\n', "", "url_file"),
    "no address": (GROUP, "", "DUIXIAN_CHANNEL_A_URL"),
    "no word on who reads it": ('[channels.a]\nkind = "apprise"\n', "json://127.0.0.1", "group"),
    "a service that Apprise does not know": (GROUP, f"pigeon://{SECRET}", "Apprise 不认识"),
    "no address at all": (GROUP, SECRET, "Apprise 不认识"),
    "a part that is missing": (GROUP, "tgram://", "tgram"),
    "a token of the wrong form": (GROUP, f"wxteams://{SECRET}", "wxteams"),
    "a host that is not allowed": (GROUP, f"json://hook.example/{SECRET}", "hook.example"),
    "a scheme that is not allowed": (GROUP, f"jsons://127.0.0.1/{SECRET}", "schemes"),
    "a certificate that is not to be checked": (GROUP, f"json://127.0.0.1/{SECRET}?verify=no", "verify=no"),
    "a service that speaks no HTTP": (GROUP, f"mqtt://{SECRET}@127.0.0.1/x", "MQTT"),
    "a service's own address that leads away": (
        GROUP,
        f"https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/{SECRET}0123456789abcde",
        "hooks.slack.com",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_when_the_channel_is_set_up(what: str, tmp_path: Path) -> None:
    table, url, word = WRONG[what]
    with pytest.raises(WrongSettings) as refused:
        opened(tmp_path, table, **({"DUIXIAN_CHANNEL_A_URL": url} if url else {}))
    assert word in refused.value.zh and SECRET not in refused.value.zh + refused.value.en, refused.value.zh
    assert refused.value.en.isascii() and refused.value.en


def test_a_demo_store_takes_no_address_that_leaves_the_machine(tmp_path: Path) -> None:
    table = '[allow]\nhosts = ["hook.example"]\n' + GROUP
    (tmp_path / "channels.toml").write_text(table)
    found = read_settings(tmp_path, {"DUIXIAN_CHANNEL_A_URL": f"jsons://hook.example/{SECRET}"})
    assert open_channels(found, demo=False)["a"].local is False
    with pytest.raises(WrongSettings, match="demo store"):
        open_channels(found, demo=True)


def test_no_part_of_an_address_reaches_a_log_an_answer_or_a_shown_object(caplog: pytest.LogCaptureFixture) -> None:
    seen = ""
    with caplog.at_level(1), caplog.at_level(1, "apprise"), caplog.at_level(1, "urllib3"), endpoint("webhook") as other:
        for url, _, _ in SERVICES.values():
            duty = at(url.format(hostport(other)))
            for fault in (EndpointFault.NONE, EndpointFault.SERVER_ERROR, EndpointFault.CLOSED, EndpointFault.REDIRECT):
                other.always(fault)
                seen += repr(duty.send(parcel(), seconds=5))
            seen += repr(duty)
    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert SECRET not in seen + logged and SendingVerdict.SENT in seen


def test_each_request_names_its_host_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        heads: list[bytes] = []

        def serve() -> None:
            for _ in range(3):
                taken, _ = server.accept()
                heads.append(taken.recv(65536))
                taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
                taken.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = server.getsockname()[1]
        for kind in ("sms", "webhook"):
            channel(kind, f"http://127.0.0.1:{port}").send(parcel(kind), seconds=5)
        at(f"json://127.0.0.1:{port}/").send(parcel(), seconds=5)
        thread.join(10)
    for head in heads:
        names = [line.partition(b":")[0].lower() for line in head.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
        assert len(names) == len(set(names)), names
    assert len(heads) == 3


def test_a_unit_s_room_hears_by_it_in_the_words_of_a_group_with_the_demo_mark(store: Store) -> None:
    faults = iter([EndpointFault.SERVER_ERROR])
    with endpoint("webhook", lambda _: next(faults, EndpointFault.NONE)) as other:
        post = Post(store, channel("apprise", keys={"url": f"json://{hostport(other)}/in/{SECRET}"}, group=True))
        room = f"unit:{post.unit()}"
        post.person("a", duty=Duty.HEAD, email="a@example.com")
        post.contact(room, "duty")
        number = post.tell(f"{room}:{Duty.HEAD}", kind="message_set_aside", message="m", who="张三", fault="f")
        assert post.send_due(limit=10.0).states == {"retrying": 1}
        post.later(hours=1)
        assert post.send_due(limit=10.0).states == {"sent": 1}
    title, text = in_json(other.delivered[0])
    assert "演示" in title and number in title + text and "张三" not in title + text
    logged = post.rows(
        "SELECT audience, dispatch.status, send_log.detail FROM dispatch JOIN send_log ON dispatch_id = dispatch.id"
    )
    assert {row[0] for row in logged} == {"group"} and SECRET not in str(logged)
