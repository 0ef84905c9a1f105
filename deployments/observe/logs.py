"""The log of the running system: one line an event, as JSON or for a person, with case and run, and masked.

Masking begins where a record is made, so that every handler of the process, the engine's own included, gets the masked words;
our handler masks once more what it prints, extra fields and all.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

from casework.privacy.log_masking import CASE_NUMBER, Mask, mask_records

FORMS = ("json", "console")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_CASES_SHOWN = 20
_fields: ContextVar[dict[str, str] | None] = ContextVar("fields", default=None)
_traces = logging.Formatter()
_placed: list["Log"] = []  # the innermost one writes; the others wait for its end


@contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Every line written inside carries these fields (`case="XZ2023-M04-000001"`, `job="sweep"`)."""
    token = _fields.set({**(_fields.get() or {}), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


class Lines(logging.Formatter):
    """A record as one line of JSON, or as a line for a person; nothing leaves it unmasked."""

    def __init__(self, mask: Mask, form: str = "json") -> None:
        super().__init__()
        self._mask, self._form = mask, form

    def format(self, record: logging.LogRecord) -> str:
        """The line (and, for a person, the lines of an exception below it)."""
        try:
            words = record.getMessage()
        except Exception:  # arguments that do not fit their sentence must not cost us the event
            words = f"{record.msg!s} {record.args!r}"
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._mask.text(words),
            **self._mask.value(_context(record)),
        }
        if cases := list(dict.fromkeys(CASE_NUMBER.findall(words))):
            line.setdefault("cases", cases[:_CASES_SHOWN])
        extra = {
            name: value for name, value in vars(record).items() if name not in _STANDARD and not name.startswith("_")
        }
        line |= {name: value for name, value in self._mask.value(extra).items() if name not in line}
        if trace := _trace(record):
            line["exception"] = self._mask.text(trace)
        return json.dumps(line, ensure_ascii=False) if self._form == "json" else _for_a_person(line)


class Masked(logging.Formatter):
    """A plain line, masked: for files beside the log."""

    def __init__(self, mask: Mask, pattern: str) -> None:
        super().__init__(pattern)
        self._mask = mask

    def format(self, record: logging.LogRecord) -> str:
        """The line with its exception."""
        return self._mask.text(super().format(record))


def _context(record: logging.LogRecord) -> dict[str, str]:
    """Where in the work the record was made: bound fields, and the engine's run where there is one."""
    found = dict(_fields.get() or {})
    for name in ("flow_run_id", "task_run_id", "flow_name"):
        if value := getattr(record, name, None):
            found[name] = str(value)
    if "flow_run_id" not in found and (run := _run()):
        found |= run
    return found


def _run() -> dict[str, str]:
    """The flow run that this thread works for, without importing the engine for it."""
    engine = sys.modules.get("prefect.context")
    kind = getattr(engine, "FlowRunContext", None)  # absent while the engine is still being imported
    context = kind.get() if kind is not None else None
    run = getattr(context, "flow_run", None)
    if context is None or run is None:
        return {}
    return {"flow_run_id": str(run.id), "flow_name": str(context.flow.name)}


def _trace(record: logging.LogRecord) -> str:
    parts = [record.exc_text or (_traces.formatException(record.exc_info) if record.exc_info else "")]
    return "\n".join(filter(None, [*parts, record.stack_info]))


def _for_a_person(line: Mapping[str, Any]) -> str:
    first = ("at", "level", "logger", "message", "exception")
    more = " ".join(f"{name}={value}" for name, value in line.items() if name not in first and name != "cases")
    head = f"{line['at'][:19]}Z {line['level']:<7} {line['logger']}: {line['message']}" + (
        f"  [{more}]" if more else ""
    )
    return "\n".join(filter(None, (head, line.get("exception", ""))))


class Log:
    """The log of one process, put in place at its start and taken away at its end."""

    def __init__(self, *, form: str = "", level: str = "", stream: TextIO | None = None) -> None:
        environment = os.environ
        wanted = form or environment.get("DUIXIAN_LOG", "") or ("console" if sys.stderr.isatty() else "json")
        self.form = wanted if wanted in FORMS else "json"
        self.level = (level or environment.get("DUIXIAN_LOG_LEVEL", "") or "INFO").upper()
        self.mask = Mask.of_process()
        self._handler: logging.Handler = logging.StreamHandler(stream or sys.stderr)
        self._handler.setFormatter(Lines(self.mask, self.form))
        self._before: tuple[Any, int] | None = None

    def start(self) -> None:
        """Everything that this process logs from now on is masked; ours, and warnings of others, are written."""
        if self in _placed:
            return
        if _placed:
            _placed[-1]._leave()
        _placed.append(self)
        self._enter()

    def stop(self) -> None:
        """As it was before."""
        if self not in _placed:
            return
        _placed[-1]._leave()
        _placed.remove(self)
        if _placed:
            _placed[-1]._enter()

    def _enter(self) -> None:
        ours = logging.getLogger("duixian")
        self._before = mask_records(self.mask), ours.level
        ours.setLevel(self.level if self.level in logging.getLevelNamesMapping() else "INFO")
        logging.getLogger().addHandler(self._handler)

    def _leave(self) -> None:
        assert self._before is not None
        unmask, level = self._before
        unmask()
        logging.getLogger("duixian").setLevel(level)
        logging.getLogger().removeHandler(self._handler)
