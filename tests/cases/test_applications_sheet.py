"""applications.xlsx: a clerk's workbook is read exactly, or every fault is said in its row."""

import time
from datetime import date, datetime

import pytest

import policies
from casework.applications.application_workbook import (
    ACCOUNT,
    CODE,
    NAME,
    NO,
    columns,
    read_applications,
    write_applications,
    write_template,
)
from casework.shared.errors import Refused
from casework.spreadsheets.answered_workbook import Copy
from support.bilingual import in_both
from support.office import code
from support.workbooks import changed, repacked, rows_of, workbook

POLICY = policies.get("XZ2023")
TODAY = date(2024, 3, 1)
ROW = {
    NO: "1", CODE: code(1), NAME: "算例企业1", "event": "巴黎时装周", "season": "2024 春夏", "brand": "算例牌",
    "held_on": "2023-09-20", "cost_lines.document": "3300231130 00000001", "cost_lines.description": "展位费",
    "cost_lines.claimed": "1000.50",
}  # fmt: skip
KEYS = [column.key for column in columns(POLICY.item("M5c"))]


@pytest.fixture
def write(tmp_path):
    def made(*rows, item="M5c"):
        path = tmp_path / "a.xlsx"
        write_applications(POLICY, path, {item: rows}, today=TODAY)
        return path

    return made


def read(path, **named):
    return read_applications(path, POLICY, today=TODAY, **named)


def faults(path, **named):
    return {(fault.row, fault.key): in_both(fault).zh for fault in read(path, **named).faults}


def refusal(path, **named) -> str:
    with pytest.raises(Refused) as caught:
        read(path, **named)
    assert "未导入任何内容" in in_both(caught.value).zh and "nothing was imported" in caught.value.en
    return caught.value.zh


def cell(book, key, row=3):
    return book["M5c"].cell(row=row, column=KEYS.index(key) + 1)


def test_a_row_becomes_the_claim_that_the_form_would_give(write):
    (row,) = read(write(ROW)).rows
    assert (row.item, row.code, row.number, row.row) == ("M5c", code(1), "1", 3)
    assert row.claim["event"] == "paris" and row.claim["held_on"] == "2023-09-20"
    assert row.claim["cost_lines"] == [
        {"document": "3300231130 00000001", "description": "展位费", "claimed": "1000.50"}
    ]


def test_further_cost_lines_stand_in_rows_of_their_own_with_or_without_the_number(write):
    more = {"cost_lines.document": "3300231130 00000002", "cost_lines.claimed": "2"}
    third = {NO: "1", "cost_lines.document": "3300231130 00000003", "cost_lines.claimed": "3"}
    other = {**ROW, NO: "2", CODE: code(2)}
    first, second = read(write(ROW, more, third, other)).rows
    assert [line["claimed"] for line in first.claim["cost_lines"]] == ["1000.50", "2.00", "3.00"]
    assert (second.row, len(second.claim["cost_lines"])) == (6, 1)


def test_a_fault_in_a_further_line_is_said_in_its_row(write):
    more = {"cost_lines.document": "3300231130 00000002", "cost_lines.claimed": "2.001"}
    assert "最多 2 位小数" in faults(write(ROW, more))[4, "cost_lines.claimed"]


@pytest.mark.parametrize("item", [item.id for item in POLICY])
def test_every_items_template_is_recognised_and_empty(tmp_path, item):
    path = tmp_path / "t.xlsx"
    write_template(POLICY, path, today=TODAY, items=[item])
    titles, keys = rows_of(path, item)[:2]
    assert len(set(titles)) == len(titles) and len(set(keys)) == len(keys)
    assert "没有填写任何申报" in refusal(path)


def test_the_whole_template_explains_itself_first(tmp_path):
    path = tmp_path / "t.xlsx"
    write_template(POLICY, path, today=TODAY)
    assert "材料文件夹" in str(rows_of(path, "填写说明"))


def test_the_row_of_keys_may_be_deleted(write):
    path = changed(write(ROW), lambda book: book["M5c"].delete_rows(2))
    assert read(path).rows[0].row == 2


