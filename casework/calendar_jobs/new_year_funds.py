"""On the first of January whoever waits for money looks at the budget of the new year: claims draw on no other."""

from datetime import date

from sqlalchemy import select
from sqlmodel import col

from casework.calendar_jobs.cadence import yearly
from casework.funds.resume_for_funds import wake_for_funds
from casework.shared.fund_key import FundKey
from casework.shared.register_writes import arriving
from casework.shared.run_summary import RunSummary
from models import Duty, Fund
from models.store import Store

new_years_day = yearly((1, 1))


def new_budget(store: Store, _day: date) -> RunSummary:
    """Wakes the cases that wait for a unit's money where this year's fund has some; added later, the money itself wakes them."""
    done = RunSummary()
    with arriving(store) as work:
        fund = select(*(getattr(Fund, name) for name in ("id", *FundKey._fields))).order_by(
            col(Fund.unit), col(Fund.policy)
        )
        for row in work.execute(fund.where(col(Fund.year) == work.today.year, col(Fund.available_fen) > 0)).all():
            if woken := wake_for_funds(work, key := FundKey(*row[1:])):
                content = {**key._asdict(), "woken": woken}
                work.audit(actor=Duty.SYSTEM, action="funds.new_year", subject=str(row.id), content=content)
                done.moved.append((key.zh, f"{woken} 件重新安排资金"))
    return done
