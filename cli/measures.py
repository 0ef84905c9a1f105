"""`measures` and `item`: the policy as data, from the law alone; no database, no server."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from cli import conditions, field_words, output
from cli.errors import wrong_use
from cli.house import Json, argument, command, group, option
from cli.language import half, named, t
from cli.which import PolicyCode, business_day, policy_named

app = group("举措与事项", "Measures and items")


def item_named(name: str, policy: str | None = None, day: date | None = None) -> Any:
    """An item by its id ("M4a", "m4A"); of a measure with one item its code will do."""
    known = policy_named(policy, day)
    wanted = name.strip().lower()
    for known_item in known:
        if known_item.id.lower() == wanted:
            return known_item
    of_measure = [item for measure in known.measures if measure.code.lower() == wanted for item in measure]
    if len(of_measure) == 1:
        return of_measure[0]
    among = [known_item.id for known_item in of_measure or known]
    zh = f"没有事项 {name}；可选：{'、'.join(among)}"
    raise wrong_use("item", zh, f"there is no item {name}; choose one of {', '.join(among)}", field="ITEM")


def item_of_any(text: str | None, policy: str | None) -> str | None:
    """An item's id, of the policy that is named or of any."""
    from policies import all_policies

    if not text or policy:
        return str(item_named(text, policy).id) if text else None
    wanted = text.strip().lower()
    known = (item.id for each in all_policies() for item in each if item.id.lower() == wanted)
    return next(known, None) or str(item_named(text, all_policies()[0].code).id)