def test_columns_may_stand_in_another_order(tmp_path):
    keys = list(ROW)[::-1]
    path = workbook(tmp_path / "o.xlsx", {"M5c": [keys, [ROW[key] for key in keys]]})
    assert read(path).rows[0].claim["brand"] == "算例牌"


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({CODE: code(1)[:-1] + "_"}, CODE, "校验位"),
        ({CODE: code(1)[:17]}, CODE, "位数"),
        ({CODE: None}, CODE, "必填"),
        ({"event": "火星时装周"}, "event", "应为下列之一"),
        ({"held_on": "2024-03-02"}, "held_on", "之后"),
        ({"held_on": "2024-02-30"}, "held_on", "2023-09-01"),
        ({"held_on": "昨天"}, "held_on", "应为日期"),
        ({"brand": None}, "brand", "必填"),
        ({"brand": "字" * 501}, "brand", "最多 500 字"),
        ({"cost_lines.claimed": "-1"}, "cost_lines.claimed", "应在 0.00 至"),
        ({"cost_lines.claimed": "1000.505"}, "cost_lines.claimed", "2 位小数"),
        ({"cost_lines.claimed": "9" * 20}, "cost_lines.claimed", "不过大"),
        ({"cost_lines.claimed": "壹佰"}, "cost_lines.claimed", "2 位小数"),
        ({"cost_lines.document": None}, "cost_lines.document", "必填"),
        ({NO: None}, NO, "必填"),
    ],
)
def test_a_wrong_cell_is_said_by_row_and_column(write, changes, key, words):
    found = faults(write({**ROW, **changes}))
    assert words in found[3, key]


def test_all_faults_of_all_rows_are_said_at_once(write):
    second = {**ROW, NO: "2", CODE: "1", "brand": None}
    found = faults(write({**ROW, "event": "x"}, second))
    assert {(3, "event"), (4, CODE), (4, "brand")} <= set(found)


def test_a_number_used_twice_is_refused(write):
    other = {**ROW, CODE: code(2)}
    assert "已在第 3 行使用" in faults(write(ROW, other))[4, NO]


@pytest.mark.parametrize("key", [CODE, "cost_lines.document"])
def test_numeric_codes_are_refused_because_their_last_digits_are_lost(write, key):
    path = changed(write(ROW), lambda book: setattr(cell(book, key), "value", 330023113000000001))
    says = faults(path)[3, key]
    assert "后几位可能已丢失" in says or "15 位" in says


def test_amounts_and_dates_typed_as_numbers_and_dates_are_exact(write):
    def typed(book):
        cell(book, "cost_lines.claimed").value = 1234567.89
        cell(book, "cost_lines.claimed").number_format = "0.00"
        cell(book, "held_on").value = datetime(2023, 9, 20)  # noqa: DTZ001
        cell(book, "held_on").number_format = "yyyy-mm-dd"
        cell(book, NO).value = 1

    (row,) = read(changed(write(ROW), typed)).rows
    assert row.claim["cost_lines"][0]["claimed"] == "1234567.89"
    assert row.claim["held_on"] == "2023-09-20" and row.number == "1"


@pytest.mark.parametrize("amount", [1000.005, 12345678901234.56789, 1e300])
def test_amounts_that_a_spreadsheet_cannot_hold_exactly_are_refused(write, amount):
    path = changed(write(ROW), lambda book: setattr(cell(book, "cost_lines.claimed"), "value", amount))
    assert (3, "cost_lines.claimed") in faults(path)


def test_the_noise_of_a_computed_number_is_not_its_value(write):
    path = changed(write(ROW), lambda book: setattr(cell(book, "cost_lines.claimed"), "value", 0.25))
    repacked(path, replace=lambda name, data: data.replace(b"<v>0.25</v>", b"<v>0.30000000000000004</v>"))
    assert read(path).rows[0].claim["cost_lines"][0]["claimed"] == "0.30"


