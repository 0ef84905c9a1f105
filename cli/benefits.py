"""`benefits`: what a party received from other policies, as it is entered, listed and given back."""

from __future__ import annotations

from typing import Annotated, Any

from cli import home
from cli.common import day, done, imports, keeper, party_named, reading, show, uuid_of
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.paging import Limit, Offset, cut

app = group("已享受的其他补助（就高不重复的依据）", "Benefits received elsewhere", "benefits")


@command(app, "list", "列出已登记的其他补助", "List benefits received elsewhere")
def benefits_list(
    party: Annotated[str | None, option("--party", zh="只看此主体（代码或名称）", en="only this party")] = None,
    limit: Limit = 200,
    offset: Offset = 0,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.awards import external_benefits as register

    store = home.opened()
    own = reading(store, as_, token, "其他补助", "benefits received elsewhere")
    owner = party_named(store, party) if party else own
    rows = register.listed(store, party=owner) if own in (None, owner) else []
    show(
        store,
        cut(rows, limit, offset),
        ("id", "party", t("basis", "basis_en"), "source", "reference", "amount", "returned"),
        json,
        "benefits",
    )


@command(app, "add", "登记一项其他补助（依据写法见 template benefits 的填写说明）", "Enter another benefit")
def benefits_add(
    party: Annotated[str, argument("主体的代码或名称", "the party's code or name", metavar="PARTY")],
    kind: Annotated[str, option("--kind", zh="依据类别，如 标准 或 standard", en="kind of basis, like standard")],
    basis: Annotated[str, option("--basis", zh="依据，各部分以 | 隔开", en="the basis, its parts separated by |")],
    source: Annotated[str, option("--source", zh="补助来源", en="which policy")],
    level: Annotated[str, option("--level", zh="级别：国家、省、市、区、镇", en="national, province, city, district, town")],
    reference: Annotated[str, option("--reference", zh="文号", en="the document")],
    amount: Annotated[str, option("--amount", zh="金额（元）", en="yuan", metavar="YUAN")],
    first: Annotated[str, option("--first", zh="期间起日", en="first day", metavar="DATE")] = "",
    last: Annotated[str, option("--last", zh="期间止日", en="last day", metavar="DATE")] = "",
    unpaid: Annotated[bool, option("--unpaid", zh="尚未到账", en="not yet paid")] = False,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:  # fmt: skip
    from casework.awards import external_benefits as register
    from cli.funds import money
    from policies.benefits import KeyKind, Level

    store = home.opened()
    owner = party_named(store, party)
    actor = keeper(store, as_, token, "benefits add", owner)
    new = register.NewBenefit(
        party=owner,
        kind=_choice(KeyKind, kind, "--kind"),
        basis=basis,
        source=source,
        level=_choice(Level, level, "--level"),
        reference=reference,
        amount=money(amount, "--amount"),
        first=day(first, "--first") if first else None,
        last=day(last, "--last") if last else None,
        paid=not unpaid,
    )
    made = register.add(store, actor.register, [new])
    zh, en = ("已登记", "entered") if made else ("此前已登记，未重复", "entered before, not repeated")
    row = register.entered(store, new)
    words = t(row.basis, row.basis_en)
    kept = t(
        f"，编号 {row.id}：{words}；按此比对：{row.compared}", f": id {row.id}: {words}, compared as {row.compared}"
    )
    done(t(zh, en) + kept, store, json, new=made, id=str(row.id), basis=row.basis, compared=row.compared)


def _choice(kind: Any, text: str, field: str) -> Any:
    """A choice by its word, in Chinese or English."""
    wanted = text.strip().lower()
    for choice in kind:
        if wanted in (choice.value, choice.zh, choice.en):
            return choice
    zh, en = "、".join(choice.zh for choice in kind), ", ".join(choice.value for choice in kind)
    raise wrong_use("choice", f"“{text}”不可用；可选：{zh}", f"no {text}; one of {en}", field=field)


imports(
    app,
    "casework.awards.benefit_workbook:bring_in",
    "导入其他补助（.xlsx 或 .csv，模板见 template benefits）",
    "Import other benefits",
)


@command(app, "returned", "登记某项其他补助已退回", "Note that a benefit was given back")
def benefits_returned(
    benefit: Annotated[str, argument("补助编号", "the benefit's id", metavar="ID")],
    proof: Annotated[str, option("--proof", zh="退回凭证", en="proof of return")],
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.awards import external_benefits as register

    store = home.opened()
    actor = keeper(store, as_, token, "benefits returned", benefit)
    register.set_returned(store, actor.register, uuid_of(benefit, "ID"), proof=proof)
    done(t("已登记退回", "noted as returned"), store, json)
