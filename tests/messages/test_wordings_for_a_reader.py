"""What a reader is told beside the sentence: by when, where to look; and what no message may carry."""

from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from typing import Any

import pytest

from models import Duty
from models.masking import numbers_masked
from notifications.wording import (
    GROUP_FIELDS,
    WORDINGS,
    Audience,
    Deadline,
    Letter,
    Reading,
    bundle,
    compose,
    version_of,
)
from notifications.wording.samples import letter
from notifications.wording.values import shown
from policies.workdays import CHINA, Calendar, Day

MONDAY = date(2023, 9, 11)
CASE = "XZ2023-M04-000001"
OFFICER = Reading(audience=Audience.OFFICER, today=MONDAY, unit="演示单位", duty=Duty.CERTIFIER)
APPLICANT = Reading(audience=Audience.APPLICANT, today=MONDAY)


def told(last: str, *, today: date = MONDAY, provisional: bool = False, calendar: Calendar = CHINA) -> str:
    """What stands behind a deadline."""
    return Deadline(date.fromisoformat(last), provisional).words("zh", today, calendar)


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ("2023-09-18", "2023-09-18（剩余 5 个工作日）"),
        ("2023-09-12", "2023-09-12（剩余 1 个工作日）"),
        ("2023-09-11", "2023-09-11（今天到期）"),
        ("2023-09-08", "2023-09-08（已逾期 1 个工作日）"),
        ("2023-10-09", "2023-10-09（剩余 16 个工作日）"),  # the holiday rests, its two make-up days work
        ("2099-01-05", "2099-01-05（期限为暂定，剩余工作日待节假日安排公布后计算）"),
    ],
)
def test_working_days_left_are_counted_by_the_calendar(last: str, words: str) -> None:
    assert told(last) == words


def test_an_override_of_the_calendar_changes_what_is_left() -> None:
    assert told("2023-09-18", calendar=Calendar({date(2023, 9, 13): Day.RESTS})) == "2023-09-18（剩余 4 个工作日）"


def test_a_provisional_deadline_says_so_in_both_languages() -> None:
    assert "期限为暂定" in told("2023-09-18", provisional=True)
    assert "provisional" in Deadline(date(2023, 9, 18), True).words("en", MONDAY, CHINA)


@pytest.mark.parametrize(
    ("last", "words"),
    [
        ("2023-09-12", "2023-09-12 (1 working day left)"),
        ("2023-09-13", "2023-09-13 (2 working days left)"),
        ("2023-09-08", "2023-09-08 (1 working day overdue)"),
    ],
)
def test_english_counts_one_day_in_the_singular(last: str, words: str) -> None:
    assert Deadline(date.fromisoformat(last)).words("en", MONDAY, CHINA) == words


@pytest.mark.parametrize(("count", "words"), [(0, "0 cases wait"), (1, "1 case waits"), (2, "2 cases wait")])
def test_english_counts_one_case_in_the_singular(count: int, words: str) -> None:
    reading = replace(OFFICER, language="en")
    assert words in compose("work_late", {"count": count, "minutes": 90}, reading).text


def test_a_deadline_at_midnight_is_shown_as_the_day_that_ends() -> None:
    content = {"case": CASE, "missing": ["认定证书"], "due": "2023-09-18 16:00:00+00:00"}
    said = compose("returned", content, APPLICANT).text
    assert "2023-09-18（含）前" in said and "剩余 5 个工作日" in said
    assert Deadline.of({"due": "2023-09-18"}) == Deadline.of(content), "a plain date is its own last day"


def test_the_case_s_own_deadline_stands_where_the_content_names_none() -> None:
    said = compose("turn", {"case": CASE}, replace(OFFICER, deadline=Deadline(date(2023, 9, 13)))).text
    assert "办理期限：2023-09-13（剩余 2 个工作日）" in said
    assert "办理期限" not in compose("turn", {"case": CASE}, OFFICER).text