@command(app, "measures", "列出本政策的 22 条举措（--all 含保障措施和末段）", "List the policy's measures")
def measures(
    all_: Annotated[bool, option("--all", zh="含保障措施和末段", en="with safeguards and the final clause")] = False,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    known = policy_named(policy)
    chosen = [measure for measure in known.measures if all_ or measure.number]
    if json:
        output.print_json([{**_measure(measure), "policy": known.code} for measure in chosen])
        return
    columns = (t("条", "no."), t("名称", "title"), t("责任单位", "units"), t("流程", "chain"), t("事项", "items"))
    units = [
        "、".join([named(measure.lead) + (" *" if measure.joint else ""), *map(named, measure.joint)])
        for measure in chosen
    ]
    rows = [
        (measure.code, named(measure.title), units[i], _chain_words(measure), " ".join(item.id for item in measure))
        for i, measure in enumerate(chosen)
    ]
    output.table(columns, rows)
    output.line(t("* 牵头单位。一个事项的全部内容：duixian item M4a", "* leads. All about one item: duixian item M4a"))


def chain_of(measure: Any) -> str | None:
    """A measure's chain: that of its items that pay, else of its first item."""
    chains = [item.chain for item in measure]
    paying = [item.chain for item in measure if item.pays]
    return str((paying or chains)[0].value) if chains else None


def _chain_words(measure: Any) -> str:
    return "、".join(dict.fromkeys(named(item.chain) for item in measure))


def _measure(measure: Any) -> dict[str, Any]:
    return {
        "number": measure.number,
        "code": measure.code,
        "clause": measure.clause,
        "title": measure.title.zh,
        "title_en": measure.title.en,
        "lead_unit": measure.lead.zh if measure.units else None,
        "joint_units": [unit.zh for unit in measure.joint],
        "chain": chain_of(measure),
        "items": [item.id for item in measure],
        "chains": {item.id: item.chain.value for item in measure},
        "flow": measure.flow,
        "clauses": [_clause(clause) for clause in getattr(measure, "clauses", ())],
    }


def _clause(clause: Any) -> dict[str, Any]:
    """A sentence that is no measure of its own, with what the system runs for it."""
    return {
        "code": clause.code,
        "title": clause.title.zh,
        "title_en": clause.title.en,
        "says": clause.says.zh,
        "runs": [words.zh for words in clause.runs],
        "settings": list(clause.settings),
    }


def _show_clauses(name: str, code: Any, json: bool) -> bool:
    """Shows the final clause, or one of its sentences (F, F1 …); False where the name is of something else."""
    wanted = name.strip().upper()
    for measure in policy_named(code).measures:
        found = [clause for clause in getattr(measure, "clauses", ()) if wanted in (measure.code, clause.code)]
        if found and json:
            output.print_json(
                {"measure": measure.code, "clause": measure.clause, "clauses": [_clause(o) for o in found]}
            )
        elif found:
            output.heading(f"{measure.code}  {measure.clause}  {named(measure.title)}")
            for clause in found:
                settings = t("，设置：", "; settings: ") + "、".join(clause.settings) if clause.settings else ""
                output.line(f"\n{clause.code}  {named(clause.title)}：{named(clause.says)}{settings}")
                for words in clause.runs:
                    output.line(f"· {named(words)}")
        if found:
            return True
    return False


@command(app, "item", "显示一个事项：条件、材料、上限、参数、算例、期限", "Show one item: papers, ceiling, examples")
def item(
    name: Annotated[str, argument("事项编号，如 M4a（不分大小写）", "the item's id, like M4a", metavar="ITEM")],
    versions: Annotated[
        bool, option("--versions", zh="列出规则的各个版本", en="the versions of its rule, oldest first")
    ] = False,
    version: Annotated[
        str | None,
        option("--version", zh="看哪个版本（默认今日申报适用的）", en="which version, by default today's", metavar="ID"),
    ] = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:  # fmt: skip
    if _show_clauses(name, policy, json):
        return
    known = policy_named(policy)
    chosen = item_named(name, known.code)
    if versions:
        show_versions(known, chosen, json)
        return
    if version:
        chosen = version_named(known, chosen.id, version)
    elif len(known.versions_of(chosen.id)) > 1:  # only then does the day matter
        chosen = known.item_on(chosen.id, business_day())
    content = describe(known, chosen)
    if json:
        output.print_json(content)
    else:
        _show(known, chosen, content)


def version_named(policy: Any, item: str, version: str) -> Any:
    """An item in one of its versions."""
    known = {rule.version: rule for rule in policy.versions_of(item)}
    if version not in known:
        zh = f"{item} 没有规则版本 {version}；现有：{'、'.join(known)}"
        raise wrong_use(
            "version", zh, f"{item} has no version {version}; there are {', '.join(known)}", field="--version"
        )
    return known[version]


def show_versions(policy: Any, item: Any, json: bool) -> None:
    """The versions of an item's rule: from when each binds filings, on what document, and what it is by its digest."""
    rows = [
        {
            "version": rule.version,
            "from": (rule.since or policy.opens).isoformat(),
            "source": rule.source,
            "digest": rule.digest,
            "ceiling_yuan": rule.ceiling.yuan_text if rule.ceiling else None,
        }
        for rule in policy.versions_of(item.id)
    ]
    if json:
        output.print_json({"item": item.id, "policy": policy.code, "count": len(rows), "versions": rows})
        return
    output.heading(f"{item.id}  {named(item.title)}")
    columns = (
        t("版本", "version"),
        t("申报自此日起适用", "binds filings from"),
        t("依据", "source"),
        t("摘要", "digest"),
    )
    first = t("举措原文件", "the measure's file")
    output.table(columns, [(row["version"], row["from"], row["source"] or first, row["digest"][:12]) for row in rows])


DISCLAIMERS = (
    (
        "试算结果仅供参考，不是审定决定；以责任单位认定的事实和审定结果为准",
        "a quote is no decision: what the units certify and decide counts",
    ),
    (
        "文件未明确的金额参数一律不预设；未设定时不可兑付",
        "what the text leaves open has no default: unset, nothing is payable",
    ),
    ("期限等程序设置凡标“系统默认”的，均非文件规定", "settings marked as defaults are ours, not the text's"),
)


def describe(policy: Any, item: Any) -> dict[str, Any]:
    """Everything about an item as JSON: schemas of claim, facts and parameters, papers, examples, deadlines."""
    from casework.forms.typed_forms import schema
    from policies.awards import plain

    measure = policy.measure_of(item.id)
    return {
        "id": item.id,
        "title": item.title.zh,
        "title_en": item.title.en,
        "policy": policy.code,
        "measure": measure.code,
        "clause": item.clause,
        "chain": item.chain.value,
        "access": item.access.value,
        "applicants": [kind.value for kind in item.applicants],
        "lead_unit": measure.lead.zh,
        "joint_units": [unit.zh for unit in measure.joint],
        "screened_by_town": item.screened,
        "reviewed_jointly": bool(item.reviewed_jointly and measure.joint),
        "window": {"opens": policy.opens.isoformat(), "closes": policy.closes.isoformat()},
        "ceiling_yuan": item.ceiling.yuan_text if item.ceiling else None,
        "ceiling_fen": int(item.ceiling) if item.ceiling else None,
        "amount": {"shape": item.shape.name, **plain(item.shape)} if item.shape else None,
        "rule": (item.rule.__doc__ or "").strip(),
        "rule_version": item.version,
        "rule_digest": item.digest,
        "note": item.note.zh if item.note else None,
        "claim": schema(item.claim),
        "facts": schema(item.facts),
        "parameters": parameters_schema(item),
        "settings": {setting.id: {**setting.schema, "ours": True} for setting in (*item.settings, *policy.settings)},
        "evidence": [
            {"id": s.id, "title": s.title.zh, "title_en": s.title.en, "required": s.required, "upload": s.upload,
             "hint": s.hint}
            for s in item.evidence
        ],
        "conditions": conditions.described(item),
        "known_by": [_identifier(identifier) for identifier in item.identifiers] if item.pays else [],
        **_work(policy, item),
        "examples": [_example(item, example) for example in item.examples],
        "deadlines": [
            {"id": setting.id, "title": setting.title.zh, "working_days": setting.default, "ours": True}
            for setting in policy.settings
            if setting.id.endswith("-days") and setting.id != "P-reminder-days"
        ],
        "disclaimers": [t(*disclaimer) for disclaimer in DISCLAIMERS],
    }  # fmt: skip


def _identifier(identifier: Any) -> dict[str, Any]:
    """By what the subject is known to other plans, and how sure a hit is."""
    return {
        "kind": identifier.kind.value,
        "kind_zh": identifier.kind.zh,
        "written": identifier.title.zh,
        "written_en": identifier.title.en,
        "example": identifier.example,
        "fields": list(identifier.names),
        "certain": identifier.certain,
        "between_cases": identifier.inside,
    }


def _work(policy: Any, item: Any) -> dict[str, Any]:
    """What a programme promises and reports; nothing where the item is none. `results`: what may become of it."""
    results = {"results": [result.value for result in item.results]} if item.results else {}
    if not hasattr(item, "milestones"):
        return results
    return {
        **results,
        "planned_by": item.planned_by.value,
        "milestones": [
            {
                "position": n, "title": milestone.title.zh, "month": milestone.month,
                "due": str(milestone.due(policy.opens, policy.closes)),
            }
            for n, milestone in enumerate(item.milestones, 1)
        ],
        "indicators": [
            {
                "id": indicator.id, "title": indicator.title.zh, "measured_in": indicator.measured_in,
                "every": indicator.every.value,
                "per": indicator.per.zh if indicator.per else None, "source": indicator.source.zh,
                "direction": indicator.direction.value,
                "kept_elsewhere": indicator.kept_elsewhere, "targets": [_target(policy, target) for target in indicator.targets],
            }
            for indicator in item.indicators
        ],
        "self_check": [words.zh for words in item.self_check],
    }  # fmt: skip


def _target(policy: Any, target: Any) -> dict[str, Any]:
    return {
        "at_least": str(target.at_least),
        "by": str(target.by or policy.closes),
        "baseline": target.is_baseline(policy.opens),
    }


def _show_work(item: Any, content: dict[str, Any]) -> None:
    """The milestones, the indicators with their targets, and the self-check of a programme."""
    if "milestones" not in content:
        return
    output.line(
        "\n"
        + t(f"计划由{item.planned_by.zh}报送；节点（按计划起止日推算）", f"Filed by {item.planned_by.en}; milestones")
    )
    columns = (t("节点", "no."), t("内容", "title"), t("全期计划的期限", "due in a plan of the whole term"))
    rows = [
        (str(m["position"]), named(milestone.title), m["due"])
        for m, milestone in zip(content["milestones"], item.milestones, strict=True)
    ]
    output.table(columns, rows)
    output.line("\n" + t("指标", "Indicators"))
    columns_ = (
        t("编号", "id"),
        t("名称", "title"),
        t("单位", "in"),
        t("周期", "every"),
        t("对象", "per"),
        t("目标", "target"),
    )
    shown = []
    for said, indicator in zip(content["indicators"], item.indicators, strict=True):
        marks = {True: t("基期", "baseline"), False: t("前", "by")}
        targets = "；".join(f"≥ {x['at_least']}（{x['by']} {marks[x['baseline']]}）" for x in said["targets"])
        shown.append(
            (
                indicator.id,
                named(indicator.title),
                indicator.measured_in,
                named(indicator.every),
                named(indicator.per) if indicator.per else "",
                targets,
            )
        )
    output.table(columns_, shown)
    if item.self_check:
        output.line("\n" + t("自查清单", "Self-check"))
        for words in item.self_check:
            output.line(f"□ {named(words)}")


def parameters_schema(item: Any) -> dict[str, Any]:
    """The JSON schema of a parameters file for `quote`: each property with its need, clause and what it decides."""
    properties = {
        parameter.id: {
            **parameter.schema,
            "x-title-en": parameter.title.en,
            "x-need": parameter.need.value,
            "x-clause": parameter.clause,
        }
        for parameter in item.parameters
    }
    required = [parameter.id for parameter in item.parameters if parameter.required]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _example(item: Any, example: Any) -> dict[str, Any]:
    """A worked example with the result as the rule gives it now."""
    from casework.forms.typed_forms import content
    from policies.awards import plain

    award = item.run(example)
    return {
        "title": example.title,
        "facts": content(example.facts),
        "parameters": dict(example.parameters),
        "prior": plain(example.prior),
        "payable": award.payable,
        "amount_yuan": award.amount.yuan_text if award.payable else None,
        "refused_because": award.refused.text if award.refused else None,
        "missing_parameters": list(award.missing),
        "text": award.text,
    }


def _show(policy: Any, item: Any, content: dict[str, Any]) -> None:
    measure = policy.measure_of(item.id)
    output.heading(f"{item.id}  {named(item.title)}")
    output.pairs(
        {
            t("条款", "clause"): t(f"{item.clause}《{measure.title.zh}》", f"{item.clause} ({measure.title.en})"),
            t("流程", "chain"): f"{named(item.chain)} · {named(item.access)}",
            t("申报主体", "applicants"): "、".join(map(named, item.applicants)),
            t("责任单位", "units"): "、".join(map(named, measure.units)),
            t("申报时间", "window"): f"{policy.opens} – {policy.closes}",
            t("最高", "ceiling"): f"{item.ceiling.grouped} {t('元', 'yuan')}" if item.ceiling else "",
            t("说明", "note"): named(item.note) if item.note else "",
        }
    )
    _show_fields(t("申报内容", "claim"), item.claim)
    _show_fields(t("认定事实", "facts"), item.facts)
    _show_parameters(item)
    output.line("\n" + t("材料", "Papers"))
    rows = [(s.id, named(s.title), t("必备", "required") if s.required else "", half(s.hint)) for s in item.evidence]
    output.table((t("编号", "id"), t("名称", "title"), "", t("提示", "hint")), rows)
    conditions.show(item)
    _show_identifiers(item)
    _show_work(item, content)
    output.line("\n" + t("算例", "Worked examples"))
    output.table((t("情形", "case"), t("结果", "result")), [(e["title"], e["text"]) for e in content["examples"]])
    for words in content["disclaimers"]:
        output.line(f"· {words}")


def _show_identifiers(item: Any) -> None:
    from policies.benefits import KeyKind

    if not item.pays:
        return
    output.line("\n" + t("就高不重复：比对依据（登记其他补助时按此填写）", "Compared with other benefits by"))
    sure = (t("须人工比对", "a person compares"), t("即为同一", "the same"))
    rows = [
        (named(identifier.kind), named(identifier.title), identifier.example, sure[identifier.certain])
        for identifier in item.identifiers
    ]
    papers = t("费用凭证（发票、合同号）", "papers of the costs: invoice or contract no.")
    rows += [(named(KeyKind.INVOICE), papers, "", sure[True])] if item.document else []
    rows.append((named(KeyKind.ENTERPRISE), t("只知受益企业的补助", "where only the firm is known"), "", sure[False]))
    output.table((t("类别", "kind"), t("写法", "written"), t("例", "example"), t("相同时", "where alike")), rows)


def _show_fields(title: str, form: type) -> None:
    output.line(f"\n{title}")
    columns = (t("字段", "field"), t("名称", "label"), "", t("写法", "written as"))
    output.table(columns, field_words.rows(form))


def _show_parameters(item: Any) -> None:
    if not item.parameters:
        output.line("\n" + t("参数：不需要", "Parameters: none needed"))
        return
    needs = {
        "always": t("必须", "always"),
        "where_asked": t("遇到时", "where asked"),
        "optional": t("可选", "optional"),
    }
    output.line("\n" + t("参数（文件未明确，由两人设定）", "Parameters (open in the text, set by two people)"))
    rows = [
        (parameter.id, named(parameter.title), needs[parameter.need.value], named(parameter.decides))
        for parameter in item.parameters
    ]
    output.table((t("编号", "id"), t("名称", "title"), "", t("决定", "decides")), rows)
