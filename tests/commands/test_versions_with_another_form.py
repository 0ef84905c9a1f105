"""A later version with a form, papers and parameters of its own: every tool serves each case by the version that binds it."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook

import policies
from casework.applications.application_workbook import CODE, NO, read_applications, write_applications
from casework.forms.typed_forms import content
from casework.lifecycle.facts_from_records import standing_facts
from casework.views import find_case
from models import State
from models.verification.award_invariants import facts_forms, restore_facts
from policies.kit import Policy, Text, Version
from policies.measures import Slot
from policies.xiuzhou_2023.m04_new_products import FirstSetClaim, form, label
from support.office import code
from support.stage import claim
from support.walk import on
from support.workbooks import rows_of

XZ2023 = policies.get("XZ2023")
FIRST = XZ2023.item("M4a")
DAY = date(2023, 9, 18)


@form
class ClaimWithOutput(FirstSetClaim):
    """The claim of the later version: one field more."""

    output: str = label("年产能", "yearly output")


@form
class FactsWithOutput(ClaimWithOutput):
    """What is certified of it."""


SECOND = Version(
    item="M4a",
    id="2",
    since=DAY,
    source="测试文件",
    changes={
        "title": Text("首台（套）装备补助（新）", "first sets (new)"),
        "claim": ClaimWithOutput,
        "facts": FactsWithOutput,
        "evidence": (*FIRST.evidence, Slot(id="output_report", title=Text("产能证明", "proof of output"))),
        "parameters": (*FIRST.parameters, replace(FIRST.parameters[0], id="P4a-output")),
    },
)


@pytest.fixture
def grown(monkeypatch: pytest.MonkeyPatch, office: Any) -> Policy:
    """The plan with the later version, on the day from which on it binds; a case of the first one is there already."""
    office.first = office.case("M4a", 1, State.SCREENED)
    policy = replace(XZ2023, versions=(SECOND,))
    monkeypatch.setitem(policies._registered, "XZ2023", policy)
    office.store.set_clock(on("2023-09-18"), frozen=True)
    return policy


@pytest.fixture
def paper(office: Any) -> Path:
    office.home.mkdir(parents=True, exist_ok=True)
    path: Path = office.home / "paper.pdf"
    path.write_bytes(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n")
    return path


def second(office: Any, paper: Path) -> str:
    """A case of the later version, with the paper that only that one asks for, brought to its certifier."""
    stated = office.write("claim.json", {**claim("M4a", 2), "output": "500 台"})
    papers = [part for name in ("certificate", "output_report") for part in ("--paper", f"{name}={paper}")]
    given = ("--claim", stated, *papers, "--party", "算例企业1", "--as", "clerk-0")
    number = str(office.json("file", "M4a", *given)["number"])
    assert office.json("case", number)["case"]["rule_version"] == "2"
    return number


def test_each_case_is_shown_fed_and_certified_by_the_form_of_its_own_version(
    grown: Policy, office: Any, paper: Path
) -> None:
    number = second(office, paper)
    no = office.error("evidence", "add", office.first, "output_report", paper, "--as", "clerk-0", code=1)
    assert no["field"] == "slot", "the first version has no such paper"
    office.json("evidence", "add", number, "output_report", paper, "--as", "clerk-0")
    assert "产能证明" in office("evidence", "list", number, "--as", "clerk-0")
    shown, before = office("case", number), office("case", office.first)
    assert "年产能" in shown and "500 台" in shown and "年产能" not in before
    assert office.json("case", number)["title"] != office.json("case", office.first)["title"]
    office.walk.to(_id(office, number), State.SCREENED)
    book = office.home / "facts.xlsx"
    assert office.json("facts", "write", "--to", book, "--as", "certifier-0")["cases"] == 2
    assert {"M4a", "M4a@2"} <= set(load_workbook(book).sheetnames)
    assert "output" not in str(rows_of(book, "M4a")) and "500 台" in str(rows_of(book, "M4a@2"))
    done = office.json("facts", "certify", book, "--as", "certifier-0")
    assert [act["state"] for act in done["acts"]] == ["certified", "certified"]
    assert office.json("case", number)["facts"]["output"] == "500 台"


def test_facts_as_claimed_are_those_of_the_cases_own_form(grown: Policy, office: Any, paper: Path) -> None:
    number = second(office, paper)
    office.walk.to(_id(office, number), State.SCREENED)
    office.json("act", number, "certify", "--as-claimed", "--as", "certifier-0")
    assert office.json("case", number)["facts"]["output"] == "500 台"


def test_a_template_and_an_import_ask_what_a_filing_of_their_day_asks(
    grown: Policy, office: Any, tmp_path: Path
) -> None:
    path = office.home / "t.xlsx"
    office("template", "applications", "--item", "M4a", "--to", path)
    assert "output" in str(rows_of(path, "M4a")) and "evidence.output_report" in str(rows_of(path, "M4a"))
    row = {NO: "1", CODE: code(1), **claim("M4a", 3), "output": "7 台"}
    book = tmp_path / "a.xlsx"
    for day, output in ((DAY, "7 台"), (date(2023, 9, 17), None)):
        write_applications(grown, book, {"M4a": [row]}, today=day)
        (read,) = read_applications(book, grown, today=day).sound()
        assert read.claim.get("output") == output
    write_applications(grown, book, {"M4a": [row]}, today=DAY)
    done = office.json("import", book, "--as", "clerk-0")
    assert (done["new"], done["filed"]) == (1, 1)
    assert office.json("import", book, "--as", "clerk-0")["new"] == 0, "the same file again opens nothing"


def test_a_parameter_that_only_a_later_version_names_can_be_set(grown: Policy, office: Any) -> None:
    assert "P4a-output" in {parameter["name"] for parameter in office.json("parameters", "list")["parameters"]}


def test_plans_certified_under_several_forms_are_read_each_by_its_own(grown: Policy, office: Any, paper: Path) -> None:
    """What a rule asks of an item's other cases: those of the first version have no such field."""
    number = second(office, paper)
    for case_number in (number, office.first):
        office.walk.to(_id(office, case_number), State.SCREENED)
        office.json("act", case_number, "certify", "--as-claimed", "--as", "certifier-0")
        office.walk.to(_id(office, case_number), State.COMPUTED)
    with office.store.read() as work:
        read = standing_facts(work, grown, "M4a")
    assert [(item.version, hasattr(facts, "output")) for item, facts in read.values()] == [("1", False), ("2", True)]
    stored = [content(facts) for _, facts in read.values()]
    forms = facts_forms(grown.versions_of("M4a")[1], grown.versions_of("M4a"))
    assert [restore_facts(forms, stored_facts) for stored_facts in stored] == [facts for _, facts in read.values()]


def _id(office: Any, number: str) -> UUID:
    with office.store.read() as work:
        return find_case(work, number).id
