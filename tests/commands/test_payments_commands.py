"""`payments`: from the allocation document to money that arrived, by three people; and what goes wrong on the way."""

from typing import Any

import pytest

from models import Duty, State
from support.office import POLICY
from support.stage import LEAD, named

FUND = f"{LEAD}:2023"
BOTH = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)


def prepared(office: Any, *numbers: int, item: str = "M4a") -> str:
    """A batch of these cases, each of a firm of its own."""
    for n in numbers:
        office.case(item, n, State.PAYABLE, Duty.ALLOCATOR, firm=n - 1)
    office("payments", "allocate", "算例 2023 年 1 号", "--fund", FUND, "--as", "allocator-0")
    return str(office.json("payments", "prepare", "--fund", FUND, "--as", "maker-0")["number"])


def released(office: Any, *numbers: int) -> str:
    batch = prepared(office, *numbers)
    office("payments", "check", batch, "--as", "checker-0")
    office("payments", "release", batch, "--as", "releaser-0")
    office("payments", "export", batch, "--to", office.home / "out", "--as", "releaser-0")
    return batch


def result(office: Any, *lines: tuple[str, str], amount: str = "200000.00") -> Any:
    """A result file: case number → outcome; the account is the firm's."""
    rows = [f"{number}-A1,{outcome},{amount},62220000{int(number[-6:]) - 1:04d},算例" for number, outcome in lines]
    return office.write("result.csv", "\n".join(["order_no,outcome,amount,account,原因", *rows]) + "\n")


def test_a_batch_asked_for_again_is_the_same_and_with_other_words_it_is_refused(office: Any) -> None:
    office.case("M4a", 1, State.PAYABLE, Duty.ALLOCATOR)
    document = (
        "payments",
        "allocate",
        "算例 2023 年 1 号",
        "--fund",
        FUND,
        "--act-id",
        str(named("a")),
        "--as",
        "allocator-0",
    )
    wanted = ("payments", "prepare", "--fund", FUND, "--act-id", str(named("p")), "--as", "maker-0")
    for command in (document, wanted):  # no case is named: nothing waits any more when it comes again
        first, again = office.json(*command), office.json(*command)
        assert (first["repeated"], again["repeated"], again["number"]) == (False, True, first["number"])
    office.case("M4a", 2, State.PAYABLE, Duty.MAKER, firm=1)
    assert office.json(*wanted)["count"] == 1
    before = office.seen()
    assert office.error(*wanted, "--case", "XZ2023-M04-000002", code=1)["field"] == "act_id"
    refused = office.error(*document, "--budget-line", "算例科目", code=1, lang="en")
    assert "this act id was used for an act with other content" in refused["message"]
    assert office.seen() == before


@BOTH
def test_a_batch_goes_from_allocation_to_money_received(office: Any) -> None:
    batch = prepared(office, 1, 2)
    listed = office.json("payments", "list")["batches"]
    assert [(batch_row["number"], batch_row["orders"], batch_row["total_yuan"]) for batch_row in listed] == [
        (batch, 2, "400000.00")
    ]
    seen = ("--seen", listed[0]["list_hash"])
    assert office.json("payments", "check", batch, *seen, "--as", "checker-0")["count"] == 2
    office("payments", "release", batch, *seen, "--as", "releaser-0")
    first = office.json("payments", "export", batch, "--to", office.home / "out", "--as", "maker-0")
    again = office.json("payments", "export", batch, "--to", office.home / "out", "--as", "maker-0")
    assert (first["again"], again["again"]) == (False, True)
    assert first["files"] == again["files"]
    path = result(office, ("XZ2023-M04-000001", "settled"), ("XZ2023-M04-000002", "失败"))
    report = office.json("payments", "import", path, "--as", "reconciler-0")
    assert (report["settled"], report["failed"], report["refused"]) == (1, 1, [])
    before = office.seen()
    assert office.json("payments", "import", path, "--as", "reconciler-0")["already_known"] == 2
    assert office.seen() == before
    assert office.json("case", "XZ2023-M04-000001")["case"]["state"] == "paid"
    assert office.json("case", "XZ2023-M04-000002")["case"]["state"] == "payable"
    assert office.json("payments", "reconcile")["count"] == 0
    fund = next(
        each_fund
        for each_fund in office.json("funds")["funds"]
        if each_fund["unit"] == LEAD and each_fund["year"] == 2023
    )
    assert (fund["paid_yuan"], fund["payout_rate"]) == ("200000.00", "50.00%")