def test_an_instant_is_no_date(write):
    moment = datetime(2023, 9, 20, 8, 30)  # noqa: DTZ001
    path = changed(write(ROW), lambda book: setattr(cell(book, "held_on"), "value", moment))
    assert "不含时刻" in faults(path)[3, "held_on"]


@pytest.mark.parametrize("key", [CODE, "cost_lines.claimed", "brand", ACCOUNT])
def test_formulas_are_refused_in_every_column_that_is_read(write, key):
    path = changed(write(ROW), lambda book: setattr(cell(book, key), "value", "=1+1"))
    assert "公式" in faults(path)[3, key]


def test_merged_cells_are_refused_with_their_address(write):
    path = changed(write(ROW, {**ROW, NO: "2"}), lambda book: book["M5c"].merge_cells("B3:B4"))
    says = refusal(path)
    assert "B3:B4" in says and "取消合并" in says


def test_a_sheet_of_an_unknown_item_is_refused_and_an_empty_one_is_passed_over(write):
    assert "没有事项“M99”" in refusal(changed(write(ROW), lambda book: setattr(book["M5c"], "title", "M99")))
    path = changed(write(ROW), lambda book: book.create_sheet("Sheet1"))
    assert len(read(path).rows) == 1


def test_a_column_that_the_template_lacks_is_refused_and_one_twice_too(write):
    def further(book):
        book["M5c"].cell(row=1, column=len(KEYS) + 1, value="备注")
        book["M5c"].cell(row=3, column=len(KEYS) + 1, value="加急")

    assert "备注" in refusal(changed(write(ROW), further))
    twice = changed(write(ROW), lambda book: setattr(cell(book, "season", row=2), "value", "brand"))
    assert "重复的列" in refusal(twice)


def test_a_missing_column_is_named(tmp_path):
    keys = [key for key in ROW if key != "brand"]
    path = workbook(tmp_path / "m.xlsx", {"M5c": [keys, [ROW[key] for key in keys]]})
    assert "缺少列：" in refusal(path)


def test_a_sheet_without_any_known_header_is_refused(tmp_path):
    assert "表头" in refusal(workbook(tmp_path / "h.xlsx", {"M5c": [["甲", "乙"], [1, 2]]}))


def test_the_answer_is_a_copy_with_red_cells_and_a_column_of_errors_that_can_come_back(write, tmp_path):
    wrong = {**ROW, "event": "火星时装周", "brand": "=cmd|'/C calc'!A0"}
    path, answer = write(ROW, {**wrong, NO: "2"}), tmp_path / "answer.xlsx"
    intake = read(path)
    intake.answer(Copy(answer))
    titles, _, good, bad = rows_of(answer, "M5c")
    place = titles.index("错误")
    assert good[place] is None and "应为下列之一" in bad[place]
    assert bad[KEYS.index("brand")] == wrong["brand"]

    def mended(book):
        assert cell(book, "event", row=4).fill.fgColor.rgb.endswith("FFC7CE")
        assert cell(book, "brand", row=4).data_type == "s" and cell(book, "brand", row=4).quotePrefix
        cell(book, "event", row=4).value = "米兰时装周"

    assert len(read(changed(answer, mended)).rows) == 2


