"""Messages, contacts and preferences from the command line, with a folder of this machine as the channel."""

from typing import Any

from cli.message_words import ANSWERS, FIELDS, content
from models import Duty, State
from notifications.channels.answers import AnswerReason
from notifications.delivery.settle import UNWORDED
from notifications.wording.catalogue import WORDINGS
from support.stage import LEAD

CHANNELS = '[channels.mail]\nkind = "folder"\npath = "mail"\n'


def test_a_firm_is_told_and_what_cannot_be_delivered_is_listed_and_sent_again(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED)
    assert office.error("messages", "deliver", code=2)["code"] == "channels"
    office.write("channels.toml", CHANNELS)
    done = office.json("messages", "deliver")
    assert done["routed"] >= 1 and "sent" not in done
    dead = office.json("messages", "dead")["dispatches"]
    filed = next(message for message in dead if message["kind"] == "filed")
    assert filed["case"] == number and "没有登记联系方式" in filed["reason"]
    dead = office("messages", "dead")
    assert f"{number}  申报已收到  算例一厂" in dead or "无法送达" in dead
    office("contacts", "add", "person:applicant-0-0", "mail", "firm@example.com", "--proof", "回拨")
    refused = office.error("messages", "resend", filed["message"], "--as", "applicant-0-0", "--reason", "x", code=1)
    assert refused["code"] == "no_duty"
    assert office.error("messages", "resend", code=2)["field"] == "MESSAGE"
    clerk = _login(office, Duty.CLERK)
    sent = office.json("messages", "resend", filed["message"], "--as", clerk, "--reason", "已登记邮箱")
    assert sent["dispatches"] >= 1
    said = office("messages", "deliver")
    assert "已发送 1" in said and "sent" not in said
    letters = list((office.home / "mail").glob("*.eml"))
    assert len(letters) == 1
    assert number in next((office.home / "mail").glob("*.json")).read_text()


def test_a_message_is_shown_with_its_attempts_and_no_address(office: Any) -> None:
    number = office.case("M4a", 1, State.FILED)
    office.write("channels.toml", CHANNELS)
    office("contacts", "add", "person:applicant-0-0", "mail", "firm@example.com", "--proof", "回拨")
    office("messages", "deliver")
    rows = office.json("messages", "list", "--case", number, "--kind", "filed")["messages"]
    assert [row["case"] for row in rows] == [number]
    shown = office.json("messages", "show", rows[0]["id"])
    (sent,) = [dispatch for dispatch in shown["dispatches"] if dispatch["status"] == "sent"]
    assert (sent["reader"], sent["channel"], sent["log"][0]["outcome"]) == ("applicant-0-0", "mail", "sent")
    words = office("messages", "show", rows[0]["id"])
    assert "已送达" in words and "firm@example.com" not in words and "时间 2023-09-04" in words and "at " not in words
    english = office("messages", "show", rows[0]["id"], lang="en")
    assert "delivered" in english and "at 2023-09-04" in english
    assert office("messages", "list", "--status", "waiting", lang="en")
    assert office.error("messages", "list", "--status", "lost", code=2)["field"] == "--status"
    assert office.error("messages", "show", "x", code=2)["field"] == "MESSAGE"
    assert office.error("messages", "show", "01a205b3-b622-7f6e-a8ce-20be97e8a400", code=1)["code"] == "message"


def test_every_field_of_a_message_and_every_answer_of_a_channel_has_words() -> None:
    asked = {name.removesuffix("_en") for wording in WORDINGS.values() for name in wording.fields}
    assert asked <= FIELDS.keys()
    assert {*(answer_reason.value for answer_reason in AnswerReason), UNWORDED} == ANSWERS.keys()
    both = {"item": "算例织机", "item_en": "a loom", "provisional": True, "outcome": "dismissed", "unit": ""}
    assert [*content(both)] == [("事项", "算例织机"), ("期限暂定", "是"), ("结果", "不成立")]


def test_contacts_are_entered_verified_replaced_and_ended(office: Any) -> None:
    made = office.json("contacts", "add", "person:applicant-0-0", "email", "a@example.com")
    assert made["status"] == "unverified"
    office("contacts", "verify", made["id"], "--proof", "见名片")
    (row,) = office.json("contacts", "list", "--of", "person:applicant-0-0")["contacts"]
    assert (row["address"], row["status"]) == ("a***@example.com", "verified")
    office("contacts", "add", "unit:" + LEAD, "room")
    office("contacts", "end", made["id"], "--reason", "换邮箱")
    assert office.json("contacts", "list", "--of", "person:applicant-0-0")["count"] == 0
    assert office.json("contacts", "list", "--old")["count"] == 2
    assert office.json("contacts", "list", "--bouncing")["count"] == 0
    assert "a***@example.com" in office("contacts", "list", "--old")
    assert office.error("contacts", "add", "applicant-0-0", "email", "a@example.com", code=2)["field"] == "HOLDER"
    assert office.error("contacts", "verify", made["id"], code=1)["field"] == "proof"
    assert office.error("contacts", "end", made["id"], "--reason", "x", code=1)["field"] == "contact"


def test_many_contacts_are_imported_and_what_the_registers_hold_is_taken_up_unverified(office: Any) -> None:
    office("people", "add", "wang", "算例", "--contact", "138 0000 0009")
    (row,) = office.json("contacts", "list", "--of", "person:wang")["contacts"]
    assert (row["channel"], row["address"], row["status"]) == ("sms", "****0009", "unverified")
    office("people", "add", "li", "算例", "--contact", "三楼")
    rows = "holder,channel,address,proof\nperson:wang,sms,13800000009,回拨\nperson:li,email,li@example.com,\n"
    office("contacts", "import", office.write("contacts.csv", rows))
    known = {contact["name"]: contact["status"] for contact in office.json("contacts", "list")["contacts"]}
    assert known == {"wang": "verified", "li": "unverified"}
    wrong = office.write("wrong.csv", "holder,channel\nwang,sms\n")
    (fault,) = office.error("contacts", "import", wrong, code=2)["faults"]
    assert fault["field"] == "wrong!2:holder" and "person:" in fault["message"]


def test_preferences_are_set_and_shown(office: Any) -> None:
    office(
        "preferences", "set", "person:applicant-0-0", "--channels", "email, sms", "--digest", "09:00", "--quiet",
        "22:00-08:00", "--working-days", "--lang", "en",
    )  # fmt: skip
    wish = office.json("preferences", "show", "person:applicant-0-0")
    assert wish["channels"] == ["email", "sms"] and wish["rhythm"] == "digest" and wish["working_days"] is True
    assert "每日汇总 09:00" in office("preferences", "show", "person:applicant-0-0")
    assert "的第一个" in office("preferences", "show", "unit:" + LEAD)
    assert office.error("preferences", "set", "unit:" + LEAD, "--quiet", "22:00", code=2)["field"] == "--quiet"
    assert office.error("preferences", "set", "unit:" + LEAD, "--digest", "9 Uhr", code=1)["field"] == "digest_at"


def _login(office: Any, duty: Duty) -> str:
    """Somebody who holds a duty."""
    roles = office.json("roles", "list")["roles"]
    return str(next(role["login"] for role in roles if role["duty"] == duty))
