"""`parameters` and `settings`: set by one person with a citation, confirmed by another."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from cli import files, home, output
from cli.common import day, done, office_reads
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import named, t
from cli.which import PolicyCode, policy_named, policy_to_change

parameters = group(
    "政策参数：文件未明确的金额口径（无默认值）", "Parameters: what the text leaves open (no default)", "parameters"
)
settings = group(
    "程序设置：期限等（有默认值，非文件规定）", "Settings: deadlines and the like (ours, with defaults)", "settings"
)

Name = Annotated[str, argument("编号，如 P16-rate、P-notice-days", "the id, like P16-rate", metavar="NAME")]
RawValue = Annotated[str, argument("值：文字、JSON，或 @文件", "the value: text, JSON, or @file", metavar="VALUE")]
Citation = Annotated[str, option("--citation", zh="依据（文号、条款、会议纪要）", en="the document that it rests on")]
From = Annotated[str | None, option("--from", zh="生效日（含）；默认政策首日", en="first day", metavar="DATE")]
To = Annotated[str | None, option("--to", zh="失效日（含）；默认长期", en="last day", metavar="DATE")]
OriginName = Annotated[
    str | None, option("--origin", zh="来源：official 或 demo（演示库默认 demo）", en="official or demo")
]
Remove = Annotated[
    bool,
    option(
        "--remove", zh="确认移出现行名单、对照表中未写入的条目", en="drop what the list in force has and this has not"
    ),
]
Proposal = Annotated[
    str, argument("设定的编号（list 可见），或参数编号", "the proposal's id, or the name", metavar="ID")
]
History = Annotated[bool, option("--history", zh="含已失效的值", en="with ended values")]


@command(parameters, "list", "列出参数：值、依据、状态、影响的事项", "List the parameters with values and citations")
def parameters_list(
    history: History = False, as_: Person = None, token: Secret = None, json: Json = False, policy: PolicyCode = None
) -> None:
    _list(policy, history, as_, token, json, ours=False)


@command(settings, "list", "列出程序设置：值或默认值", "List the settings with values or defaults")
def settings_list(
    history: History = False, as_: Person = None, token: Secret = None, json: Json = False, policy: PolicyCode = None
) -> None:
    _list(policy, history, as_, token, json, ours=True)


def _list(policy: str | None, history: bool, login: str | None, token: str | None, json: bool, *, ours: bool) -> None:
    from casework.policy_settings import parameter_register as register
    from casework.views import plain

    known = policy_named(policy)
    store = home.opened()
    office_reads(store, login, token, *(("程序设置", "settings") if ours else ("政策参数", "parameters")))
    rows = [entry for entry in register.listed(store, known, history=history) if entry.ours is ours]
    if json:
        name = "settings" if ours else "parameters"
        output.print_json({"demo": store.demo, "count": len(rows), name: [plain(row) for row in rows]})
        return
    output.demo_mark(store.demo)
    columns = (t("编号", "id"), t("名称", "title"), t("值", "value"), t("依据", "citation"))
    shown = [
        (entry.name, t(entry.title, entry.title_en), _value(entry, known) + _status(entry), _citation(entry))
        for entry in rows
    ]
    output.table(columns, shown)
    group_ = "settings" if ours else "parameters"
    for row in rows:
        if row.status == "proposed":  # its id stands whole on a line of its own, to be copied
            output.line(t(f"待确认 {row.name}：", f"proposed {row.name}: ") + f"duixian {group_} confirm {row.id}")
    for row in rows:
        if row.status == "proposed" and row.id is not None:
            _differs(register.differs(store, row.id), f"{row.name}{t('（待确认）', ' (proposed)')} ")


def _value(entry: Any, policy: Any) -> str:
    if entry.status == "unset":
        return (
            t(
                f"{_shown(entry.default, policy, entry.name)}（默认）",
                f"{_shown(entry.default, policy, entry.name)} (default)",
            )
            if entry.ours
            else t("未设定", "unset")
        )
    return _shown(entry.value, policy, entry.name)


def _shown(value: Any, policy: Any = None, name: str = "") -> str:
    from casework.views.value_words import in_words

    return named(in_words(value, policy, name))


def _status(entry: Any) -> str:
    names = {
        "unset": ("", ""),
        "confirmed": ("", ""),
        "proposed": ("待确认", "proposed"),
        "ended": ("已失效", "ended"),
        "rejected": ("已否决", "rejected"),
    }
    said = t(*names[entry.status])
    return t(f"\n（{said}）", f"\n({said})") if said else ""


def _citation(entry: Any) -> str:
    if entry.status == "unset":
        return ""
    span = f"{entry.valid_from} – {entry.valid_to}" if entry.valid_to else f"{entry.valid_from} –"
    people = f"{entry.set_by} / {entry.confirmed_by or '…'}"
    demo = t(" 演示值", " demo") if entry.origin == "demo" else ""
    return f"{entry.citation}{demo}\n{span}\n{people}"


def value_of(text: str, definition: Any) -> Any:
    """The value as JSON: what a file holds, the text itself where the kind reads text, else the JSON that it spells."""
    from casework.policy_settings.value_texts import json_of

    return files.read_json(text[1:], field="VALUE") if text.startswith("@") else json_of(text, definition)


@command(
    parameters,
    "form",
    "参数值的写法：每种写法一例，可照抄修改",
    "How a parameter's value is written, an example a form",
)
def parameters_form(name: Name, json: Json = False, policy: PolicyCode = None) -> None:
    _form("parameters", name, json, policy)


@command(
    settings, "form", "设置值的写法：每种写法一例，可照抄修改", "How a setting's value is written, an example a form"
)
def settings_form(name: Name, json: Json = False, policy: PolicyCode = None) -> None:
    _form("settings", name, json, policy)


def _form(group_: str, name: str, json: bool, policy: str | None) -> None:
    from casework.policy_settings.parameter_definitions import definition
    from cli import value_forms

    what = definition(policy_named(policy), name).what
    found = value_forms.forms(name.partition(":")[0], what.kind)
    if json:
        output.print_json({"name": name, "kind": what.kind.name, "forms": found, "schema": what.kind.schema()})
        return
    output.line(f"{name}  {t(what.title.zh, what.title.en)}")
    output.line(t(what.decides.zh, what.decides.en))
    for proposal in found:
        if words := value_forms.in_words(proposal):
            output.line(words)
        output.line("  " + value_forms.command(group_, name, proposal))


@command(parameters, "set", "设定参数（须另一人确认后生效）", "Propose a parameter (in force when another confirms)")
def parameters_set(
    name: Name, value: RawValue, citation: Citation, as_: Person = None, first: From = None, last: To = None,
    origin: OriginName = None, remove: Remove = False, token: Secret = None, json: Json = False,
    policy: PolicyCode = None,
) -> None:  # fmt: skip
    _set(name, value, citation, as_, first, last, origin, remove, token, json, policy, ours=False)


@command(settings, "set", "修改程序设置（须另一人确认后生效）", "Propose a setting (in force when another confirms)")
def settings_set(
    name: Name, value: RawValue, citation: Citation, as_: Person = None, first: From = None, last: To = None,
    origin: OriginName = None, remove: Remove = False, token: Secret = None, json: Json = False,
    policy: PolicyCode = None,
) -> None:  # fmt: skip
    _set(name, value, citation, as_, first, last, origin, remove, token, json, policy, ours=True)


def _set(
    name: str, value: str, citation: str, login: str | None, first: str | None, last: str | None,
    origin: str | None, remove: bool, token: str | None, json: bool, policy: str | None, *, ours: bool,
) -> None:  # fmt: skip
    from casework.policy_settings import parameter_register as register
    from casework.policy_settings.parameter_definitions import definition
    from policies.parameters import Origin

    known = policy_to_change(policy)
    what = definition(known, name)
    if what.ours is not ours:
        other = "settings set" if what.ours else "parameters set"
        raise wrong_use("name", f"{name} 请用 duixian {other}", f"for {name} use duixian {other}", field="NAME")
    store = home.opened()
    try:
        source = Origin(origin) if origin else Origin.DEMO if store.demo else Origin.OFFICIAL
    except ValueError as error:
        raise wrong_use(
            "origin", "来源应为 official 或 demo", "origin is official or demo", field="--origin"
        ) from error
    actor = home.person(store, login, token)
    home.note(store, actor, "settings set" if ours else "parameters set", [name])
    new = register.Proposal(
        policy=known.code,
        name=name,
        value=value_of(value, what),
        citation=citation,
        valid_from=day(first, "--from") if first else None,
        valid_to=day(last, "--to") if last else None,
        origin=source,
        keeps=not remove,
    )
    made = register.propose(store, actor.person, new)
    if json:
        output.print_json({"demo": store.demo, "name": name, "proposal": str(made), "status": "proposed"})
        return
    _differs(register.differs(store, made))
    command_ = f"duixian {'settings' if ours else 'parameters'} confirm {made} --as …"
    done(t(f"已设定 {name}，待另一人确认：{command_}", f"{name} is proposed; another confirms: {command_}"), store)


@command(
    parameters,
    "confirm",
    "确认参数（不得是设定人本人），等待它的案件随即继续",
    "Confirm a parameter; waiting cases go on",
)
def parameters_confirm(
    proposal: Proposal, as_: Person = None, token: Secret = None, json: Json = False, policy: PolicyCode = None
) -> None:
    _confirm("parameters confirm", proposal, as_, token, json, policy)


@command(settings, "confirm", "确认程序设置（不得是设定人本人）", "Confirm a setting")
def settings_confirm(
    proposal: Proposal, as_: Person = None, token: Secret = None, json: Json = False, policy: PolicyCode = None
) -> None:
    _confirm("settings confirm", proposal, as_, token, json, policy)


def _confirm(
    command_: str, proposal: str, login: str | None, token: str | None, json: bool, policy: str | None
) -> None:
    from casework.policy_settings import parameter_register as register

    store = home.opened()
    identity = _proposal(store, policy, proposal)
    actor = home.person(store, login, token)
    home.note(store, actor, command_, [identity])
    entries = register.differs(store, identity)
    woken = register.confirm(store, actor.person, identity)
    if json:
        output.print_json({"demo": store.demo, "proposal": str(identity), "status": "confirmed", "woken": woken})
        return
    _differs(entries)
    done(t(f"已确认；{woken} 件等待它的案件将继续核算", f"confirmed; {woken} waiting cases go on"), store)


def _proposal(store: Any, policy: str | None, text: str) -> Any:
    """A proposal by its id, or by the parameter's name where just one is open."""
    from casework.policy_settings import parameter_register as register

    try:
        return UUID(text)
    except ValueError:
        known = policy_to_change(policy)
    rows = register.listed(store, known)
    mine = [row.id for row in rows if row.name == text and row.status == "proposed"]
    if len(mine) == 1:
        return mine[0]
    if any(row.name == text for row in rows):
        listed = "".join(f"\n  {identity}" for identity in mine)
        zh = f"{text} 有 {len(mine)} 项待确认，请给出其中一项的编号：{listed}" if mine else f"{text} 没有待确认的设定"
        en = f"{text}: {len(mine)} open proposals; give an id{':' if mine else ''}{listed}"
        raise wrong_use("proposal", zh, en, field="ID")
    raise wrong_use("id", f"“{text}”不是有效的编号", f"{text} is no valid id", field="ID")


def _differs(entries: Any, name: str = "") -> None:
    """What the list or table adds to the one in force and drops from it."""
    zh, en = entries.words()
    if zh:
        output.line(name + t(f"较现行值：{zh}", f"beside the value in force: {en}"))


Reason = Annotated[str, option("--reason", zh="理由", en="why")]


@command(parameters, "reject", "否决或撤回一项设定", "Turn a proposal down, or take one's own back")
def parameters_reject(
    proposal: Proposal,
    reason: Reason,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    _reject("parameters reject", proposal, reason, as_, token, json, policy)


@command(settings, "reject", "否决或撤回一项设置修改", "Turn a proposed setting down")
def settings_reject(
    proposal: Proposal,
    reason: Reason,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    _reject("settings reject", proposal, reason, as_, token, json, policy)


def _reject(
    command_: str, proposal: str, reason: str, login: str | None, token: str | None, json: bool, policy: str | None
) -> None:
    from casework.policy_settings import parameter_register as register

    store = home.opened()
    identity = _proposal(store, policy, proposal)
    actor = home.person(store, login, token)
    home.note(store, actor, command_, [identity])
    register.reject(store, actor.person, identity, reason=reason)
    done(t("已否决", "rejected"), store, json)
