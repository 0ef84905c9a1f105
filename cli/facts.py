"""`facts`: a certifier's cases as a workbook, filled in as claimed, changed by hand and certified as a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from casework.shared.os_errors import said_zh
from cli import acts, home, output
from cli.common import File
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, command, group, option
from cli.language import t
from cli.which import PolicyCode, policy_named

app = group("认定事实：按申报内容填好的工作簿", "Facts: a workbook filled in as claimed", "facts")


@command(
    app,
    "write",
    "把本人待认定的案件写成工作簿，已按申报内容填好",
    "Write one's cases as a workbook, filled in as claimed",
)
def facts_write(
    to: Annotated[str, option("--to", zh="输出文件（.xlsx）", en="the file to write", metavar="FILE")] = "facts.xlsx",
    item: Annotated[
        list[str] | None, option("--item", zh="只含这些事项（可多次）", en="only these items (repeat)", metavar="ITEM")
    ] = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    from casework.applications import fact_workbook
    from casework.views.facts_to_certify import facts_to_certify

    path = Path(to)
    if path.suffix.lower() != ".xlsx":
        raise wrong_use("file", f"{path} 应以 .xlsx 结尾", f"{path} must end with .xlsx", field="--to")
    known = policy_named(policy)
    store = home.opened()
    who = home.person(store, as_, token)
    rows = facts_to_certify(store, known, who.person, item or ())
    home.note(store, who, "facts write", [len(rows)])
    if not rows:
        raise wrong_use("empty", "没有等您认定的案件", "no case waits for your certification", field="--as")
    try:
        fact_workbook.write(path, rows)
    except OSError as error:
        zh, en = f"不能写入 {path}（{said_zh(error)}）", f"cannot write {path} ({error.strerror})"
        raise wrong_use("file", zh, en, field="--to") from error
    if json:
        output.print_json({"demo": store.demo, "file": str(path), "cases": len(rows)})
        return
    words = f"已写入 {path}：{len(rows)} 件；核对修改后：duixian facts certify {path} --as …"
    output.line(t(words, f"{path}: {len(rows)} cases; look, change, then: duixian facts certify {path} --as …"))
    output.demo_mark(store.demo)


@command(
    app,
    "certify",
    "按工作簿认定：任何一格有误则全不认定",
    "Certify as a workbook says: all of it understood, or nothing",
)
def facts_certify(
    file: File, as_: Person = None, token: Secret = None, json: Json = False, policy: PolicyCode = None
) -> None:
    from casework.applications import fact_workbook

    acts.carry_out_list(file, fact_workbook.read(Path(file), policy_named(policy)), as_, token, json)
