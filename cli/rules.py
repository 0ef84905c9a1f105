"""`rules`: the versions of a policy's rules, what another one would do to the open cases, and a new one's file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from casework.shared.os_errors import said_zh
from cli import home, output
from cli.common import day
from cli.errors import wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import named, t
from cli.measures import item_named, version_named
from cli.which import PolicyCode, policy_named, policy_to_change

app = group("规则版本", "Versions of the rules", "rules")
OneItem = Annotated[
    str | None, option("--item", zh="只看一个事项，如 M4a", en="one item only, like M4a", metavar="ITEM")
]


@command(
    app, "list", "列出有不止一个版本的事项（--all 为全部事项）", "List the items with several versions (--all: all)"
)
def list_(
    all_: Annotated[bool, option("--all", zh="全部事项", en="every item")] = False,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    known = policy_named(policy)
    rows = [
        {
            "item": item.id, "title": named(item.title), "version": version.version, "source": version.source,
            "from": (version.since or known.opens).isoformat(), "digest": version.digest,
        }
        for item in known
        for version in known.versions_of(item.id)
        if all_ or len(known.versions_of(item.id)) > 1
    ]  # fmt: skip
    if json:
        output.print_json({"policy": known.code, "count": len(rows), "rules": rows})
        return
    names = (("事项", "item"), ("版本", "version"), ("自", "from"), ("依据", "source"), ("摘要", "digest"))
    shown = [(row["item"], row["version"], row["from"], row["source"], row["digest"][:12]) for row in rows]
    output.table([t(*name) for name in names], shown)


@command(
    app,
    "compare",
    "比较在办案件按绑定版本与最新（或指定）版本的核算金额；不改变任何数据",
    "Every open case under its own and the newest (or a named) version; changes nothing",
)
def compare(
    item: OneItem = None,
    version: Annotated[
        str | None, option("--version", zh="与哪个版本比较（默认最新）", en="the version to compare with", metavar="ID")
    ] = None,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:
    from casework.views import rule_impact

    known = policy_named(policy)
    wanted = item_named(item, known.code).id if item else None
    if version and wanted:
        version_named(known, wanted, version)
    elif version and all(version not in {rule.version for rule in known.versions_of(each.id)} for each in known):
        zh = f"{known.code} 没有事项有规则版本 {version}"
        raise wrong_use("version", zh, f"no item of {known.code} has a version {version}", field="--version")
    store = home.opened()
    rows = rule_impact.compare(store, known.code, item=wanted, version=version, reader=home.reader(store, as_, token))
    if json:
        _as_json(store, known, rows)
    else:
        _show(store, rows)


def _as_json(store: Any, known: Any, rows: Any) -> None:
    listed = [
        {
            **vars(row),
            "difference_fen": row.difference_fen,
            **{
                f"{name}_yuan": output.plain_yuan(getattr(row, f"{name}_fen"))
                for name in ("bound", "other", "difference")
            },
        }
        for row in rows
    ]
    sums = _sums(rows)
    total: dict[str, Any] = {f"{name}_yuan": output.plain_yuan(fen) for name, fen in sums.items()}
    total |= {f"{name}_fen": fen for name, fen in sums.items()}
    output.print_json({"demo": store.demo, "policy": known.code, "count": len(rows), "cases": listed, "total": total})


def _show(store: Any, rows: Any) -> None:
    output.demo_mark(store.demo)
    names = (
        ("案件", "case"), ("版本", "versions"), ("绑定版本（元）", "bound (yuan)"), ("比较版本（元）", "other (yuan)"),
        ("差额（元）", "difference (yuan)"),
    )  # fmt: skip
    shown = [
        (
            f"{row.case}\n{row.item}",
            f"{row.bound} → {row.other}",
            _cell(row.bound_fen, row.bound_says),
            _cell(row.other_fen, row.other_says),
            "" if row.difference_fen is None else output.yuan(row.difference_fen),
        )
        for row in rows
    ]
    output.table([t(*name) for name in names], shown, right=(4,))
    sums = _sums(rows)
    both = f"{output.yuan(sums['bound'])} → {output.yuan(sums['other'])}"
    gap = output.yuan(sums["difference"])
    output.line(
        t(f"合计 {len(rows)} 件：{both} 元，差额 {gap} 元", f"{len(rows)} cases: {both} yuan, difference {gap} yuan")
    )
    output.line(t("仅供比较，未改变任何案件", "a comparison only: no case was changed"))


def _sums(rows: Any) -> dict[str, int]:
    """Over the cases that have both amounts."""
    both = [row for row in rows if row.difference_fen is not None]
    return {name: sum(getattr(row, f"{name}_fen") for row in both) for name in ("bound", "other", "difference")}


def _cell(fen: int | None, says: str) -> str:
    return says if not fen else output.yuan(fen)


@command(
    app,
    "add",
    "写出一个新版本的文件：改规则即增加版本，原版本不动",
    "Write the file of a new version: a rule is changed by adding one",
)
def add(
    item: Annotated[str, argument("事项编号，如 M14b", "the item's id, like M14b", metavar="ITEM")],
    since: Annotated[str, option("--from", zh="自此日起申报的案件适用", en="filings from this day on", metavar="DATE")],
    source: Annotated[str, option("--source", zh="依据文件", en="the document that it rests on")],
    version: Annotated[str | None, option("--version", zh="版本号（默认下一个）", en="its id", metavar="ID")] = None,
    ceiling: Annotated[str | None, option("--ceiling", zh="新的最高限额（元）", en="the new ceiling, yuan")] = None,
    folder: Annotated[
        str | None, option("--to", zh="写到哪个文件夹（默认政策的 versions/）", en="where to", metavar="FOLDER")
    ] = None,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:  # fmt: skip
    from dataclasses import replace

    from policies.kit import Money, Version, WrongAmount
    from policies.writing import version_file, write_version

    known = policy_to_change(policy)
    last = known.versions_of(item_named(item, known.code).id)[-1]
    try:
        changes = {"ceiling": Money.yuan(ceiling)} if ceiling else {}
    except WrongAmount as wrong:
        raise wrong_use("ceiling", str(wrong), "write the ceiling in yuan, like 350000", field="--ceiling") from wrong
    new = Version(
        item=last.id, id=version or str(len(known.versions_of(last.id)) + 1), since=day(since, "--from"), source=source,
        changes=changes or {"note": "…"},
    )  # fmt: skip
    try:
        replace(known, versions=(*known.versions, new))
    except ValueError as wrong:
        if changes or "changes nothing" not in str(wrong):
            zh, en = re.fullmatch(r"(.*?)(?: \(([^()]*)\))?", str(wrong)).groups()  # type: ignore[union-attr]
            raise wrong_use("version", zh, en or zh, field="ITEM") from wrong
    there = Path(folder) if folder else _own_folder(known)
    path = there / version_file(new, draft=not changes)
    if path.exists():
        raise wrong_use("exists", f"{path} 已存在，版本文件不覆盖", f"{path} is there already", field="--to")
    try:
        write_version(path, new, changes)
    except OSError as no:
        zh, en = f"不能写入 {path}（{said_zh(no)}）", f"cannot write {path} ({no.strerror})"
        raise wrong_use("file", zh, en, field="--to") from no
    read = not _not_read(known, there)
    if json:
        body = {"policy": known.code, "item": new.item, "version": new.id, "file": str(path), "draft": not changes}
        output.print_json({**body, "read": read and bool(changes)})
        return
    output.line(t(f"已写出 {path}", f"written: {path}"))
    _say_next(known, new, there, draft=not changes)


def _own_folder(known: Any) -> Path:
    """The policy's own `versions/`; one that has none, or loses it at an upgrade, asks for --to."""
    from policies.writing import folder_of, replaced_by_upgrade

    there = folder_of(known)
    if there is None or replaced_by_upgrade(known):
        zh, en = _not_read(known, there) or ("", "")
        raise wrong_use(
            "folder", f"{zh}；也可用 --to 指明写到哪个文件夹", f"{en}; or say with --to where to", field="--to"
        )
    return there


