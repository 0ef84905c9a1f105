"""Builds or refreshes .venv from requirements-dev.lock; does nothing when it already matches. Standard library only."""

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".built-from"
INPUTS = ("requirements-dev.lock", "pyproject.toml", "scripts/environment.py")


def wanted() -> str:
    """What the environment has to be built from: a digest over everything that decides its content, and its place."""
    digest = hashlib.sha256(str(ROOT).encode())  # a copied tree's environment points to its old place
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def works() -> bool:
    """Whether .venv has a Python that starts, is new enough and has pip."""
    probe = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", probe], capture_output=True, check=False).returncode == 0


def pip(*words: str) -> None:
    """Run the environment's own pip; what it says is shown only when it fails."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--root-user-action=ignore"]
    command = [PYTHON, "-m", "pip", "install", *quiet, *words]
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"pip install {' '.join(words)}\n{done.stderr[-3000:]}")


def build() -> None:
    """Install the locked set, then Duixian itself in place."""
    if not works():
        venv.create(VENV, clear=VENV.exists(), with_pip=True)
    print("Building .venv from requirements-dev.lock (about a minute the first time) ...", file=sys.stderr, flush=True)
    pip("--require-hashes", "--no-deps", "-r", "requirements-dev.lock")
    pip("--no-deps", "--no-index", "--no-build-isolation", "--config-settings", "editable_mode=compat", "-e", ".")


def main() -> int:
    """Bring .venv up to date; one builder at a time, so that two `make` may start together."""
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if works() and STAMP.exists() and STAMP.read_text() == wanted():
            return 0
        try:
            STAMP.unlink(missing_ok=True)
            build()
        except OSError as error:
            print(f"The environment could not be built 环境未能建成: {error}", file=sys.stderr)
            print("Is the network reachable? To start afresh: make clean-env, then again.", file=sys.stderr)
            return 3
        STAMP.write_text(wanted())
    return 0


if __name__ == "__main__":
    os.environ.pop("PYTHONHOME", None)
    sys.exit(main())
