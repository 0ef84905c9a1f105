"""A first signature is answered as one, is in the inbox of whoever may give the second, and reads as one ever after."""

from typing import Any

import pytest

from models import Duty, State
from support.walk import exclude

PAPER = ("--reason-code", "document", "--reason", "算例理由", "--paper", "某函1号")
S = State


def tasks(office: Any, login: str, number: str) -> list[dict[str, Any]]:
    return [task for task in office.json("inbox", "--as", login)["tasks"] if task["case"]["number"] == number]


def test_a_proposed_override_says_who_confirms_it_and_a_confirmed_one_that_it_stands(office: Any) -> None:
    number = office.case("M4a", 1, S.FILED)
    exclude(office.stage, 0)
    waive = ("act", number, "waive", "--check", "exclusion")
    asked = office(*waive, *PAPER, "--as", "head-0")
    assert "尚未生效" in asked and "单位负责人中的另一人" in asked and " ".join(waive) in asked
    assert office.json(*waive, *PAPER, "--as", "head-0", "--act-id", "11111111-2222-4333-8444-555555555555", code=1)
    assert "提出例外" in office("case", number) and "核准例外" not in office("case", number)
    (task,) = tasks(office, "head-1", number)
    assert task["commands"] == [f"duixian {' '.join(waive)} --as head-1"] and task["confirms"]["reason"] == "算例理由"
    assert "确认核准例外：不予支持名单" in office("inbox", "--as", "head-1")
    assert not tasks(office, "head-0", number) and not tasks(office, "certifier-0", number)
    done = office(*task["commands"][0].split()[1:])
    assert "已核准例外：不予支持名单" in done and "未通过" not in done and "尚未生效" not in done
    shown = office("case", number)
    assert "例外 不予支持名单：" in shown and "例外 exclusion" not in shown
    assert shown.index("提出例外") < shown.index("核准例外") and not tasks(office, "head-1", number)


@pytest.mark.parametrize(
    ("action", "state", "duty"), [("reopen", S.FILED, Duty.ACCEPTOR), ("undo", S.DECIDED, Duty.SYSTEM)]
)
def test_what_two_heads_do_is_in_the_inbox_of_the_second(office: Any, action: str, state: State, duty: Duty) -> None:
    number = office.case("M4a", 1, state, duty)
    if action == "reopen":
        office("act", number, "refuse", "--reason", "算例理由", "--reason-code", "not_eligible", "--as", "acceptor-0")
    why = ("act", number, action, "--reason", "算例理由")
    assert "须由" in office(*why, "--as", "head-0")
    assert not tasks(office, "head-0", number)
    (task,) = tasks(office, "head-1", number)
    assert f"duixian act {number} {action} --reason REASON --as head-1" in task["commands"]
    assert f"提出{'重新办理' if action == 'reopen' else '撤销审定'}" in office("case", number)
    office(*why, "--as", "head-1")
    assert not any(each_task["confirms"] for each_task in tasks(office, "head-1", number))
