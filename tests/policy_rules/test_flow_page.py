"""A page of flows beside its law: what contradicts is told in both languages, from the page as written."""

import pytest
from other_policies.lakeside.policy import POLICY as LAKESIDE

import policies
from policies.flow_page import contradictions
from policies.kit import Policy
from support import tree

XIUZHOU = policies.get("XZ2023")
PAGE = (tree.ROOT / "flows" / "xiuzhou_2023.py").read_text(encoding="utf-8")


def told(policy: Policy, page: str, *elsewhere: str) -> list[str]:
    found = list(contradictions(policy, page, elsewhere))
    assert all(words.zh != words.en and words.zh.strip() and words.en.strip() for words in found)
    return [fault.en for fault in found]


def test_our_own_page_contradicts_nothing() -> None:
    assert told(XIUZHOU, PAGE) == []
    lakeside = (tree.ROOT / "tests" / "other_policies" / "lakeside" / "page.py").read_text(encoding="utf-8")
    assert told(LAKESIDE, lakeside) == []


FAIRS = """        M[14],
        cases,
        a=(submit, certify, compute, announce, deliver),
        b=(submit, certify, compute, announce, pay),
    )
"""
EDITS = (
    ("a wrong end", "chain(M[4], cases, submit, certify, compute, announce, pay)", "chain(M[4], cases, submit, report)",
     "m04_new_products: M4a is a cash grant: its steps are submit → certify → compute → announce → pay, not submit → report"),
    ("a step left out", "return chain(M[9], cases, submit, certify, compute, announce, deliver)",
     "return chain(M[9], cases, submit, certify, compute, deliver)", "M9 is a support in kind"),
    ("two steps the wrong way round", "chain(M[12], cases, submit, certify, compute, report)",
     "chain(M[12], cases, certify, submit, compute, report)", "M12 is a work programme"),
    ("another measure's number", "return chain(M[16], cases,", "return chain(M[17], cases,", "says M[17] where M16 is M[16]"),
    ("another measure's options", "@flow(**options(M[16]))", "@flow(**options(M[17]))", "says M[17] where M16 is M[16]"),
    ("a flow of no measure", "def m16_first_stores(", "def m16_stores(", "the flow m16_stores is of no measure"),
    ("a measure without a flow", "def m16_first_stores(", "def m16_stores(", "M16 has no flow m16_first_stores"),
    ("a letter that is no item's", FAIRS, FAIRS.replace("    )", "        c=(submit, report),\n    )"), "there is no item M14c"),
    ("a letter left out", FAIRS, FAIRS.replace("        a=(submit, certify, compute, announce, deliver),\n", ""),
     "M14a is a support in kind: its steps are submit → certify → compute → announce → deliver, not –"),
    ("a step by another's name", "from tasks.deliver import deliver", "from tasks.report import report as deliver",
     "the page calls report by the name of deliver"),
    ("a step of its own", "M = by_number", "def pay(cases):\n    ...\n\n\nM = by_number", "defines pay itself"),
    ("more than the chain", "    return chain(M[16], cases,", "    print(cases)\n    return chain(M[16], cases,", "one statement"),
    ("other cases", "return chain(M[16], cases,", "return chain(M[16], [],", "one statement"),
    ("no Python", "M = by_number", "M == = by_number", "cannot be read"),
)  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), [edit[1:] for edit in EDITS], ids=[edit[0] for edit in EDITS])
def test_what_contradicts_the_law_is_told(old: str, new: str, said: str) -> None:
    assert PAGE.count(old) == 1, f"the page no longer says {old}"
    assert any(said in message for message in told(XIUZHOU, PAGE.replace(old, new)))


def test_a_renewals_measures_may_go_by_flows_of_another_page() -> None:
    empty = '"""Nothing of its own."""\n'
    assert len(told(XIUZHOU, empty)) == 26
    assert told(XIUZHOU, empty, *(measure.flow for measure in XIUZHOU.measures)) == []
