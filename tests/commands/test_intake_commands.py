"""`file`, `template`, `import`, `evidence`, `programme`: how applications, papers and plans come in."""

from datetime import date
from typing import Any

import pytest
from stdnum.cn import uscc

import policies
from casework.applications.application_workbook import CODE, NO, write_applications
from casework.applications.evidence_vault import checked_slot
from casework.shared.errors import Refused
from models import State
from support.bilingual import CHINESE, QUOTED
from support.stage import claim
from support.workbooks import rows_of

POLICY = policies.get("XZ2023")
BODY = "91330411MA2CULA2"


def code(number: int) -> str:
    """A credit code with a right check digit, of nobody."""
    body = f"{BODY}{number}"
    return next(body + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY" if uscc.is_valid(body + last))


def firm(office: Any, number: int = 1) -> str:
    """A firm with a true code and somebody who applies for it."""
    office("enterprise", "add", f"算例厂{number}", "--code", code(number), "--town", "算例镇")
    office("people", "add", f"owner-{number}", "算例经办", "--party", f"算例厂{number}")
    return code(number)


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)
def test_an_application_is_filed_from_its_claim_by_the_applicant_and_by_a_clerk(office: Any) -> None:
    stated = office.write("claim.json", claim("M4a", 1))
    own = office.json("file", "m4a", "--claim", stated, "--as", "applicant-0-0")
    assert (own["state"], own["number"]) == ("filed", "XZ2023-M04-000001")
    clerk = office.json("file", "M4a", "--claim", stated, "--party", "算例企业1", "--as", "clerk-0")
    assert clerk["number"] == "XZ2023-M04-000002"
    assert office.json("case", clerk["number"])["history"][1]["duty"] == "clerk"
    draft = office.json("file", "M4a", "--claim", stated, "--draft", "--as", "applicant-0-0")
    assert draft["state"] == "draft"


def test_a_draft_may_be_unfinished_and_what_it_lacks_is_asked_for_at_filing(office: Any) -> None:
    who = ("--as", "applicant-0-0")
    for item in ("M4a", "M7", "M16"):
        opened = office.json("file", item, "--claim", office.write("empty.json", {}), "--draft", *who)
        assert opened["state"] == "draft" and len(opened["missing"]) > 2
        number = opened["number"]
        assert number in office("case", number, *who)
        assert f"duixian act {number} file --claim FILE" in office("inbox", *who)
    part = office.write("part.json", {"product": "演示织机"})
    said = office("file", "M4a", "--claim", part, "--draft", *who)
    assert "提交前须填写" in said and "level" in said and "product" not in said
    number = next(word for word in said.split() if word.startswith("XZ2023-M04"))
    assert "演示织机" in office("case", number, *who)
    assert "必填" in office.error("act", number, "file", *who, code=2)["message"]
    whole = office.write("whole.json", claim("M4a", 1))
    assert office.json("act", number, "file", "--claim", whole, *who)["state"] == "filed"
    assert office.error("file", "M4a", "--claim", part, *who, code=2)["faults"], "filing still asks for all"
    wrong = office.write("wrong.json", {"level": "galactic"})
    faults = office.error("file", "M4a", "--claim", wrong, "--draft", *who, code=2)["faults"]
    assert [fault["field"] for fault in faults] == ["level"]
    with pytest.raises(Refused, match="请先填写"):
        checked_slot(POLICY.item("M7"), "standard", {})  # whether it is military is not said yet
    assert checked_slot(POLICY.item("M7"), "standard", {"level": "national"}) == "standard"


def test_the_same_filing_again_is_harmless(office: Any) -> None:
    stated = office.write("claim.json", claim("M4a", 1))
    said = ("--claim", stated, "--as", "applicant-0-0", "--act-id", "11111111-2222-4333-8444-555555555555")
    first, again = office.json("file", "M4a", *said), office.json("file", "M4a", *said)
    assert (first["number"], first["repeated"], again["repeated"]) == (again["number"], False, True)


