"""channels.toml: what it may say, where it may lead, where keys may come from; and every mistake told in words."""

import ipaddress
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from notifications.channels.allow_list import AllowList, NotAllowed
from notifications.channels.answers import AnswerReason, reason_of
from notifications.channels.channel_settings import Settings, WrongSettings, read_settings
from notifications.channels.opening import described, open_channels, open_sound
from notifications.channels.parcel import Channel, SendingVerdict
from support.channels import channel, parcel
from support.endpoints import SECRET, TOKEN, EndpointFault, endpoint
from support.mail_server import PASSWORD, USER, mail_server

LOCAL = '[allow]\nschemes = ["https", "http", "smtp"]\nprivate = ["127.0.0.0/8"]\n'


def settings(home: Path, text: str, **environment: str) -> Settings:
    (home / "channels.toml").write_text(text, encoding="utf-8")
    return read_settings(home, environment)


def opened(home: Path, text: str, *, demo: bool = False, **environment: str) -> dict[str, Channel]:
    return open_channels(settings(home, text, **environment), demo=demo)


def mistake(home: Path, text: str, *, demo: bool = False, **environment: str) -> WrongSettings:
    with pytest.raises(WrongSettings) as found:
        opened(home, text, demo=demo, **environment)
    assert found.value.zh and found.value.en and found.value.en.isascii()
    return found.value


def test_no_file_means_no_channels(tmp_path: Path) -> None:
    assert open_channels(read_settings(tmp_path, {}), demo=False) == {}


def test_the_example_of_the_handbook_opens(tmp_path: Path) -> None:
    page = Path(__file__).parents[2].joinpath("docs", "operating.md").read_text("utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mail.toml").write_text('user = "u"\npassword = "p"\n')
    (tmp_path / "secrets" / "ops.url").write_text("ntfys://push.gov.example/s3cret\n")
    for name in ("mail.toml", "ops.url"):
        (tmp_path / "secrets" / name).chmod(0o600)
    names = {
        "DUTY_GROUP_TOKEN": "t0",
        "DUTY_GROUP_SECRET": "SEC0",
        "SMS_ID": "i",
        "SMS_SECRET": "s",
        "OFFICE_SECRET": "s",
    }
    found = opened(tmp_path, example, **{f"DUIXIAN_CHANNEL_{name}": value for name, value in names.items()})
    assert {
        name: (channel.kind, channel.group, channel.local, channel.per_minute) for name, channel in found.items()
    } == {
        "duty-group": ("dingtalk", True, False, 20),
        "mail": ("email", False, False, None),
        "sms": ("sms", False, False, None),
        "office": ("webhook", False, False, None),
        "ops": ("apprise", True, False, None),
        "archive": ("folder", False, True, None),
    }


MISTAKES = {
    "not TOML": ("[", "channels.toml"),
    "an unknown table": ("[other]\n", "other"),
    "an unknown kind": ('[channels.a]\nkind = "pigeon"\n', "channels.a.kind"),
    "no kind": ("[channels.a]\n", "channels.a.kind"),
    "a name with capitals": ('[channels.Duty]\nkind = "folder"\npath = "x"\n', "channels.Duty"),
    "no path": ('[channels.a]\nkind = "folder"\n', "channels.a.path"),
    "an unknown option": ('[channels.a]\nkind = "folder"\npath = "x"\ncolour = "red"\n', "channels.a.colour"),
    "an option of the wrong type": ('[channels.a]\nkind = "folder"\npath = 3\n', "channels.a.path"),
    "no key": ('[channels.a]\nkind = "wecom"\n', "channels.a"),
    "no rate": ('[channels.a]\nkind = "folder"\npath = "x"\nper_minute = 0\n', "channels.a.per_minute"),
    "a robot for one person": ('[channels.a]\nkind = "wecom"\ngroup = false\n', "channels.a.group"),
    "no sender": (
        '[allow]\nhosts = ["m.example"]\n[channels.a]\nkind = "email"\nurl = "smtps://m.example"\n',
        "channels.a.sender",
    ),
    "a bad sender": (
        '[allow]\nhosts = ["m.example"]\n[channels.a]\nkind = "email"\nurl = "smtps://m.example"\nsender = "x"\n',
        "channels.a.sender",
    ),
    "an unknown scheme": ('[allow]\nschemes = ["ftp"]\n', "allow.schemes"),
    "a scheme that is no list": ('[allow]\nschemes = "https"\n', "allow.schemes"),
    "a host with a path": ('[allow]\nhosts = ["a.example/x"]\n', "allow.hosts"),
    "a network that is none": ('[allow]\nprivate = ["10.1.2.3/8"]\n', "allow.private"),
}


