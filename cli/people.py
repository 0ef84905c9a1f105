"""`units`, `people`, `tokens`: who there is."""

from __future__ import annotations

from typing import Annotated

from cli import home, output
from cli.common import (
    Last,
    Login,
    Unit,
    day,
    done,
    imports,
    keeper,
    office_reads,
    party_named,
    show,
    uuid_of,
    warn,
)
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.paging import Limit, Offset, cut

units = group("单位：责任单位、镇（街道）", "Units: bureaus and towns", "units")
people = group("人员账号", "People's accounts", "people")
tokens = group("个人令牌：把命令行绑定到人", "Tokens: bind a command line to a person", "tokens")


@command(units, "list", "列出单位", "List the units")
def units_list(json: Json = False) -> None:
    from casework.staff import unit_register as register

    store = home.opened()
    show(store, register.listed(store), ("name", "name_en", "kind"), json, "units")


@command(units, "add", "登记一个单位（镇、街道等）", "Add a unit")
def units_add(
    name: Unit,
    kind: Annotated[str, option("--kind", zh="类别：town、bureau、zone、office", en="town, bureau, zone, office")] = "town",
    name_en: Annotated[str, option("--name-en", zh="英文名", en="English name")] = "",
    as_: Person = None,
    token: Secret = None, json: Json = False
) -> None:  # fmt: skip
    from casework.staff import unit_register as register

    store = home.opened()
    actor = keeper(store, as_, token, "units add", name)
    new = register.add(store, actor.register, name=name, kind=kind, name_en=name_en)
    done(
        t(f"已登记单位 {name}", f"added {name}") if new else t(f"{name} 已登记过", f"{name} was there already"),
        store,
        json,
    )


imports(
    units,
    "casework.staff.unit_workbooks:units_in",
    "从 XLSX、CSV 或 JSON 登记单位（列：name, kind, name_en）",
    "Import units from CSV or JSON",
)


