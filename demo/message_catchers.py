"""Where the rehearsal's messages end: a mail server and a chat robot's endpoint, on loopback, that keep what they are given."""

import json
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<(\w+)@", re.MULTILINE | re.IGNORECASE)
_LONGEST_LINE = 65_536


@dataclass
class Caught:
    """What came in so far. Mails lie as files in a folder a day; `day` is set by whoever moves the clock."""

    folder: Path
    day: str = ""
    mails: int = 0
    chats: list[tuple[str, str]] = field(default_factory=list)  # day, text
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def mail(self, content: bytes) -> None:
        """Keeps a mail under its Message-ID: the same mail again is the same file."""
        found = _MESSAGE_ID.search(content)
        with self._lock:
            self.mails += 1
            name = found[1].decode() if found else f"{self.mails:06d}"
            place = self.folder / "mail" / self.day
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{name}.eml").write_bytes(content)

    def chat(self, text: str) -> None:
        """Keeps what was said in the room."""
        with self._lock:
            self.chats.append((self.day, text))

    def write(self) -> None:
        """The room's conversation as one file."""
        said = [f"—— {day} ——\n{text}\n" for day, text in sorted(self.chats)]
        (self.folder / "chat.txt").write_text("\n".join(said), encoding="utf-8")


@dataclass(frozen=True, kw_only=True)
class Catchers:
    """Both endpoints while they listen."""

    caught: Caught
    mail_url: str
    chat_url: str


@contextmanager
def catching(folder: Path) -> Iterator[Catchers]:
    """Listens for as long as the season lasts."""
    caught = Caught(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _Mail((LOOPBACK, 0), _mail_handler(caught)) as mail, _Chat((LOOPBACK, 0), _chat_handler(caught)) as chat:
        for server in (mail, chat):
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield Catchers(
                caught=caught,
                mail_url=f"smtp://{LOOPBACK}:{mail.server_address[1]}",
                chat_url=f"http://{LOOPBACK}:{chat.server_address[1]}",
            )
        finally:
            mail.shutdown()
            chat.shutdown()
            caught.write()


class _Mail(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


class _Chat(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def _mail_handler(caught: Caught) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        """As much of SMTP as a sender needs."""

        disable_nagle_algorithm = True

        def handle(self) -> None:
            self._say("220 演示 DEMO mail catcher".encode("ascii", "ignore"))
            while line := self.rfile.readline(_LONGEST_LINE):
                verb = line[:4].upper()
                if verb == b"DATA":
                    self._say(b"354 go on")
                    caught.mail(self._content())
                    self._say(b"250 kept")
                elif verb == b"QUIT":
                    self._say(b"221 bye")
                    return
                else:
                    self._say(b"250 ok" if verb in (b"EHLO", b"HELO", b"MAIL", b"RCPT", b"RSET") else b"500 unknown")

        def _say(self, words: bytes) -> None:
            self.wfile.write(words + b"\r\n")

        def _content(self) -> bytes:
            lines = []
            while (line := self.rfile.readline(_LONGEST_LINE)) not in (b".\r\n", b""):
                lines.append(line[1:] if line.startswith(b"..") else line)
            return b"".join(lines)

    return Handler


def _chat_handler(caught: Caught) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers as the robots do: 200, and in the body whether it was taken."""

        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            said: Any = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            caught.chat(str(said.get("markdown", said.get("text", {})).get("text") or said["text"]["content"]))
            answer = json.dumps({"errcode": 0, "errmsg": "ok"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Says nothing on the terminal."""

    return Handler
