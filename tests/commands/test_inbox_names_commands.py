"""Every command that an inbox prints is one of the program's, with its arguments and options; the batch is named."""

import shlex
from typing import Any

import pytest
from typer.main import get_command

from cli.app import app
from models import Duty, State

WHO = [
    (State.FILED, Duty.ACCEPTOR), (State.SCREENED, Duty.CERTIFIER), (State.COMPUTED, Duty.AMOUNT_CHECKER),
    (State.COMPUTED, Duty.DECIDER), (State.PAYABLE, Duty.ALLOCATOR), (State.PAYABLE, Duty.MAKER),
    (State.PAYABLE, Duty.CHECKER), (State.PAYABLE, Duty.RELEASER), (State.ORDERED, Duty.RECONCILER),
]  # fmt: skip


def parsed(line: str) -> None:
    """Parses a command as the program would, without running it; a word it does not know raises."""
    words = shlex.split(line)[1:]
    command: Any = get_command(app)
    context = command.make_context("duixian", [], resilient_parsing=True)
    while hasattr(command, "resolve_command"):
        _, command, words = command.resolve_command(context, words)
        if hasattr(command, "resolve_command"):
            context = command.make_context(command.name, [], parent=context, resilient_parsing=True)
    command.make_context(command.name, words, parent=context)


@pytest.mark.parametrize(("state", "duty"), WHO)
def test_what_an_inbox_prints_can_be_typed(office: Any, state: State, duty: Duty) -> None:
    office.case("M4a", 1, state, duty)
    (task,) = office.json("inbox", "--as", f"{duty}-0")["tasks"]
    assert task["commands"]
    for line in task["commands"]:
        parsed(line.replace("YEAR YUAN", "2023 5"))
    if duty in (Duty.CHECKER, Duty.RELEASER):
        assert any(" ZF2023-" in line for line in task["commands"]) and "BATCH" not in " ".join(task["commands"])
    shown = office("inbox", "--as", f"{duty}-0")
    assert all(line in shown.replace("\n", "") for line in task["commands"][:1])


def test_a_command_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(Exception, match=r"nonsense"):
        parsed("duixian act XZ2023-M04-000001 accept --nonsense")
