"""`act` and `withdraw`: what a person does to a case, or to a list of cases."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from casework.act_forms import ActForm, Fault, WrongForm, act_named, parse
from casework.forms.act_values import value_of
from casework.lifecycle.commands import Act, File
from cli import files, home, output
from cli.act_options import CLAIMED, OFFERED, OPTIONS, flag_of, with_options
from cli.claimed import Wanted, case_number, completed, numbers
from cli.errors import Trouble, trouble_of, wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t

if TYPE_CHECKING:
    from models.store import Store

app = group("办理", "Acts")
CHUNK = 100
Text = str | None
List = Annotated[
    Text,
    option(
        "--list",
        zh="批量文件：CSV、XLSX、JSON（列：case, action …）",
        en="CSV, XLSX or JSON of acts",
        metavar="FILE",
    ),
]
AsClaimed = Annotated[
    bool,
    option(
        "--as-claimed",
        zh="按申报内容认定（certify）；与 --facts、--fact 不同之处以后者为准",
        en="certify what was claimed; --facts and --fact change or add to it",
    ),
]
Fact = Annotated[
    list[str] | None,
    option(
        "--fact", zh="一项认定事实：字段=值（certify，可多次）", en="NAME=VALUE (certify, repeat)", metavar="NAME=VALUE"
    ),
]


@command(
    app,
    "act",
    "办理一件案件，或用 --list 批量办理\n\n动作：" + "、".join(f"{typed}（{zh}）" for typed, zh in OFFERED.items()),
    "Act on one case, or on many with --list\n\nActions: " + ", ".join(OFFERED),
)
@with_options
def act(
    number: Annotated[Text, argument("案件编号", "the case's number", metavar="NO")] = None,
    action: Annotated[Text, argument("动作，如 accept", "the action, like accept", metavar="ACTION")] = None,
    as_: Person = None,
    token: Secret = None,
    list_: List = None,
    as_claimed: AsClaimed = False,
    fact: Fact = None,
    json: Json = False,
    **given: Any,
) -> None:
    given |= {"as_claimed": as_claimed, "fact": list(fact or ())}
    given |= {name: _object(given[name], flag_of(name)) for name in ("facts", "claim")}
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
    from casework import command_handler, views
    from casework.conditions.condition_wordings import warned
    from casework.views.other_applicants import party_of

    store = home.opened()
    who = home.person(store, login, token)
    (wanted,) = completed(store, [wanted])
    made = request(wanted, numbers(store, [wanted.case]), who.person)
    home.note(store, who, f"act {wanted.action}", [wanted.case, made.act_id])
    receipt = command_handler.act(store, made)
    if json:
        output.print_json({"demo": store.demo, **views.plain(receipt)})
        return
    with store.read() as work:
        case = views.find_case(work, receipt.number)
        row = views.row_of(case, work.now)
        theirs = party_of(store, work, who.person) is not None
        listed = warned(work, [case.id], applicant=theirs).get(case.id, ())
    known = () if receipt.repeated else receipt.warnings or listed
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
    if isinstance(made, File):
        warn(store, receipt.number, who.person)
    output.line(t(f"操作编号 {receipt.act_id}", f"act id {receipt.act_id}"))
    output.demo_mark(store.demo)


def request(wanted: Wanted, known: Mapping[str, uuid.UUID], by: uuid.UUID, act_id: uuid.UUID | None = None) -> Act:
    """The casework's command. Trouble says which action or case is wrong, WrongForm every option that is."""
    form, case = _form(wanted.action), known.get(wanted.case)
    options, nobody = wanted.options, uuid.UUID(int=0)
    made = parse(form.word, options, by=by, case=case or nobody, act_id=act_id, complete=False, shown=flag_of)
    if case is None:
        zh, en = f"没有案件“{wanted.case}”，请用 cases 查找编号", f"there is no case {wanted.case}: see duixian cases"
        raise wrong_use("unknown_case", zh, en, field="NO")
    return made


def _form(text: str) -> ActForm[Act]:
    form = act_named(text)
    if form is not None:
        return form
    among = "、".join(f"{typed}（{zh}）" for typed, zh in OFFERED.items())
    zh = f"没有动作“{text}”；可用：{among}" if text else f"没有写明动作；可用：{among}"
    raise wrong_use("action", zh, f"no action {text!r}; one of {', '.join(OFFERED)}", field="ACTION")


def warn(store: Store, number: str, person: uuid.UUID) -> None:
    """Says what else names the subject of a case that was just filed."""
    for words in filed_before(store, number, person):
        output.line(t(f"注意：{words[0]}", f"mind: {words[1]}"))


def filed_before(store: Store, number: str, person: uuid.UUID) -> tuple[tuple[str, str], ...]:
    """In both languages what else names the subject of a case, and what to do about it."""
    found = []
    for zh, en, own in same_subject(store, number, person):
        more = (
            ("重复提交的请撤回", "withdraw what was sent twice")
            if own
            else ("受理时核对", "it is compared at acceptance")
        )
        zh = f"与 {zh} 依据相同；按就高不重复只兑付较高的一项，{more[0]}"
        found.append((zh, f"the same subject as {en}: only the higher is paid; {more[1]}"))
    return tuple(found)