@pytest.mark.parametrize("what", [mistake for mistake, (text, _) in MISTAKES.items() if "[channels." in text])
def test_one_channel_that_is_wrong_silences_no_other(what: str, tmp_path: Path) -> None:
    text, field = MISTAKES[what]
    found = settings(tmp_path, text + '[channels.sound]\nkind = "folder"\npath = "out"\n')
    sound, faults = open_sound(found, demo=True)
    assert (list(sound), [fault.field for fault in faults]) == (["sound"], [field])


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_names_its_field(what: str, tmp_path: Path) -> None:
    text, field = MISTAKES[what]
    assert mistake(tmp_path, text).field == field


@pytest.mark.parametrize("word", ["token", "secret", "password", "key"])
def test_a_key_in_the_file_is_refused_and_never_repeated(word: str, tmp_path: Path) -> None:
    found = mistake(tmp_path, f'[channels.a]\nkind = "wecom"\n{word} = "very-s3cret"\n')
    assert "0600" in found.zh and "very-s3cret" not in found.zh + found.en + str(found)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_file_that_others_may_read_is_refused(mode: int, tmp_path: Path) -> None:
    (tmp_path / "k.toml").write_text('token = "very-s3cret"\n')
    (tmp_path / "k.toml").chmod(mode)
    found = mistake(tmp_path, '[channels.a]\nkind = "wecom"\nsecret_file = "k.toml"\n')
    assert "chmod 600" in found.zh and "very-s3cret" not in found.zh + found.en


def test_a_secret_file_that_is_a_link_a_folder_or_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text('token = "t"\n')
    (tmp_path / "real.toml").chmod(0o600)
    (tmp_path / "link.toml").symlink_to(tmp_path / "real.toml")
    (tmp_path / "folder").mkdir(mode=0o700)
    (tmp_path / "bad.toml").write_text("very-s3cret")
    (tmp_path / "bad.toml").chmod(0o600)
    for name in ("link.toml", "folder", "bad.toml", "missing.toml"):
        found = mistake(tmp_path, f'[channels.a]\nkind = "wecom"\nsecret_file = "{name}"\n')
        assert found.field == "channels.a.secret_file" and "very-s3cret" not in found.zh + found.en
    assert opened(tmp_path, '[channels.a]\nkind = "wecom"\nsecret_file = "real.toml"\n')


def test_the_environment_stands_above_the_file(tmp_path: Path) -> None:
    (tmp_path / "k.toml").write_text('token = "from-file"\n')
    (tmp_path / "k.toml").chmod(0o600)
    text = '[channels.a-b]\nkind = "wecom"\nsecret_file = "k.toml"\n'
    [channel] = settings(tmp_path, text, DUIXIAN_CHANNEL_A_B_TOKEN="from-environment").channels
    assert channel.keys == {"token": "from-environment"}
    assert "from-" not in repr(channel) + repr(settings(tmp_path, text))


def test_two_channels_whose_names_begin_alike_keep_their_own_keys(tmp_path: Path) -> None:
    text = '[channels.duty]\nkind = "wecom"\n[channels.duty-group]\nkind = "wecom"\n'
    names = {"DUIXIAN_CHANNEL_DUTY_TOKEN": "one", "DUIXIAN_CHANNEL_DUTY_GROUP_TOKEN": "two"}
    assert [each_channel.keys for each_channel in settings(tmp_path, text, **names).channels] == [
        {"token": "one"},
        {"token": "two"},
    ]
    assert set(opened(tmp_path, text, **names)) == {"duty", "duty-group"}


