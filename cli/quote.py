"""`quote`: what an item would pay for given facts; the same rules as the real computation, no database, no server."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from cli import files, home, output
from cli.common import day
from cli.errors import Trouble
from cli.house import Json, argument, command, group, option
from cli.language import language, named, t
from cli.measures import DISCLAIMERS, item_named
from cli.which import PolicyCode, policy_named

app = group("试算", "Quotes")


@command(
    app,
    "quote",
    "试算一个事项：可兑付金额，或不予支持的理由，或所缺参数（不写入任何数据）",
    "Quote an item: the amount, or the reason of a no, or the parameters that are missing (writes nothing)",
)
def quote(
    name: Annotated[str, argument("事项编号，如 M4a", "the item's id, like M4a", metavar="ITEM")],
    facts: Annotated[
        str, option("--facts", zh="认定事实的 JSON 文件（- 为标准输入）", en="JSON file of the facts (-: stdin)", metavar="FILE")
    ],
    parameters: Annotated[
        str | None, option("--parameters", zh="假设的参数值 JSON 文件", en="JSON file of hypothetical values", metavar="FILE")
    ] = None,
    as_of: Annotated[
        str | None, option("--as-of", zh="按哪一天试算（默认今天）", en="the day that counts as today", metavar="DATE")
    ] = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:  # fmt: skip
    today = day(as_of, "--as-of") if as_of else _today()
    known = policy_named(policy, day(as_of, "--as-of") if as_of else None)
    chosen = known.item_on(item_named(name, known.code).id, today)
    answer = answered(known, chosen, facts, parameters, today)
    if json:
        output.print_json(answer)
    else:
        _show(chosen, answer)


def answered(policy: Any, item: Any, facts: str, parameters: str | None, today: date) -> dict[str, Any]:
    """The quote as JSON; wrong facts and wrong values are told together."""
    from casework.forms import typed_forms

    given = files.read_object(facts, field="--facts")
    faults: list[dict[str, str]] = []
    words: list[str] = []
    values = confirmed(policy, item, today)
    if parameters:
        values |= hypothetical(policy, item, files.read_object(parameters, field="--parameters"), faults)
        words += [fault["message"] for fault in faults]
    form = None
    try:
        form = typed_forms.facts_of(item, given, today=today)
    except typed_forms.WrongForm as wrong:
        english = language() == "en"
        faults = [
            *({"field": f.field, "label": named(f.label), "message": f.en if english else f.zh} for f in wrong.faults),
            *faults,
        ]
        words = [*wrong.words(language()).splitlines(), *words]
    if faults:
        zh, en = f"认定事实或参数有 {len(faults)} 处错误", f"{len(faults)} faults in the facts or parameters"
        message = "\n".join([t(zh, en), *(f"  {line}" for line in words)])
        raise Trouble(2, "wrong-facts", message, faults[0]["field"], tuple(faults))
    return as_json(item, item.award(form, values), values)


def confirmed(policy: Any, item: Any, today: date) -> dict[str, Any]:
    """The values that two people have confirmed and that hold on the day, where there is an installation here; else none."""
    from pathlib import Path

    from sqlalchemy.engine import make_url

    from casework.shared.reference import in_force, reference

    url = make_url(home.home().database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return {}
    store = home.opened()
    with store.read() as work:
        return dict(in_force(reference(store, work), policy.code, today, item.id))


def hypothetical(policy: Any, item: Any, given: dict[str, Any], faults: list[dict[str, str]]) -> dict[str, Any]:
    """Values of a file, marked hypothetical whatever they cite; unknown ids and malformed values are faults."""
    from casework.policy_settings.value_error_translations import in_english
    from policies.kinds import WrongValue
    from policies.parameters import Origin, Value

    known = {known_setting.id: known_setting for known_setting in (*policy.settings, *item.settings, *item.parameters)}
    values: dict[str, Any] = {}
    for name, entry in given.items():
        wrapped = isinstance(entry, dict) and "value" in entry and not set(entry) - {"value", "citation"}
        value = entry["value"] if wrapped else entry
        citation = str(entry.get("citation") or "") if wrapped else ""
        definition = known.get(name)
        if definition is None:
            own = [parameter.id for parameter in item.parameters]
            zh = f"{item.id} 没有参数 {name}；可填：{'、'.join(own) or '无'}，或程序设置"
            en = f"{item.id} has no parameter {name}; there are {', '.join(own) or 'none'}, and the settings"
            faults.append({"field": name, "label": name, "message": t(zh, en)})
            continue
        try:
            definition.parse(value)
        except WrongValue as wrong:
            faults.append(
                {"field": name, "label": named(definition.title), "message": t(str(wrong), in_english(str(wrong)))}
            )
            continue
        values[name] = Value(value=value, citation=citation or "算例假设值", origin=Origin.HYPOTHETICAL, confirmed=True)
    return values


def as_json(item: Any, award: Any, values: dict[str, Any]) -> dict[str, Any]:
    """An award in the shape that the command line promises."""
    return {
        "item": item.id,
        "rule_version": item.version,
        "title": item.title.zh,
        "clause": award.clause,
        "payable": award.payable,
        "amount_yuan": award.amount.yuan_text if award.payable else None,
        "amount_fen": int(award.amount) if award.payable else None,
        "amount_capitals": award.amount.capitals() if award.payable else None,
        "refused_because": award.refused.text if award.refused else None,
        "refusal": {"code": award.refused.code, "clause": award.refused.clause} if award.refused else None,
        "missing_parameters": list(award.missing),
        "lines": [trace_line(line) for line in award.lines],
        "unit": award.unit.value,
        "quantity": award.quantity or None,
        "note": award.note or None,
        "ceiling_yuan": item.ceiling.yuan_text if item.ceiling else None,
        "event_date": award.event_date.isoformat() if award.event_date else None,
        "hypothetical": sorted(name for name, value in values.items() if value.origin == "hypothetical"),
        "text": award.text,
        "disclaimer": t(*DISCLAIMERS[0]),
    }


def trace_line(line: Any) -> dict[str, Any]:
    """One step of the computation."""
    from policies.awards import plain

    return {
        "step": line.step,
        "clause": line.clause,
        "formula": line.formula,
        "parameters": plain(line.parameters),
        "inputs": plain(line.inputs),
        "unrounded_yuan": line.unrounded or None,
        "amount_yuan": line.amount.yuan_text if line.amount is not None else None,
        "amount_fen": int(line.amount) if line.amount is not None else None,
        "ceiling_yuan": line.ceiling.yuan_text if line.ceiling is not None else None,
        "capped": line.capped,
    }


def _today() -> date:
    from models.clock import business_date, real_now

    return business_date(real_now())


def _show(item: Any, answer: dict[str, Any]) -> None:
    output.heading(f"{item.id}  {named(item.title)}")
    output.line(answer["text"])
    for name in answer["missing_parameters"]:
        definition = next((parameter for parameter in item.parameters if parameter.id == name), None)
        if definition:
            output.line(f"  {name}  {named(definition.title)}{t('：', ': ')}{named(definition.decides)}")
    if answer["lines"]:
        show_lines(answer["lines"])
    if answer["hypothetical"]:
        words = "、".join(answer["hypothetical"])
        output.line(t(f"假设值（非文件规定）：{words}", f"hypothetical, not the text's: {words}"))
    output.line(f"· {answer['disclaimer']}")


def show_lines(lines: list[dict[str, Any]]) -> None:
    """The trace of an award as a table."""
    from casework.views.quotes import STEPS

    columns = (t("步骤", "step"), t("条款", "clause"), t("计算", "formula"), t("金额（元）", "yuan"))
    rows = [
        (named(STEPS[line["step"]]) if line["step"] in STEPS else line["step"], line["clause"], _with_values(line), _grouped(line))
        for line in lines
    ]  # fmt: skip
    output.table(columns, rows, right=(3,))


def _origin(origin: str) -> str:
    """Said of every value that is not the policy's own."""
    from casework.views.quotes import ORIGINS

    said = next((words for name, words in ORIGINS.items() if name == origin), None)
    return f"{t('，', ', ')}{named(said)}" if said else ""


def _with_values(line: dict[str, Any]) -> str:
    from casework.views.value_words import in_words

    used = [
        f"{p['id']} = {named(in_words(p['value']))}（{p['citation']}{_origin(p['origin'])}）"
        for p in line["parameters"]
    ]
    capped = t("（已按上限封顶）", " (capped)") if line["capped"] else ""
    return "\n".join([line["formula"] + capped, *used])


def _grouped(line: dict[str, Any]) -> str:
    return output.yuan(line["amount_fen"]) if line["amount_fen"] is not None else ""
