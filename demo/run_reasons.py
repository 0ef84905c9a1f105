"""What the runs say of cases, told once each: a missing parameter, a short fund, a no of the rule, an amount that gave way."""

from sqlalchemy import select
from sqlmodel import col

from casework.shared.run_summary import RunSummary
from demo.stage import Season
from demo.twists import Twist
from models import AwardRecord, State
from policies.money import Money

T = Twist
FUND_SHORT = "资金不足，排队等待追加"
_SIGNS = {"缺少参数": T.WAITS_FOR_PARAMETER.value, "专项资金不足": FUND_SHORT}
_GAVE_WAY = (T.SHARED_FIRST, T.SHARED_HIGHER, T.OUTSIDE_LOWER, T.OUTSIDE_KIND, T.UPGRADED)


def note(season: Season, outcome: RunSummary) -> None:
    """Puts into the journal what a run said."""
    for number, words in outcome.waiting:
        for sign, kind in _SIGNS.items():
            if sign in words and season.once(number, sign):
                season.tell(kind, words, case=number)
    for number, why in outcome.refused:
        twist = season.by_number[number].twist
        season.tell(twist or T.REFUSED_BY_RULE, why, case=number)
    for number, state in outcome.moved:
        plan = season.by_number.get(number)
        if plan is None:
            continue  # the calendar's own work: no case
        if state == State.COMPUTED and plan.twist in _GAVE_WAY and season.once(number, "computed"):
            gross, amount = _sums(season, number)
            season.tell(plan.twist, f"应得 {gross.grouped} 元，本次核算 {amount.grouped} 元", case=number)


def _sums(season: Season, number: str) -> tuple[Money, Money]:
    case = season.cases[season.by_number[number].key]
    query = select(col(AwardRecord.gross_fen), col(AwardRecord.amount_fen)).where(col(AwardRecord.case_id) == case)
    with season.store.read() as work:
        row = work.execute(query.order_by(col(AwardRecord.sequence).desc())).first()
    assert row is not None
    return Money(row.gross_fen), Money(row.amount_fen)
