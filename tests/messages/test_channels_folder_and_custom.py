"""A folder on this machine, and kinds that other packages bring."""

import email
import email.policy
import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from notifications.channels.channel_settings import ChannelSettings, Settings, WrongSettings
from notifications.channels.opening import open_channels
from notifications.channels.parcel import Answer, Attachment, Parcel, SendingVerdict
from support.channels import channel, parcel


def test_a_folder_keeps_a_letter_and_a_document_for_its_owner_alone(tmp_path: Path) -> None:
    told = parcel("email", attachments=(Attachment("函.txt", "text/plain", b"1"),))
    sink = channel("folder", path=str(tmp_path / "out"))
    assert [sink.send(told, seconds=2).verdict for _ in range(2)] == [SendingVerdict.SENT] * 2
    letter, document = sorted((tmp_path / "out").iterdir())
    assert (letter.suffix, document.suffix) == (".eml", ".json")
    assert {path.stat().st_mode & 0o777 for path in (letter, document)} == {0o600}
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
    found = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)
    assert found["To"] == "officer@district.example"
    kept = json.loads(document.read_text("utf-8"))
    assert (kept["key"], kept["attachments"][0]["base64"]) == (told.key, "MQ==")


def test_another_key_is_another_file(tmp_path: Path) -> None:
    sink = channel("folder", path=str(tmp_path))
    for key in ("a", "b/../c", "a"):
        assert sink.send(parcel(key=key), seconds=2).verdict is SendingVerdict.SENT
    assert len(list(tmp_path.iterdir())) == 2


def test_the_first_of_a_key_stays(tmp_path: Path) -> None:
    sink = channel("folder", path=str(tmp_path))
    for text in ("first", "second"):
        assert sink.send(parcel(text=text), seconds=2).verdict is SendingVerdict.SENT
    [kept] = tmp_path.iterdir()
    assert json.loads(kept.read_text("utf-8"))["text"] == "first"


def test_a_folder_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = channel("folder", path=str(tmp_path / "file")).send(parcel(), seconds=2)
    assert found.verdict is SendingVerdict.RETRY and "cannot write" in found.detail


class Pigeon:
    """A channel as somebody else's package would bring it. It says that it is local; that is not believed."""

    kind, group, local, per_minute = "pigeon", True, True, 5

    def __init__(self, name: str, options: dict[str, Any], keys: dict[str, str]) -> None:
        self.name, self.options, self.keys = name, options, keys

    def send(self, parcel: Parcel, *, seconds: float) -> Answer:
        return Answer(SendingVerdict.SENT, f"flew with {self.keys['ring']} over {self.options['sea']}")


def broken(*_: object) -> None:
    raise RuntimeError("ring s3cret is worn")


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint(name, f"{__name__}:{value}", "duixian.channels")
        for name, value in (("pigeon", "Pigeon"), ("broken", "broken"), ("gone", "Nowhere"))
    ]
    monkeypatch.setattr("notifications.channels.opening.entry_points", lambda group: points)


def pigeon(kind: str = "pigeon") -> Settings:
    settings_ = ChannelSettings(name="loft", kind=kind, options={"sea": "North"}, keys={"ring": "s3cret"})
    return Settings(home=Path(), channels=(settings_,))


@pytest.mark.usefixtures("brought")
def test_a_kind_that_a_package_brings_is_opened_bounded_and_masked() -> None:
    loft = open_channels(pigeon(), demo=False)["loft"]
    assert (loft.kind, loft.group, loft.local, loft.per_minute) == ("pigeon", True, False, 5)
    assert loft.send(parcel(), seconds=1) == Answer(SendingVerdict.SENT, "flew with … over North")


@pytest.mark.usefixtures("brought")
def test_a_demo_store_never_uses_one() -> None:
    with pytest.raises(WrongSettings):
        open_channels(pigeon(), demo=True)


@pytest.mark.usefixtures("brought")
@pytest.mark.parametrize("kind", ["broken", "gone"])
def test_one_that_fails_is_told_without_its_words(kind: str) -> None:
    with pytest.raises(WrongSettings) as found:
        open_channels(pigeon(kind), demo=False)
    assert found.value.field == "channels.loft.kind" and "s3cret" not in found.value.zh + found.value.en
