"""Encrypted connections: the certificate is checked, and the time limit holds in every phase, the greeting included."""

import threading
import time
from pathlib import Path

from notifications.channels.answers import Reason, reason_of
from notifications.channels.parcel import Verdict
from support.certificates import served, trusted
from support.channels import LEFT_BEHIND, channel, left_behind, parcel
from support.endpoints import Fault, endpoint
from support.mail_server import stalling_server


def test_a_certificate_that_nobody_vouches_for_gets_nothing(tmp_path: Path) -> None:
    with endpoint("wecom", tls=served(tmp_path)) as robot:
        duty = channel("wecom", robot.url)
        found = duty.send(parcel(), seconds=2)
        assert (found.verdict, reason_of(found), robot.requests) == (Verdict.RETRY, Reason.INSECURE, [])
        with trusted(tmp_path):
            assert duty.send(parcel(), seconds=2).verdict is Verdict.SENT


def test_an_encrypted_answer_that_never_comes_is_left_behind_in_time(tmp_path: Path) -> None:
    with endpoint("wecom", tls=served(tmp_path), slow=60.0) as robot, trusted(tmp_path):
        duty = channel("wecom", robot.url)
        for fault in (Fault.HANG, Fault.DRIP):
            robot.always(fault)
            found = left_behind(lambda seconds: duty.send(parcel(), seconds=seconds), 0.5)
            assert found.verdict is Verdict.UNKNOWN
        _all_ended()


def test_a_greeting_that_never_ends_has_sent_nothing() -> None:
    with stalling_server() as port:
        for kind, scheme in (("wecom", "https"), ("email", "smtps")):
            began = time.monotonic()
            found = channel(kind, f"{scheme}://127.0.0.1:{port}").send(parcel(kind), seconds=0.2)
            assert (found.verdict, time.monotonic() - began < LEFT_BEHIND) == (Verdict.RETRY, True), found
        _all_ended()


def _all_ended() -> None:
    """The threads that were left behind come to their end when their connection is shut."""
    for one in threading.enumerate():
        if one.name.startswith("channel "):
            one.join(1)
            assert not one.is_alive()
