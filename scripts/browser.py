"""Finds a Chromium and a Chinese font for the browser tests, and what checks systemd's units; installs them where it may.

Standard library only."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
PACKAGES = ("chromium", "fonts-noto-cjk", "systemd")
ADVICE = (
    "install Chromium and a Chinese font (Debian: apt install chromium fonts-noto-cjk), or name one in DUIXIAN_CHROMIUM"
)


def find_chromium() -> str | None:
    """The path of a Chromium or Chrome on this machine."""
    named = os.environ.get("DUIXIAN_CHROMIUM")
    found = [named] if named else [*filter(None, map(shutil.which, NAMES)), *MAC_PATHS]
    return next((path for path in found if path and Path(path).is_file()), None)


def has_chinese_font() -> bool:
    """Whether pages can show Chinese; a system without fontconfig (macOS) brings its own."""
    if not shutil.which("fc-list"):
        return sys.platform == "darwin"
    return bool(subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, text=True, check=False).stdout.strip())


def missing() -> list[str]:
    """What is not there, in words."""
    return [
        *([] if find_chromium() else ["Chromium"]),
        *([] if has_chinese_font() else ["a Chinese font"]),
    ]


def lacks_systemd() -> bool:
    """Whether the units of `deployments/systemd` cannot be checked by systemd's own tool (other systems have none)."""
    return sys.platform == "linux" and not shutil.which("systemd-analyze")


def required() -> bool:
    """Whether a missing part is a failure (CI) rather than a notice."""
    return os.environ.get("DUIXIAN_REQUIRE") == "all"


def install() -> None:
    """Install both from the system's packages: only as root, and only where apt-get is."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"Installing {' and '.join(PACKAGES)} for the tests ...", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    patient = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
    commands = ([*patient, "update"], [*patient, "-y", "--no-install-recommends", "install", *PACKAGES])
    for command in commands:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(done.stderr[-2000:], file=sys.stderr)


def main() -> int:
    """Install what is missing where possible; otherwise say so, and fail only where everything is required."""
    if missing() or lacks_systemd():
        install()
    if lacks_systemd():
        print("*** systemd-analyze not found: install it (Debian: apt install systemd)", file=sys.stderr)
        if required():
            return 3
    if not (gone := missing()):
        return 0
    print(
        f"\n*** {' and '.join(gone)} not found: browser tests are left out 缺少浏览器或中文字体，浏览器测试不运行",
        file=sys.stderr,
    )
    print(f"*** {ADVICE}\n", file=sys.stderr)
    return 3 if required() else 0


if __name__ == "__main__":
    sys.exit(main())
