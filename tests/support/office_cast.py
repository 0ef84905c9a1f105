"""Who and what the stateful test plays with: people, items, acts, steps, and the office they are in."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from casework.applications import automatic_checks
from casework.awards import computation, public_notice
from casework.lifecycle import case_closing
from casework.lifecycle import commands as r
from models import Duty
from models.store import Store
from policies.kit import ByLevel, Money, Policy, Version
from policies.xiuzhou_2023.m04_new_products import AMOUNTS, Level
from support.small_model import SECOND_SINCE, Who
from support.stage import LEAD, OFFICES, TREASURY, Stage

FIRMS = 3
BUDGET = 460_000_07  # fen: the third large claim of a unit waits for money
ITEMS = ("M4a", "M16", "M5c", "M9", "M14a", "M10", "M4a", "M16")
VALUES = {
    "P16-scope": "subject", "P5c-scope": "subject", "P5c-shape": "assessed",
    "P-payer": {"name": "算例财政", "bank": "算例银行", "account": "3300112233", "clearing_code": "102335000001"},
}  # fmt: skip
# Second accounts and people who hold a duty elsewhere: login, natural person, duty, firm.
ODD: Sequence[tuple[str, str, Duty | None, int | None]] = (
    ("second-decider", "acceptor-0", Duty.DECIDER, None),
    ("second-maker", "certifier-0", Duty.MAKER, None),
    ("second-releaser", "checker-0", Duty.RELEASER, None),
    ("insider", "decider-1", None, 0),
    ("stranger", "stranger", None, None),
)
STAND_INS = (
    ("decider-0", "acceptor-1", LEAD),
    ("maker-0", "screener-1", TREASURY),
    ("releaser-0", "decider-1", TREASURY),
)
REQUESTS: dict[str, tuple[type[r.Act], dict[str, Any]]] = {
    "file": (r.File, {}), "accept": (r.Accept, {}), "return": (r.ReturnForCorrection, {"missing": ("算例材料",)}),
    "refuse": (r.Refuse, {"reason": "算例"}), "screen": (r.Screen, {}), "certify": (r.Certify, {}), "opine": (r.Opine, {}),
    "override": (r.OverrideOpinion, {"reason": "算例"}), "confirm_amount": (r.ConfirmAmount, {}), "decide": (r.Decide, {}),
    "object": (r.Object, {"reason": "算例"}), "answer": (r.AnswerObjection, {"reason": "算例"}), "withdraw": (r.Withdraw, {}),
    "hold": (r.Hold, {"reason": "算例", "review_on": "2030-01-01"}), "unhold": (r.Unhold, {}),
    "rebind": (r.Rebind, {"reason": "算例"}), "undo": (r.Undo, {"reason": "算例"}), "reopen": (r.Reopen, {"reason": "算例"}),
    "deliver": (r.Deliver, {"document": "算例"}), "report": (r.ReportMilestone, {"text": "算例"}),
    "review": (r.Review, {"reason": "算例"}),
    "pay_offline": (r.RegisterOffline, {"document": "算例"}),
}  # fmt: skip
ACTS = tuple(REQUESTS)
STEPS: dict[str, Callable[..., Any]] = {
    "submit": automatic_checks.submit, "compute": computation.compute, "announce": public_notice.announce,
    "end_notice": public_notice.end_notice, "close": case_closing.close, "lapse": automatic_checks.lapse,
}  # fmt: skip
SYSTEM_S = {
    "filed": "submit", "certified": "compute", "decided": "announce", "on_notice": "end_notice",
    "paid": "close", "delivered": "close", "reviewed": "close",
}  # fmt: skip
ASIDE = ("hold", "unhold", "undo", "reopen", "object", "answer", "withdraw", "return", "refuse", "pay_offline")
OUTCOMES = ("settled", "settled", "failed", "returned", "acknowledged")
SMALL = st.integers(0, 999)
VERSION = st.sampled_from(("1", "2", "2", "3"))  # of a rule; there is no third


def two_versions(policy: Policy) -> Policy:
    """The policy with a second version of M4a, which pays more from its day on."""
    shape = ByLevel(levels={**AMOUNTS.levels, Level.MUNICIPAL: Money.wan(30)})
    second = Version(item="M4a", id="2", since=SECOND_SINCE, source="测试文件", changes={"shape": shape})
    return replace(policy, versions=(second,))


def furnish(store: Store) -> None:
    """What every example begins with."""
    stage = Stage(store).furnish(firms=FIRMS, budget=BUDGET, values=VALUES)
    with store.write() as work:
        for login, key, duty, firm in ODD:
            stage.person(work, login, *([duty] if duty else []), key=key, firm=firm)
        stage.grant(work, "stranger", Duty.DECIDER, "区金融办")


def cast() -> dict[str, Who]:
    """The same people for the model."""
    people = {}
    for duty in Duty:
        for which in range(3):
            people[f"{duty}-{which}"] = Who(f"{duty}-{which}", f"{duty}-{which}", {duty.value: None})
    for firm in (*range(FIRMS), *range(OFFICES, OFFICES + FIRMS)):
        for which in range(2):
            login = f"applicant-{firm}-{which}"
            people[login] = Who(login, login, {}, firm)
    for login, key, more, of_firm in ODD:
        people[login] = Who(login, key, {more.value: None} if more else {}, of_firm)
    people["stranger"].duties["decider"] = {"区金融办"}
    for absent in [login for login in people if login.startswith(("system-", "applicant-0-2"))]:
        del people[absent]
    return {
        login: who for login, who in people.items() if login.rsplit("-", 1)[0] != "applicant" or who.firm is not None
    }
