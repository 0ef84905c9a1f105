"""The demo season, small and without the engine: every incident is there, nothing is left over, and it can be repeated."""

import io
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import func, select
from sqlmodel import col

from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.views import cases, notices
from demo import run
from demo.correspondence import correspondence
from demo.figures import figures
from demo.plans import plans
from demo.run import Rehearsed, conclude, rehearse
from demo.run_reasons import FUND_SHORT
from demo.season_digest import digest, payment_files
from demo.staff import POLICY
from demo.twists import Twist
from deployments.locks import FileLock
from deployments.settings import EngineFiles
from models import AwardRecord, Case, Comparison, Decision, PaymentOrder, State
from models.cases import TERMINAL
from models.database import UnsafeStore
from models.store import Store

pytestmark = pytest.mark.prove
T = Twist


def rehearsed(folder: Path) -> Rehearsed:
    """A small season in a folder of its own."""
    home = Home.at(folder / "home")
    return rehearse(home, folder / "out", seed=1, small=True, engine=False, progress=lambda *_: None)


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    done = rehearsed(tmp_path_factory.mktemp("season"))
    done.season.printed, done.season.code = concluded(done)  # type: ignore[attr-defined]
    yield done
    done.season.store.close()


def concluded(done: Rehearsed) -> tuple[str, int]:
    """What is printed at the end, and the exit code."""
    text = io.StringIO()
    code = conclude(done, Console(file=text, width=160), done.seconds)
    return text.getvalue(), code


def amount(done: Rehearsed, twist: Twist) -> list[int | None]:
    """The amounts of the cases with a twist."""
    return [case.amount_fen for case, _ in done.season.twisted(twist)]


def states(done: Rehearsed, twist: Twist) -> set[str]:
    """The states of the cases with a twist."""
    return {case.state for case, _ in done.season.twisted(twist)}


def test_it_ends_verified_with_every_case_at_its_end(season: Rehearsed) -> None:
    assert season.season.code == 0  # type: ignore[attr-defined]
    assert {row.state for row in cases(season.season.store, limit=1000).rows} <= TERMINAL


def test_it_says_what_it_found_and_what_to_open_next(season: Rehearsed) -> None:
    printed = season.season.printed  # type: ignore[attr-defined]
    for words in (
        "案件（按条和状态）",
        "专项资金",
        "兑付率",
        "最慢的环节",
        "流程运行",
        "season-report.html",
        "duixian serve",
        "DEMO",
    ):
        assert words in printed


def test_every_named_incident_happened(season: Rehearsed) -> None:
    told = {str(entry.kind) for entry in season.season.journal}
    assert {twist.value for twist in Twist if twist} | {FUND_SHORT} <= told


def test_the_full_season_covers_every_measure_and_item_with_enough_cases_and_applicants() -> None:
    full = plans(1)
    assert len(full) >= 150
    assert {plan.item for plan in full} == {item.id for item in POLICY}
    assert {POLICY.measure_of(plan.item).number for plan in full} >= set(range(1, 23))
    assert len({plan.firm for plan in full}) >= 60
    assert {plan.twist for plan in full} == set(Twist)


def test_the_last_second_counts_and_the_next_one_does_not(season: Rehearsed) -> None:
    edge = datetime(2024, 6, 30, 15, 59, 59, tzinfo=UTC)
    assert [case.filed_at for case, _ in season.season.twisted(T.LAST_SECOND)] == [edge]
    assert states(season, T.LAST_SECOND) == {State.CLOSED}
    assert states(season, T.ONE_SECOND_LATE) == states(season, T.NEVER_FILED) == {State.LAPSED}
    refusals = {entry.answer for entry in season.season.journal if entry.kind in (T.EARLY, T.ONE_SECOND_LATE)}
    assert all("申报尚未开始" in refusal or "24:00 截止" in refusal for refusal in refusals)


def test_money_that_was_received_elsewhere_or_twice_is_set_off(season: Rehearsed) -> None:
    assert amount(season, T.OUTSIDE_LOWER) == [480_000_00 - 200_000_00]
    assert amount(season, T.SHARED_HIGHER) == [1_080_000_00 - 480_000_00]
    assert amount(season, T.UPGRADED) == [500_000_00 - 200_000_00]
    assert states(season, T.SHARED_LOWER) == states(season, T.OUTSIDE_HIGHER) == {State.REFUSED}


