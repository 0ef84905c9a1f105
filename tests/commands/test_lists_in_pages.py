"""A list that grows with the cases or the applicants is shown in pages, and says how many there are."""

from typing import Any

import pytest
from typer.main import get_command

from cli.app import app
from models import State
from policies.benefits import KeyKind
from support.comparing import enter, received

# Lists whose length the policy, the calendar or the installation sets, or which belong to one case.
SHORT = {
    "budgets list", "channels list", "evidence list", "holidays list", "parameters list", "policy list", "rankings list",
    "rates list", "rules list", "settings list", "units list",
}  # fmt: skip
LISTS = {"list", "waiting", "unmatched", "overdue", "changes", "dead", "cases", "notices"}


def _commands(group: Any, *path: str) -> Any:
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _commands(command, *path, name)
        else:
            yield (*path, name), command


def test_every_list_takes_a_limit() -> None:
    named = {" ".join(path): command for path, command in _commands(get_command(app)) if path[-1] in LISTS}
    assert named.keys() > SHORT
    for name, command in named.items():
        taken = {flag for option in command.params for flag in option.opts}
        assert name in SHORT or taken & {"--limit", "--most"}, f"{name} has no limit"


def test_comparisons_come_in_pages_the_open_ones_first(office: Any) -> None:
    case = office.case("M4a", 1, State.SCREENED)
    known = {KeyKind.ENTERPRISE: "算例企业0", KeyKind.DEVICE: "算例织机1", KeyKind.AWARD: "算例织机1 | A"}
    enter(office.walk, *(received(kind, basis) for kind, basis in known.items()))
    everything = office.json("comparisons", "list")
    assert (everything["count"], everything["total"]) == (3, 3)
    said = ("--different", "--reason", "算例", "--as", "certifier-0")
    office("comparisons", "decide", case, 1, *said)
    pages = [office.json("comparisons", "list", "--limit", 1, "--offset", n) for n in range(3)]
    assert [page["comparisons"][0]["sequence"] for page in pages] == [2, 3, 1], "the decided one is last"
    assert {(page["count"], page["total"]) for page in pages} == {(1, 3)}
    assert office.json("comparisons", "list", "--open", "--limit", 1)["total"] == 2
    assert "共 3 项，显示 2–2（--offset 翻页）" in office("comparisons", "list", "--limit", 1, "--offset", 1)
    assert "3 in all, 2–2 shown" in office("comparisons", "list", "--limit", 1, "--offset", 1, lang="en")


@pytest.mark.parametrize(
    ("command", "rows"),
    [
        (("people", "list"), "people"),
        (("roles", "list"), "roles"),
        (("enterprise", "list"), "parties"),
        (("benefits", "list"), "benefits"),
    ],
)
def test_registers_come_in_pages(office: Any, command: tuple[str, ...], rows: str) -> None:
    enter(office.walk, *(received(KeyKind.PROJECT, f"算例项目{n}") for n in "甲乙丙"))
    whole = office.json(*command)
    second = office.json(*command, "--limit", 1, "--offset", 1)
    assert second[rows] == whole[rows][1:2] and (second["count"], second["total"]) == (1, whole["total"])
    assert f"共 {whole['total']} 项" in office(*command, "--limit", 1)


def test_a_unit_to_look_for_is_one_that_there_is(office: Any) -> None:
    for command in (("cases",), ("roles", "list")):
        no = office.error(*command, "--unit", "区市监局", code=2)
        assert no["field"] == "--unit" and "是否为：区市场监管局" in no["message"]
        assert office.json(*command, "--unit", "区市场监管局")["count"] >= 0
