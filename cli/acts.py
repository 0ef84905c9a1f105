"""`act` and `withdraw`: what a person does to a case, or to a list of cases."""

from __future__ import annotations

import json as json_module
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from cli import act_options as o
from cli import files, home, output
from cli.acting import ACTIONS, Wanted, request
from cli.claimed import case_number, completed, numbers
from cli.errors import WRONG_USE, Trouble, trouble_of, wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t

if TYPE_CHECKING:
    from models.store import Store

app = group("办理", "Acts")
CHUNK = 100
Text = str | None


@command(
    app,
    "act",
    "办理一件案件，或用 --list 批量办理\n\n动作：" + "、".join(f"{name}（{zh}）" for name, (zh, _) in ACTIONS.items()),
    "Act on one case, or on many with --list\n\nActions: " + ", ".join(ACTIONS),
)
def act(
    number: Annotated[Text, argument("案件编号", "the case's number", metavar="NO")] = None,
    action: Annotated[Text, argument("动作，如 accept", "the action, like accept", metavar="ACTION")] = None,
    as_: Person = None,
    token: Secret = None,
    list_: o.List = None,
    facts: o.Facts = None,
    as_claimed: o.AsClaimed = False,
    fact: o.Fact = None,
    claim: o.Claim = None,
    reason: o.Reason = None,
    reason_code: o.ReasonCode = None,
    clause: o.Clause = None,
    amount: o.Amount = None,
    minutes: o.Minutes = None,
    missing: o.Missing = None,
    comparison: o.ComparisonNo = None,
    verdict: o.Verdict = None,
    negative: o.Negative = False,
    upheld: o.Upheld = False,
    objection: o.ObjectionNo = None,
    unsatisfied: o.Unsatisfied = False,
    visited: o.Visited = False,
    on_behalf: o.OnBehalf = False,
    review_on: o.ReviewOn = None,
    document: o.Document = None,
    result: o.Result = None,
    check: o.Check = None,
    paper: o.Paper = None,
    milestone: o.MilestoneNo = None,
    text: o.Done = None,
    indicator: o.Indicator = None,
    period: o.Period = None,
    rule_version: o.RuleVersion = None,
    seen: o.Seen = None,
    act_id: o.ActId = None,
    json: Json = False,
) -> None:
    given = {
        "facts": _object(facts, "--facts"),
        "as_claimed": as_claimed,
        "fact": list(fact or ()),
        "claim": _object(claim, "--claim"),
        "reason": reason,
        "reason_code": reason_code,
        "clause": clause,
        "amount": amount,
        "minutes": minutes,
        "missing": missing,
        "comparison": comparison,
        "verdict": verdict,
        "negative": negative,
        "upheld": upheld,
        "objection": objection,
        "unsatisfied": unsatisfied,
        "visited": visited,
        "on_behalf": on_behalf,
        "review_on": review_on,
        "document": document,
        "result": result,
        "check": check,
        "paper": paper,
        "milestone": milestone,
        "text": text,
        "indicators": indicators(indicator or ()),
        "period": period,
        "rule_version": rule_version,
        "seen": seen,
        "act_id": act_id,
    }
    options = {name: value for name, value in given.items() if value not in (None, False, [], {})}
    if list_ is not None:
        if number or options:
            zh = "--list 与编号、动作及其选项不能同时使用：请写在清单的各列"
            raise wrong_use("list", zh, "with --list the options stand in the file's columns", field="--list")
        _many(list_, as_, token, json)
        return
    if number is None or action is None:
        raise wrong_use("usage", "请写明案件编号和动作，或用 --list", "say NO and ACTION, or use --list", field="NO")
    one(Wanted(case=number, action=action, options=options), as_, token, json)


@command(app, "withdraw", "申报人撤回申报", "The applicant withdraws")
def withdraw(
    number: Annotated[str, argument("案件编号", "the case's number", metavar="NO")],
    as_: Person = None,
    token: Secret = None,
    reason: Annotated[Text, option("--reason", zh="理由", en="why")] = None,
    json: Json = False,
) -> None:
    options = {"reason": reason} if reason else {}
    one(Wanted(case=number, action="withdraw", options=options), as_, token, json)


