"""Every message that the casework queues has its sentences, in two languages, filled without a gap."""

import ast
from pathlib import Path

import pytest

from notifications.wording import WORDINGS, render

CONTENT = {
    "case": "XZ2023-M04-000001",
    "at": "2023-09-04",
    "missing": ["认定证书", "产品照片"],
    "due": "2023-09-18 16:00:00+00:00",
    "reason": "不符合条件",
    "amount": "1500000.00",
    "amount_fen": 150_000_000,
    "notice": "XZ2023-GS-0001",
    "closes_on": "2023-09-20",
    "document": "文号 1",
    "note": "不涉及资金兑付",
}


def kinds_used() -> set[str]:
    """The kind of every message built anywhere in the casework: the constant beside a call that tells somebody."""
    found = set()
    for path in Path("casework").rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            position = {"tell_applicant": 0, "applicant": 1, "unit": 2}.get(name)
            if position is not None and len(call.args) > position and isinstance(call.args[position], ast.Constant):
                found.add(str(call.args[position].value))
    return found


def test_every_kind_that_is_queued_has_its_wording() -> None:
    used = kinds_used()
    assert len(used) > 15
    assert used <= WORDINGS.keys()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_a_message_is_filled_and_names_its_case(kind: str, language: str) -> None:
    subject, body = render(kind, CONTENT, language=language)
    assert CONTENT["case"] in subject and CONTENT["case"] in body
    assert "{" not in subject + body


def test_a_refusal_tells_of_review_and_court() -> None:
    _, body = render("refused", CONTENT)
    assert "60 日" in body and "6 个月" in body and "不符合条件" in body


def test_a_deadline_at_midnight_is_shown_as_the_day_that_ends() -> None:
    assert "2023-09-18 前" in render("returned", CONTENT)[1]


def test_a_demo_message_says_so() -> None:
    subject, body = render("paid", CONTENT, demo=True)
    assert subject.startswith("【演示 DEMO】") and body.startswith("【演示 DEMO】")


def test_money_is_told_in_yuan() -> None:
    assert "1,500,000.00 元" in render("paid", CONTENT)[1]
