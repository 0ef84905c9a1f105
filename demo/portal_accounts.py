"""Accounts of a rehearsal's portal: for each role somebody who has work waiting, all with one password that everybody knows."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlmodel import col

from casework.shared.home import Home
from casework.staff import person_accounts, sign_in, unit_register
from casework.views.inbox import whole_inbox
from demo.stage import Season
from models import Case, Duty, Person, State
from models.clock import real_now
from models.duty_names import duty_zh
from web.demo_accounts import FILE

# Whose work is not a case's next step.
_WITHOUT_CASES = (Duty.RECONCILER, Duty.FUND_OFFICER, Duty.CLERK, Duty.AUDITOR, Duty.ADMINISTRATOR)
PASSWORD = "duixian-demo-2023"
_TRIES: tuple[tuple[Duty, str, str], ...] = (
    (Duty.ACCEPTOR, "受理一件申报，或一次性告知补正", "accept an application, or return it for correction"),
    (Duty.SCREENER, "到镇里初审一件", "screen a case for the town"),
    (Duty.CERTIFIER, "对照材料认定事实", "certify facts beside the evidence"),
    (Duty.JOINT_REVIEWER, "出具联审意见", "give a joint opinion"),
    (Duty.AMOUNT_CHECKER, "复核金额，点开每个数字的依据", "confirm an amount, open what each figure rests on"),
    (Duty.DECIDER, "审定，先看后果再确认", "decide: see the effects, then confirm"),
    (Duty.ALLOCATOR, "下达资金", "allocate funds"),
    (Duty.MAKER, "制单", "prepare a batch"),
    (Duty.CHECKER, "复核批次", "check a batch"),
    (Duty.RELEASER, "放行批次并导出文件", "release a batch and export its file"),
    (Duty.RECONCILER, "查看对账，导入银行回单", "look at what is unmatched, import the bank's results"),
    (Duty.FUND_OFFICER, "安排、核减预算，填报兑付数据", "add or cut a budget, report payout figures"),
    (Duty.CLERK, "审核企业注册（先在首页注册一家）", "confirm a registration (register a firm first)"),
    (Duty.AUDITOR, "查看任何案件及其全部经过", "look at any case and all that was done"),
    (Duty.ADMINISTRATOR, "查看案件，审核企业注册", "look at cases, confirm registrations"),
)


@dataclass(frozen=True, kw_only=True)
class PortalAccount:
    """Whom a visitor may be, and what to try."""

    login: str
    zh: str
    en: str
    try_zh: str
    try_en: str
    password: str = PASSWORD


def open_accounts(season: Season) -> None:
    """Gives each role's account the password and notes them in the home."""
    found = [*_firms(season), *_officers(season)]
    now = real_now()
    for account in found:
        sign_in.set_password(season.store, person_accounts.id_of(season.store, account.login), PASSWORD, now=now)
    listed = json.dumps([asdict(account) for account in found], ensure_ascii=False, indent=1)
    (season.home.directory / FILE).write_text(listed + "\n", encoding="utf-8")


def accounts_of(home: Home) -> list[PortalAccount]:
    """What `open_accounts` noted."""
    file = home.directory / FILE
    return [PortalAccount(**entry) for entry in json.loads(file.read_text(encoding="utf-8"))] if file.exists() else []


def _officers(season: Season) -> Iterable[PortalAccount]:
    """Of each duty whoever has most waiting; one for which nothing waits is left out."""
    taken: set[str] = set()
    english = {unit.name: unit.name_en or unit.name for unit in unit_register.listed(season.store)}
    for duty, zh, en in _TRIES:
        held = [officer for officer in season.officers if duty in officer.duties and officer.login not in taken]
        waiting = {
            officer.login: len(whole_inbox(season.store, season.people[officer.login]).tasks) for officer in held
        }
        best = max(held, key=lambda officer: waiting[officer.login], default=None)
        if best is not None and (waiting[best.login] or duty in _WITHOUT_CASES):
            taken.add(best.login)
            yield PortalAccount(
                login=best.login,
                zh=f"{best.unit}{duty_zh(duty)}",
                en=f"{duty.replace('_', ' ')}, {english[best.unit]}",
                try_zh=zh,
                try_en=en,
            )


def _firms(season: Season) -> Iterable[PortalAccount]:
    """A firm with a draft, one that has to correct, and one that was paid."""
    wanted = (
        (State.DRAFT, "写完草稿、上传材料、提交申报", "finish a draft, upload evidence, file"),
        (State.IN_CORRECTION, "按补正要求修改后重新提交", "correct an application and file again"),
        (State.CLOSED, "查看进度、金额与依据", "follow a case, its amount and what it rests on"),
    )
    taken: set[str] = set()
    for state, zh, en in wanted:
        query = (
            select(col(Person.login))
            .join(Case, col(Case.party_id) == col(Person.party_id))
            .where(col(Case.state) == state.value, col(Person.login).not_in(taken))
            .order_by(col(Case.number).desc())
        )
        with season.store.read() as work:
            login = work.execute(query.limit(1)).scalar()
        if login is not None:
            taken.add(login)
            yield PortalAccount(login=login, zh="申报企业", en="an applicant", try_zh=zh, try_en=en)