def test_benefits_are_found_by_six_kinds_of_public_identifiers_beside_invoices(season: Rehearsed) -> None:
    met = season.season.twisted(T.OUTSIDE_KIND)
    assert {plan.item for _, plan in met} == {"M7", "M4b", "M4a", "M16", "M2b", "M15a"}
    query = select(col(Comparison.case_id), col(Comparison.own_key)).where(col(Comparison.verdict) == "same")
    with season.season.store.read() as work:
        kinds = {row.case_id: row.own_key.partition(":")[0] for row in work.execute(query)}
        for case, _plan in met:
            award = work.execute(
                select(col(AwardRecord.gross_fen)).where(col(AwardRecord.case_id) == case.id)
            ).scalar_one()
            assert case.amount_fen == award - 100_00
    found = {kinds[case.id] for case, _ in met}
    assert {folder if folder != "project" else "store" for folder in found} <= {
        "standard", "award", "device", "store", "person", "contract"
    }  # fmt: skip
    assert len(found) == 6


def test_a_failed_and_a_returned_payment_are_paid_again_under_a_second_attempt(season: Rehearsed) -> None:
    paid_again = {case.id for case, _ in season.season.twisted(T.BANK_FAILS, T.BANK_RETURNS)}
    query = select(col(PaymentOrder.case_id), func.max(PaymentOrder.attempt).label("last")).group_by(
        col(PaymentOrder.case_id)
    )
    with season.season.store.read() as work:
        attempts = {row.case_id: row.last for row in work.execute(query)}
    assert {case for case, last in attempts.items() if last == 2} == paid_again


def test_a_notice_runs_over_the_holiday_and_its_make_up_days(season: Rehearsed) -> None:
    spans = {(notice.opens_on, notice.closes_on) for notice in notices(season.season.store)}
    assert ("2023-09-26", "2023-10-08") in spans


def test_a_delegate_acted_and_is_shown_as_one(season: Rehearsed) -> None:
    query = select(func.count()).select_from(Decision).where(col(Decision.on_behalf_of).is_not(None))
    with season.season.store.read() as work:
        assert work.execute(query).scalar_one() > 0


def test_forbidden_acts_were_refused_in_words(season: Rehearsed) -> None:
    answers = " ".join(entry.answer for entry in season.season.journal if entry.kind == T.FORBIDDEN)
    for words in ("职责分离", "审计人员", "无权", "请重新查看", "须由提出人以外的另一人确认"):
        assert words in answers


def test_the_report_holds_everything_itself_and_the_mark(season: Rehearsed) -> None:
    page = season.season.folders.report.read_text(encoding="utf-8")
    assert not re.search(r"https?://|<script|<link|<img|@import|url\(|src=", page)
    assert page.count("DEMO") >= 3
    assert page.count("<svg") >= 12
    found = figures(season.season)
    assert all(notice.number in page for notice in found.notices)
    assert digest(season.season) in page


def test_the_payment_files_carry_the_mark_and_belong_to_no_other_day(season: Rehearsed) -> None:
    folder = season.season.folders.payments
    sent = sorted(folder.glob("*.xml"))
    assert sent and len(payment_files(folder)) == 2 * len(sent)
    assert all(b"DEMO" in path.read_bytes() for path in sent)


def test_what_users_import_was_imported(season: Rehearsed) -> None:
    names = {path.name for path in season.season.folders.input.iterdir()}
    assert {"people.xlsx", "enterprises.xlsx", "applications-1.xlsx", "benefits.xlsx"} <= names


def test_the_same_seed_gives_the_same_season(season: Rehearsed, tmp_path: Path) -> None:
    again = rehearsed(tmp_path)
    try:
        assert digest(again.season) == digest(season.season)
        assert [entry.words for entry in again.season.journal] == [entry.words for entry in season.season.journal]
    finally:
        again.season.store.close()


def test_another_seed_gives_another_season() -> None:
    assert [plan.facts for plan in plans(1)] != [plan.facts for plan in plans(2)]


def test_a_store_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    Store.create(home.database_url).close()
    before = (home.directory / "duixian.db").read_bytes()
    with pytest.raises(Refused, match="不是演示库"):
        run.run(home, out=tmp_path / "out", engine=False, small=True)
    assert (home.directory / "duixian.db").read_bytes() == before