def test_an_override_stands_on_everything_that_payment_officers_read(office: Any) -> None:
    from openpyxl import load_workbook

    from support.overriding import waive
    from support.stage import officer

    walk = office.walk
    case = walk.to(walk.open("M4a", 1, 0, without=("certificate",)), State.FILED, Duty.ACCEPTOR)
    waive(walk, case, officer(Duty.ACCEPTOR), "paper:certificate")
    waive(walk, walk.stage.case(case.id), officer(Duty.HEAD), "paper:certificate", reason="", reason_code="", paper="")
    walk.to(case.id, State.PAYABLE, Duty.ALLOCATOR)
    office.case("M4a", 2, State.PAYABLE, Duty.ALLOCATOR, 1)
    title = next(slot.title.zh for slot in POLICY.item("M4a").evidence if slot.id == "certificate")
    rows = office.json("payments", "waiting", "--fund", FUND)["waiting"]
    assert [row["overridden"] for row in rows] == [[title], []]
    assert f"例外 {case.number}：{title}" in office("payments", "waiting", "--fund", FUND)
    office("payments", "allocate", "算例1号", "--fund", FUND, "--as", "allocator-0")
    batch = office.json("payments", "prepare", "--fund", FUND, "--as", "maker-0")["number"]
    assert f"例外 {case.number}：{title}" in office("payments", "show", batch, "--as", "checker-0")
    office("payments", "check", batch, "--as", "checker-0")
    office("payments", "release", batch, "--as", "releaser-0")
    for _ in range(2):
        office("payments", "export", batch, "--to", office.home / "out", "--as", "maker-0")
    sheet = load_workbook(office.home / "out" / f"{batch}.xlsx").active
    assert [cell.value or "" for cell in sheet["I"]][6:9] == ["核准例外", title, ""]


def test_maker_checker_and_releaser_are_three_people(office: Any) -> None:
    batch = prepared(office, 1)
    before = office.seen()
    assert office.error("payments", "check", batch, "--as", "maker-0", code=1)["code"] == "no_duty"
    assert office.error("payments", "release", batch, "--as", "releaser-0", code=1)["message"]
    assert office.seen() == before


def test_a_receipt_can_be_asked_for_again_with_the_same_act_id(office: Any) -> None:
    office.case("M4a", 1, State.PAYABLE, Duty.ALLOCATOR)
    said = ("--fund", FUND, "--act-id", "11111111-2222-4333-8444-555555555555", "--as", "allocator-0")
    first = office.json("payments", "allocate", "算例1号", *said)
    again = office.json("payments", "allocate", "算例1号", *said, "--case", "XZ2023-M04-000001")
    assert (first["repeated"], again["repeated"], again["list_hash"]) == (False, True, first["list_hash"])


def test_a_batch_is_rejected_with_a_reason_and_made_again(office: Any) -> None:
    batch = prepared(office, 1)
    office("payments", "reject", batch, "--reason", "算例账号有误", "--as", "checker-0")
    again = office.json("payments", "prepare", "--fund", FUND, "--as", "maker-0")
    assert again["number"] != batch


def test_what_does_not_fit_is_listed_and_moves_nothing(office: Any) -> None:
    released(office, 1)
    before = office.json("case", "XZ2023-M04-000001")["case"]
    path = result(office, ("XZ2023-M04-000001", "settled"), amount="1.00")
    report = office.json("payments", "import", path, "--as", "reconciler-0")
    assert (report["settled"], len(report["refused"])) == (0, 1)
    path = result(office, ("XZ2023-M04-000009", "settled"))
    assert len(office.json("payments", "import", path, "--as", "reconciler-0")["unmatched"]) == 1
    assert office.json("payments", "unmatched")["count"] == 2
    assert office.json("case", "XZ2023-M04-000001")["case"] == before


