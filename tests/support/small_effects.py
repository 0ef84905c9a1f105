"""What follows from an act or a step in the reference model. `False`: refused for what it says, though the person may."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from support.small_model import OPENS, RULES, SECOND_SINCE, SHUTS, Fund, Model, ModelCase, ModelPaper

SCREENED = ("M4a", "M16", "M5c", "M9")
IN_KIND = ("M9", "M14a")
MILESTONES = 3
JOINT_UNITS = 2
ANSWERS = {  # what the bank's word does to an order
    "sent": {"acknowledged": "acknowledge", "settled": "settle", "failed": "fail", "returned": "fail"},
    "acknowledged": {"acknowledged": "", "settled": "settle", "failed": "fail", "returned": "fail"},
    "settled": {"acknowledged": "", "settled": "", "returned": "take_back"},
    "failed": {"acknowledged": "", "failed": "", "returned": ""},
    "returned": dict.fromkeys(("acknowledged", "settled", "failed", "returned"), ""),
}


def free(model: Model, case: ModelCase) -> None:
    """Everything that the case holds of its fund returns, and its order with it."""
    if case.amount and case.state in ("computed", "decided", "on_notice", "payable"):
        model.funds[case.fund] += case.amount
    case.approved = 0
    if case.order and case.order.state in ("prepared", "checked"):
        case.order.state = "cancelled"


def to(case: ModelCase, state: str, turn: str | None, due: Any = SHUTS) -> bool:
    """The case moves."""
    case.state, case.turn, case.due, case.version = state, turn, due, case.version + 1
    case.queued = case.queued and state == "certified"
    return True


def do(model: Model, case: ModelCase, act: str, who: str, part: tuple[str, set[str]], **more: Any) -> bool:
    """One act by somebody who may; a part is the duty, with everybody for whom it is done."""
    effect: Callable[..., bool] = globals()[f"_{act}"]
    with model.nobody_sleeps():
        done = effect(model, case, keys=frozenset(part[1]), **more)
    if not done:
        return False
    case.parts.append(part)
    return True


def _file(model: Model, case: ModelCase, **_: Any) -> bool:
    first = case.state == "draft"
    if not (OPENS <= model.now < SHUTS if first else model.now < case.due):
        return False
    if first:
        case.filed = model.now
        case.bound = "2" if case.item in RULES and model.today >= SECOND_SINCE else "1"
    return to(case, "planned", "certifier") if case.item == "M10" else to(case, "filed", "system", model.now)


def _accept(model: Model, case: ModelCase, **_: Any) -> bool:
    return to(case, "accepted", "screener" if case.item in SCREENED else "certifier")


def _return(model: Model, case: ModelCase, **_: Any) -> bool:
    if case.corrected and case.item != "M10":
        return False
    case.corrected = True
    return to(case, "in_correction", "applicant", model.workdays(model.today + timedelta(days=1), 10))


def _refuse(model: Model, case: ModelCase, **_: Any) -> bool:
    if case.item == "M10":  # a unit's own plan goes back to it
        return _return(model, case)
    free(model, case)
    return to(case, "refused", None)


def _screen(model: Model, case: ModelCase, **_: Any) -> bool:
    return to(case, "screened", "certifier")


def _certify(model: Model, case: ModelCase, **_: Any) -> bool:
    case.certified = True
    return _reviewed(model, case)


def _reviewed(model: Model, case: ModelCase) -> bool:
    """联审: a certified claim is priced only when every unit asked has agreed, or the head has overridden a no."""
    if case.item == "M5c" and len(case.opinions) < JOINT_UNITS:
        return to(case, "under_joint_review", "joint_reviewer")
    if not all(case.opinions):
        return to(case, "under_joint_review", "head")
    return to(case, "certified", "system", model.now)


def _opine(model: Model, case: ModelCase, positive: bool = True, **_: Any) -> bool:
    case.opinions.append(positive)
    return _reviewed(model, case)


def _override(model: Model, case: ModelCase, **_: Any) -> bool:
    case.opinions = [True] * JOINT_UNITS
    return _reviewed(model, case)


def _confirm_amount(model: Model, case: ModelCase, **_: Any) -> bool:
    return to(case, "computed", "decider")


def _decide(model: Model, case: ModelCase, fen: int | None = None, **_: Any) -> bool:
    computed = case.amount or 0
    granted = computed if fen is None else fen
    if not 0 <= granted <= computed or (computed and not granted):
        return False
    if computed:
        model.funds[case.fund] += computed - granted
    case.amount = case.approved = granted
    return to(case, "decided", "system", model.now)


def _undo(model: Model, case: ModelCase, keys: frozenset[str], **_: Any) -> bool:
    if case.asked[::2] != ("undo", case.version):
        case.asked, case.held = ("undo", keys, case.version + 1), True
        return to(case, case.state, case.turn, case.due)
    if case.asked[1] & keys:  # nobody is the second person beside themselves, or beside whom they stand in for
        return False
    if case.order and case.order.state in ("prepared", "checked"):
        case.order.state = "cancelled"
    granted, case.approved, case.held = case.approved, 0, False
    _moot(case)
    more = (case.computed - granted) if granted else 0
    if more > model.funds.get(case.fund, 0):  # the fund has spent what the decision left over: priced anew, in its turn
        model.funds[case.fund] += granted
        case.amount = None
        to(case, "certified", "system", model.now)
        case.queued = True  # its turn is that of its filing: whoever waits for what it gave back does not pass it
        return True
    if more:
        model.funds[case.fund] -= more
    case.amount = case.computed
    return to(case, "computed", "decider")


def _reopen(model: Model, case: ModelCase, keys: frozenset[str], **_: Any) -> bool:
    if case.filed is None:
        return False
    if case.asked[::2] != ("reopen", case.version):
        case.asked = ("reopen", keys, case.version + 1)
        return to(case, case.state, None)
    if case.asked[1] & keys:  # nobody is the second person beside themselves, or beside whom they stand in for
        return False
    case.amount = None
    return _reviewed(model, case) if case.certified else to(case, "filed", "system", model.now)


def _rebind(model: Model, case: ModelCase, keys: frozenset[str], version: str = "2", **_: Any) -> bool:
    """Two heads, two natural persons, one and the same version that is there: then it binds, and nothing else changes."""
    if version not in RULES.get(case.item, {"1": 0}):
        return False
    if case.asked[::2] != ("rebind", case.version):
        case.asked, case.wanted = ("rebind", keys, case.version + 1), version
        return to(case, case.state, case.turn, case.due)
    if case.asked[1] & keys or case.wanted != version:
        return False
    case.bound = version
    if case.turn in ("parameter_author", "fund_officer"):  # by this version it may need no value, or less money
        return to(case, case.state, "system", model.now)
    return to(case, case.state, case.turn, case.due)


def _hold(model: Model, case: ModelCase, **_: Any) -> bool:
    case.held = True
    return to(case, case.state, case.turn, case.due)


def _unhold(model: Model, case: ModelCase, **_: Any) -> bool:
    if not case.held:
        return False
    case.held = False
    return to(case, case.state, case.turn, case.due)


def _withdraw(model: Model, case: ModelCase, **_: Any) -> bool:
    free(model, case)
    case.held = False
    _moot(case)
    return to(case, "withdrawn", None)


def _moot(case: ModelCase) -> None:
    """Off its notice, nothing is left to contest."""
    case.objections = ["moot" if objection == "open" else objection for objection in case.objections]


def _object(model: Model, case: ModelCase, **_: Any) -> bool:
    """Anybody may object while the notice runs, whatever else was objected, and not after."""
    if model.now >= case.notice_ends:
        return False
    case.objections.append("open")
    return to(case, "on_notice", "investigator")


def _answer(model: Model, case: ModelCase, upheld: bool = False, objection: int = 0, **_: Any) -> bool:
    """Each objection has its own answer; the case waits for the last of them."""
    if not 0 < objection <= len(case.objections) or case.objections[objection - 1] != "open":
        return False
    case.objections[objection - 1] = "upheld" if upheld else "dismissed"
    if upheld:
        free(model, case)
        _moot(case)
        case.held = False
        return to(case, "refused", None)
    if case.contested:
        return to(case, "on_notice", "investigator")
    return to(case, "on_notice", "system", max(model.now, case.notice_ends))


def _deliver(model: Model, case: ModelCase, **_: Any) -> bool:
    return to(case, "delivered", "system", model.now)


def _report(model: Model, case: ModelCase, **_: Any) -> bool:
    case.reports += 1
    return to(case, "reported", "certifier") if case.reports == MILESTONES else to(case, case.state, case.turn)


def _review(model: Model, case: ModelCase, **_: Any) -> bool:
    return to(case, "reviewed", "system", model.now)


def _pay_offline(model: Model, case: ModelCase, **_: Any) -> bool:
    if case.order and case.order.state in ("prepared", "checked"):
        return False
    case.orders.append(ModelPaper(len(case.orders) + 1, "settled", fen=case.approved))
    case.paid = case.approved
    return to(case, "paid", "system", model.now)


def _allocate(model: Model, case: ModelCase, **_: Any) -> bool:
    return to(case, "payable", "maker")


def _prepare(model: Model, case: ModelCase, batch: str = "", **_: Any) -> bool:
    case.orders.append(ModelPaper(len(case.orders) + 1, "prepared", batch, case.approved))
    return to(case, "payable", "checker")


def _check_batch(model: Model, case: ModelCase, **_: Any) -> bool:
    case.orders[-1].state = "checked"
    return to(case, "payable", "releaser")


def _reject_batch(model: Model, case: ModelCase, **_: Any) -> bool:
    case.orders[-1].state = "cancelled"
    return to(case, "payable", "maker")


def _release(model: Model, case: ModelCase, **_: Any) -> bool:
    case.orders[-1].state = "released"
    return to(case, "ordered", "reconciler")


def _settle(model: Model, case: ModelCase, **_: Any) -> bool:
    case.orders[-1].state, case.paid = "settled", case.approved
    return to(case, "paid", "system", model.now)


def _fail(model: Model, case: ModelCase, outcome: str = "failed", **_: Any) -> bool:
    case.orders[-1].state = outcome
    return to(case, "payable", "maker")


def _take_back(model: Model, case: ModelCase, **_: Any) -> bool:
    case.orders[-1].state, case.paid = "returned", 0
    return to(case, "payable", "maker")


def ready(model: Model, *states: str) -> Iterable[ModelCase]:
    """The cases whose next action is the system's and due, oldest first."""
    found = [c for c in model.cases.values() if c.state in states and c.turn == "system"]
    return sorted((c for c in found if c.due <= model.now and not c.held), key=lambda c: (c.filed or SHUTS, c.name))