@pytest.mark.tampers
def test_a_demo_of_an_older_program_is_a_demo_all_the_same(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    Store.create(home.database_url, demo=True).close()
    with sqlite3.connect(home.directory / "duixian.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(UnsafeStore, match="0001"):
        Store.open(home.database_url)
    run._fresh_store(home, 1).close()
    with Store.open(home.database_url).read() as work:
        assert work.demo


@pytest.mark.parametrize("revision", ["", "0001"])
def test_a_file_that_does_not_say_what_it_is_is_left_alone_and_said_to_be_unknown(
    tmp_path: Path, revision: str
) -> None:
    home = Home.at(tmp_path / "home")
    Store.create(home.database_url).close()
    with sqlite3.connect(home.directory / "duixian.db") as connection:
        if revision:
            connection.execute("UPDATE alembic_version SET version_num = ?", [revision])
        else:
            connection.execute("DROP TABLE store_mark")
    before = (home.directory / "duixian.db").read_bytes()
    with pytest.raises(Refused) as no:
        run._fresh_store(home, 1)
    assert no.value.code == ("production_store" if revision else "unknown_store")
    assert ("是正式库" if revision else "不能确认") in no.value.zh and "DUIXIAN_HOME" in no.value.zh
    assert (home.directory / "duixian.db").read_bytes() == before


def test_a_demo_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    Store.create(home.database_url, demo=True).close()
    running = FileLock(EngineFiles.of(home).lock)
    assert running.take()
    before = (home.directory / "duixian.db").read_bytes()
    try:
        with pytest.raises(Refused, match="请先停止") as no:
            run._fresh_store(home, 1)
    finally:
        running.release()
    assert no.value.code == "already_running" and (home.directory / "duixian.db").read_bytes() == before


def test_the_demo_has_a_home_of_its_own_beside_the_installations(tmp_path: Path) -> None:
    own = run.demo_home(Home.at(tmp_path, database_url="postgresql://somewhere/else"))
    assert own.directory == tmp_path / "demo"
    assert own.database_url == f"sqlite:///{tmp_path / 'demo' / 'duixian.db'}"


@pytest.mark.browser
def test_the_report_fits_a_telephone_and_a_desk(season: Rehearsed, page: object) -> None:
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})  # type: ignore[attr-defined]
        page.goto(season.season.folders.report.as_uri())  # type: ignore[attr-defined]
        assert page.evaluate("document.documentElement.scrollWidth") <= width  # type: ignore[attr-defined]


def test_every_message_reached_the_catchers_and_is_listed(season: Rehearsed) -> None:
    told = correspondence(season.season.store)
    assert {"filed", "returned", "paid", "filing_reminder", "deadline_escalated"} <= {kind.kind for kind in told.kinds}
    assert sum(kind.lost for kind in told.kinds) == 0
    mails = mails_of(season)
    assert (len(mails), len(season.post.catchers.caught.chats)) == (told.mails, told.chats)
    report = season.season.folders.report.read_text(encoding="utf-8")
    assert all(kind.title in report for kind in told.kinds)
    assert told.case in report and len({message.title for message in told.thread}) > 5


def test_every_mail_is_marked_and_the_decisions_bring_their_letters(season: Rehearsed) -> None:
    mails = mails_of(season)
    assert all("DEMO" in mail["Subject"] and "DEMO" in mail.get_body().get_content() for mail in mails)
    attached = {name for mail in mails for part in mail.iter_attachments() if (name := part.get_filename())}
    assert {name.split("-")[1] for name in attached} >= {
        "审定决定书",
        "资金拨付通知单",
        "一次性补正告知书",
        "不予支持告知书",
    }


def test_no_mail_and_no_chat_shows_an_account_in_full(season: Rehearsed) -> None:
    with season.season.store.read() as work:
        accounts = set(work.execute(select(col(PaymentOrder.payee_account))).scalars()) - {""}
    said = " ".join(text for _, text in season.post.catchers.caught.chats)
    said += " ".join(
        str(part.get_content()) for mail in mails_of(season) for part in mail.walk() if not part.is_multipart()
    )
    assert accounts and not [account for account in accounts if account in said]


def mails_of(done: Rehearsed) -> list[Any]:
    """Every mail that the catcher kept, read."""
    folder = done.season.folders.messages / "mail"
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.rglob("*.eml"))]


def test_cases_are_numbered_by_measure(season: Rehearsed) -> None:
    with season.season.store.read() as work:
        numbers = list(work.execute(select(col(Case.number))).scalars())
    assert all(re.fullmatch(r"XZ2023-[MS]\d\d-\d{6}", number) for number in numbers)