def test_a_key_of_the_wrong_form_is_found_when_the_channel_is_opened(tmp_path: Path) -> None:
    found = mistake(tmp_path, '[channels.a]\nkind = "dingtalk"\n', DUIXIAN_CHANNEL_A_TOKEN="https://oapi/?s3cret")
    assert found.field == "channels.a" and "s3cret" not in found.zh + found.en


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example",
        "https://b.example",
        "https://a.example.evil.example",
        "https://user:pw@a.example",
        "https://a.example/?token=1",
        "https://127.0.0.1",
        "https://localhost",
        "https://[::1]",
        "https://169.254.169.254",
        "ftp://a.example",
        "https:///x",
        "https://a.example:99999",
        "nonsense",
    ],
)
def test_an_address_off_the_list_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        AllowList(hosts=("a.example", "*.c.example")).place(url)


def test_a_star_stands_for_what_is_below_and_not_for_itself() -> None:
    allowed = AllowList(hosts=("*.c.example",))
    assert allowed.place("https://x.y.c.example/in/").path == "/in"
    for host in ("c.example", "xc.example"):
        with pytest.raises(NotAllowed):
            allowed.place(f"https://{host}")


def test_a_service_s_own_address_needs_no_entry_and_another_does(tmp_path: Path) -> None:
    key = {"DUIXIAN_CHANNEL_A_TOKEN": "t"}
    assert opened(tmp_path, '[channels.a]\nkind = "wecom"\n', **key)["a"].local is False
    elsewhere = '[channels.a]\nkind = "wecom"\nurl = "https://wecom.gov.example"\n'
    assert mistake(tmp_path, elsewhere, **key).field == "channels.a.url"
    assert opened(tmp_path, '[allow]\nhosts = ["*.gov.example"]\n' + elsewhere, **key)


@pytest.mark.parametrize("path", ["/robot/send?access_token=s3cret", "/open-apis/bot/v2/hook/s3cret"])
def test_an_address_with_its_token_is_refused_and_not_shown(path: str, tmp_path: Path) -> None:
    text = f'[channels.a]\nkind = "feishu"\nurl = "https://open.feishu.cn{path}"\n'
    found = mistake(tmp_path, text, DUIXIAN_CHANNEL_A_TOKEN="t")
    [channel] = settings(tmp_path, text).channels
    assert "s3cret" not in found.zh + found.en + str(described(channel))
    assert described(channel)["leads_to"] == "https://open.feishu.cn"