def one(wanted: Wanted, login: str | None, token: str | None, json: bool) -> None:
    """One act, and what came of it. The act's id is printed, so that it can be sent again without harm."""
    from casework import acting, queries
    from casework.queries.conditions import warned

    store = home.opened()
    who = home.person(store, login, token)
    (wanted,) = completed(store, [wanted])
    made = request(wanted, numbers(store, [wanted.case]), who.person)
    home.note(store, who, f"act {wanted.action}", [wanted.case, made.act_id])
    receipt = acting.act(store, made)
    if json:
        output.print_json({"demo": store.demo, **queries.plain(receipt)})
        return
    with store.read() as work:
        case = queries.find_case(work, receipt.number)
        row = queries.row_of(case, work.now)
        known = () if receipt.repeated else receipt.warnings or warned(work, [case.id]).get(case.id, ())
    from cli.casefile import next_of, words

    again = t("（此前已办理，未重复）", " (done before, not repeated)") if receipt.repeated else ""
    version = t(f"第 {receipt.version} 版", f"version {receipt.version}")
    output.line(f"{receipt.number}  {words(row.state_zh, row.state_en)}  {version}{again}")
    if row.next_duty:
        output.line(t("下一步：", "next: ") + next_of(row))
    if receipt.awaits:
        output.line(t(*receipt.awaits))
    for zh, en in known:
        output.line(t(f"注意：{zh}", f"mind: {en}"))
    if wanted.action in ("file", "申报"):
        warn(store, receipt.number, who.person)
    output.line(t(f"操作编号 {receipt.act_id}", f"act id {receipt.act_id}"))
    output.demo_mark(store.demo)


def warn(store: Store, number: str, person: uuid.UUID) -> None:
    """Says what else names the subject of a case that was just filed."""
    for zh, en, own in same_subject(store, number, person):
        more = (
            ("重复提交的请撤回", "withdraw what was sent twice")
            if own
            else ("受理时核对", "it is compared at acceptance")
        )
        zh = f"注意：与 {zh} 依据相同；按就高不重复只兑付较高的一项，{more[0]}"
        output.line(t(zh, f"mind: the same subject as {en}: only the higher is paid; {more[1]}"))


def same_subject(store: Store, number: str, person: uuid.UUID) -> tuple[tuple[str, str, bool], ...]:
    """What else names the subject of a case, in both languages, and whether it is the applicant's own; each once."""
    from casework import queries
    from casework.queries.dossier import same_subject as found
    from casework.queries.others import party_of

    with store.read() as work:
        officer = party_of(store, work, person) is None
        met = found(work, queries.find_case(work, number))
        return tuple(dict.fromkeys((*one.told(officer), one.own) for one in met))


def _object(path: str | None, field: str) -> dict[str, Any] | None:
    return files.read_object(path, field=field) if path else None


def indicators(given: Any) -> dict[str, str]:
    found = {}
    for one_ in given:
        name, sign, value = one_.partition("=")
        if not sign:
            raise wrong_use("indicator", f"指标应写成 名称=数值；现为 {one_}", "write NAME=VALUE", field="--indicator")
        found[name.strip()] = value.strip()
    return found


def _many(path: str, login: str | None, token: str | None, json: bool) -> None:
    carry_out_list(path, _rows(path), login, token, json)


def carry_out_list(
    path: str, rows: Sequence[Mapping[str, Any]], login: str | None, token: str | None, json: bool
) -> None:
    """A list of acts: every line is done or refused on its own; exit 1 when one was refused."""
    store = home.opened()
    who = home.person(store, login, token)
    wanted = completed(store, [_line(row, number) for number, row in enumerate(rows, 1)])
    answers = _carry_out(store, who, path, wanted)
    refused = [one_ for one_ in answers if "error" in one_]
    if json:
        output.print_json({"demo": store.demo, "count": len(answers), "refused": len(refused), "acts": answers})
    else:
        _show(store, answers, refused)
    if refused:
        raise SystemExit(1)


def _carry_out(store: Store, who: home.Actor, path: str, wanted: list[Wanted]) -> list[dict[str, Any]]:
    """Each line's answer, in the list's order. Act ids follow from file, line and person: the same list again is harmless."""
    from casework.acting import act_list

    known = numbers(store, [one_.case for one_ in wanted])
    base = uuid.uuid5(uuid.NAMESPACE_OID, f"{files.digest(path)}:{who.person}")
    answers: list[dict[str, Any]] = [{"line": n, "case": w.case, "action": w.action} for n, w in enumerate(wanted, 1)]
    ready: list[tuple[int, Any]] = []
    for index, line in enumerate(wanted):
        try:
            ready.append((index, request(line, known, who.person, uuid.uuid5(base, str(index)))))
        except Trouble as no:
            answers[index] |= no.json()
    home.note(store, who, "act --list", [files.digest(path), len(ready)])
    with output.progress(t("办理", "acting"), len(ready)) as advance:
        for start in range(0, len(ready), CHUNK):
            chunk = ready[start : start + CHUNK]
            for (index, _), answer in zip(chunk, act_list(store, [made for _, made in chunk]), strict=True):
                answers[index] |= _answer(answer)
            advance(len(chunk))
    return answers