def test_an_unmatched_result_is_matched_by_hand(office: Any) -> None:
    released(office, 1)
    rows = "order_no,outcome,amount,account\nTYPO-1,settled,200000.00,622200000000\n"
    office("payments", "import", office.write("typo.csv", rows), "--as", "reconciler-0")
    unmatched = office.json("payments", "unmatched")["results"][0]
    said = ("XZ2023-M04-000001-A1", "--reason", "算例：银行笔误", "--as", "reconciler-0")
    assert office.json("payments", "match", unmatched["id"], *said)["settled"] == 1


def test_a_payment_made_elsewhere_is_registered(office: Any) -> None:
    office.case("M4a", 1, State.PAYABLE, Duty.ALLOCATOR)
    office("payments", "allocate", "算例1号", "--fund", FUND, "--as", "allocator-0")
    said = ("--document", "算例凭证 1", "--as", "maker-0")
    assert office.json("payments", "offline", "XZ2023-M04-000001", *said)["state"] == "paid"
    assert office.error("payments", "offline", "XZ2023-M04-000001", *said, code=1)["code"] == "out_of_order"


def test_what_waits_and_what_is_overdue_is_listed(office: Any) -> None:
    from datetime import timedelta

    from support.stage import named

    number = office.case("M4a", 1, State.PAYABLE, Duty.ALLOCATOR)
    found = office.json("payments", "waiting", "--fund", FUND)["waiting"]
    assert [(payable["number"], payable["due_yuan"]) for payable in found] == [(number, "200000.00")]
    office("payments", "allocate", "算例1号", "--fund", FUND, "--as", "allocator-0")
    assert office.json("payments", "waiting", "--fund", FUND, "--duty", "maker")["count"] == 1
    batch = office.json("payments", "prepare", "--fund", FUND, "--as", "maker-0")["number"]
    office("payments", "check", batch, "--as", "checker-0")
    office("payments", "release", batch, "--as", "releaser-0")
    assert office.json("payments", "overdue")["count"] == 0
    office.store.set_clock(office.stage.case(named("case-1")).next_due + timedelta(days=1), frozen=True)
    assert office.json("payments", "overdue")["orders"][0]["case"] == number


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        (("allocate", "算例1号", "--fund", "区经商局", "--as", "allocator-0"), 2, "--fund"),
        (("allocate", "算例1号", "--fund", "没有局:2023", "--as", "allocator-0"), 1, "--fund"),
        (("allocate", "算例1号", "--fund", f"{FUND}:XZ2023", "--as", "allocator-0"), 1, "--fund"),
        (("allocate", "算例1号", "--fund", "区经商局:XZ2023", "--as", "allocator-0"), 2, "--fund"),
        (("allocate", "算例1号", "--fund", ":2023:XZ2023", "--as", "allocator-0"), 2, "--fund"),
        (("allocate", "算例1号", "--fund", FUND, "--case", "XZ-1", "--as", "allocator-0"), 2, "--case"),
        (("allocate", "算例1号", "--fund", FUND, "--as", "allocator-0", "--act-id", "1"), 2, "--act-id"),
        (("prepare", "--fund", FUND, "--confirm", "x", "--as", "maker-0"), 2, "--confirm"),
        (("check", "ZF2023-99999", "--as", "checker-0"), 1, "batch"),
        (("export", "ZF2023-99999", "--as", "maker-0"), 1, "batch"),
        (("import", "nowhere.csv", "--as", "reconciler-0"), 2, "file"),
        (("match", "x", "y", "--reason", "z", "--as", "reconciler-0"), 2, "RESULT"),
        (("waiting", "--fund", FUND, "--duty", "king"), 2, "--duty"),
        (("allocate", "算例1号", "--fund", FUND), 2, "--as"),
    ],
)
def test_wrong_payment_commands_name_what_is_wrong(
    office: Any, arguments: tuple[str, ...], code: int, field: str
) -> None:
    before = office.seen()
    assert office.error("payments", *arguments, code=code)["field"] == field
    assert office.seen() == before


@pytest.mark.parametrize("content", ["", "PK\x03\x04 not a workbook", "<?xml version='1.0'?><a/>", "a,b\n1,2\n", '"'])
def test_a_result_file_that_is_none_is_refused(office: Any, content: str) -> None:
    path = office.write("result.bin", content)
    before = office.seen()
    assert office.error("payments", "import", path, "--as", "reconciler-0", code=2)["field"] == "file"
    assert office.seen() == before
