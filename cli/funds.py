"""`budgets`, `funds` and `holidays`: the money of units by year, and the days that work or rest."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from cli import files, home, output
from cli.common import Answer, File, bring_in, day, done, imports, keeper, show
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t

if TYPE_CHECKING:
    from casework.shared.fund_key import FundKey

app = group("资金", "Funds")
budgets = group("预算：专项资金的安排", "Budgets: money appropriated to units", "budgets")
holidays = group("节假日：对工作日历的修正", "Holidays: corrections of the calendar", "holidays")

Year = Annotated[int, argument("预算年度", "the budget year", metavar="YEAR")]
Amount = Annotated[str, argument("金额（元）", "the amount in yuan", metavar="YUAN")]
Document = Annotated[str, option("--document", zh="预算文号", en="number of the budget document")]
UnitName = Annotated[str, argument("单位全称", "the unit's full name", metavar="UNIT")]
Whose = Annotated[
    str,
    option(
        "--policy",
        zh="该政策自己的资金（政策代码）；不写为本单位各政策共用",
        en="a policy's own fund (its code); by default the one that all share",
        metavar="CODE",
    ),
]

Fund = Annotated[
    str,
    option(
        "--fund",
        zh="专项资金：单位:年度，如 区经商局:2023；某政策自己的资金再加 :政策代码",
        en="the fund, UNIT:YEAR, and :POLICY where it is a policy's own",
        metavar="UNIT:YEAR[:POLICY]",
    ),
]


def money(text: str, field: str) -> Any:
    """Yuan from the command line: exact, positive, not more than two decimals."""
    from policies.money import Money, WrongAmount

    try:
        found = Money.yuan(text)
    except WrongAmount as error:
        raise wrong_use("amount", f"金额有误：{error}", f"wrong amount: {text}", field=field) from error
    if found <= 0:
        raise wrong_use("amount", f"金额应大于零；现为 {text}", f"the amount must be positive: {text}", field=field)
    return found


def fund_of(text: str) -> FundKey:
    """A fund from "unit:year", or from "unit:year:policy" where it is a policy's own."""
    from casework.shared.fund_key import FundKey

    found = FundKey.of(text)
    if found is None:
        zh = f"专项资金写成 单位:年度，如 区经商局:2023；某政策自己的资金写成 单位:年度:政策代码；现为 {text}"
        en = f"write the fund as UNIT:YEAR, or UNIT:YEAR:POLICY for a policy's own, not {text}"
        raise wrong_use("fund", zh, en, field="--fund")
    return found