def _answer(answer: Any) -> dict[str, Any]:
    if isinstance(answer, Exception):
        return trouble_of(answer).json()
    return {
        "state": answer.state,
        "version": answer.version,
        "act_id": str(answer.act_id),
        "repeated": answer.repeated,
        "warnings": [zh for zh, _ in answer.warnings],
    }


def _show(store: Store, answers: list[dict[str, Any]], refused: list[dict[str, Any]]) -> None:
    output.demo_mark(store.demo)
    rows = [(one_["line"], one_["case"], one_["action"], _result(one_)) for one_ in answers]
    columns = (t("行", "line"), t("案件", "case"), t("动作", "action"), t("结果", "result"))
    output.table(columns, rows, keep=(0, 1))
    words = f"办理 {len(answers) - len(refused)} 件，未办理 {len(refused)} 件"
    output.line(t(words, f"{len(answers) - len(refused)} done, {len(refused)} refused"))


def _result(answer: Mapping[str, Any]) -> str:
    if "error" in answer:
        return t("未办理：", "refused: ") + str(answer["error"]["message"])
    from cli.casefile import state_words

    again = t("（此前已办理）", " (done before)") if answer["repeated"] else ""
    return state_words(answer["state"]) + again


def _rows(path: str) -> list[dict[str, Any]]:
    """The lines of a list as option name → value."""
    if path.lower().endswith(".json"):
        found = files.read_json(path, field="--list")
        if not isinstance(found, list) or not all(isinstance(one_, dict) for one_ in found):
            raise wrong_use("list", f"{path} 应为对象列表", f"{path} must hold a list of objects", field="--list")
        return found
    from pathlib import Path

    from casework.sheets import acts

    if not Path(path).exists():
        files.text(path, field="--list")  # says what is wrong with it
    return acts.read(Path(path))


_FLAGS = ("negative", "upheld", "unsatisfied", "visited", "on_behalf", "as_claimed")
_FORMS = ("facts", "claim", "indicators")


def _line(row: Mapping[str, Any], number: int) -> Wanted:
    """One line of a list; cells are text, forms are JSON or the name of a file (@facts.json)."""
    given = {str(name).strip(): value for name, value in row.items() if value not in (None, "", [])}
    case, action = case_number(str(given.pop("case", ""))), str(given.pop("action", "")).strip()
    options: dict[str, Any] = {}
    for name, value in given.items():
        where = f"[{number}].{name}"
        if name in _FORMS:
            options[name] = _form(value, where)
        elif name in _FLAGS:
            options[name] = _yes(value, where)
        elif name == "missing":
            listed = value if isinstance(value, list) else str(value).replace(";", "；").split("；")
            options[name] = [str(one_).strip() for one_ in listed if str(one_).strip()]
        elif name in ("seen", "milestone", "objection", "comparison"):
            options[name] = _whole(value, where)
        else:
            options[name] = str(value).strip()
    return Wanted(case=case, action=action, options={k: v for k, v in options.items() if v not in (False, "", [])})


def _form(value: Any, where: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    text = str(value).strip()
    if text.startswith("@"):
        return files.read_object(text[1:], field=where)
    try:
        found = json_module.loads(text)
    except (ValueError, RecursionError) as error:
        zh, en = f"{where} 应为 JSON，或 @文件名", f"{where}: JSON, or @file"
        raise Trouble(WRONG_USE, "json", t(zh, en), where) from error
    if not isinstance(found, dict):
        raise wrong_use("json", f"{where} 应为 JSON 对象", f"{where} must be a JSON object", field=where)
    return found


def _yes(value: Any, where: str) -> bool:
    from casework.texts import yes_no

    known = yes_no(value)
    if known is None:
        raise wrong_use("flag", f"{where} 应为 是 或 否；现为 {value}", f"{where}: yes or no, not {value}", field=where)
    return known


def _whole(value: Any, where: str) -> int:
    text = str(value).strip().removesuffix(".0")
    if not text.isascii() or not text.isdigit():
        raise wrong_use("number", f"{where} 应为整数；现为 {value}", f"{where} is a whole number", field=where)
    return int(text)
