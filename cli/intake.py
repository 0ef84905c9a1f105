"""`file`, `template`, `import`: how applications come in, one by one or by workbook."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from casework.shared.os_errors import said_zh
from cli import acts, filed, files, home, output
from cli.common import Answer, party_named, uuid_of
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import language, t
from cli.measures import item_named
from cli.which import PolicyCode, business_day, policy_named

if TYPE_CHECKING:
    from models.store import Store

app = group("申报", "Filing")

Text = str | None
Item = Annotated[str, argument("事项编号，如 M4a", "the item's id, like M4a", metavar="ITEM")]
Party = Annotated[
    Text, option("--party", zh="申报主体的代码或名称（默认：本人所属主体）", en="the applicant's code or name")
]
Claim = Annotated[str, option("--claim", zh="申报内容的 JSON 文件", en="JSON file of the claim", metavar="FILE")]
Papers = Annotated[
    list[str] | None,
    option("--paper", zh="材料：材料项=文件（可多次）", en="a paper: SLOT=FILE (repeat)", metavar="SLOT=FILE"),
]
Draft = Annotated[
    bool,
    option("--draft", zh="只建草稿，不提交；申报内容可以不全", en="open a draft only; the claim may be unfinished"),
]
ActId = Annotated[Text, option("--act-id", zh="操作编号（UUID）；重复提交无害", en="a UUID; a repeat is harmless")]


@command(app, "file", "申报一件：建档、收材料并提交", "Open and file one application")
def file(
    item: Item,
    claim: Claim,
    party: Party = None,
    paper: Papers = None,
    draft: Draft = False,
    act_id: ActId = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    file_one(item, claim, party, paper or (), draft, act_id, as_, token, json, policy)


def file_one(
    item: str,
    claim: str,
    party: str | None,
    papers: Sequence[str],
    draft: bool,
    act_id: str | None,
    login: str | None,
    token: str | None,
    json: bool,
    policy: str | None,
) -> None:
    """Opens a case and files it; a filing that is refused leaves the draft, and says so."""
    from casework import command_handler
    from casework.applications import case_opening
    from casework.applications.evidence_vault import Vault
    from casework.forms import typed_forms
    from casework.lifecycle import commands
    from casework.shared.errors import Refused

    chosen = item_named(item, policy)
    stated = files.read_object(claim, field="--claim")
    store = home.opened()
    who = home.person(store, login, token)
    owner = party_named(store, party) if party else own_party(store, who.person)
    new = case_opening.NewCase(
        act_id=uuid_of(act_id, "--act-id") if act_id else uuid.uuid4(),
        policy=policy_named(policy).code,
        item=chosen.id,
        party=owner,
        claim=stated,
        papers=_papers(papers),
        unfinished=draft,
    )
    home.note(store, who, "file", [chosen.id, new.act_id])
    opened = case_opening.open_case(store, who.person, new, vault=Vault(home.home().evidence))
    receipt = None
    if not draft:
        own = own_party(store, who.person, required=False) == owner
        act_ = commands.File(case=opened.case, by=who.person, act_id=uuid.uuid5(new.act_id, "file"), on_behalf=not own)
        try:
            receipt = command_handler.act(store, act_)
        except Refused as no:
            no.zh, no.en = f"{no.zh}（草稿 {opened.number} 已保存）", f"{no.en} (draft {opened.number} is kept)"
            raise
    lacks = typed_forms.missing(chosen, stated) if receipt is None else ()
    filed.tell(store, opened, receipt, who.person, lacks, json=json)


def own_party(store: Store, person: uuid.UUID, *, required: bool = True) -> Any:
    """The party that a person belongs to."""
    from sqlalchemy import select
    from sqlmodel import col

    from models import Person as Row

    with store.read() as work:
        found = work.execute(select(col(Row.party_id)).where(col(Row.id) == person)).scalars().first()
    if found is None and required:
        raise wrong_use("party", "请用 --party 指明申报主体", "say --party: who applies", field="--party")
    return found


def _papers(given: Sequence[str]) -> dict[str, list[Any]]:
    """slot=file → examined papers by slot."""
    from casework.applications.evidence_vault import examine

    found: dict[str, list[Any]] = {}
    for text in given:
        slot, sign, path = text.partition("=")
        if not sign or not slot.strip() or not path.strip():
            raise wrong_use(
                "paper", f"材料写成 材料项=文件；现为 {text}", f"write SLOT=FILE, not {text}", field="--paper"
            )
        found.setdefault(slot.strip(), []).append(examine(Path(path.strip())))
    return found


TEMPLATES = (
    "applications",
    "enterprises",
    "people",
    "benefits",
    "holidays",
    "rates",
    "rankings",
    "acts",
    "figures",
    "units",
    "roles",
    "delegations",
    "budgets",
    "contacts",
)


@command(
    app,
    "template",
    "生成空白表格：申报表，或主体、人员、补助、节假日、兑付率、赛马登记表",
    "Write a workbook to fill in",
)
def template(
    kind: Annotated[
        str, argument("、".join(TEMPLATES), f"one of {', '.join(TEMPLATES)}", metavar="KIND")
    ] = "applications",
    to: Annotated[
        Text, option("--to", zh="输出文件（默认：类别.xlsx）", en="the file to write", metavar="FILE")
    ] = None,
    item: Annotated[
        list[str] | None, option("--item", zh="只含这些事项（可多次）", en="only these items (repeat)", metavar="ITEM")
    ] = None,
    policy: PolicyCode = None,
) -> None:
    if kind not in TEMPLATES:
        zh, en = f"没有模板 {kind}；可选：{'、'.join(TEMPLATES)}", f"no template {kind}; one of {', '.join(TEMPLATES)}"
        raise wrong_use("template", zh, en, field="KIND")
    path = Path(to or f"{kind}.xlsx")
    if path.suffix.lower() != ".xlsx":
        raise wrong_use("file", f"{path} 应以 .xlsx 结尾", f"{path} must end with .xlsx", field="--to")
    known = policy_named(policy)
    items = [item_named(name, policy).id for name in item or ()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_template(kind, path, known, items)
    except OSError as error:
        zh, en = f"不能写入 {path}（{said_zh(error)}）", f"cannot write {path} ({error.strerror})"
        raise wrong_use("file", zh, en, field="--to") from error
    output.line(t(f"已写入 {path}", f"written to {path}"))


def _write_template(kind: str, path: Path, policy: Any, items: Sequence[str]) -> None:
    from casework import act_list_workbook
    from casework.applications import application_workbook
    from casework.awards import benefit_workbook
    from casework.funds import budget_workbook
    from casework.parties import contact_workbook, party_workbook
    from casework.policy_settings import holiday_workbook
    from casework.programmes import figure_workbook, payout_workbook, ranking_workbook
    from casework.staff import staff_workbook, unit_workbooks

    if kind == "applications":
        application_workbook.write_template(policy, path, today=business_day(), items=items)
        return
    if kind in ("acts", "figures"):
        (act_list_workbook if kind == "acts" else figure_workbook).write_template(path)
        return
    sheets: dict[str, Any] = {
        "enterprises": party_workbook.ENTERPRISES,
        "people": staff_workbook.STAFF,
        "benefits": benefit_workbook.BENEFITS,
        "holidays": holiday_workbook.HOLIDAYS,
        "rates": payout_workbook.RATES,
        "rankings": ranking_workbook.RANKINGS,
        "units": unit_workbooks.UNITS,
        "roles": unit_workbooks.ROLES,
        "delegations": unit_workbooks.DELEGATIONS,
        "budgets": budget_workbook.BUDGETS,
        "contacts": contact_workbook.CONTACTS,
    }
    sheets[kind].template(path)


@command(
    app,
    "import",
    "导入申报表（applications.xlsx）：有任何一行有误则全不导入，并写出带“错误”列的副本",
    "Import applications.xlsx: all of it, or nothing and a copy that says what is wrong",
)
def import_(
    path: Annotated[str, argument("申报表", "the workbook", metavar="FILE")],
    folder: Annotated[Text, option("--papers", zh="材料文件夹", en="folder of the papers", metavar="FOLDER")] = None,
    answer: Answer = None,
    check: Annotated[bool, option("--check", zh="只检查，不导入", en="check only")] = False,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    from casework import command_handler
    from casework.applications import application_import
    from casework.applications.evidence_vault import Vault
    from casework.spreadsheets.answered_workbook import Copy

    known = policy_named(policy)
    file_ = Path(path)
    papers = Path(folder) if folder else None
    copy = Path(answer) if answer else file_.with_name(f"{file_.stem}-错误.xlsx")
    store = home.opened()
    who = home.person(store, as_, token)
    with output.progress(t("核对", "comparing")):
        intake, _ = application_import.compare(store, who.person, file_, policy=known, folder=papers)
    if intake.faults:
        intake.answer(Copy(copy, language()))
        _refuse(intake.faults, copy)
    if check:
        output.line(t(f"{len(intake.rows)} 份申报，未发现错误", f"{len(intake.rows)} applications, nothing wrong"))
        return
    home.note(store, who, "import", [intake.file_hash, len(intake.rows)])
    with output.progress(t("导入", "importing"), len(intake.rows)) as advance:
        done = application_import.bring_in(
            store,
            who.person,
            file_,
            policy=known,
            act_list=command_handler.act_list,
            vault=Vault(home.home().evidence),
            folder=papers,
            progress=lambda count, _: advance(count),
        )
    _tell_import(store, done, who.person, json)


def _refuse(faults: Sequence[Any], copy: Path) -> None:
    """Every fault; the message shows the first ten, JSON has them all."""
    speaks = language()
    listed = [{"field": fault.field, "label": fault.key, "message": fault.message(speaks)} for fault in faults]
    rows = len({(fault.sheet, fault.row) for fault in faults})
    shown = "\n".join(f"  {fault.words(speaks)}" for fault in faults[:10])
    more = t(f"\n  …… 共 {len(faults)} 处", f"\n  … {len(faults)} in all") if len(faults) > 10 else ""
    zh = f"{rows} 行有误，未导入任何内容；错误已标在 {copy}\n{shown}{more}"
    en = f"{rows} rows are wrong, nothing was imported; the faults are marked in {copy}\n{shown}{more}"
    raise wrong_use("sheet", zh, en, field=listed[0]["field"], faults=listed)


_WARNED = 20  # rows of warnings on the screen


def _tell_import(store: Store, done: Any, person: uuid.UUID, json: bool) -> None:
    refused = [(opened.number, t(no.zh, no.en)) for opened, no in done.refused]
    told = {filed.number: [*filed.warnings, *_filed_before(store, filed, person)] for filed in done.filed}
    told = {number: words for number, words in told.items() if words}
    if json:
        body = {
            "cases": [case.number for case in done.cases],
            "new": done.new,
            "filed": len(done.filed),
            "refused": [{"case": number, "message": words} for number, words in refused],
            "warnings": [
                {"case": number, "warnings": [list(warning) for warning in words]} for number, words in told.items()
            ],
        }
        output.print_json({"demo": store.demo, "count": len(done.cases), **body})
    else:
        zh = f"申报 {len(done.cases)} 件，新建 {done.new} 件，提交 {len(done.filed)} 件"
        output.line(t(zh, f"{len(done.cases)} applications, {done.new} new, {len(done.filed)} filed"))
        if refused:
            output.line(t("未能提交（草稿已保存）：", "not filed (drafts kept):"))
            output.table((t("案件", "case"), t("原因", "why")), refused)
        if told:
            _show_warnings(told)
        output.demo_mark(store.demo)
    if refused:
        raise SystemExit(1)


def _filed_before(store: Store, receipt: Any, person: uuid.UUID) -> tuple[tuple[str, str], ...]:
    return acts.filed_before(store, receipt.number, person) if receipt.same_subject else ()


def _show_warnings(told: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """What is to be minded, a line each; of a large file the first ones."""
    shown = [(number, "\n".join(t(*warning) for warning in words)) for number, words in list(told.items())[:_WARNED]]
    output.line(t("注意：", "mind:"))
    output.table((t("案件", "case"), t("提醒", "note")), shown, keep=(0,))
    if len(told) > _WARNED:
        left = len(told) - _WARNED
        output.line(
            t(f"另有 {left} 件，用 --json 查看，或见 duixian cases", f"and {left} more: --json, or duixian cases")
        )