@pytest.mark.parametrize(
    ("number", "private", "reason"),
    [
        ("127.0.0.1", "10.0.0.0/8", AnswerReason.NOT_ALLOWED),
        ("10.1.2.3", "127.0.0.0/8", AnswerReason.NOT_ALLOWED),
        ("169.254.169.254", "127.0.0.0/8", AnswerReason.NOT_ALLOWED),
        ("100.64.0.1", "127.0.0.0/8", AnswerReason.NOT_ALLOWED),
        ("::ffff:127.0.0.1", "10.0.0.0/8", AnswerReason.NOT_ALLOWED),
        ("::1", "127.0.0.0/8", AnswerReason.NOT_ALLOWED),
        ("127.0.0.1", "127.0.0.0/8", AnswerReason.UNREACHABLE),
    ],
)
def test_a_name_is_asked_again_when_it_is_used(
    number: str, private: str, reason: AnswerReason, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name on the list may come to mean an inner address: that is not followed."""
    from notifications.channels.channel_kinds import build
    from notifications.channels.channel_settings import ChannelSettings

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    monkeypatch.setattr("notifications.channels.connection.socket.getaddrinfo", resolve)
    allowed = AllowList(hosts=("hook.example",), private=(ipaddress.ip_network(private),))
    channel_settings = ChannelSettings(
        name="a", kind="webhook", options={"url": "https://hook.example:1"}, keys={"secret": SECRET}
    )
    found = build(channel_settings, Settings(home=Path(), allowed=allowed)).send(parcel(), seconds=1)
    assert reason_of(found) is reason, found


def test_an_unencrypted_connection_goes_to_inner_addresses_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from notifications.channels.allow_list import AllowedHost

    allowed = AllowList(schemes=("http",), hosts=("hook.example",), private=(ipaddress.ip_network("10.0.0.0/8"),))
    place = AllowedHost("http", "hook.example", 80)
    with pytest.raises(NotAllowed):
        allowed.check(place, ipaddress.ip_address("203.0.113.1"))
    with pytest.raises(NotAllowed):
        allowed.check(place, ipaddress.ip_address("8.8.8.8"))
    allowed.check(place, ipaddress.ip_address("10.0.0.1"))


LEAVING = {
    "a robot at its own address": '[channels.a]\nkind = "wecom"\n',
    "a host by name": '[allow]\nschemes = ["http"]\nhosts = ["localhost"]\n[channels.a]\nkind = "wecom"\nurl = "http://localhost:8000"\n',
    "an inner address": '[allow]\nprivate = ["10.0.0.0/8"]\n[channels.a]\nkind = "wecom"\nurl = "https://10.0.0.1"\n',
    "the machine's own mail server": LOCAL
    + '[channels.a]\nkind = "email"\nurl = "smtp://127.0.0.1"\nsender = "a@b.example"\n',
}


@pytest.mark.parametrize("what", LEAVING)
def test_a_demo_store_refuses_what_leaves_the_machine(what: str, tmp_path: Path) -> None:
    key = {"DUIXIAN_CHANNEL_A_TOKEN": "t"} if "wecom" in LEAVING[what] else {}
    found = mistake(tmp_path, LEAVING[what], demo=True, **key)
    assert "演示库" in found.zh
    assert opened(tmp_path, LEAVING[what], demo=False, **key)


def test_a_demo_store_takes_local_sinks(tmp_path: Path) -> None:
    text = (
        LOCAL
        + '[channels.a]\nkind = "folder"\npath = "out"\n[channels.b]\nkind = "wecom"\nurl = "http://127.0.0.1:8000"\n'
    )
    text += '[channels.c]\nkind = "email"\nurl = "smtp://127.0.0.1:8025"\nsender = "a@b.example"\n'
    assert set(opened(tmp_path, text, demo=True, DUIXIAN_CHANNEL_B_TOKEN="t")) == {"a", "b", "c"}


def test_no_secret_reaches_an_answer_a_log_or_a_shown_object(caplog: pytest.LogCaptureFixture) -> None:
    secrets = (TOKEN, SECRET, PASSWORD)
    seen = ""
    with caplog.at_level(1), caplog.at_level(1, "apprise"), caplog.at_level(1, "urllib3"):
        for kind in ("dingtalk", "wecom", "feishu", "lark", "webhook", "sms"):
            with endpoint(kind) as other:
                duty = channel(kind, other.url)
                for fault in (EndpointFault.NONE, EndpointFault.CODE, EndpointFault.CLOSED, EndpointFault.GARBAGE):
                    other.always(fault)
                    seen += repr(duty.send(parcel(kind), seconds=2))
                seen += repr(duty)
        with mail_server(sign_in=True) as post:
            for keys in ({"user": USER, "password": PASSWORD}, {"user": USER, "password": PASSWORD + "x"}):
                mail = channel("email", f"smtp://127.0.0.1:{post.port}", keys=keys)
                seen += repr(mail.send(parcel("email"), seconds=2)) + repr(mail)
    logged = caplog.text + "".join(str(vars(record)) for record in caplog.records if not record.name.startswith("mail"))
    assert not [secret for secret in secrets if secret in seen + logged]
    assert logging.getLogger("apprise").filters
    assert SendingVerdict.SENT in seen