@command(people, "list", "列出人员", "List people")
def people_list(
    limit: Limit = 200, offset: Offset = 0, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.staff import person_accounts as register

    store = home.opened()
    office_reads(store, as_, token, "人员", "people")
    show(store, cut(register.listed(store), limit, offset), ("login", "name", "party", "active"), json, "people")


@command(people, "add", "登记人员账号", "Add a person's account")
def people_add(
    login: Login,
    name: Annotated[str, argument("姓名", "the name", metavar="NAME")],
    identity: Annotated[
        str, option("--identity", zh="身份证号（只存不可逆的摘要，不存号码）", en="identity number (only hashed)")
    ] = "",
    same_as: Annotated[
        str, option("--same-as", zh="同一自然人的另一账号", en="another login of the same person")
    ] = "",
    party: Annotated[
        str, option("--party", zh="所属申报主体的代码或名称", en="code or name of the party they belong to")
    ] = "",
    contact: Annotated[str, option("--contact", zh="联系方式", en="contact")] = "",
    language: Annotated[str, option("--lang", zh="消息语言：zh 或 en", en="language of messages: zh or en")] = "zh",
    as_: Person = None,
    token: Secret = None, json: Json = False
) -> None:  # fmt: skip
    from casework.privacy.identity_numbers import warning
    from casework.staff import person_accounts as register

    store = home.opened()
    actor = keeper(store, as_, token, "people add", login)
    owner = party_named(store, party) if party else None
    new = register.NewPerson(
        login=login, name=name, identity=identity, same_as=same_as, party=owner, contact=contact, language=language
    )
    register.add(store, actor.register, new)
    doubt = warning(identity) if identity else None
    warn([doubt] if doubt else [])
    done(t(f"已登记 {name}（{login}）", f"added {name} ({login})"), store, json)


imports(
    people,
    "casework.staff.staff_workbook:bring_in",
    "导入人员和职责（.xlsx 或 .csv，模板见 template people）",
    "Import people and their duties",
)


@command(people, "close", "停用账号", "Close an account")
def people_close(
    login: Login,
    reason: Annotated[str | None, option("--reason", zh="理由（记入审计）", en="why (for the audit row)")] = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import person_accounts as register

    store = home.opened()
    actor = keeper(store, as_, token, "people close", login)
    register.close(store, actor.register, login, reason=reason)
    done(t(f"已停用 {login}", f"closed {login}"), store, json)


@command(
    people,
    "enrol",
    "为一人生成启用码，用来设置网站密码（只显示这一次，7 天有效）",
    "Make a code to set a password with",
)
def people_enrol(login: Login, as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework.staff import sign_in
    from models.clock import real_now

    store = home.opened()
    actor = keeper(store, as_, token, "people enrol", login)
    code = sign_in.enrol(store, actor.register, login, now=real_now())
    if json:
        output.print_json({"login": login, "code": code})
        return
    output.line(code)
    days = sign_in.ENROLMENT_DAYS
    done(
        t(
            f"请交给本人：{days} 天内到网站 /enrol 设置密码，只能用一次；此前的启用码已作废",
            f"give it to them: it sets a password at /enrol within {days} days, once; earlier codes have ended",
        ),
        store,
    )


@command(
    people,
    "unfactor",
    "解除一人丢失的验证器和全部通行密钥，并结束其网站登录",
    "Take a lost authenticator and all passkeys off an account",
)
def people_unfactor(login: Login, as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework.staff import sign_in

    store = home.opened()
    actor = keeper(store, as_, token, "people unfactor", login)
    sign_in.remove_factor(store, actor.register, login)
    done(
        t(
            f"{login} 的验证器和通行密钥已解除，网站登录已全部结束",
            f"{login} has no authenticator and no passkey now; every session ended",
        ),
        store,
        json,
    )


@command(tokens, "make", "为一人生成令牌（只显示这一次）", "Make a token for a person (shown once)")
def tokens_make(
    login: Login,
    last: Last = None,
    scope: Annotated[
        list[str] | None,
        option(
            "--scope",
            zh="接口令牌的权限范围，如 read:cases（可多次；不写则只用于命令行）",
            en="what the API may be asked with it (repeat); without one it is of the command line",
            metavar="SCOPE",
        ),
    ] = None,
    json: Json = False,
    as_: Person = None,
    token: Secret = None,
) -> None:
    from casework.staff import tokens as register

    store = home.opened()
    actor = keeper(store, as_, token, "tokens make", login)
    ends = day(last, "--to") if last else None
    secret = register.make(store, actor.register, person=login, last=ends, scopes=scope or ())
    if json:
        output.print_json({"login": login, "token": secret})
        return
    output.line(secret)
    if scope:
        done(t("请妥善保管；用法：Authorization: Bearer …", "keep it safe; use: Authorization: Bearer …"), store)
        return
    done(t("请妥善保管；用法：export DUIXIAN_TOKEN=…", "keep it safe; use: export DUIXIAN_TOKEN=…"), store)


@command(tokens, "list", "列出有效的令牌（不含密文）", "List tokens in force (nothing of their secrets)")
def tokens_list(
    limit: Limit = 200, offset: Offset = 0, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.staff import tokens as register

    store = home.opened()
    office_reads(store, as_, token, "令牌", "tokens")
    show(
        store,
        cut(register.listed(store), limit, offset),
        ("id", "login", "made_at", "ends_at", "scopes"),
        json,
        "tokens",
    )


@command(tokens, "revoke", "作废一人的全部令牌，或其中一个", "End all tokens of a person, or one of them")
def tokens_revoke(
    login: Login,
    id_: Annotated[
        str | None, option("--id", zh="只作废这一个（编号见 tokens list）", en="only this one: its id", metavar="ID")
    ] = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.staff import tokens as register

    store = home.opened()
    actor = keeper(store, as_, token, "tokens revoke", login)
    only = uuid_of(id_, "--id") if id_ else None
    ended = register.revoke(store, actor.register, person=login, token=only)
    done(t(f"作废令牌 {ended} 个", f"{ended} tokens ended"), store, json)
