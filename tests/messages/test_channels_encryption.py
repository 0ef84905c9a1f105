"""Encrypted connections: the certificate is checked, and the time limit holds in every phase, the greeting included."""

import threading
import time
from pathlib import Path

from notifications.channels.answers import AnswerReason, reason_of
from notifications.channels.parcel import SendingVerdict
from support.certificates import served, trusted
from support.channels import LEFT_BEHIND, channel, left_behind, parcel
from support.endpoints import EndpointFault, endpoint
from support.mail_server import stalling_server


def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    with endpoint("wecom", tls=served(tmp_path)) as robot:
        duty = channel("wecom", robot.url)
        found = duty.send(parcel(), seconds=2)
        assert (found.verdict, reason_of(found), robot.requests) == (SendingVerdict.RETRY, AnswerReason.INSECURE, [])
        with trusted(tmp_path):
            assert duty.send(parcel(), seconds=2).verdict is SendingVerdict.SENT


def test_an_apprise_address_has_its_certificate_checked_too(tmp_path: Path) -> None:
    with endpoint("webhook", tls=served(tmp_path)) as other:
        duty = channel("apprise", keys={"url": f"jsons://{other.url.partition('://')[2]}/in"}, group=True)
        found = duty.send(parcel(), seconds=5)
        assert (found.verdict, reason_of(found), other.requests) == (SendingVerdict.RETRY, AnswerReason.INSECURE, [])
        with trusted(tmp_path):
            assert duty.send(parcel(), seconds=5).verdict is SendingVerdict.SENT


def test_an_encrypted_answer_that_never_comes_is_left_behind_in_time(tmp_path: Path) -> None:
    with endpoint("wecom", tls=served(tmp_path), slow=60.0) as robot, trusted(tmp_path):
        duty = channel("wecom", robot.url)
        for fault in (EndpointFault.HANG, EndpointFault.DRIP):
            robot.always(fault)
            found = left_behind(lambda seconds: duty.send(parcel(), seconds=seconds), 0.5)
            assert found.verdict is SendingVerdict.UNKNOWN
        _all_ended()


def test_a_greeting_that_never_ends_has_sent_nothing() -> None:
    with stalling_server() as port:
        for kind, scheme in (("wecom", "https"), ("email", "smtps")):
            began = time.monotonic()
            found = channel(kind, f"{scheme}://127.0.0.1:{port}").send(parcel(kind), seconds=0.2)
            assert (found.verdict, time.monotonic() - began < LEFT_BEHIND) == (SendingVerdict.RETRY, True), found
        _all_ended()


def _all_ended() -> None:
    """The threads that were left behind come to their end when their connection is shut."""
    for thread in threading.enumerate():
        if thread.name.startswith("channel "):
            thread.join(1)
            assert not thread.is_alive()
