"""`roles` and `delegations`: who may do what, and who stands in for whom."""

from __future__ import annotations

from typing import Annotated

from cli import home
from cli.common import (
    Duty,
    First,
    Last,
    Login,
    Unit,
    day,
    done,
    imports,
    keeper,
    office_reads,
    show,
    span,
    unit_known,
    uuid_of,
)
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.paging import Limit, Offset, cut
from cli.terms import say

roles = group("职责授权：谁在哪个单位任什么", "Duties: who holds which, in which unit", "roles")
delegations = group("AB 岗委托", "Delegations: who stands in for whom", "delegations")


@command(roles, "list", "列出有效的授权", "List grants in force")
def roles_list(
    person: Annotated[str | None, option("--person", zh="只看此人", en="only this person", metavar="LOGIN")] = None,
    unit: Annotated[str | None, option("--unit", zh="只看此单位", en="only this unit", metavar="UNIT")] = None,
    limit: Limit = 200,
    offset: Offset = 0,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import duty_grants

    store = home.opened()
    office_reads(store, as_, token, "职责授权", "duties")
    columns = ("unit", "duty", "login", "name", "valid_from", "valid_to")
    found = duty_grants.listed(store, person=person, unit=unit_known(store, unit))
    show(store, cut(found, limit, offset), columns, json, "roles")


@command(roles, "add", "授予职责", "Give a duty")
def roles_add(
    person: Login,
    duty: Duty,
    unit: Unit,
    first: First = None,
    last: Last = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import duty_grants

    store = home.opened()
    actor = keeper(store, as_, token, "roles add", f"{person} {duty} {unit}")
    duty_grants.add(store, actor.register, person=person, duty=duty, unit=unit, **span(first, last))
    given = say("duty", duty_grants.duty_of(duty).value)
    done(t(f"{person} 现为{unit}的{given}", f"{person} now is {given} of {unit}"), store, json)


imports(
    roles,
    "casework.staff.unit_workbooks:roles_in",
    "从 XLSX、CSV 或 JSON 授予职责（列：person, duty, unit, from, to）",
    "Import grants",
)


@command(roles, "revoke", "撤销职责", "Take a duty away")
def roles_revoke(
    person: Login,
    duty: Duty,
    unit: Unit,
    reason: Annotated[str | None, option("--reason", zh="理由（记入审计）", en="why (for the audit row)")] = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import duty_grants

    store = home.opened()
    actor = keeper(store, as_, token, "roles revoke", f"{person} {duty} {unit}")
    duty_grants.revoke(store, actor.register, person=person, duty=duty, unit=unit, reason=reason)
    done(t(f"已撤销 {person} 在{unit}的 {duty}", f"{person} is no longer {duty} of {unit}"), store, json)


@command(delegations, "list", "列出有效的委托", "List delegations in force")
def delegations_list(
    limit: Limit = 200, offset: Offset = 0, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.staff import delegations as register

    store = home.opened()
    office_reads(store, as_, token, "委托", "delegations")
    columns = ("principal", "delegate", "duty", "unit", "valid_from", "valid_to", "id")
    show(store, cut(register.listed(store), limit, offset), columns, json, "delegations")


@command(delegations, "add", "委托：某人在一段时间内代行某职责", "Let somebody stand in for a while")
def delegations_add(
    principal: Annotated[str, argument("委托人登录名", "login of who is away", metavar="PRINCIPAL")],
    delegate: Annotated[str, argument("受托人登录名", "login of who stands in", metavar="DELEGATE")],
    duty: Duty,
    unit: Unit,
    first: Annotated[str, option("--from", zh="起始日（含）", en="first day", metavar="DATE")],
    last: Annotated[str, option("--to", zh="截止日（含）", en="last day", metavar="DATE")],
    reason: Annotated[str, option("--reason", zh="原因", en="why")],
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import delegations as register

    store = home.opened()
    actor = keeper(store, as_, token, "delegations add", f"{principal} {delegate}")
    dates = {"first": day(first, "--from"), "last": day(last, "--to")}
    made = register.add(
        store, actor.register, principal=principal, delegate=delegate, duty=duty, unit=unit, reason=reason, **dates
    )
    done(
        t(f"{delegate} 代 {principal}：{first} 至 {last}（{made}）", f"{delegate} stands in ({made})"),
        store,
        json,
        delegation=str(made),
    )


imports(
    delegations,
    "casework.staff.unit_workbooks:delegations_in",
    "从 XLSX、CSV 或 JSON 登记委托\n\n列：principal, delegate, duty, unit, from, to, reason",
    "Import delegations",
)


@command(delegations, "end", "结束委托", "End a delegation")
def delegations_end(
    delegation: Annotated[str, argument("委托编号", "the delegation's id", metavar="ID")],
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import delegations as register

    store = home.opened()
    actor = keeper(store, as_, token, "delegations end", delegation)
    register.end(store, actor.register, uuid_of(delegation, "ID"))
    done(t("委托已结束", "the delegation has ended"), store, json)
