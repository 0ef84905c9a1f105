"""A folder as a channel: each parcel a letter and a JSON document on this machine. For rehearsals, trials and closed networks.

Ours, because Apprise writes no files.
"""

import base64
import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from models import placing
from notifications import addresses
from notifications.channels.answers import AnswerReason, answer
from notifications.channels.attempt import Attempt
from notifications.channels.carried import Carrier
from notifications.channels.mail_message import mail_message
from notifications.channels.parcel import Answer, Parcel

SENDER = "Duixian <duixian@localhost>"


@dataclass(frozen=True)
class Folder(Carrier):
    """Carries parcels into a folder; the same key again changes nothing. Files are for their owner alone."""

    directory: Path
    clock: Callable[[], float] = time.time
    local: bool = True

    def carry(self, parcel: Parcel, attempt: Attempt) -> Answer:
        """Writes `<digest of the key>.json`, and `.eml` beside it where the address is an e-mail address."""
        stem = hashlib.sha256(parcel.key.encode()).hexdigest()[:24]
        attempt.begin()
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if addresses.mail(parcel.address):
                self._write(f"{stem}.eml", mail_message(parcel, {"sender": SENDER}, self.clock()).as_bytes())
            self._write(f"{stem}.json", json.dumps(_document(parcel), ensure_ascii=False, indent=1).encode())
        except OSError as error:
            attempt.settled()
            return answer(AnswerReason.UNAVAILABLE, f"cannot write the folder: {error.strerror}")
        return answer(AnswerReason.DELIVERED)

    def _write(self, name: str, content: bytes) -> None:
        """Whole or not at all, and never over what is there."""
        handle, path = tempfile.mkstemp(dir=self.directory, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            with contextlib.suppress(FileExistsError):
                placing.place(Path(path), self.directory / name)
        finally:
            Path(path).unlink(missing_ok=True)


def _document(parcel: Parcel) -> dict[str, object]:
    papers = [
        {"name": paper.name, "media_type": paper.media_type, "base64": base64.b64encode(paper.content).decode()}
        for paper in parcel.attachments
    ]
    return asdict(parcel) | {"attachments": papers}
