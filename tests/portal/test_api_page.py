"""docs/api.md holds: each of its requests is sent in their order, and answers with all that the page shows of it."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models import Duty, State
from support import tree
from support.api_client import ApiClient
from support.portal import Portal
from support.stage import Stage, applicant, named, officer
from support.walk import Walk

PAGE = Path("docs/api.md")
PORTAL = "http://localhost:8023"


def examples() -> Iterator[tuple[str, str]]:
    """Each request of the page with the answer that it shows."""
    for block in re.findall(r"```\n(.*?)```", tree.text(PAGE), flags=re.DOTALL):
        for asked in re.split(r"^\$ ", block, flags=re.MULTILINE):
            if asked.startswith("curl"):
                command, _, answer = asked.replace("\\\n", " ").replace("$'", "'").partition("\n")
                yield command, answer.strip()


def sent(portal: Portal, command: str, tokens: dict[str, str]) -> Any:
    """The answer to a curl command."""
    words = shlex.split(command)[1:]
    method, body, address, headers = "GET", None, "", {}
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word in ("-d", "--data-binary"):
            body = words.pop(0).replace("\\n", "\n").encode()
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = re.sub(r"\$(\w+)", lambda found: tokens[found[1]], value)
        else:
            address = word.replace("$PORTAL", PORTAL)
    client = portal.visitor().client
    return client.request(method, address, content=body, headers=headers)


def shows(shown: Any, answer: Any, at: str = "answer") -> None:
    """That all of what is shown stands in the answer."""
    if isinstance(shown, dict):
        for name, value in shown.items():
            assert name in answer, f"{at}.{name} is not there"
            shows(value, answer[name], f"{at}.{name}")
    elif isinstance(shown, list):
        assert len(shown) == len(answer), f"{at}: {len(answer)} entries"
        for place, value in enumerate(shown):
            shows(value, answer[place], f"{at}[{place}]")
    else:
        assert shown == answer, f"{at} is {answer!r}"


@pytest.mark.slow
def test_each_request_of_the_page_answers_as_it_says(portal: Portal, stage: Stage) -> None:
    walk = Walk(stage)
    for number in (1, 2):
        walk.open("M16", number, number)
        walk.to(named(f"case-{number}"), State.FILED, Duty.ACCEPTOR)
    people = {
        "FIRM": applicant(1),
        "OFFICER": officer(Duty.ACCEPTOR),
        "DECIDER": officer(Duty.DECIDER),
        "RECONCILER": officer(Duty.RECONCILER),
    }
    tokens = {name: ApiClient(portal, person).secret for name, person in people.items()}
    found = list(examples())
    assert len(found) >= 10
    for command, answer in found:
        shows(json.loads(answer), sent(portal, command, tokens).json())
