"""`act`: one case or a list, by the right person only; a refusal says why and leaves everything as it was."""

import json
from typing import Any
from uuid import uuid4

import pytest
from rich.cells import cell_len
from sqlalchemy import select
from sqlmodel import col

from models import Duty, Snapshot, State
from support.stage import claim, facts

BOTH = pytest.mark.parametrize("backend", ["sqlite", "postgresql"], indirect=True)


@BOTH
def test_a_case_goes_from_filed_to_decided_by_acts_at_the_command_line(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    certified = office.write("facts.json", facts("M4a", 1))
    assert "已受理" in office("act", number, "accept", "--as", "acceptor-0")
    assert office.json("act", number, "screen", "--as", "screener-0", "--visited")["state"] == "screened"
    assert office.json("act", number, "certify", "--as", "certifier-0", "--facts", certified)["state"] == "certified"
    office.walk.to(office.walk.stage.case(case_id(office, number)).id, State.COMPUTED)
    assert office.json("act", number, "confirm", "--as", "amount_checker-0")["state"] == "computed"
    answer = office.json("act", number, "decide", "--as", "decider-0", "--minutes", "算例纪要")
    assert (answer["state"], answer["repeated"]) == ("decided", False)


def case_id(office: Any, number: str) -> Any:
    from casework.views import find_case

    with office.store.read() as work:
        return find_case(work, number).id


def test_the_same_act_id_again_is_harmless(office: Any) -> None:
    number, act_id = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR), str(uuid4())
    first = office.json("act", number, "accept", "--as", "acceptor-0", "--act-id", act_id)
    before = office.seen()
    again = office.json("act", number, "accept", "--as", "acceptor-0", "--act-id", act_id)
    assert (first["repeated"], again["repeated"], again["version"]) == (False, True, first["version"])
    assert "未重复" in office("act", number, "accept", "--as", "acceptor-0", "--act-id", act_id)
    assert office.seen() == before


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("decide", "--as", "decider-0"), "out_of_order", "不能“审定”"),
        (("accept", "--as", "decider-0"), "no_duty", "不是本案的受理人"),
        (("accept", "--as", "auditor-0"), "onlooker", "不得办理案件"),
        (("accept", "--as", "acceptor-0", "--seen", "1"), "stale", "已更新"),
        (("return", "--as", "acceptor-0"), "missing", "补正"),
        (("refuse", "--as", "acceptor-0"), "reason", "理由"),
    ],
)
def test_what_a_guard_refuses_ends_with_1_and_changes_nothing(
    office: Any, arguments: tuple[str, ...], code: str, says: str
) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    before = office.seen()
    error = office.error("act", number, *arguments, code=1)
    assert error["code"] == code
    assert says in error["message"]
    assert says in office("act", number, *arguments, code=1)
    assert office.seen() == before


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("XZ2023-M04-999999", "accept", "--as", "acceptor-0"), "NO"),
        (("NO", "jump", "--as", "acceptor-0"), "ACTION"),
        (("NO", "accept", "--amount", "5", "--as", "acceptor-0"), "--amount"),
        (("NO", "certify", "--as", "certifier-0"), "--facts"),
        (("NO", "accept", "--as", "nobody"), "--as"),
        (("NO", "accept", "--as", "acceptor-0", "--act-id", "x"), "--act-id"),
        (("NO", "decide", "--as", "decider-0", "--amount", "-5"), "--amount"),
        (("NO", "decide", "--as", "decider-0", "--amount", "0.001"), "--amount"),
        (("NO", "decide", "--as", "decider-0", "--amount", "1e99"), "--amount"),
        (("NO",), "NO"),
    ],
)
def test_wrong_use_ends_with_2_and_names_the_argument(office: Any, arguments: tuple[str, ...], field: str) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    before = office.seen()
    given = [number if argument == "NO" else argument for argument in arguments]
    assert office.error("act", *given, code=2)["field"] == field
    assert office.error("act", *given, code=2, lang="en")["field"] == field
    assert office.seen() == before


def test_wrong_facts_of_a_certification_are_told_all_at_once(office: Any) -> None:
    number = office.case("M16", 1, State.SCREENED)
    wrong = office.write("facts.json", {**facts("M16", 1), "venue": "moon", "opened_on": "2024-01-01", "extra": 1})
    error = office.error("act", number, "certify", "--as", "certifier-0", "--facts", wrong, code=2)
    assert {"venue", "extra"} <= {fault["field"] for fault in error["faults"]}