def test_a_firm_is_told_of_its_own_cases_by_number_and_of_others_that_there_is_one(office: Any) -> None:
    stated = office.write("claim.json", claim("M16", 1, document="发票 00000033"))
    theirs = office.json("file", "M16", "--claim", stated, "--as", "applicant-1-0")["number"]
    said = office("file", "M16", "--claim", stated, "--as", "applicant-0-0")
    mine = next(word for word in said.split() if word.startswith("XZ2023-"))
    again = office.json("file", "M16", "--claim", stated, "--as", "applicant-0-0")
    read = office("case", mine, "--as", "applicant-0-0")
    for shown in (said, read, str(again), office.run("case", mine, "--as", "applicant-0-0", "--json").output):
        assert theirs not in shown and "另一申报主体的申报" in shown
    assert "撤回" not in said and mine in str(again["same_subject"])
    assert "重复提交的请撤回" in office("file", "M16", "--claim", stated, "--as", "applicant-0-0")
    refiled = office.case("M16", 7)
    assert theirs not in office("act", refiled, "file", "--claim", stated, "--as", "applicant-0-0")
    clerk = office("file", "M16", "--claim", stated, "--as", "clerk-0", "--party", "算例企业2")
    assert theirs in clerk and theirs in office("case", mine, "--as", "acceptor-0")


def test_a_filing_without_its_papers_says_what_is_missing(office: Any) -> None:
    for item in ("M4a", "M7", "M16"):
        stated = office.write("claim.json", claim(item, 1))
        said = ("file", item, "--claim", stated, "--as", "applicant-0-0")
        titles = [slot.title.zh for slot in POLICY.item(item).evidence if slot.required and slot.upload]
        shown, found = office(*said), office.json(*said)["warnings"]
        assert titles and all(f"缺少材料：{title}" in shown for title in titles)
        assert all(any(title in words for words in found) for title in titles)


