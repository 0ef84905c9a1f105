"""What may never stand in a log: numbers of identity, telephone and account, tokens, passwords, addresses with secrets.

Masking works on the finished text, so that it does not matter whether a number came in the message, an argument, an
exception or an extra field. Rather a harmless number too many is hidden than one of a person shown.
"""

import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

NUMBER, SECRET, ADDRESS, VALUES = "[number]", "[secret]", "[address]", "[values]"
_SHORTEST_SECRET = 8
_SECRET_NAMES = re.compile(r"SECRET|TOKEN|PASSWORD|PASSWD|_KEY$|AUTH_STRING|WEBHOOK|CHANNEL", re.IGNORECASE)

# A record id and a readable number of ours are how operators find a case: they stay.
_UUID = r"(?<![A-Za-z0-9_-])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![A-Za-z0-9_-])"
_CASE = r"(?<![A-Za-z0-9])[A-Z]{2,4}20\d{2}-(?:[A-Z]{1,2}\d{0,2}-)?\d{4,6}(?:-A\d{1,2})?(?!\d|-\d)"
_MOMENT = (
    r"(?<!\d)20\d{2}-[01]\d-[0-3]\d(?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?)?(?!\d)"
)
CASE_NUMBER = re.compile(_CASE)
_KEPT = re.compile(f"({_UUID}|{_CASE}|{_MOMENT})")

_DIGITS = re.compile(r"(?<!\d)\d(?:[ _\-\u00a0\u2009\u3000]?\d){9,}[Xx]?|[(（]0\d{2,3}[)）][ -]?\d{7,8}")
_LINK = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,20})://([^\s'\"<>，。；）]+)")
_PLAIN_HOSTS = ("http", "https", "ws", "wss", "postgresql", "postgresql+psycopg")
_FILES = ("sqlite", "file", "sqlite+aiosqlite")
_BEARER = re.compile(r"(?i)(bearer|basic)\s+[\w\-.~+/=]{6,}")
_NAMED = re.compile(
    r"(?i)((?:access_|auth_|api_|bot_)?(?:token|secret|password|passwd|pwd|sign|signature|apikey|api_key|auth_string)"
    r"['\"]?\s*[=:：]\s*)(['\"]?)[^\s'\",;&)}]+\2"
)
_OURS = re.compile(r"dx_[\w-]{8,}|operator:[\w-]{8,}")
_OPAQUE = re.compile(
    r"(?<![A-Za-z0-9_-])(?=[A-Za-z_-]*[0-9])(?=[A-Z0-9_-]*[a-z])(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{24,}"
)
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
# What the databases quote of a row when they refuse it.
_ROWS = (
    re.compile(r"\[parameters: .*?(?=\n\(Background on|\n\[SQL|\Z)", re.DOTALL),
    re.compile(r"(?<=DETAIL:)[^\n]*"),
    re.compile(r"(?<=CONTEXT:)[^\n]*"),
)


_traces = logging.Formatter()


class Mask:
    """Hides what must not be read. `known` are secrets of this process, hidden wherever they turn up."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        found = sorted({secret for secret in known if len(secret) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, found))) if found else None

    @classmethod
    def of_process(cls, environment: Mapping[str, str] = os.environ) -> "Mask":
        """One that knows the secrets in the environment (by the names of their variables)."""
        return cls(value for name, value in environment.items() if _SECRET_NAMES.search(name))

    def text(self, words: str) -> str:
        """The text with everything hidden that must be."""
        if self._known is not None:
            words = self._known.sub(SECRET, words)
        for pattern in _ROWS:
            words = pattern.sub(VALUES, words)
        words = _OURS.sub(SECRET, _BEARER.sub(rf"\1 {SECRET}", words))
        words = _LINK.sub(_without_path, words)
        words = _NAMED.sub(rf"\1{SECRET}", words)
        words = _MAIL.sub(ADDRESS, words)
        parts = _KEPT.split(words)
        return "".join(part if index % 2 else _plain(part) for index, part in enumerate(parts))

    def value(self, value: Any) -> Any:
        """The same for anything that a record may carry, with its shape kept as far as JSON knows it."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            shown = self.text(str(value))
            return value if shown == str(value) else shown
        if isinstance(value, Mapping):
            return {self.text(str(name)): self._of(str(name), inner) for name, inner in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(inner) for inner in value]
        return self.text(str(value))

    def _of(self, name: str, value: Any) -> Any:
        return SECRET if value and _SECRET_NAMES.search(name) else self.value(value)


def _plain(words: str) -> str:
    return _DIGITS.sub(NUMBER, _OPAQUE.sub(SECRET, words))


def _without_path(match: re.Match[str]) -> str:
    """Scheme and host of an address; of the schemes whose host is itself the key of a robot, the scheme alone."""
    scheme, rest = match[1].lower(), match[2]
    if scheme in _FILES:
        return match[0]
    host = rest.split("/", 1)[0].split("?", 1)[0].rpartition("@")[2]
    if scheme not in _PLAIN_HOSTS:
        return f"{scheme}://{SECRET}"
    return f"{scheme}://{host}" + (f"/{SECRET}" if len(rest) > len(host) else "")


def mask_records(mask: Mask) -> Callable[[], None]:
    """Masks every record of this process where it is made, whatever handler of whatever library writes it; returns what ends it."""
    make: Any = logging.getLogRecordFactory()

    def masked(*arguments: Any, **named: Any) -> logging.LogRecord:
        record: logging.LogRecord = make(*arguments, **named)
        try:
            record.msg, record.args = mask.text(record.getMessage()), ()
        except Exception:  # arguments that do not fit their sentence must not cost us the event
            record.msg, record.args = mask.text(f"{record.msg!s} {record.args!r}"), ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = mask.text(_traces.formatException(record.exc_info))
        if record.stack_info:
            record.stack_info = mask.text(record.stack_info)
        return record

    logging.setLogRecordFactory(masked)
    return lambda: logging.setLogRecordFactory(make)
