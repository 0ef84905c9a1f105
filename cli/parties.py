"""`enterprise`, `accounts`: who applies, and where they are paid."""

from __future__ import annotations

from typing import Annotated, Any

from cli import home, output
from cli.common import (
    day,
    done,
    imports,
    keeper,
    office_reads,
    party_named,
    reading,
    show,
    uuid_of,
    warn,
)
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.paging import Limit, Offset, cut, more
from cli.terms import say

enterprise = group("申报主体：企业、协会、机构、自然人、单位", "Applicants: firms, people, units", "enterprise")
accounts = group("收款账户：变更须第二人核验", "Payee accounts: verified by a second person", "accounts")
KINDS = "enterprise、association、institution、person、unit"


@command(enterprise, "list", "列出申报主体（证件号、账号均脱敏）", "List applicants (numbers masked)")
def enterprise_list(
    kind: Annotated[str | None, option("--kind", zh=f"类别：{KINDS}", en="only this kind")] = None,
    name: Annotated[str, option("--name", zh="名称包含", en="name contains")] = "",
    limit: Limit = 200,
    offset: Offset = 0,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.parties import party_register
    from casework.views import masked_name, plain
    from models import PartyKind

    try:
        wanted = PartyKind(kind) if kind else None
    except ValueError as error:
        raise wrong_use("kind", f"类别应为 {KINDS} 之一", f"kind is one of {KINDS}", field="--kind") from error
    store = home.opened()
    own = reading(store, as_, token, "申报主体", "applicants")
    rows = [party for party in party_register.listed(store, kind=wanted, name=name) if own in (None, party.id)]
    page = cut(rows, limit, offset)
    shown = [
        {**plain(row), "name": masked_name(row.name) if row.kind == PartyKind.PERSON else row.name} for row in page.rows
    ]
    if json:
        output.print_json({"demo": store.demo, **page.counts, "parties": shown})
        return
    output.demo_mark(store.demo)
    columns = (t("名称", "name"), t("代码", "code"), t("类别", "kind"), t("镇（街道）", "town"), t("账户", "account"))
    listed = [
        (
            party["name"],
            party["code"],
            say("party", party["kind"]),
            party["town"],
            f"{party['account']} {say('account', party['account_status'])}",
        )
        for party in shown
    ]
    output.table(columns, listed)
    more(page)


@command(enterprise, "add", "登记一个申报主体", "Add an applicant")
def enterprise_add(
    name: Annotated[str, argument("名称", "the name", metavar="NAME")],
    code: Annotated[str, option("--code", zh="统一社会信用代码、身份证号或单位全称", en="credit code, identity number or unit")],
    kind: Annotated[str, option("--kind", zh=f"类别：{KINDS}", en="the kind")] = "enterprise",
    town: Annotated[str, option("--town", zh="注册地镇（街道）", en="town of registration")] = "",
    sector: Annotated[str, option("--sector", zh="行业", en="sector")] = "",
    registered_on: Annotated[str, option("--registered-on", zh="成立日期", en="date of registration", metavar="DATE")] = "",
    contact: Annotated[str, option("--contact", zh="联系方式", en="contact")] = "",
    account: Annotated[str, option("--account", zh="收款账号", en="account number")] = "",
    bank: Annotated[str, option("--bank", zh="开户银行", en="bank")] = "",
    clearing_code: Annotated[str, option("--clearing-code", zh="联行号", en="clearing code")] = "",
    code_proof: Annotated[
        str, option("--code-proof", zh="代码校验位与证照不符时的证明（须另一人确认）", en="proof of an odd check digit")
    ] = "",
    json: Json = False,
    as_: Person = None,
    token: Secret = None,
) -> None:  # fmt: skip
    from casework.parties import party_register

    new = _new_party(
        {
            "name": name,
            "code": code,
            "kind": kind,
            "town": town,
            "sector": sector,
            "registered_on": registered_on,
            "contact": contact,
            "account": account,
            "bank": bank,
            "clearing_code": clearing_code,
        }
    )
    store = home.opened()
    actor = keeper(store, as_, token, "enterprise add", kind)
    if code_proof:
        from casework.parties import party_corrections

        _proposed(store, party_corrections.add_odd(store, actor.register, new, proof=code_proof), json)
        return
    made = party_register.add(store, actor.register, new)
    from casework.privacy import identity_numbers

    doubt = identity_numbers.warning(code) if kind == "person" else None
    if json:
        warnings = {"warnings": [t(*doubt)]} if doubt else {}
        output.print_json({"demo": store.demo, "id": str(made), "name": name, **warnings})
        return
    warn([doubt] if doubt else [])
    done(t(f"已登记 {name}", f"added {name}"), store)


ProofOption = Annotated[str, option("--proof", zh="证明材料（变更登记、证照等）", en="the proof")]
PartyName = Annotated[str, argument("主体的代码或名称", "the party's code or name", metavar="PARTY")]
Change = Annotated[str, argument("变更编号（changes 可见）", "the change's id", metavar="ID")]


def _proposed(store: Any, made: Any, json: bool) -> None:
    how = f"duixian enterprise confirm {made} --as …"
    said = t(f"已提出变更，待另一人核对材料后确认：{how}", f"proposed; another officer confirms: {how}")
    done(said, store, json, change=str(made))


@command(enterprise, "rename", "更名（凭变更登记，须另一人确认）", "A new name (with its record; another confirms)")
def enterprise_rename(
    party: PartyName,
    name: Annotated[str, argument("新名称", "the new name", metavar="NAME")],
    proof: ProofOption,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.parties import party_corrections

    store = home.opened()
    owner = party_named(store, party)
    actor = keeper(store, as_, token, "enterprise rename", owner)
    _proposed(store, party_corrections.rename(store, actor.register, owner, name=name, proof=proof), json)


@command(
    enterprise, "correct", "更正代码、证件号、镇街道或行业（凭证照，须另一人确认）", "Correct one thing (confirmed)"
)
def enterprise_correct(
    party: PartyName,
    proof: ProofOption,
    code: Annotated[str, option("--code", zh="正确的代码或证件号", en="the right code or number")] = "",
    town: Annotated[str, option("--town", zh="登记所在的镇（街道）", en="the town where it is registered")] = "",
    sector: Annotated[str, option("--sector", zh="行业", en="its sector")] = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.parties import party_corrections

    store = home.opened()
    owner = party_named(store, party)
    actor = keeper(store, as_, token, "enterprise correct", owner)
    made = party_corrections.correct(store, actor.register, owner, proof=proof, code=code, town=town, sector=sector)
    _proposed(store, made, json)


@command(enterprise, "merge", "并入另一主体（凭合并文件，须另一人确认）", "Merge into another party (another confirms)")
def enterprise_merge(
    party: PartyName,
    into: Annotated[str, argument("承继主体的代码或名称", "the successor's code or name", metavar="INTO")],
    proof: ProofOption,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.parties import party_corrections

    store = home.opened()
    owner, successor = party_named(store, party), party_named(store, into)
    actor = keeper(store, as_, token, "enterprise merge", owner)
    _proposed(store, party_corrections.merge(store, actor.register, owner, into=successor, proof=proof), json)


@command(enterprise, "changes", "列出待确认的变更", "List the changes that wait for confirmation")
def enterprise_changes(
    limit: Limit = 200, offset: Offset = 0, as_: Person = None, token: Secret = None, json: Json = False
) -> None:
    from casework.parties import party_corrections

    store = home.opened()
    office_reads(store, as_, token, "待确认的变更", "changes that wait")
    page = cut(party_corrections.pending(store), limit, offset)
    show(store, page, ("id", "kind", "party", "value", "proof"), json, "changes")


@command(enterprise, "confirm", "确认变更（提出人以外的另一人）", "Confirm a change (somebody else)")
def enterprise_confirm(change: Change, as_: Person = None, token: Secret = None, json: Json = False) -> None:
    from casework.parties import party_corrections

    identity = uuid_of(change, "ID")
    store = home.opened()
    actor = home.person(store, as_, token)
    home.note(store, actor, "enterprise confirm", [identity])
    party = party_corrections.confirm(store, actor.person, identity)
    done(t("变更已生效", "the change is in force"), store, json, party=str(party))


@command(enterprise, "reject", "否决或撤回一项变更", "Turn a change down, or take one's own back")
def enterprise_reject(
    change: Change,
    reason: Annotated[str, option("--reason", zh="理由", en="why")],
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.parties import party_corrections

    store = home.opened()
    actor = keeper(store, as_, token, "enterprise reject", change)
    party_corrections.reject(store, actor.register, uuid_of(change, "ID"), reason=reason)
    done(t("已否决", "turned down"), store, json)


imports(
    enterprise,
    "casework.parties.party_workbook:bring_in",
    "导入申报主体（.xlsx 或 .csv，模板见 template enterprises）",
    "Import applicants",
)


def _new_party(row: dict[str, str]) -> Any:
    from casework.parties.party_register import NewParty
    from casework.parties.payee_accounts import NewAccount

    account = None
    if row["account"]:
        account = NewAccount(number=row["account"], bank=row["bank"], clearing_code=row["clearing_code"])
    return NewParty(
        kind=row["kind"] or "enterprise",
        name=row["name"],
        code=row["code"],
        town=row["town"],
        sector=row["sector"],
        registered_on=day(row["registered_on"], "registered_on") if row["registered_on"] else None,
        contact=row["contact"],
        account=account,
    )


# accounts


@command(accounts, "enter", "登记或变更收款账户（待核验）", "Enter a payee account (to be verified)")
def accounts_enter(
    party: Annotated[str, argument("主体的代码或名称", "the party's code or name", metavar="PARTY")],
    number: Annotated[str, option("--number", zh="账号", en="account number")],
    bank: Annotated[str, option("--bank", zh="开户银行", en="bank")],
    holder: Annotated[str, option("--holder", zh="户名（默认为主体名称）", en="holder")] = "",
    clearing_code: Annotated[str, option("--clearing-code", zh="联行号", en="clearing code")] = "",
    proof: Annotated[str, option("--proof", zh="户名不一致时的证明材料", en="proof where the holder differs")] = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.parties import payee_accounts as register

    store = home.opened()
    owner = party_named(store, party)
    actor = keeper(store, as_, token, "accounts enter", owner)
    new = register.NewAccount(number=number, bank=bank, holder=holder, clearing_code=clearing_code, proof=proof)
    made = register.enter(store, actor.register, owner, new)
    done(
        t(f"账户已登记，待第二人核验：duixian accounts verify {made} --as …", f"entered; to be verified: {made}"),
        store,
        json,
        account=str(made),
    )


@command(
    accounts,
    "list",
    "列出待核验的账户；--as 有核验职责的人时显示账号",
    "List the accounts that wait; numbers with --as",
)
def accounts_list(
    to: Annotated[
        str | None, option("--to", zh="写成核验清单（.xlsx），供对照凭证填写", en="write a workbook", metavar="FILE")
    ] = None,
    limit: Limit = 200,
    offset: Offset = 0,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from pathlib import Path

    from casework.parties import account_workbook
    from casework.parties import payee_accounts as register
    from casework.views import plain

    store = home.opened()
    if to is None and as_ is None and token is None:
        office_reads(store, as_, token, "待核验的账户", "accounts that wait")
        _numberless(store, limit, offset, json)
        return
    actor = home.person(store, as_, token)
    home.note(store, actor, "accounts list", [to or ""])
    if to is not None:
        count = account_workbook.write(store, actor.person, Path(to))
        done(t(f"已写入 {to}：{count} 个账户", f"{to}: {count} accounts"), store, json, accounts=count)
        return
    page = cut(register.waiting(store, actor.person), limit, offset)
    found = page.rows
    if json:
        output.print_json({"demo": store.demo, **page.counts, "accounts": [plain(account) for account in found]})
        return
    output.demo_mark(store.demo)
    names = (("编号", "id"), ("主体", "party"), ("户名", "holder"), ("开户行", "bank"), ("账号", "number"))
    output.table([t(*name) for name in names], [(x.id, x.party, x.holder, x.bank, x.number) for x in found])
    more(page)


def _numberless(store: Any, limit: int, offset: int, json: bool) -> None:
    """Without somebody who may verify only whose accounts wait."""
    from casework.parties import payee_accounts as register

    page = cut(register.unverified(store), limit, offset)
    found = page.rows
    if json:
        rows = [{"id": str(identity), "party": name, "status": "unverified"} for identity, name in found]
        output.print_json({"demo": store.demo, **page.counts, "accounts": rows})
        return
    output.demo_mark(store.demo)
    waits = t("待核验", "not verified")
    names = (t("编号", "id"), t("主体", "party"), t("核验", "verified"))
    output.table(names, [(identity, name, waits) for identity, name in found])
    more(page)
    if found:
        zh = "账号须由核验人查看：duixian accounts list --as 核验人，或 --to 核验清单.xlsx"
        output.line(t(zh, "numbers are for who verifies them: duixian accounts list --as LOGIN, or --to FILE"))


@command(
    accounts,
    "verify",
    "核验收款账户（录入人以外的另一人）；--list 按清单核验",
    "Verify payee accounts (a second person); --list by a workbook",
)
def accounts_verify(
    account: Annotated[str | None, argument("账户编号", "the account's id", metavar="ID")] = None,
    paper: Annotated[str, option("--paper", zh="核验依据（开户许可、银行证明）", en="the bank's paper")] = "",
    list_: Annotated[
        str | None,
        option("--list", zh="填好的核验清单（accounts list --to）", en="the workbook filled in", metavar="FILE"),
    ] = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.parties import payee_accounts as register

    if (account is None) is (list_ is None):
        raise wrong_use("usage", "请写明账户编号，或用 --list", "say ID, or use --list", field="ID")
    store = home.opened()
    actor = home.person(store, as_, token)
    if list_ is not None:
        from pathlib import Path

        from casework.parties import account_workbook

        home.note(store, actor, "accounts verify --list", [list_])
        found = account_workbook.bring_in(store, actor.person, Path(list_))
        done(t(f"核验 {found.new} 个账户", f"{found.new} accounts verified"), store, json, verified=found.new)
        return
    identity = uuid_of(str(account), "ID")
    home.note(store, actor, "accounts verify", [identity])
    register.verify(store, actor.person, identity, paper=paper)
    done(t("账户已核验", "the account is verified"), store, json)


@command(
    accounts, "reject", "核验不符，退回并告知（录入人以外的另一人）", "Send a payee account back (a second person)"
)
def accounts_reject(
    account: Annotated[str, argument("账户编号", "the account's id", metavar="ID")],
    reason: Annotated[str, option("--reason", zh="哪里不符（必填）", en="what is not right (required)")] = "",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.parties import payee_accounts as register

    identity = uuid_of(account, "ID")
    store = home.opened()
    actor = home.person(store, as_, token)
    home.note(store, actor, "accounts reject", [identity])
    register.reject(store, actor.person, identity, reason=reason)
    done(t("账户已退回，已告知申报主体", "sent back; the party is told"), store, json)