@command(app, "funds", "各专项资金：预算、可用、预留、已承诺、已拨付、兑付率", "Funds: balances and payout rate")
def funds(as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework import views

    store = home.opened()
    found = views.funds(store, reader=home.reader(store, as_, token))
    if json:
        output.print_json({"demo": store.demo, "count": len(found), "funds": [_fund(fund) for fund in found]})
        return
    output.demo_mark(store.demo)
    names = (("单位", "unit"), ("年度", "year"), ("预算", "budget"), ("可用", "available"), ("预留", "reserved"))
    more = (("已承诺", "committed"), ("已拨付", "paid"), ("兑付率", "payout"))
    rows = [
        (
            fund.key.en,
            output.yuan(fund.budget_fen),
            output.yuan(fund.available_fen),
            output.yuan(fund.reserved_fen),
            output.yuan(fund.committed_fen),
            output.yuan(fund.paid_fen),
            rate(fund.payout_basis_points),
        )
        for fund in found
    ]
    titles = [t("专项资金", "fund"), *(t(*name) for name in (*names[2:], *more))]
    output.stacked(titles, rows)


def rate(basis_points: int | None) -> str:
    """A rate with two decimals; a dash before any approval."""
    return "–" if basis_points is None else f"{basis_points // 100}.{basis_points % 100:02d}%"


def _fund(fund: Any) -> dict[str, Any]:
    from casework.views import plain

    sums = {
        name.replace("_fen", "_yuan"): output.plain_yuan(value) for name, value in vars(fund).items() if "_fen" in name
    }
    return {**plain(fund), **sums, "payout_rate": rate(fund.payout_basis_points)}


# budgets


@command(budgets, "list", "列出专项资金", "List the funds")
def budgets_list(as_: Person = None, token: Secret = None, json: Json = False) -> None:
    funds(as_=as_, token=token, json=json)


@command(budgets, "add", "安排预算（同一文号只计一次）", "Appropriate money (a document counts once)")
def budgets_add(
    unit: UnitName,
    year: Year,
    amount: Amount,
    document: Document,
    policy: Whose = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.funds import budget_register as register
    from casework.shared.fund_key import FundKey

    key, sum_ = FundKey(unit, year, policy.strip().upper()), money(amount, "YUAN")
    store = home.opened()
    actor = keeper(store, as_, token, "budgets add", document)
    new = register.appropriate(store, actor.register, **key._asdict(), amount=sum_, document=document).new
    said = t(f"{key.zh}安排 {sum_.grouped} 元（{document}）", f"{sum_.grouped} yuan for {key.en}")
    done(said + _again(new), store, json, new=new)


@command(budgets, "cut", "核减预算（不动已预留、已承诺和已拨付的资金）", "Take money back that is not in use")
def budgets_cut(
    unit: UnitName,
    year: Year,
    amount: Amount,
    document: Document,
    policy: Whose = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.funds import budget_register as register
    from casework.shared.fund_key import FundKey

    key, sum_ = FundKey(unit, year, policy.strip().upper()), money(amount, "YUAN")
    store = home.opened()
    actor = keeper(store, as_, token, "budgets cut", document)
    new = register.cut(store, actor.register, **key._asdict(), amount=sum_, document=document).new
    said = t(f"{key.zh}核减 {sum_.grouped} 元（{document}）", f"{sum_.grouped} yuan cut from {key.en}")
    done(said + _again(new), store, json, new=new)


def _again(new: bool) -> str:
    return "" if new else t("：此前已登记，未重复", ": entered before, not repeated")


imports(
    budgets,
    "casework.funds.budget_workbook:budgets_in",
    "从 XLSX、CSV 或 JSON 安排预算（列：unit, year, amount, document[, policy]）",
    "Import budgets",
)


# holidays


@command(holidays, "list", "列出登记的日期", "List the days entered")
def holidays_list(
    year: Annotated[int | None, option("--year", zh="只看此年", en="only this year")] = None, json: Json = False
) -> None:
    from casework.policy_settings import holidays as register

    store = home.opened()
    found = register.listed(store, year=year)
    if not found and not json:
        output.demo_mark(store.demo)
        output.line(_none_entered(year))
        return
    show(store, found, ("day", "works", "citation"), json, "holidays")


def _none_entered(year: int | None) -> str:
    """That no day was entered, and whether the program's own calendar knows the year."""
    from policies.workdays import CHINA

    if year is None:
        return t(
            "没有登记的日期；程序自带已公布年度的节假日安排", "no days entered; the program brings the published years"
        )
    if CHINA.knows(year):
        return t(
            f"{year} 年没有登记的日期，按程序自带的国务院安排计算",
            f"no days entered for {year}: the program's own calendar counts",
        )
    zh = f"{year} 年没有登记的日期，程序也不知道该年安排：请用 duixian holidays import 录入"
    return t(zh, f"{year} is not known yet: enter it with duixian holidays import")


@command(holidays, "add", "登记放假日和调休上班日", "Enter days that rest or work")
def holidays_add(
    citation: Annotated[str, option("--citation", zh="通知文号", en="number of the notice")],
    rests: Annotated[list[str] | None, option("--rests", zh="放假日（可多次）", en="a day off", metavar="DATE")] = None,
    works: Annotated[list[str] | None, option("--works", zh="上班日（可多次）", en="a working day", metavar="DATE")] = None,
    as_: Person = None,
    token: Secret = None, json: Json = False
) -> None:  # fmt: skip
    from casework.policy_settings import holidays as register

    days = register.arranged(
        rests=[day(text, "--rests") for text in rests or ()], works=[day(text, "--works") for text in works or ()]
    )
    store = home.opened()
    actor = keeper(store, as_, token, "holidays add", citation)
    changed = register.add(store, actor.register, days=days, citation=citation)
    done(t(f"登记 {changed} 天", f"{changed} days entered"), store, json)


@command(
    holidays,
    "import",
    "导入日期（模板见 template holidays）；新的一年加 --year，只列通知写明的日子",
    "Import days (.xlsx or .csv); of a new year with --year, only the days that its notice names",
)
def holidays_import(
    file: File,
    year: Annotated[
        int | None,
        option(
            "--year", zh="文件是这一年的放假通知：其余周末休息、其余工作日上班", en="the file is this year's notice"
        ),
    ] = None,
    answer: Answer = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from functools import partial

    from casework.policy_settings import holiday_workbook

    if file.lower().endswith(".json"):
        if year is not None:
            zh = "JSON 文件自己写明年份（year），请去掉 --year"
            raise wrong_use("year", zh, "a JSON file says its year itself: leave --year out", field="--year")
        _whole_year(file, as_, token, json)
    else:
        bring_in("holidays import", partial(holiday_workbook.bring_in, year=year), file, answer, as_, token, json)


def _whole_year(file: str, login: str | None, token: str | None, json: bool) -> None:
    from casework.policy_settings import holidays as register

    given = files.read_object(file, field="FILE")
    unknown = sorted(set(given) - {"year", "citation", "rests", "works"})
    if unknown or type(given.get("year")) is not int:
        zh = "应为 {year: 整数, citation: 文号, rests: [日期], works: [日期]}"
        raise wrong_use("holidays", zh, "write {year, citation, rests, works}", field=(unknown or ["year"])[0])
    store = home.opened()
    actor = keeper(store, login, token, "holidays import", file)
    changed = register.add_year(
        store,
        actor.register,
        year=given["year"],
        rests=_dates(given, "rests"),
        works=_dates(given, "works"),
        citation=str(given.get("citation") or ""),
    )
    done(t(f"登记 {given['year']} 年，{changed} 天有变化", f"{changed} days changed"), store, json)


def _dates(given: dict[str, Any], name: str) -> list[date]:
    listed = given.get(name) or []
    if not isinstance(listed, list):
        raise wrong_use("holidays", f"{name} 应为日期列表", f"{name} is a list of dates", field=name)
    return [day(str(text), name) for text in listed]