def work(model: Model, step: str) -> None:
    """One automatic step over all cases."""
    if step == "submit":
        for case in ready(model, "filed"):
            to(case, "filed", "acceptor")
    elif step == "compute":
        _compute(model)
    elif step == "announce":
        for case in ready(model, "decided"):
            case.notice_ends = model.workdays(model.today, 5)
            to(case, "on_notice", "system", case.notice_ends)
    elif step == "end_notice":
        for case in ready(model, "on_notice"):
            to(case, "on_notice", "deliverer") if case.item in IN_KIND else to(case, "payable", "allocator")
    elif step == "close":
        for case in ready(model, "paid", "delivered", "reviewed"):
            to(case, "closed", None)
    else:
        for case in model.cases.values():
            if case.state in ("draft", "in_correction") and case.due <= model.now and not case.held:
                to(case, "lapsed", None)


def _compute(model: Model) -> None:
    """Prices, and reserves as long as there is money; who waits for money first is served first."""
    looked = list(ready(model, "certified"))
    with model.nobody_sleeps(besides=[case.number for case in looked]):
        _price(model, looked)


def _price(model: Model, looked: list[ModelCase]) -> None:
    short: set[Fund] = set()
    here = {case.number for case in looked}
    ahead = {case.lead: model.queue(case.lead) - here for case in looked}
    for case in looked:
        price, fund = model.price(case), model.drawn(case.lead)
        if price is None:
            case.turn, case.queued = "parameter_author", False
        elif case.item == "M10":
            case.amount = case.computed = 0
            to(case, "in_progress", "applicant")
        elif case.item in IN_KIND:
            case.amount = case.computed = 0
            to(case, "computed", "decider")
        else:
            queue = [(c.filed, c.name) for c in model.cases.values() if c.number in ahead[case.lead]]
            before = bool(queue) and min(queue) < (case.filed, case.name)
            if fund in short or model.funds.get(fund, 0) < price or before:
                short |= {fund} & model.funds.keys()
                case.turn, case.queued = "fund_officer", True
                continue
            model.funds[fund] -= price
            case.amount = case.computed = price
            case.fund = fund
            to(case, "computed", "amount_checker")
