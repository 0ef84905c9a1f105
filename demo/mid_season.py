"""A second store beside the finished season, stopped in its middle: work waits for every role, for whoever wants to try.

The finished season goes on unchanged: the store is copied as it stands on one day of October. Three weeks later, with the payments
of that day still undone, the copy is filled up with a round of applications, of which each is taken a step less far than another.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from casework.command_handler import act
from casework.forms.typed_forms import WrongForm, claim_of
from casework.lifecycle.case_changes import CaseView
from casework.payments.commands import AllocateFund, CheckBatch, PrepareBatch
from casework.payments.payment_context import AllExcluded
from casework.shared.home import Home
from demo import filing
from demo.automatic import Automatic
from demo.days import ROUNDS, at
from demo.duty_acts import compare_all, sit
from demo.earlier_store import clear_earlier
from demo.plans import CasePlan
from demo.portal_accounts import open_accounts
from demo.staff import POLICY
from demo.stage import Folders, Season
from demo.treasury import payable
from models import Duty, PartyKind
from models.store import Store
from models.verify import verify

COPIED = at(ROUNDS[1].allocated, "09:30:00")  # the second round is payable
MOMENT = at(ROUNDS[2].filed)  # the third comes in
_ROUND = 3
_STEPS = (Duty.ACCEPTOR, Duty.SCREENER, Duty.CERTIFIER, Duty.JOINT_REVIEWER, Duty.AMOUNT_CHECKER, Duty.DECIDER)
_SHARED = 2  # payable cases of a fund that go into one batch all the same
_UNFINISHED = 2  # drafts that an applicant has begun


def mid_season_home(home: Home) -> Home:
    """The home of the stopped season beside that of the finished one."""
    return Home.at(home.directory.parent / "mid-season", language=home.language)


def stop_here(season: Season) -> Season:
    """A copy of the season as it stands: store and papers in a home of their own, the script's notes beside it."""
    home = mid_season_home(season.home)
    clear_earlier(home)
    home.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    source, target = season.home.directory / "duixian.db", home.directory / "duixian.db"
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    target.chmod(0o600)
    if season.home.evidence.is_dir():
        shutil.copytree(season.home.evidence, home.evidence)
    return replace(
        season, home=home, folders=_folders(season), people=dict(season.people), parties=dict(season.parties),
        by_case=dict(season.by_case), by_number=dict(season.by_number), cases=dict(season.cases), journal=[],
        done=set(season.done), exported={}, absent=dict(season.absent),
    )  # fmt: skip


def fill(stopped: Season) -> bool:
    """Plays the copy on for a morning, and opens accounts in the portal for each role; its clock runs on from there.

    The answer is whether everything that `verify` asks holds of it.
    """
    stopped.store = Store.open(stopped.home.database_url)
    automatic = Automatic(stopped.home, None)
    with stopped.home.in_use():
        stopped.store.set_clock(MOMENT, frozen=True)
        filing.file_round(stopped, _ROUND)
        _drafts(stopped)
        automatic.until_idle()
        for step, duty in enumerate(_STEPS):
            compare_all(stopped)
            sit(stopped, duty, among=_no_further_than(step))
            automatic.until_idle()
        _pay_some(stopped)
        automatic.until_idle()
        open_accounts(stopped)
        stopped.store.set_clock(MOMENT)
    sound = verify(stopped.store).ok
    stopped.store.close()
    return sound


def _no_further_than(step: int) -> Callable[[CaseView], bool]:
    """The cases that are taken beyond this step: of the numbers each remainder stops at a step of its own."""
    return lambda case: int(case.number[-6:]) % (len(_STEPS) + 1) > step


def _drafts(season: Season) -> None:
    """Applications that firms have begun under their own account and not sent."""
    own = [
        plan
        for plan in season.plans
        if plan.round > _ROUND
        and plan.key not in season.cases
        and _enterprise(season, plan.firm)
        and _true(season, plan)
    ]
    for plan in own[:_UNFINISHED]:
        filing.open_own(season, plan)


def _enterprise(season: Season, firm: str) -> bool:
    return season.firms[firm].kind is PartyKind.ENTERPRISE and f"firm:{firm}" in season.people


def _true(season: Season, plan: CasePlan) -> bool:
    """Whether what the plan says has happened by now."""
    try:
        claim_of(POLICY.item(plan.item), plan.claim, today=season.today)
    except WrongForm:
        return False
    return True


def _pay_some(season: Season) -> None:
    """Of a fund with three payable cases and more one is left for the allocator and one for the maker; the rest of it goes into a
    batch, of which every second one is checked already."""
    for place, (fund, listed) in enumerate(payable(season, Duty.ALLOCATOR)):
        left = 1 if len(listed) > _SHARED else 0
        cases = tuple(task.case for task in listed)[left:]
        number = f"演示资金（{season.today.year}）M{place + 1:02d}-{fund.text.replace(':', '-')}"
        allocator, maker = season.who(Duty.ALLOCATOR), season.who(Duty.MAKER)
        document = AllocateFund(number=number, fund=fund, cases=cases, by=allocator, act_id=season.act_id())
        act(season.store, document)
        try:
            made = act(season.store, PrepareBatch(fund=fund, cases=cases[left:], by=maker, act_id=season.act_id()))
        except AllExcluded:
            continue
        if place % 2:
            checker = season.who(Duty.CHECKER)
            looked = CheckBatch(batch=made.number, by=checker, act_id=season.act_id(), seen=made.list_hash)
            act(season.store, looked)


def _folders(season: Season) -> Folders:
    """Its own papers, beside those of the finished season."""
    folders = Folders(out=season.folders.out / "mid-season")
    shutil.rmtree(folders.out, ignore_errors=True)
    for name in ("input", "payments", "bank", "audit", "messages"):
        (folders.out / "season" / name).mkdir(parents=True)
    return folders
