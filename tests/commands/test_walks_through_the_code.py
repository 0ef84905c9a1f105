"""The walks of docs/architecture.md are true: each is walked for real, and every file that it names is found at work."""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from casework.shared.home import Home
from flows import scheduled
from models import Duty, State
from support import tree
from support.calendar_jobs import at
from support.import_arrows import arrows, named
from support.stage import LEAD

PAGE = Path("docs/architecture.md")
MOST = 18  # files of a walk
FUND = f"{LEAD}:2023"


def walks() -> dict[str, list[str]]:
    """The title of each walk, and its files in their order."""
    part = tree.text(PAGE).partition("## Three walks through the code\n")[2].partition("\n## ")[0]
    return {
        told.partition("\n")[0]: re.findall(r"^\d+\. `([^`]+)`: ", told, flags=re.MULTILINE)
        for told in part.split("\n### ")[1:]
    }


def reached(module: str) -> set[str]:
    """What a module imports, and through a package's face what that imports."""
    direct = arrows()[module]
    faces = {face for face in direct if (tree.ROOT / face.replace(".", "/") / "__init__.py").is_file()}
    return direct.union(*(arrows()[face] for face in faces))


@contextmanager
def watched() -> Iterator[set[str]]:
    """The files of ours of which a function was called meanwhile, in any thread."""
    seen: set[str] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name != "<module>":
            seen.add(frame.f_code.co_filename)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def at_work(seen: set[str], walk: list[str]) -> None:
    """Every file that has functions was called."""
    wanted = [name for name in walk if re.search(r"^ *def ", tree.text(Path(name)), flags=re.MULTILINE)]
    assert [name for name in wanted if str(tree.ROOT / name) not in seen] == []


def test_there_are_three_of_at_most_eighteen_files() -> None:
    assert [len(files) for files in walks().values()] == [MOST] * 3
    assert all(len(set(files)) == len(files) for files in walks().values())


@pytest.mark.parametrize("title", walks())
def test_each_file_of_a_walk_is_imported_by_one_before_it(title: str) -> None:
    files = walks()[title]
    assert [name for name in files if not (tree.ROOT / name).is_file()] == []
    before: set[str] = {named(files[0])}
    for name in files:
        assert named(name) in before, f"{name} is imported by none of the files before it"
        before |= reached(named(name))


def test_an_act_goes_this_way(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    with watched() as seen:
        office("act", number, "accept", "--as", "acceptor-0")
    at_work(seen, walks()["An act, from the command line to the commit"])


def test_a_banks_result_goes_this_way(office: Any) -> None:
    number = office.case("M4a", 1, State.PAYABLE, Duty.ALLOCATOR)
    office("payments", "allocate", "算例 2023 年 1 号", "--fund", FUND, "--as", "allocator-0")
    batch = str(office.json("payments", "prepare", "--fund", FUND, "--as", "maker-0")["number"])
    office("payments", "check", batch, "--as", "checker-0")
    office("payments", "release", batch, "--as", "releaser-0")
    office("payments", "export", batch, "--to", office.home / "out", "--as", "releaser-0")
    line = f"{number}-A1,settled,200000.00,622200000000,算例"
    file = office.write("result.csv", f"order_no,outcome,amount,account,原因\n{line}\n")
    with watched() as seen:
        office("payments", "import", file, "--as", "reconciler-0")
    at_work(seen, walks()["A bank's result"])
    assert office.json("case", number)["case"]["state"] == State.PAID


def test_a_reminder_goes_this_way(office: Any) -> None:
    office.case("M4a", 1)
    office.write("channels.toml", '[channels.mail]\nkind = "folder"\npath = "mail"\n')
    office("contacts", "add", "person:applicant-0-0", "mail", "firm@example.com", "--proof", "回拨")
    with Home.at(office.home, database_url=office.url).in_use():
        office.store.set_clock(at("2024-06-22"), frozen=True)
        scheduled.filing_reminders.fn()
        scheduled.deliver.fn()
        before = set((office.home / "mail").glob("*.eml"))
        office.store.set_clock(at("2024-06-23"), frozen=True)
        with watched() as seen:
            scheduled.filing_reminders.fn(date(2024, 6, 23))
            scheduled.deliver.fn()
    at_work(seen, walks()["A reminder, from the calendar to the reader"])
    assert len(set((office.home / "mail").glob("*.eml")) - before) == 1