def _not_read(known: Any, there: Path | None) -> tuple[str, str] | None:
    """Why files of this folder are not read as versions of the policy, and what to do; None where they are."""
    from policies.writing import file_of, folder_of, of_installed_package, reads_versions, replaced_by_upgrade

    code, file, own = known.code, file_of(known), folder_of(known)
    if of_installed_package(known):
        zh = f"{code} 是安装的程序包（{file}），重新安装会替换其文件夹：请把版本写入该包的源文件夹（--to），再安装"
        return (
            zh,
            f"{code} is an installed package ({file}), and an install replaces it: add to its source (--to), then install",
        )
    if replaced_by_upgrade(known):
        zh = f"{code} 随程序安装，程序升级会替换其文件夹：请把变更写入自己的续期政策（docs/renewing-a-policy.md）"
        return zh, f"{code} came with the program, and an upgrade replaces its folder: renew it in a policy of your own"
    says = "POLICY = replace(…, versions=versions_in(__name__))"
    if own is None:
        name = file.stem if file else code.lower()
        zh = f"{code} 是单个文件（{file or '…'}），不读取版本文件：请改为文件夹，{name}.py 移作 {name}/__init__.py，"
        en = f"{code} is one file ({file or '…'}) and reads no versions: move {name}.py to {name}/__init__.py, "
        return f"{zh}其中写 {says}，版本文件放入 {name}/versions/", f"{en}say {says}, and keep them in {name}/versions/"
    if not reads_versions(known):
        return f"{file} 须写 {says}，才读取 {own} 中的版本文件", f"{file} must say {says} to read the versions in {own}"
    if there is None or there.resolve() != own.resolve():
        return f"{code} 只读取 {own} 中的版本文件：请移到那里", f"{code} reads versions in {own} only: move it there"
    return None


def _say_next(known: Any, new: Any, there: Path, *, draft: bool) -> None:
    """What is to be done before the version holds, and how to look at it then."""
    if draft:
        zh, en = "填写 changes 后去掉文件名开头的下划线", "fill in `changes`, then take the underscore away"
        output.line(t(f"这是草稿：{zh}", f"a draft: {en}"))
    wrong = _not_read(known, there)
    if wrong:
        output.line(t(f"尚未生效：{wrong[0]}", f"not in force yet: {wrong[1]}"))
    which = f"{new.item} --policy {known.code}"
    zh = f"程序下次启动时读取（duixian serve 须重启）；核对：duixian item {which} --versions"
    en = f"read when the program starts next (restart duixian serve); then: duixian item {which} --versions"
    output.line(t(zh, en))
    output.line(f"  duixian rules compare --item {which}")
