"""What is granted in kind is booked; a deadline beyond the known calendar is provisional until the year is known."""

from datetime import UTC, date, datetime

from sqlalchemy import select

from casework.lifecycle.provisional_deadlines import provisional, recompute_provisional
from casework.policy_settings import holidays
from casework.shared.register_writes import SYSTEM
from models import QuotaRecord, State
from models.store import Store
from policies.workdays import CHINA
from support.stage import Stage, named
from support.walk import Walk

LAST_KNOWN = max(year for year in range(2023, 2100) if CHINA.knows(year))


def test_a_place_on_a_list_grants_no_quota(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    assert walk.to(walk.open("M9", 1), State.CLOSED).amount_fen == 0
    with store.read() as work:
        assert work.execute(select(QuotaRecord.__table__)).all() == []  # type: ignore[attr-defined]


def test_a_deadline_in_an_unknown_year_is_provisional_and_settled_when_the_notice_comes(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.open("M4a", 1)
    walk.to(case, State.FILED)
    store.set_clock(datetime(LAST_KNOWN, 12, 29, 4, tzinfo=UTC), frozen=True)
    waiting = walk.forward(case)
    assert waiting.due_provisional and provisional(store) == [waiting.number]
    assert recompute_provisional(store) == 0
    holidays.add_year(store, SYSTEM, year=LAST_KNOWN + 1, rests=[date(LAST_KNOWN + 1, 1, 1)], works=[], citation="算例")
    settled = walk.stage.case(named("case-1"))
    assert not settled.due_provisional and settled.version == waiting.version
    assert provisional(store) == []