def test_the_answer_says_english_below_the_chinese_where_it_is_asked_for(write, tmp_path):
    intake, answer = read(write({**ROW, "event": "火星时装周", NO: None})), tmp_path / "answer.xlsx"
    intake.answer(Copy(answer, "en"))
    titles, _, bad = rows_of(answer, "M5c")
    zh, en = bad[titles.index("错误")].split("\n")
    assert zh.startswith("活动 应为下列之一：") and zh.endswith("；现为 火星时装周")
    assert en.startswith('"活动": give one of paris ("巴黎时装周")') and en.endswith(', not "火星时装周"')


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({CODE: code(1)[:17]}, CODE, "check digit are wrong"),
        ({CODE: None}, CODE, '"申报主体代码": required, fill it in'),
        ({"event": "火星时装周"}, "event", 'not "火星时装周"'),
        ({"held_on": "2024-03-02"}, "held_on", '"活动日期": 2024-03-02 lies after today (2024-03-01)'),
        ({"held_on": "昨天"}, "held_on", '"活动日期": give a date like 2023-09-01, not "昨天"'),
        ({"brand": None}, "brand", "required: fill it in"),
        ({"brand": "字" * 501}, "brand", "at most 500 characters, this has 501"),
        ({"cost_lines.claimed": "-1"}, "cost_lines.claimed", "must lie between 0.00 and"),
        ({"cost_lines.claimed": "1000.505"}, "cost_lines.claimed", "at most 2 decimals"),
        ({"event": "other"}, "event_name", "name the other event"),
        ({NO: None}, NO, '"序号": required, fill it in'),
    ],
)
def test_a_wrong_cell_is_said_in_english_too(write, changes, key, words):
    found = {(fault.row, fault.key): in_both(fault) for fault in read(write({**ROW, **changes})).faults}
    assert words in found[3, key].message("en")
    assert found[3, key].words("en").startswith('sheet "M5c" row 3: ')
    assert found[3, key].words("zh").startswith("M5c 第 3 行：")


def test_a_refused_intake_gives_no_rows(write):
    intake = read(write(ROW, {**ROW, NO: "2", CODE: "x"}))
    with pytest.raises(Refused, match="未导入任何内容") as no:
        intake.sound()
    assert 'sheet "M5c" row 4: "申报主体代码": its length' in in_both(no.value).en


class TestPapers:
    KEY = "evidence.schedule"

    @pytest.fixture
    def folder(self, tmp_path):
        folder = tmp_path / "papers"
        (folder / "一").mkdir(parents=True)
        (folder / "a.txt").write_text("算例材料")
        (folder / "一" / "b.txt").write_text("算例材料二")
        (folder / "fake.pdf").write_text("not a pdf")
        (folder / "empty.txt").write_text("")
        (tmp_path / "secret.txt").write_text("secret")
        (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
        (folder / "linked").symlink_to(tmp_path)
        return folder

    def test_papers_are_found_by_name_and_examined(self, write, folder):
        key = next(key for key in KEYS if key.startswith("evidence."))
        (row,) = read(write({**ROW, key: "a.txt；一/b.txt"}), folder=folder).rows
        ((slot, papers),) = row.papers.items()
        assert key == f"evidence.{slot}" and [paper.name for paper in papers] == ["a.txt", "b.txt"]

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("../secret.txt", "不合法"),
            ("/etc/passwd", "不合法"),
            ("一/../../secret.txt", "不合法"),
            ("..\\secret.txt", "不合法"),
            ("C:\\secret.txt", "不合法"),
            ("link.txt", "链接"),
            ("linked/secret.txt", "链接"),
            ("none.txt", "找不到"),
            ("一", "找不到"),
            ("fake.pdf", "不是有效的 PDF"),
            ("empty.txt", "空文件"),
        ],
    )
    def test_paths_that_leave_the_folder_links_and_false_files_are_refused(self, write, folder, name, words):
        key = next(key for key in KEYS if key.startswith("evidence."))
        assert words in faults(write({**ROW, key: name}), folder=folder)[3, key]

    def test_without_a_folder_papers_cannot_be_found(self, write):
        key = next(key for key in KEYS if key.startswith("evidence."))
        assert "未指定材料文件夹" in faults(write({**ROW, key: "a.txt"}))[3, key]


def test_military_standards_have_no_column_for_papers():
    for item in POLICY:
        keys = {column.key for column in columns(item)}
        assert not any(f"evidence.{slot.id}" in keys for slot in item.evidence if not slot.upload)


@pytest.mark.slow
def test_ten_thousand_rows_are_read_in_seconds(write):
    path = write(*({**ROW, NO: str(n), CODE: code(n)} for n in range(1, 10_001)))
    began = time.process_time()
    assert len(read(path).rows) == 10_000
    assert time.process_time() - began < 15