def test_an_applicant_is_warned_of_what_the_applicant_can_do_and_an_officer_of_all(office: Any) -> None:
    stated = office.write("claim.json", claim("M4a", 1))
    own = office("file", "M4a", "--claim", stated, "--as", "applicant-0-0")
    english = office("file", "M4a", "--claim", stated, "--as", "applicant-1-0", lang="en")
    clerk = office("file", "M4a", "--claim", stated, "--as", "clerk-0", "--party", "算例企业2")
    assert "请补交或出示原件" in own and "hand it in or show the original" in english
    assert "与此前支持比对" not in own and "earlier awards" not in english, "the certifier's to close"
    assert "与此前支持比对" in clerk
    mine = office.json("cases", "--as", "applicant-0-0")["cases"]
    assert all("（硬性）" not in zh for case in mine for zh, _ in case["warnings"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"level": "galactic"}, "level"),
        ({"product": ""}, "product"),
        ({"certified_on": "2024-01-01"}, "certified_on"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_claim_opens_nothing(office: Any, change: dict[str, Any], field: str) -> None:
    before = office.seen()
    stated = office.write("claim.json", {**claim("M4a", 1), **change})
    error = office.error("file", "M4a", "--claim", stated, "--as", "applicant-0-0", code=2)
    assert error["faults"][0]["field"] == field
    assert office.seen() == before


def test_filing_outside_the_window_is_refused_and_says_when(office: Any) -> None:
    from datetime import UTC, datetime

    stated = office.write("claim.json", claim("M4a", 1))
    office.store.set_clock(datetime(2024, 6, 30, 16, tzinfo=UTC), frozen=True)  # the first instant of July 1
    error = office.error("file", "M4a", "--claim", stated, "--as", "applicant-0-0", code=1)
    assert error["code"] == "outside_window" and "2024-06-30" in error["message"]
    office.store.set_clock(datetime(2023, 6, 30, 15, 59, 59, tzinfo=UTC), frozen=True)
    stated = office.write("claim.json", {**claim("M4a", 1), "certified_on": "2023-06-01"})
    error = office.error("file", "M4a", "--claim", stated, "--as", "applicant-0-0", code=1)
    assert "2023-07-01" in error["message"] and "草稿" in error["message"]


def test_papers_are_kept_with_the_case_and_a_wrong_one_is_named(office: Any) -> None:
    paper = office.home / "certificate.pdf"
    office.home.mkdir(parents=True, exist_ok=True)
    paper.write_bytes(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n")
    stated = office.write("claim.json", claim("M4a", 1))
    said = ("--claim", stated, "--as", "applicant-0-0")
    number = office.json("file", "M4a", *said, "--paper", f"certificate={paper}")["number"]
    found = office.json("case", number)
    assert [each_paper["slot"] for each_paper in found["evidence"]] == ["certificate"] and found[
        "missing_evidence"
    ] == []
    added = office.json("evidence", "add", number, "product_photos", paper, "--as", "applicant-0-0")
    assert len(added["sha256"]) == 64
    assert office.error("evidence", "add", number, "no_slot", paper, "--as", "applicant-0-0", code=1)["field"] == "slot"
    liar = office.home / "photo.png"
    liar.write_bytes(b"MZ\x90\x00 no picture")
    before = office.seen()
    assert (
        office.error("evidence", "add", number, "certificate", liar, "--as", "applicant-0-0", code=2)["field"] == "file"
    )
    assert office.error("file", "M4a", *said, "--paper", "certificate", code=2)["field"] == "--paper"
    assert office.seen() == before
    assert office.json("evidence", "check")["sound"] is True


def test_every_template_is_written_and_only_as_a_workbook(office: Any) -> None:
    for kind in ("applications", "enterprises", "people", "benefits", "holidays"):
        path = office.home / f"{kind}.xlsx"
        office("template", kind, "--to", path)
        assert path.read_bytes()[:2] == b"PK"
    assert office.run("template", "cats").exit_code == 2
    assert office.run("template", "--to", "x.pdf").exit_code == 2
    office("template", "--item", "M4a", "--to", office.home / "one.xlsx")


def rows(office: Any, *numbers: int) -> list[dict[str, Any]]:
    """Applications of one firm as a clerk would fill them in."""
    known = firm(office)
    return [{NO: str(n), CODE: known, **claim("M4a", n)} for n in numbers]


def test_a_workbook_is_imported_once_and_filed(office: Any) -> None:
    path = office.home / "applications.xlsx"
    listed = rows(office, 1, 2, 3)
    write_applications(POLICY, path, {"M4a": listed}, today=date(2023, 9, 4))
    found = office.json("import", path, "--as", "clerk-0")
    assert (found["count"], found["new"], found["filed"]) == (3, 3, 3)
    again = office.json("import", path, "--as", "clerk-0")
    assert (again["count"], again["new"]) == (3, 0)
    assert office.json("cases")["total"] == 3


def test_an_import_says_what_is_filed_twice(office: Any) -> None:
    theirs = office.json("file", "M4a", "--claim", office.write("claim.json", claim("M4a", 1)), "--as", "applicant-1-0")
    path = office.home / "applications.xlsx"
    listed = rows(office, 1, 2)
    write_applications(POLICY, path, {"M4a": listed}, today=date(2023, 9, 4))
    shown = office("import", path, "--as", "clerk-0")
    (first, second) = office.json("import", path, "--as", "clerk-0")["cases"]
    assert theirs["number"] in shown and "受理时核对" in shown and second in shown
    other = office.home / "again.xlsx"
    write_applications(POLICY, other, {"M4a": [{**listed[0], "product": "算例织机 1"}]}, today=date(2023, 9, 4))
    found = office.json("import", other, "--as", "clerk-0")["warnings"]
    assert any(first in en and "the same subject" in en for case in found for _, en in case["warnings"])


def test_a_workbook_with_one_wrong_row_imports_nothing_and_comes_back_marked(office: Any) -> None:
    path = office.home / "applications.xlsx"
    listed = rows(office, 1, 2)
    listed[1]["certified_on"] = "2023-13-01"
    write_applications(POLICY, path, {"M4a": listed}, today=date(2023, 9, 4))
    before = office.seen()
    error = office.error("import", path, "--as", "clerk-0", code=2)
    assert len(error["faults"]) == 1 and "M4a" in error["message"]
    assert (office.home / "applications-错误.xlsx").exists()
    assert office.seen() == before
    assert "月" not in error["faults"][0]["message"] and error["faults"][0]["field"] == "M4a!4:certified_on"
    english = office.error("import", path, "--as", "clerk-0", code=2, lang="en")
    (fault,) = english["faults"]
    assert fault["message"] == '"认定日期": give a date from 1900 on, like 2023-09-01'
    assert english["message"].startswith("1 rows are wrong, nothing was imported; the faults are marked in ")
    assert 'sheet "M4a" row 4: "认定日期": give a date' in english["message"]
    said = str(rows_of(office.home / "applications-错误.xlsx", "M4a")[3][-1])
    assert "应为 1900 年以后的日期" in said.splitlines()[0] and fault["message"] in said.splitlines()[1]
    assert office.error("import", office.home / "nothing.xlsx", "--as", "clerk-0", code=2)["field"] == "file"


def test_a_programme_is_planned_reported_and_reviewed_by_a_second_officer(office: Any) -> None:
    plan = office.write("plan.json", claim("M10", 1))
    number = office.json("programme", "plan", "M10", "--claim", plan, "--as", "applicant-900-0")["number"]
    assert office.json("case", number)["case"]["state"] == "planned"
    started = office.case("M10", 7, State.IN_PROGRESS)
    milestones = office.json("programme", "list", "--open")["milestones"]
    assert {milestone["case"] for milestone in milestones} == {started}
    assert office.error(
        "programme", "report", started, "--milestone", "99", "--text", "x", "--as", "applicant-900-0", code=1
    )
    wrong = ("--milestone", "1", "--text", "算例", "--indicator", "nothing", "--as", "applicant-900-0")
    assert office.error("programme", "report", started, *wrong, code=2)["field"] == "--indicator"
    for milestone in milestones:
        said = ("--milestone", milestone["position"], "--text", "算例进展", "--as", "applicant-900-0")
        last = office.json("programme", "report", started, *said)
    assert last["state"] == "reported"
    assert (
        office.error("programme", "review", started, "--unsatisfied", "--as", "certifier-0", code=1)["field"]
        == "reason"
    )
    assert office.error("programme", "review", started, "--as", "certifier-1", code=1)["field"] == "reason"
    why = ("--reason", "算例：没有数据，仍予办结", "--as", "certifier-1")
    assert office.json("programme", "review", started, *why)["state"] == "reviewed"


def test_indicators_show_their_targets_and_what_was_reported(office: Any) -> None:
    found = {indicator["id"]: indicator for indicator in office.json("programme", "indicator")["indicators"]}
    assert any(measure["targets"] for measure in found.values())
    name = next(iter(found))
    assert office.json("programme", "indicator", name)["count"] == 1
    assert office.error("programme", "indicator", "nothing", code=1)["field"] == "indicator"


def _formula(book: Any) -> None:
    book["M4a"]["F3"] = "=1+1"


def _merged(book: Any) -> None:
    book["M4a"].merge_cells("D3:E3")


def _numeric_code(book: Any) -> None:
    book["M4a"]["B3"] = 913304110000000000


def _traversal(book: Any) -> None:
    keys = [cell.value for cell in book["M4a"][2]]
    book["M4a"].cell(row=3, column=keys.index("evidence.certificate") + 1, value="../../etc/passwd")


def _stranger(book: Any) -> None:
    book.create_sheet("M99")["A1"] = "x"


def _too_many(book: Any) -> None:
    for row in range(4, 10_010):
        book["M4a"].cell(row=row, column=1, value=str(row))


@pytest.mark.parametrize("spoil", [_formula, _merged, _numeric_code, _traversal, _stranger, _too_many])
def test_a_spoilt_workbook_is_refused_and_changes_nothing(office: Any, spoil: Any) -> None:
    from openpyxl import load_workbook

    path = office.home / "applications.xlsx"
    write_applications(POLICY, path, {"M4a": rows(office, 1)}, today=date(2023, 9, 4))
    book = load_workbook(path)
    spoil(book)
    book.save(path)
    before = office.seen()
    for lang in ("zh", "en"):
        error = office.error("import", path, "--papers", office.home, "--as", "clerk-0", code=2, lang=lang)
        assert error["field"] and len(error["message"]) > 10
        for said in (error["message"].replace("-错误", ""), *(fault["message"] for fault in error["faults"])):
            assert bool(CHINESE.search(QUOTED.sub("", said))) is (lang == "zh"), said
    assert office.seen() == before


@pytest.mark.parametrize("content", [b"", b"no workbook at all", b"PK\x03\x04" + b"\x00" * 100, b"\xd0\xcf\x11\xe0old"])
def test_a_file_that_is_no_workbook_is_refused(office: Any, content: bytes) -> None:
    path = office.write("applications.xlsx", "")
    path.write_bytes(content)
    assert office.error("import", path, "--as", "clerk-0", code=2)["field"] == "file"
