"""Runs a proof's processes apart from the test runner: a fresh, single-threaded interpreter that forks its children.

The runner has threads of its own; to fork beside them would be to copy their locks. The interpreter imports the product
once; each child is then a copy of a warm process.
"""

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1]
PLACES = (
    TESTS.parent,
    TESTS,
)  # named, not taken from this process's `sys.path`, which an engine in it may have changed


def run(module: str, timeout: int = 2400, **arguments: Any) -> dict[str, Any]:
    """`module.main(**arguments)` in an interpreter of its own; what it returns comes back as JSON."""
    program = f"import json, sys; from {module} import main; print(json.dumps(main(**json.loads(sys.argv[1]))))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PLACES))}
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(arguments)],
        capture_output=True, text=True, timeout=timeout, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{module} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-6000:]}"
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def fork(child: Callable[[], None]) -> int:
    """A child process that does this and nothing else; its id."""
    identity = os.fork()
    if identity:
        return identity
    try:
        child()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(3)


def ended(identity: int) -> bool:
    """Waits for a child: True when it did its work, False when it was killed; a child that failed is an error."""
    status = os.waitstatus_to_exitcode(os.waitpid(identity, 0)[1])
    if status not in (0, -signal.SIGKILL):
        raise AssertionError(f"a child process ended with {status}")
    return status == 0


def together(children: Sequence[Callable[[], None]]) -> None:
    """Runs children at the same time and waits for all."""
    running = [fork(child) for child in children]
    failed = [identity for identity in running if not ended(identity)]
    assert not failed, f"{len(failed)} children were killed"