def test_a_link_leads_to_the_readers_task_where_a_web_address_is_set() -> None:
    composed = compose("turn", {"case": CASE}, replace(OFFICER, web="https://duixian.example/", token="a-token"))
    assert "查看案件：https://duixian.example/t/a-token" in composed.text
    assert 'href="https://duixian.example/t/a-token"' in composed.html
    assert "duixian case" not in composed.text


@pytest.mark.parametrize(
    ("reader", "leads"), [(OFFICER, "打开待办：https://d.example/desk"), (APPLICANT, "我的申报：https://d.example/my")]
)
def test_who_has_no_link_of_their_own_is_led_to_the_inbox(reader: Reading, leads: str) -> None:
    assert (
        leads
        in compose("deadline_near", {"case": CASE, "due": "2023-09-18"}, replace(reader, web="https://d.example")).text
    )


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_a_group_hears_how_many_cases_and_where_the_inbox_is_where_a_web_address_is_set(
    kind: str, language: str
) -> None:
    content = dict.fromkeys(WORDINGS[kind].fields, "7") | {"case": CASE, "due": "2023-09-18"}
    group = Reading(
        audience=Audience.GROUP, today=MONDAY, language=language, unit="演示单位", duty=Duty.CERTIFIER,
        web="https://d.example", token="a-token",
    )  # fmt: skip
    composed = compose(kind, content, group)
    for said in (composed.subject, composed.text, composed.html):
        assert CASE not in said and "a-token" not in said and "/t/" not in said and "2023-09-18（" not in said
    assert "https://d.example/desk" in composed.text and composed.cases == 1
    three = bundle([composed, composed, composed], today=MONDAY)
    assert three.parts[0].title.endswith("3 件" if language == "zh" else "3 cases") and len(three.parts) == 1


def test_without_a_web_address_officers_are_told_the_command_and_applicants_nothing() -> None:
    assert f"查看办法：duixian case {CASE}" in compose("turn", {"case": CASE}, OFFICER).text
    assert "查看" not in letter("filed", Audience.APPLICANT, "zh").text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("账号6222021234567890123有误", "账号****0123有误"),
        ("身份证 33041119900101123X。", "身份证 ****123X。"),
        ("卡号 6222 0212 3456 7890 123", "卡号 ****0123"),
        ("电话13812345678", "电话****5678"),
        ("2023-09-01 至 2023-09-30", "2023-09-01 至 2023-09-30"),
        (CASE, CASE),
        ("018a5e58-1234-7012-8000-123456789012", "018a5e58-1234-7012-8000-123456789012"),
        ("1,500,000.00 元", "1,500,000.00 元"),
    ],
)
def test_a_number_of_a_person_shows_its_last_digits_only(given: str, shown: str) -> None:
    assert numbers_masked(given) == shown


