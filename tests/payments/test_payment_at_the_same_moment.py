"""Two people at the same moment, large files and told applicants: nothing is paid twice, nothing is lost."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from json import loads
from pathlib import Path

import pytest

from casework.payments.bank_status import BankStatus
from casework.shared.errors import Problem
from models import Duty, OrderState
from models.store import Store
from notifications.wording import Audience, Reading, compose
from support.paying import EACH, Paying, listed, row
from support.stage import officer


def together(*acts: Callable[[], object]) -> list[object]:
    """Does all at once; a Problem is an answer too."""

    def answer(act: Callable[[], object]) -> object:
        try:
            return act()
        except Problem as no:
            return no

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(answer, acts))


@pytest.mark.slow
def test_one_file_imported_by_two_at_once_counts_once(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(4)
    paying.sent()
    path = paying.say(*((which, BankStatus.SETTLED) for which in range(4)))
    ids = [paying.act_id() for _ in range(2)]
    reports = together(
        lambda: paying.read(path, act_id=ids[0]),
        lambda: paying.read(path, act_id=ids[1], by=officer(Duty.RECONCILER, 1)),
    )
    assert sum(report.settled for report in reports) == 4  # type: ignore[attr-defined]
    assert sum(report.already_known for report in reports) == 4  # type: ignore[attr-defined]
    assert paying.money()[2:] == (0, 4 * EACH)


def test_two_makers_at_once_make_one_order_a_case(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(3)
    paying.allocate()
    ids = [paying.act_id() for _ in range(2)]
    together(
        lambda: paying.prepare(act_id=ids[0]),
        lambda: paying.prepare(act_id=ids[1], by=officer(Duty.MAKER, 1)),
    )
    assert [order.state for order in paying.orders()] == [OrderState.PREPARED] * 3


def test_two_releasers_at_once_release_once(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.allocate()
    batch = paying.prepare().number
    paying.check(batch)
    ids = [paying.act_id() for _ in range(2)]
    answers = together(
        lambda: paying.release(batch, act_id=ids[0]),
        lambda: paying.release(batch, act_id=ids[1], by=officer(Duty.RELEASER, 1)),
    )
    assert sum(isinstance(answer, Problem) for answer in answers) == 1


def test_a_long_file_is_booked_piece_by_piece(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.sent()
    strange = [(f"XZ2023-M04-{number:06d}-A9", "成功", "1.00", "6222", "") for number in range(1_100)]
    rows = [row(paying.order(0), BankStatus.SETTLED), *strange, row(paying.order(1), BankStatus.SETTLED)]
    path = listed(tmp_path / "long.csv", rows)
    report = paying.read(path)
    assert (report.lines, report.settled, len(report.unmatched)) == (1_102, 2, 1_100)
    again = paying.read(path)
    assert (again.already_known, again.unmatched) == (1_102, [])


def test_the_applicant_is_told_in_words_of_what_failed_and_came_back(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(2)
    paying.sent()
    paying.read(paying.say((0, BankStatus.FAILED), (1, BankStatus.SETTLED), reason="AC04"))
    paying.read(paying.say((1, BankStatus.RETURNED), reason="AC04"))
    with store.read() as work:
        rows = work.connection.exec_driver_sql(
            "SELECT kind, content FROM message WHERE kind IN ('payment_failed', 'payment_returned') ORDER BY kind"
        ).all()
    reading = Reading(audience=Audience.APPLICANT, today=date(2023, 9, 4))
    said = [compose(row.kind, loads(row.content), reading).text for row in rows]
    assert [row.kind for row in rows] == ["payment_failed", "payment_returned"]
    assert all("收款账户不可用" in body and "AC04" not in body for body in said)
