"""The paying side: allocation documents, batches made, checked, approved and released by different people, files for the bank."""

from casework.payments import batches
from casework.payments.acts import AllExcluded, Excluded, Receipt
from casework.payments.allocate import allocate
from casework.payments.export import export
from casework.payments.prepare import prepare
from casework.payments.queries import Waiting, waiting
from casework.queries import funds
from deployments.season.staff import TREASURY
from deployments.season.stage import Season
from deployments.season.twists import Twist
from models import Duty
from policies.money import Money

D, T = Duty, Twist
_DOUBTS = {"payee_differs": T.HOLDER_DIFFERS, "same_twice": T.SAME_TWICE}


def allocate_all(season: Season) -> None:
    """One allocation document for each fund with payable cases."""
    for fund, listed in _waiting(season, D.ALLOCATOR):
        number = f"演示资金（{season.today.year}）{season.today:%m%d}-{fund[0]}-{fund[1]}"
        by, cases = season.who(D.ALLOCATOR), [one.case for one in listed if not one.held]
        done = allocate(season.store, number=number, fund=fund, cases=cases, by=by, act_id=season.act_id())
        season.acts += done.count
        words = f"{number} 下达 {done.count} 件 {Money(done.total_fen).grouped} 元"
        season.tell("资金下达", words)


def order_all(season: Season) -> None:
    """Batches for each fund, from the maker to the file for the bank."""
    for fund, listed in _waiting(season, D.MAKER):
        for receipt in _prepared(season, fund, listed):
            season.acts += 3 * receipt.count
            _through(season, receipt)


def _waiting(season: Season, duty: Duty) -> list[tuple[tuple[str, int], list[Waiting]]]:
    found = []
    for fund in funds(season.store):
        with season.store.read() as work:
            listed = [one for one in waiting(work, duty, fund=(fund.unit, fund.year)) if not one.held]
        if listed:
            found.append(((fund.unit, fund.year), listed))
    return found


def _prepared(season: Season, fund: tuple[str, int], listed: list[Waiting]) -> list[Receipt]:
    """The fund's batch; what is doubtful is looked into, and paid in a batch of its own with the reason."""
    store, by = season.store, season.who(D.MAKER)
    cases = [one.case for one in listed]
    done: list[Receipt] = []
    try:
        done.append(prepare(store, fund=fund, cases=cases, by=by, act_id=season.act_id()))
        left_out = done[0].excluded
    except AllExcluded as none:
        left_out = none.excluded
    doubtful = [one for one in left_out if one.code in _DOUBTS]
    if not doubtful:
        return done
    confirmed = {one.case: _looked_into(season, one) for one in doubtful}
    again = [one.case for one in listed if one.number in confirmed]
    done.append(prepare(store, fund=fund, cases=again, by=by, act_id=season.act_id(), confirmed=confirmed))
    return done


def _looked_into(season: Season, one: Excluded) -> str:
    """Why the doubt does not stand in the way."""
    twist = _DOUBTS[one.code]
    season.tell(twist, "制单被拦下，核实后凭理由确认", case=one.case, answer=one.zh)
    return "两处门店分别核实，非重复付款" if twist is T.SAME_TWICE else "已核对代收证明原件"


def _through(season: Season, receipt: Receipt) -> None:
    """Checked, approved by the head where a payment is above the threshold, released, exported."""
    store, number = season.store, receipt.number
    if season.once("batch", "own check"):
        with season.refusal(T.FORBIDDEN, f"制单人自行复核批次 {number}"):
            batches.check(store, batch=number, by=season.who(D.MAKER), act_id=season.act_id())
    batches.check(store, batch=number, by=season.who(D.CHECKER), act_id=season.act_id(), seen=receipt.list_hash)
    if any(case.next_unit == TREASURY for case, _ in season.waiting(D.HEAD)):
        batches.approve(store, batch=number, by=season.who(D.HEAD, TREASURY), act_id=season.act_id())
        season.tell("加批", f"批次 {number} 有超过限额的拨付，单位负责人加批")
    batches.release(store, batch=number, by=season.who(D.RELEASER), act_id=season.act_id())
    done = export(store, batch=number, folder=season.folders.payments, by=season.who(D.RELEASER))
    season.exported[number] = done.files[0][0]
    season.tell("拨付", f"批次 {number} 共 {receipt.count} 笔 {Money(receipt.total_fen).grouped} 元，文件已发出")
