"""Whatever is logged, by whatever way: numbers of people, accounts and secrets never reach the output."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from casework.privacy.log_masking import Mask
from deployments.observe.logs import Log, Masked, bound
from support import tree

OURS = logging.getLogger("duixian.masking")
ENGINES = logging.getLogger("prefect.masking")


@contextmanager
def logged(form: str = "json", **secrets: str) -> Iterator[io.StringIO]:
    """What a process writes, with these secrets in its environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in secrets.items():
            patch.setenv(name, value)
        written = io.StringIO()
        log = Log(form=form, level="DEBUG", stream=written)
    theirs = logging.StreamHandler(written)  # a handler of the engine's own, with a formatter that masks nothing
    theirs.setFormatter(logging.Formatter("%(message)s"))
    ENGINES.addHandler(theirs)
    log.start()
    try:
        yield written
    finally:
        log.stop()
        ENGINES.removeHandler(theirs)


DIGITS = st.text("0123456789", min_size=1, max_size=30)
GROUPS = st.sampled_from(["", " ", "-", "\u3000", "_"])


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """An identity number, a telephone number or an account, as people write them."""
    kind = draw(st.sampled_from(["identity", "mobile", "landline", "account"]))
    gap = draw(GROUPS)
    if kind == "identity":
        made = draw(st.from_regex(r"[1-6]\d{5}(19|20)\d{2}(0[1-9]|1[0-2])[0-2][1-9]\d{3}[\dX]", fullmatch=True))
        return gap.join((made[:6], made[6:14], made[14:]))
    if kind == "mobile":
        made = draw(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
        return draw(st.sampled_from(["", "+86", "86 "])) + gap.join((made[:3], made[3:7], made[7:]))
    if kind == "landline":
        return draw(st.from_regex(r"(0[0-9]{2,3}-|（0[0-9]{3}）|\(0[0-9]{3}\))[2-8][0-9]{7}", fullmatch=True))
    made = draw(st.from_regex(r"[1-9][0-9]{11,20}", fullmatch=True))
    return gap.join(made[at : at + 4] for at in range(0, len(made), 4))


@st.composite
def secrets(draw: st.DrawFn) -> str:
    """A token, a password in an address, a robot's key."""
    key = draw(st.from_regex(r"[a-zA-Z0-9]{24,40}", fullmatch=True))
    shape = draw(st.sampled_from(["dx_{}", "Bearer {}", "token={}", "password: {}", "'secret': '{}'", "operator:{}"]))
    link = st.sampled_from(
        [
            "https://oapi.example/robot/send?access_token={}",
            "wecombot://{}/",
            "https://hooks.example/{}",
            "mailtos://u:{}@h",
        ]
    )
    return draw(st.one_of(st.just(shape), link)).format(key)


WORDS = st.text(st.characters(categories=["Lo", "Lu", "Ll"], include_characters="，。（）:=[]{}'\" \n"), max_size=20)


def essence(words: str) -> str:
    """The digits and letters of a number, however it was spaced."""
    return "".join(word for word in words if word.isalnum())


def hidden(number: str, output: str) -> bool:
    """Whether neither the number nor its digits can be read in the output."""
    return number not in output and essence(number) not in essence(output)


class Worn(Exception):
    """An exception whose words carry what they must not."""


def by_every_way(logger: logging.Logger, secret: str, around: str) -> None:
    """The same secret as message, argument, mapping, exception, cause, extra field and bound field."""
    logger.warning(f"{around}{secret}{around}")
    logger.warning("%s and %r of %d", secret, [around, {secret: secret}], 3)
    logger.warning("%(one)s", {"one": secret})
    try:
        try:
            raise ValueError(around + secret)
        except ValueError as cause:
            raise Worn(secret) from cause
    except Worn:
        logger.exception("it broke: %s", around)
    logger.error("extra", extra={"payee": secret, "nested": {"deep": [secret, (secret,)]}})
    with bound(job=secret):
        logger.info("bound")


@settings(max_examples=80)
@given(secret=numbers() | secrets(), around=WORDS, form=st.sampled_from(["json", "console"]))
@example(secret="33041119900101123X", around="", form="json")
@example(secret="13812345678", around="XZ2023-M04-000001", form="console")
def test_no_number_of_a_person_and_no_secret_is_ever_written(secret: str, around: str, form: str) -> None:
    with logged(form) as written:
        by_every_way(OURS, secret, around)
        by_every_way(ENGINES, secret, around)
    kept = secret.split("{", 1)[0]
    core = max(
        kept.replace("'", " ").replace("=", " ").replace("/", " ").replace("@", " ").replace(":", " ").split(), key=len
    )
    wanted = secret if not any(letter in secret for letter in "=:/'@") and "_" not in secret[:3] else core
    assert hidden(wanted, written.getvalue()), written.getvalue()


@given(number=st.integers(min_value=10**9, max_value=10**20))
def test_a_number_is_hidden_in_an_extra_field_of_its_own_type_too(number: int) -> None:
    with logged() as written:
        OURS.error("an account", extra={"account": number, "table": {number: number}})
    assert str(number) not in written.getvalue()


def test_the_secrets_of_the_process_are_known_by_their_variables() -> None:
    with logged(DUIXIAN_SMS_SECRET="short-one", DUIXIAN_HARMLESS="visible-one") as written:
        OURS.warning("it said short-one and visible-one")
    assert "short-one" not in written.getvalue() and "visible-one" in written.getvalue()


def test_what_a_database_quotes_of_a_row_is_hidden() -> None:
    refused = (
        "(psycopg.errors.UniqueViolation) duplicate key\nDETAIL:  Key (name)=(张三) already exists.\n"
        "[SQL: INSERT INTO person VALUES (%s)]\n[parameters: ('张三', '算例路1号')]\n(Background on this error at: …)"
    )
    with logged() as written:
        OURS.error("%s", refused)
    said = written.getvalue()
    assert "张三" not in said and "算例路" not in said and "INSERT INTO person" in said and "Background" in said


def test_a_line_is_json_with_the_case_and_what_the_work_was_for() -> None:
    identity = "018a5e58-1234-7123-8123-123456789012"
    with logged() as written, bound(job="sweep"):
        OURS.info("案件 %s 已推进，另见 XZ2023-M16-000002", "XZ2023-M04-000001", extra={"flow_run_id": identity})
    line: dict[str, Any] = json.loads(written.getvalue())
    assert line["message"] == "案件 XZ2023-M04-000001 已推进，另见 XZ2023-M16-000002"
    assert (line["level"], line["logger"], line["job"]) == ("info", "duixian.masking", "sweep")
    assert line["cases"] == ["XZ2023-M04-000001", "XZ2023-M16-000002"] and line["flow_run_id"] == identity


@pytest.mark.parametrize(
    "words",
    [
        "2023-09-04T04:00:00.123456Z 到 2024-06-30",
        "批次 ZF2023-00001，指令 XZ2023-M04-000001-A1",
        "018a5e58-1234-7123-8123-123456789012",
        "9ae7cbe92df522e81dc535e690857c585c30ce22c08ed24f483c987dfb2b4312",
        "127.0.0.1:4200, 1,500,000.00 元, 20 件",
    ],
)
def test_what_operators_need_stays(words: str) -> None:
    assert Mask().text(words) == words


def test_arguments_that_do_not_fit_lose_nothing_and_show_nothing() -> None:
    with logged() as written:
        OURS.error("%d of %s", "13812345678")
    assert "of" in written.getvalue() and "13812345678" not in written.getvalue()


def test_after_the_end_everything_is_as_before() -> None:
    before = logging.getLogRecordFactory(), logging.getLogger("duixian").level, list(logging.getLogger().handlers)
    with logged():
        assert logging.getLogRecordFactory() is not before[0]
    assert (
        logging.getLogRecordFactory(),
        logging.getLogger("duixian").level,
        list(logging.getLogger().handlers),
    ) == before


def test_one_log_in_another_writes_each_line_once() -> None:
    with logged() as outer:
        OURS.warning("outer")
        with logged() as inner:
            OURS.warning("inner 13812345678")
        OURS.warning("outer again")
    assert outer.getvalue().count("\n") == 2 and inner.getvalue().count("\n") == 1
    assert "13812345678" not in inner.getvalue()


def test_a_plain_file_is_masked_too() -> None:
    record = logging.makeLogRecord({"msg": "电话 %s", "args": ("13812345678",)})
    assert Masked(Mask(), "%(message)s").format(record) == "电话 [number]"


@pytest.mark.slow
def test_a_run_in_a_process_of_its_own_is_masked_from_its_first_line() -> None:
    secrets = ("operator:long-and-secret", "database-password")
    told = {
        "environment": {"DUIXIAN_CHANNEL_OFFICE_TOKEN": "token-of-a-channel"},
        "engine": {"url": "http://x/api", "secret": secrets[0]},
        "home": {"DUIXIAN_HOME": "var", "DUIXIAN_DATABASE_URL": f"postgresql://a:{secrets[1]}@b/c", "DUIXIAN_LANG": "zh"},
    }  # fmt: skip
    words = f"13812345678 token-of-a-channel {' '.join(secrets)}"
    script = (
        "import json, sys, logging; from deployments.cluster import declared_run;"
        "declared_run._settled(json.load(sys.stdin));"
        f"logging.getLogger('duixian.steps').error('电话 %s', '{words}')"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tree.ROOT,
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=True,
    )
    said = done.stdout + done.stderr
    assert "电话 [number]" in said
    assert not [secret for secret in (*secrets, "13812345678", "token-of-a-channel") if secret in said]