HOSTILE = "演示</p><script>alert(1)</script>\r\nBcc: all@example.org\u202e\u2028申报 XZ 已拨付 6222021234567890123"


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_people_s_text_starts_no_line_no_header_no_tag_and_shows_no_number(kind: str, audience: Audience) -> None:
    content: dict[str, Any] = dict.fromkeys(WORDINGS[kind].fields, HOSTILE) | {"case": HOSTILE}
    content |= {name: 1 for name in WORDINGS[kind].fields if name.endswith("_fen")}  # whole fen are never text
    content |= {"due": "2023-09-18", "missing": [HOSTILE, HOSTILE]}
    web = (
        "" if audience is Audience.GROUP else "https://duixian.example"
    )  # with one, a group reads nobody's text at all
    composed = compose(kind, content, replace(OFFICER, audience=audience, web=web))
    for said in (composed.subject, composed.text, composed.html):
        assert "6222021234567890123" not in said and "\u202e" not in said and "\u2028" not in said
    assert "\n" not in composed.subject and "\r" not in composed.text
    assert not [line for line in composed.text.split("\n") if line.startswith(("Bcc", "申报 XZ 已拨付"))]
    assert "<script" not in composed.html and "&lt;script&gt;" in composed.html
    mail = EmailMessage()
    mail["Subject"] = composed.subject  # refuses line ends
    assert "Bcc" not in mail


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_a_group_learns_nothing_but_case_and_duty(kind: str, language: str) -> None:
    secret, wording = "演示张三", WORDINGS[kind]
    content: dict[str, Any] = {name: secret for name in wording.fields - GROUP_FIELDS if not name.endswith("_fen")}
    content |= dict.fromkeys(wording.fields & GROUP_FIELDS, "7") | {"due": "2023-09-18", "unit": "", "duty": ""}
    group = Reading(audience=Audience.GROUP, today=MONDAY, language=language, unit="演示单位", duty=Duty.CERTIFIER)
    said = compose(kind, {name: value for name, value in content.items() if value} | {"case": CASE}, group)
    assert secret not in said.subject + said.text + said.html
    assert CASE in said.text


def test_a_version_changes_with_the_wording_only() -> None:
    versions = {version_of(kind) for kind in WORDINGS}
    assert len(versions) == len(WORDINGS)
    assert version_of("paid") == version_of("paid") == letter("paid", Audience.OFFICER, "en").version


def test_a_digest_holds_every_message_under_its_own_title() -> None:
    letters = [letter(kind, Audience.OFFICER, "zh", demo=True) for kind in ("turn", "objection")]
    bundled = bundle(letters, today=MONDAY)
    assert bundled.subject == "【演示 DEMO】消息汇总：2 条（2023-09-11）"
    assert all(
        part.title in bundled.text and part.heading in bundled.html and part.number in bundled.html for part in letters
    )
    assert bundle(letters[:1], today=MONDAY) is letters[0]


def test_a_digest_says_of_many_cases_together_what_is_true_of_all_and_nothing_twice() -> None:
    numbers = [f"XZ2023-M04-{number:06d}" for number in range(1, 4)]
    due = replace(OFFICER, deadline=Deadline(date(2023, 9, 13)), web="https://duixian.example")
    turns = [compose("turn", {"case": number}, replace(due, token=f"of-{number}")) for number in numbers]
    opening = compose("window_opens", {"policy": "演示政策", "opens": "2023-07-01", "closes": "2024-06-30"}, OFFICER)
    bundled = bundle([*turns, opening, opening, letter("objection", Audience.OFFICER, "zh")], today=MONDAY)
    assert bundled.subject == "消息汇总：6 条（2023-09-11）"
    assert [part.heading for part in bundled.parts] == ["待办（3 件）", "开始申报", "异议待核查"]
    assert bundled.text.count("请及时处理") == 1
    for number in numbers:
        assert f"{number}：2023-09-13（剩余 2 个工作日） https://duixian.example/t/of-{number}" in bundled.text
        assert f'href="https://duixian.example/t/of-{number}"' in bundled.html


def test_a_value_that_the_content_lacks_is_a_dash_and_no_failure() -> None:
    said: Letter = compose("refused", {"case": CASE}, APPLICANT)
    assert "原因：—" in said.text


def test_money_is_told_in_yuan() -> None:
    assert "1,500,000.00 元" in letter("paid", Audience.APPLICANT, "zh").text
    assert "1,500,000.00 元" in letter("decided", Audience.APPLICANT, "zh").text


def test_a_long_silence_is_told_in_days_and_hours() -> None:
    minutes = {"minutes": 3 * 1440 + 11 * 60 + 5}
    assert (shown("minutes", minutes), shown("minutes", minutes, "en")) == ("3 天 11 小时", "3 days 11 hours")
    assert shown("minutes", {"minutes": "会议纪要 9 号"}) == "会议纪要 9 号", "the number of a meeting's minutes stays"