def same_subject(store: Store, number: str, person: uuid.UUID) -> tuple[tuple[str, str, bool], ...]:
    """What else names the subject of a case, in both languages, and whether it is the applicant's own; each once."""
    from casework import views
    from casework.views.dossier import same_subject as found
    from casework.views.other_applicants import party_of

    with store.read() as work:
        officer = party_of(store, work, person) is None
        met = found(work, views.find_case(work, number))
        return tuple(dict.fromkeys((*claim.told(officer), claim.own) for claim in met))


def _object(path: str | None, field: str) -> dict[str, Any] | None:
    return files.read_object(path, field=field) if path else None


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
    refused = [answer for answer in answers if "error" in answer]
    if json:
        output.print_json({"demo": store.demo, "count": len(answers), "refused": len(refused), "acts": answers})
    else:
        _show(store, answers, refused)
    if refused:
        raise SystemExit(1)


def _carry_out(store: Store, who: home.Actor, path: str, wanted: list[Wanted]) -> list[dict[str, Any]]:
    """Each line's answer, in the list's order. Act ids follow from file, line and person: the same list again is harmless."""
    from casework.command_handler import act_list

    known = numbers(store, [asked.case for asked in wanted])
    base = uuid.uuid5(uuid.NAMESPACE_OID, f"{files.digest(path)}:{who.person}")
    answers: list[dict[str, Any]] = [{"line": n, "case": w.case, "action": w.action} for n, w in enumerate(wanted, 1)]
    ready: list[tuple[int, Any]] = []
    for index, line in enumerate(wanted):
        try:
            ready.append((index, request(line, known, who.person, uuid.uuid5(base, str(index)))))
        except (Trouble, WrongForm) as no:
            answers[index] |= trouble_of(no).json()
    home.note(store, who, "act --list", [files.digest(path), len(ready)])
    with output.progress(t("办理", "acting"), len(ready)) as advance:
        for start in range(0, len(ready), CHUNK):
            chunk = ready[start : start + CHUNK]
            for (index, _), answer in zip(chunk, act_list(store, [made for _, made in chunk]), strict=True):
                answers[index] |= _answer(store, who.person, answer)
            advance(len(chunk))
    return answers


def _answer(store: Store, person: uuid.UUID, answer: Any) -> dict[str, Any]:
    if isinstance(answer, Exception):
        return trouble_of(answer).json()
    twice = filed_before(store, answer.number, person) if answer.same_subject else ()
    return {
        "state": answer.state,
        "version": answer.version,
        "act_id": str(answer.act_id),
        "repeated": answer.repeated,
        "warnings": [list(warning) for warning in (*answer.warnings, *twice)],
    }


def _show(store: Store, answers: list[dict[str, Any]], refused: list[dict[str, Any]]) -> None:
    output.demo_mark(store.demo)
    rows = [(answer["line"], answer["case"], answer["action"], _result(answer)) for answer in answers]
    columns = (t("行", "line"), t("案件", "case"), t("动作", "action"), t("结果", "result"))
    output.table(columns, rows, keep=(0, 1))
    words = f"办理 {len(answers) - len(refused)} 件，未办理 {len(refused)} 件"
    output.line(t(words, f"{len(answers) - len(refused)} done, {len(refused)} refused"))


def _result(answer: Mapping[str, Any]) -> str:
    if "error" in answer:
        return t("未办理：", "refused: ") + str(answer["error"]["message"])
    from cli.casefile import state_words

    again = t("（此前已办理）", " (done before)") if answer["repeated"] else ""
    return state_words(answer["state"]) + again + "".join(f"\n! {t(*warning)}" for warning in answer["warnings"])


def _rows(path: str) -> list[dict[str, Any]]:
    """The lines of a list as option name → value."""
    if path.lower().endswith(".json"):
        found = files.read_json(path, field="--list")
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise wrong_use("list", f"{path} 应为对象列表", f"{path} must hold a list of objects", field="--list")
        return found
    from pathlib import Path

    from casework import act_list_workbook

    if not Path(path).exists():
        files.text(path, field="--list")  # says what is wrong with it
    return act_list_workbook.read(Path(path))


def _line(row: Mapping[str, Any], number: int) -> Wanted:
    """One line of a list; cells are text, forms are JSON or the name of a file (@facts.json). WrongForm: cells that are neither."""
    given = {str(name).strip(): value for name, value in row.items() if value not in (None, "", [])}
    case, action = case_number(str(given.pop("case", ""))), str(given.pop("action", "")).strip()
    faults: list[Fault] = []
    options = {name: _cell(name, value, f"[{number}].{name}", faults) for name, value in given.items()}
    if faults:
        raise WrongForm(faults)
    return Wanted(case=case, action=action, options={k: v for k, v in options.items() if v is not False})


def _cell(name: str, value: Any, where: str, faults: list[Fault]) -> Any:
    """A cell as an option's value; what its act is to judge stays as it is."""
    known = CLAIMED if name == "as_claimed" else OPTIONS[name].field if name in OPTIONS else None
    if known is None or known.kind not in ("flag", "count", "form", "figures"):
        return value
    if known.kind == "form" and isinstance(value, str) and value.strip().startswith("@"):
        return files.read_object(value.strip()[1:], field=where)
    stated = value_of(known, value, where, faults, contrary=name == known.contrary)
    return not stated if name == known.contrary else stated
