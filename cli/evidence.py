"""`evidence`: the papers of a case, kept under their hash, shown, and looked at off line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cli import files, home, output
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t

if TYPE_CHECKING:
    from casework.lifecycle.case_changes import CaseView
    from models.store import Store

app = group("证明材料", "Papers", "evidence")


def _case(number: str, as_: str | None, token: str | None) -> tuple[Store, home.Actor, CaseView]:
    """The store in use, who acts, and the case of this number."""
    from casework import views

    store = home.opened()
    who = home.person(store, as_, token)
    with store.read() as work:
        return store, who, views.find_case(work, number)


@command(app, "add", "为案件添加材料（按内容摘要保存，从不覆盖）", "Add a paper to a case")
def evidence_add(
    number: Annotated[str, argument("案件编号", "the case's number", metavar="NO")],
    slot: Annotated[str, argument("材料项（item 命令可见）", "the slot (see item)", metavar="SLOT")],
    path: Annotated[str, argument("文件", "the file", metavar="FILE")],
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.applications.evidence_vault import Vault

    store, who, case = _case(number, as_, token)
    home.note(store, who, "evidence add", [case.number, slot])
    paper = Vault(home.home().evidence).add(store, Path(path), case=case.id, slot=slot, by=who.person)
    if json:
        body = {"case": case.number, "slot": slot, "name": paper.name, "sha256": paper.sha256, "size": paper.size}
        output.print_json({"demo": store.demo, **body})
        return
    output.line(t(f"已收材料 {paper.name}（{paper.size} 字节）", f"{paper.name} is kept ({paper.size} bytes)"))
    output.line(f"sha256 {paper.sha256}")
    output.demo_mark(store.demo)


@command(app, "list", "列出案件的材料（序号、材料项、名称、摘要）", "List the papers of a case")
def evidence_list(
    number: Annotated[str, argument("案件编号", "the case's number", metavar="NO")],
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework import views
    from casework.applications import evidence_vault
    from casework.shared.reference import policy_of
    from cli.casefile import slot_title

    store, who, case = _case(number, as_, token)
    with store.read() as work:
        evidence_vault.refuse_reader(store, work, case.id, who.person)
        found = evidence_vault.papers_of(work, case.id)
        item = policy_of(case.policy).item_as(case.item, case.rule_version, work.today)
    if json:
        rows = [views.plain(paper) for paper in found]
        output.print_json({"demo": store.demo, "case": case.number, "count": len(rows), "papers": rows})
        return
    output.demo_mark(store.demo)
    if not found:
        output.line(t(f"案件 {case.number} 没有材料", f"case {case.number} has no papers"))
        return
    names = (("序号", "no."), ("材料项", "slot"), ("名称", "name"), ("字节", "bytes"), ("摘要", "hash"))
    rows_ = [
        (paper.position, slot_title(item, paper.slot), paper.name, paper.size, paper.sha256[:12]) for paper in found
    ]
    output.table([t(*name) for name in names], rows_, right=(0, 3))


@command(app, "show", "取出案件的一份材料，写入新文件（核对摘要，记入审计）", "Write a paper of a case to a new file")
def evidence_show(
    number: Annotated[str, argument("案件编号", "the case's number", metavar="NO")],
    paper: Annotated[
        str,
        argument(
            "材料的序号、名称、摘要（至少前 8 位）或材料项",
            "its number, name, hash (8 characters at least) or slot",
            metavar="PAPER",
        ),
    ],
    to: Annotated[str, option("--to", zh="写入的文件（不覆盖已有文件）", en="the file to write", metavar="FILE")],
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework import views
    from casework.applications import evidence_vault

    store, who, case = _case(number, as_, token)
    home.note(store, who, "evidence show", [case.number, paper])
    vault = evidence_vault.Vault(home.home().evidence)
    found, data = evidence_vault.open_paper(store, vault, case.id, paper, by=who.person)
    files.write_new(Path(to), data)
    if json:
        output.print_json({"demo": store.demo, "case": case.number, "file": to, **views.plain(found)})
        return
    output.line(t(f"{found.name} 已写入 {to}（{found.size} 字节，摘要相符）", f"{found.name} is in {to}, hash agrees"))


@command(app, "seen", "记录材料的线下核验结果（不上传的材料）", "Record that a paper was checked off line")
def evidence_seen(
    number: Annotated[str, argument("案件编号", "the case's number", metavar="NO")],
    slot: Annotated[str, argument("材料项（item 命令可见）", "the slot (see item)", metavar="SLOT")],
    note: Annotated[str, option("--note", zh="核验说明", en="what was seen")] = "",
    bad: Annotated[bool, option("--bad", zh="核验不符", en="it is not as it should be")] = False,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.applications.offline_papers import see

    store, who, case = _case(number, as_, token)
    home.note(store, who, "evidence seen", [case.number, slot])
    see(store, case=case.id, slot=slot, good=not bad, note=note, by=who.person)
    if json:
        output.print_json({"demo": store.demo, "case": case.number, "slot": slot, "found": "fail" if bad else "ok"})
        return
    output.line(t(f"已记录 {case.number} {slot} 的线下核验结果", f"the check of {slot} is recorded"))
    output.demo_mark(store.demo)


@command(app, "check", "核对材料库：每条登记都有原文件，内容未变", "Compare the papers on disk with the records")
def evidence_check(json: Json = False) -> None:
    from casework.applications.evidence_vault import Vault

    store = home.opened()
    with output.progress(t("核对材料", "checking papers")):
        found = Vault(home.home().evidence).check(store)
    if json:
        output.print_json({"demo": store.demo, "sound": found.sound, **vars(found)})
    else:
        for words, listed in (
            (t("缺失", "missing"), found.missing),
            (t("被改动", "altered"), found.altered),
            (t("未登记（无害）", "unnamed (harmless)"), found.unnamed),
        ):
            output.line(f"{words} {len(listed)}")
            for paper in listed[:10]:
                output.line(f"  {paper}")
    if not found.sound:
        raise SystemExit(3)
