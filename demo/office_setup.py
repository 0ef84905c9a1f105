"""Opens the office: units, staff and applicants read from workbooks, accounts verified by a second person, budgets."""

from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from casework.funds import budget_register
from casework.parties import party_workbook, payee_accounts
from casework.shared.register_writes import SYSTEM
from casework.spreadsheets.workbook_writing import filled
from casework.staff import delegations, duty_grants, person_accounts, staff_workbook, unit_register
from casework.staff.person_accounts import NewPerson
from demo.fiction import TOWNS, Firm, applicants
from demo.staff import POLICY, ZONE, Officer, lead_of, officers, unit_of
from demo.stage import Season
from models import Duty, Party, PartyKind, Person
from policies.measures import Chain
from policies.money import Money

_BUDGETS = (
    # unit, 2023, 2024: the second fund is short on purpose and topped up later
    (unit_of("M1"), "6500000", "8000000"),
    (unit_of("M2"), "200000", "200000"),
    (unit_of("M4"), "16000000", "26000000"),
)
_SHORT = (unit_of("M5"), "1300000", "9000000")
TOP_UP = "4200000"
SECOND_ACCOUNT = "economy-acceptor-b"
_DELEGATED = (date(2023, 9, 11), date(2023, 9, 15))


def reporters() -> tuple[str, ...]:
    """The units that run programmes of their own."""
    leads = [lead_of(item) for item in POLICY if item.chain is Chain.PROGRAMME]
    return tuple(dict.fromkeys([*leads, *TOWNS, ZONE]))


def firms() -> dict[str, Firm]:
    """Every applicant by key."""
    return {applicant.key: applicant for applicant in applicants(reporters())}


def open_office(season: Season) -> None:
    """Everything that must be there before the first application."""
    unit_register.sync(season.store, SYSTEM, policy=POLICY)
    for town in TOWNS:
        unit_register.add(season.store, SYSTEM, name=town, kind="town")
    folder: Path = season.folders.input
    folder.mkdir(parents=True, exist_ok=True)
    _staff(season, folder / "people.xlsx", officers())
    _applicants(season, folder / "enterprises.xlsx")
    _second_account(season)
    _verify_accounts(season)
    _appropriate(season)


def _staff(season: Season, path: Path, hired: list[Officer]) -> None:
    sheet = staff_workbook.STAFF
    filled(path, sheet.legend, {sheet.sheet: (sheet.columns, [officer.row() for officer in hired])})
    done = staff_workbook.bring_in(season.store, SYSTEM, path)
    season.officers = hired
    _know_people(season)
    season.tell("开办", f"从 people.xlsx 导入 {done.new} 名虚构工作人员，分属 {len({o.unit for o in hired})} 个单位")


def _applicants(season: Season, path: Path) -> None:
    sheet = party_workbook.ENTERPRISES
    rows = [business.row() for business in season.firms.values()]
    filled(path, sheet.legend, {sheet.sheet: (sheet.columns, rows)})
    done = party_workbook.bring_in(season.store, SYSTEM, path)
    season.tell("开办", f"从 enterprises.xlsx 导入 {done.new} 个虚构申报主体")
    with season.store.read() as work:
        by_name = {row.name: row.id for row in work.execute(select(col(Party.name), col(Party.id)))}
    season.parties = {key: by_name[firm.name] for key, firm in season.firms.items()}
    new = [
        NewPerson(login=f"applicant-{number:02d}", name=f"演示·经办{number:02d}", party=season.parties[key])
        for number, key in enumerate(season.firms, 1)
    ]
    made = person_accounts.add_many(season.store, SYSTEM, new)
    season.people |= {f"firm:{key}": party for key, party in zip(season.firms, made, strict=True)}


def _second_account(season: Season) -> None:
    """A second account of one natural person, with another duty: what the separation of duties must see through."""
    acceptor = next(officer for officer in season.officers if officer.login == "economy-acceptor")
    new = NewPerson(login=SECOND_ACCOUNT, name=f"{acceptor.name}·另设账号", same_as=acceptor.login)
    season.people[SECOND_ACCOUNT] = person_accounts.add(season.store, SYSTEM, new)
    duty_grants.add(season.store, SYSTEM, person=SECOND_ACCOUNT, duty=Duty.CERTIFIER, unit=acceptor.unit)


def _verify_accounts(season: Season) -> None:
    """Somebody other than who entered them checks every account against the bank's paper."""
    by = season.who(Duty.FUND_OFFICER)
    waiting = payee_accounts.unverified(season.store)
    for account, _ in waiting:
        payee_accounts.verify(season.store, by, account, paper="演示开户证明")
    season.tell("开办", f"第二人核验收款账户 {len(waiting)} 个")


def _appropriate(season: Season) -> None:
    by, years = season.who(Duty.FUND_OFFICER), (POLICY.opens.year, POLICY.closes.year)
    for unit, *sums in (*_BUDGETS, _SHORT):
        for year, text in zip(years, sums, strict=True):
            document = f"演示预算（{year}）{unit}"
            budget_register.appropriate(
                season.store, by, unit=unit, year=year, amount=Money.yuan(text), document=document
            )
    season.tell("开办", f"{len(_BUDGETS) + 1} 个单位、{years[0]} 和 {years[1]} 两个预算年度的专项资金入账")


def top_up(season: Season) -> None:
    """The fund that ran short gets more; the cases that wait for it go on by themselves."""
    unit = _SHORT[0]
    by = season.who(Duty.FUND_OFFICER)
    year = POLICY.opens.year
    sum_ = Money.yuan(TOP_UP)
    budget_register.appropriate(
        season.store, by, unit=unit, year=year, amount=sum_, document=f"演示追加预算（{year}）{unit}"
    )
    season.tell("追加预算", f"{unit} {year} 年度追加 {sum_.grouped} 元，排队案件继续核算")


def delegate(season: Season) -> None:
    """AB 岗: while the certifier is away somebody acts for them, in their own right."""
    store, unit = season.store, unit_of("M4")
    principal, stand_in = "economy-certifier", "economy-deliverer"
    first, last = _DELEGATED
    delegations.add(
        store, SYSTEM, principal=principal, delegate=stand_in, duty=Duty.CERTIFIER, unit=unit, first=first, last=last,
        reason="演示：外出学习",
    )  # fmt: skip
    season.absent[principal] = (first, last, stand_in)
    season.tell("委托代理", f"{unit}认定人 {first} 至 {last} 由 B 岗代为认定，办理记录注明“代”")


def _know_people(season: Season) -> None:
    with season.store.read() as work:
        season.people |= {row.login: row.id for row in work.execute(select(col(Person.login), col(Person.id)))}


def kinds(season: Season) -> dict[PartyKind, int]:
    """How many applicants of each kind there are."""
    found: dict[PartyKind, int] = {}
    for firm in season.firms.values():
        found[firm.kind] = found.get(firm.kind, 0) + 1
    return found