def test_an_amount_can_be_lowered_with_a_reason_and_never_raised(office: Any) -> None:
    low, high = (office.case("M4a", n, State.COMPUTED, Duty.DECIDER) for n in (1, 2))
    raised = ("--amount", "200000.01", "--reason", "算例")
    assert office.error("act", high, "decide", "--as", "decider-0", *raised, code=1)["message"]
    office("act", low, "decide", "--as", "decider-0", "--amount", "150,000.50", "--reason", "算例核减")
    assert office.json("case", low)["case"]["amount_yuan"] == "150000.50"


def test_the_applicant_withdraws_and_nobody_else_can(office: Any) -> None:
    number = office.case("M4a", 1, State.ACCEPTED)
    assert office.error("withdraw", number, "--as", "applicant-1-0", code=1)["field"] == "by"
    assert office.json("withdraw", number, "--as", "applicant-0-0", "--reason", "算例")["state"] == "withdrawn"


def test_who_acts_is_bound_to_a_token_and_written_into_the_audit(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    token = office.json("tokens", "make", "acceptor-0")["token"]
    assert office.error("act", number, "accept", "--as", "acceptor-1", code=1, token=token)["code"] == "token"
    assert office.error("act", number, "accept", code=1, token="dx_false")["code"] == "token"
    office("act", number, "accept", token=token)
    office("audit", "export", office.home / "audit.jsonl")
    rows = [json.loads(line) for line in (office.home / "audit.jsonl").read_text("utf-8").splitlines()]
    said = [row for row in rows if row["action"] == "command_line" and row["subject"] == "act accept"]
    assert len(said) == 1
    assert '"bound_by":"token"' in said[0]["content"]


def test_in_production_nobody_acts_as_somebody_else_without_their_token(production: Any) -> None:
    production("init")
    production("people", "add", "somebody-else", "算例人员")
    error = production.error("inbox", "--as", "somebody-else", code=1)
    assert (error["code"], error["field"]) == ("not_bound", "--as")
    token = production.json("tokens", "make", "somebody-else")["token"]
    assert production.json("inbox", "--as", "somebody-else", token=token)["tasks"] == []


LIST = """case,action,reason,missing,facts
{0},accept,,,
{1},return,,营业执照；发票,
{2},refuse,不在本区注册,,
{3},accept,,,
XZ2023-M04-999999,accept,,,
{0},screen,,,
"""


def test_a_list_does_each_line_or_refuses_it_on_its_own(office: Any) -> None:
    numbers = [office.case("M4a", n, State.FILED, Duty.ACCEPTOR) for n in range(1, 4)]
    path = office.write("list.csv", LIST.format(*numbers, "XZ2023-M04-888888"))
    found = office.json("act", "--list", path, "--as", "acceptor-0", code=1)
    assert (found["count"], found["refused"]) == (6, 3)
    states = [act.get("state") for act in found["acts"]]
    assert states == ["accepted", "in_correction", "refused", None, None, None]
    codes = [act["error"]["code"] for act in found["acts"] if "error" in act]
    assert codes[:2] == ["unknown_case", "unknown_case"]


def test_a_list_says_of_each_line_what_is_to_be_minded(office: Any) -> None:
    numbers = [office.stage.case(office.walk.open("M4a", n)).number for n in (1, 2, 3, 4, 5)]
    twin = {**claim("M4a", 1), "product": "算例织机１"}
    office("act", numbers[0], "file", "--claim", office.write("one.json", claim("M4a", 1)), "--as", "applicant-0-0")
    lines = [{"case": numbers[1], "action": "file", "claim": twin}, {"case": numbers[4], "action": "withdraw"}]
    found = office.json("act", "--list", office.write("list.json", lines), "--as", "applicant-0-0")["acts"]
    assert any(numbers[0] in zh and "重复提交的请撤回" in zh and "sent twice" in en for zh, en in found[0]["warnings"])
    assert found[1]["warnings"] == []
    for lang, number, words in (("zh", numbers[2], "提醒：同一申报主体"), ("en", numbers[3], "note: the same")):
        path = office.write(f"{lang}.json", [{"case": number, "action": "file", "claim": twin}])
        shown = office("act", "--list", path, "--as", "clerk-0", lang=lang)
        assert words in shown and all(cell_len(line) <= 80 for line in shown.splitlines())


def test_the_same_list_again_repeats_nothing(office: Any) -> None:
    numbers = [office.case("M4a", n, State.FILED, Duty.ACCEPTOR) for n in range(1, 4)]
    path = office.write("list.csv", "case,action\n" + "".join(f"{number},accept\n" for number in numbers))
    assert "办理 3 件，未办理 0 件" in office("act", "--list", path, "--as", "acceptor-0")
    before = office.seen()
    assert all(act["repeated"] for act in office.json("act", "--list", path, "--as", "acceptor-0")["acts"])
    assert office.seen() == before


def test_a_list_may_be_json_with_facts_in_it_or_an_excel_sheet(office: Any) -> None:
    import xlsxwriter

    first_case, two = (office.case("M16", n, State.SCREENED) for n in (1, 2))
    lines = [{"case": first_case, "action": "certify", "facts": facts("M16", 1)}]
    path = office.write("list.json", lines)
    assert office.json("act", "--list", path, "--as", "certifier-0")["acts"][0]["state"] == "certified"
    office.write("two.json", facts("M16", 2))
    workbook = xlsxwriter.Workbook(office.home / "list.xlsx")
    sheet = workbook.add_worksheet()
    for row, cells in enumerate((["case", "action", "facts"], [two, "certify", f"@{office.home / 'two.json'}"])):
        for column, cell in enumerate(cells):
            sheet.write_string(row, column, cell)
    workbook.close()
    found = office.json("act", "--list", office.home / "list.xlsx", "--as", "certifier-0")
    assert found["acts"][0]["state"] == "certified"


def test_a_list_that_is_none_is_refused_as_a_whole(office: Any) -> None:
    for name, content in (("a.csv", "number,what\n1,2\n"), ("b.json", {}), ("c.json", "[1"), ("d.csv", "")):
        path = office.write(name, content)
        assert office.error("act", "--list", path, "--as", "acceptor-0", code=2)["message"]
    path = office.write("e.csv", "case,action\n")
    both = office.error("act", "NO", "accept", "--list", path, "--as", "acceptor-0", code=2)
    assert both["field"] == "--list"


def test_refiling_after_a_correction_and_a_draft_filed_from_its_file(office: Any) -> None:
    number = office.case("M4a", 1)
    path = office.write("claim.json", claim("M4a", 1))
    assert office.json("act", number, "file", "--claim", path, "--as", "applicant-0-0")["state"] == "filed"


def excel(path: Any, *rows: list[Any], **further: list[list[Any]]) -> Any:
    from support.workbooks import workbook

    path.parent.mkdir(exist_ok=True)
    return workbook(path, {"清单": list(rows), **further})


@pytest.mark.parametrize("word", ["不同意", "反对", "2", "是否", "不"])
def test_a_flag_that_is_neither_yes_nor_no_is_refused_with_its_line_and_nothing_is_done(office: Any, word: str) -> None:
    first_case, two = (office.case("M4a", n, State.SCREENED) for n in (1, 2))
    before = office.seen()
    for path in (
        excel(office.home / "list.xlsx", ["case", "action", "negative", "reason"], [first_case, "opine", word, "演示"]),
        office.write("list.csv", f"案件,动作,不同意,理由\n{first_case},opine,{word},演示\n{two},refuse,,演示理由\n"),
    ):
        error = office.error("act", "--list", path, "--as", "screener-0", code=2)
        assert "第 2 行" in error["message"] and "是 或 否" in error["message"] and "未办理任何一件" in error["message"]
    path = office.write("list.json", [{"case": first_case, "action": "opine", "negative": word}])
    assert "是 或 否" in office.error("act", "--list", path, "--as", "screener-0", code=2)["message"]
    assert office.seen() == before


@pytest.mark.parametrize("word", [1, "1", "Y", "√", "有", "是", "对", True])
def test_a_word_of_yes_is_never_taken_as_no(office: Any, word: Any) -> None:
    from cli.acts import _line, _rows, request

    path = excel(office.home / "list.xlsx", ["案件", "动作", "不同意"], ["XZ2023-M05-000001", "联审意见", word])
    ((row,), known) = _rows(str(path)), {"XZ2023-M05-000001": uuid4()}
    assert request(_line(row, 1), known, uuid4()).positive is False
    row["upheld"] = row.pop("negative")
    row["action"] = "answer"
    assert request(_line(row, 1), known, uuid4()).upheld is True


def test_a_list_with_a_formula_a_further_sheet_or_a_column_twice_does_nothing(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    before, head = office.seen(), ["case", "action", "reason"]
    broken = {
        "公式": excel(office.home / "f.xlsx", head, [number, "refuse", '="演示"&"理由"']),
        "清单二": excel(
            office.home / "s.xlsx", head, [number, "refuse", "演示"], 清单二=[head, [number, "accept", ""]]
        ),
        "重复": office.write("d.csv", f"case,action,reason,reason\n{number},refuse,演示理由甲,\n"),
        "比表头多": office.write("m.csv", f"case,action\n{number},refuse,演示理由甲\n"),
    }
    for says, path in broken.items():
        assert says in office.error("act", "--list", path, "--as", "acceptor-0", code=2)["message"]
    assert office.seen() == before


def test_amounts_in_cells_are_exact(office: Any) -> None:
    from cli.acts import _line, _rows, request

    cells = [150000.1, 100000.0, 150000, "\uff11\uff12000.50", 0.3]
    path = excel(
        office.home / "l.xlsx", ["案件", "动作", "金额"], *[[f"X-{n}", "decide", cell] for n, cell in enumerate(cells)]
    )
    rows = _rows(str(path))
    fen = [request(_line(row, 1), {row["case"]: uuid4()}, uuid4()).amount_fen for row in rows]
    assert fen == [15_000_010, 10_000_000, 15_000_000, 1_200_050, 30]


def test_a_case_is_known_in_every_spelling_of_its_number(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    wide = number.lower().replace("-", "\uff0d")
    path = office.write("l.csv", f"案件,动作\n{wide},受理\n{number},accept\n")
    found = office.json("act", "--list", path, "--as", "acceptor-0", code=1)
    assert [act.get("state") for act in found["acts"]] == ["accepted", None]
    assert found["acts"][1]["error"]["code"] != "unknown_case"


def test_a_list_in_gbk_is_read_and_its_template_comes_back(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED, Duty.ACCEPTOR)
    path = office.home / "gbk.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(f"案件,动作,理由\n{number},受理,\n".encode("gbk"))
    assert office.json("act", "--list", path, "--as", "acceptor-0")["acts"][0]["state"] == "accepted"
    office("template", "acts", "--to", office.home / "acts.xlsx")
    error = office.error("act", "--list", office.home / "acts.xlsx", "--as", "acceptor-0", code=2)
    assert "没有一行" in error["message"]


def test_facts_are_certified_as_claimed_with_what_only_the_unit_knows(office: Any) -> None:
    number = office.case("M16", 1, State.SCREENED)
    error = office.error("act", number, "certify", "--as-claimed", "--as", "certifier-0", code=2)
    assert [fault["field"] for fault in error["faults"]] == ["first_store"]
    wrong = office.error(
        "act", number, "certify", "--as-claimed", "--fact", "first_store=也许", "--as", "certifier-0", code=2
    )
    assert "是 或 否" in wrong["message"]
    done = office.json("act", number, "certify", "--as-claimed", "--fact", "first_store=是", "--as", "certifier-0")
    assert done["state"] == "certified"
    with office.store.read() as work:
        query = select(col(Snapshot.content)).where(col(Snapshot.case_id) == case_id(office, number))
        certified = json.loads(work.execute(query.where(col(Snapshot.kind) == "facts")).scalar_one())
    assert certified["first_store"] is True
    assert all(line["recognised"] == line["claimed"] for line in certified["cost_lines"])
    stated = claim("M16", 1)
    assert (certified["brand"], certified["opened_on"]) == (stated["brand"], stated["opened_on"])


def test_a_list_certifies_as_claimed_with_changes(office: Any) -> None:
    numbers = [office.case("M4a", n, State.SCREENED) for n in (1, 2)]
    change = json.dumps({"product": "演示改名"}, ensure_ascii=False)
    rows = [[numbers[0], "certify", "是", ""], [numbers[1], "认定", "是", change]]
    path = excel(office.home / "l.xlsx", ["案件", "动作", "按申报内容认定", "认定事实"], *rows)
    found = office.json("act", "--list", path, "--as", "certifier-0")
    assert [act["state"] for act in found["acts"]] == ["certified", "certified"]
    with office.store.read() as work:
        query = select(col(Snapshot.content)).where(col(Snapshot.kind) == "facts").order_by(col(Snapshot.made_at))
        products = {json.loads(row)["product"] for row in work.execute(query).scalars()}
    assert products == {claim("M4a", 1)["product"], "演示改名"}
