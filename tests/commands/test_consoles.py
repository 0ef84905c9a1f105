"""What a console cannot show is a question mark, and the exit code says what was done."""

import os
import subprocess
import sys
from typing import Any

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["gbk", "ascii", "latin-1", "gb2312"])
def test_a_console_that_lacks_characters_breaks_nothing(office: Any, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "DUIXIAN_HOME": str(office.home)}
    environment["DUIXIAN_DATABASE_URL"] = str(office.store.url)
    for arguments in (("people", "add", f"yanshi-{encoding}", "演示\U00020000"), ("people", "list"), ("verify",)):
        command = [sys.executable, "-c", "from cli.app import main; main()", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
