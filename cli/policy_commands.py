"""`policy`: which policies there are and where each comes from, a new one's package, and what is missing or contradicts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from casework.shared.os_errors import said_zh
from cli import output
from cli.errors import REFUSED, wrong_use
from cli.house import Json, argument, command, group, option
from cli.language import language, named, t
from cli.which import business_day, policy_named

app = group("政策：来源、新建、核对", "Policies: where they come from, a new one, what is missing", "policy")


def _source(code: str) -> dict[str, str]:
    """Where a policy comes from: the program itself, a place in DUIXIAN_POLICIES, or an installed package."""
    import policies
    from policies.built_in import BUILT_IN
    from policies.writing import file_of

    found = policies.outside().get(code)
    if found is None:
        module = BUILT_IN.get(code, "")
        page = f"flows.{module.rpartition('.')[2]}" if module else ""
        file = str(file_of(policies.get(code)) or "")
        return {"source": "program", "place": "", "package": "", "module": module, "file": file, "page": page}
    source = "package" if found.origin.package else "place"
    origin = {"source": source, "place": found.place, "package": found.origin.package}
    return {**origin, "module": found.module, "file": str(found.file), "page": found.page}


def _words(source: dict[str, str]) -> str:
    if source["source"] == "program":
        return t("随程序安装", "came with the program")
    if source["source"] == "package":
        package, point = source["package"], source["place"]
        return t(f"安装包 {package}（入口点 {point}）", f"installed package {package} (entry point {point})")
    return f"DUIXIAN_POLICIES{t('：', ': ')}{source['place']}"


@command(
    app, "list", "列出各政策及其来源，以及不能使用的", "The policies, where each comes from, and what cannot be used"
)
def list_(json: Json = False) -> None:
    import policies

    known, wrong = policies.all_policies(), policies.unusable()
    if json:
        rows = [{**_head(policy), **_source(policy.code)} for policy in known]
        broken = [{"place": fault.place, "package": fault.package, "message": t(fault.zh, fault.en)} for fault in wrong]
        output.print_json({"count": len(rows), "policies": rows, "unusable": broken})
        return
    names = (t("代码", "code"), t("期限", "window"), t("来源", "comes from"), t("名称", "title"))
    shown = [
        (policy.code, f"{policy.opens}\n{policy.closes}", _words(_source(policy.code)), named(policy.title))
        for policy in known
    ]
    output.table(names, shown)
    for fault in wrong:
        output.line(f"✗ {t(fault.zh, fault.en)}")


@command(app, "show", "一个政策的来源、期限、单位、举措及其流程", "A policy: where it comes from, window, units, flows")
def show(
    code: Annotated[str, argument("政策代码", "the policy's code", metavar="CODE")],
    json: Json = False,
) -> None:
    from policies.checking import notes

    known = policy_named(code)
    source = _source(known.code)
    rows = [(measure.code, measure) for measure in known.measures if measure.items]
    if json:
        measures = [
            {
                "code": name,
                "title": measure.title.zh,
                "flow": measure.flow,
                "items": {item.id: item.chain.value for item in measure},
            }
            for name, measure in rows
        ]
        body = {**_head(known), **source, "units": [unit.zh for unit in known.units], "measures": measures}
        output.print_json({**body, "notes": [t(written_note.zh, written_note.en) for written_note in notes(known)]})
        return
    output.heading(f"{known.code}  {named(known.title)}")
    output.pairs(
        {
            t("来源", "comes from"): _words(source),
            t("文件", "file"): source["file"],
            t("模块", "module"): source["module"],
            t("流程页面", "page of flows"): source["page"]
            or t("无（沿用所续政策的）", "none (that of what it renews)"),
            t("地区", "district"): named(known.district),
            t("期限", "window"): f"{known.opens} – {known.closes}（{known.validity_clause}）",
            t("责任单位", "units"): "、".join(map(named, known.units)),
        }
    )
    names = (t("条", "no."), t("名称", "title"), t("流程", "chain"), t("流程名", "flow"))
    table = [
        (name, named(measure.title), "、".join(dict.fromkeys(named(item.chain) for item in measure)), measure.flow)
        for name, measure in rows
    ]
    output.table(names, table)
    for note in notes(known):
        output.line(f"· {t(note.zh, note.en)}")


def _head(policy: Any) -> dict[str, Any]:
    return {"code": policy.code, "title": policy.title.zh, "opens": policy.opens, "closes": policy.closes}


@command(
    app,
    "new",
    "写出一个新政策的程序包：可运行的虚构示例，三种流程各一条举措",
    "Write a new policy's package: a fictional sample that runs, one measure of each chain",
)
def new(
    name: Annotated[str, argument("程序包名，如 lakeside", "the package's name, like lakeside", metavar="NAME")],
    folder: Annotated[
        str | None, option("--to", zh="写到哪个文件夹（默认 ./NAME）", en="where to (./NAME)", metavar="FOLDER")
    ] = None,
    code: Annotated[str | None, option("--code", zh="政策代码（默认包名加年份）", en="the policy's code", metavar="CODE")] = None,
    year: Annotated[
        int | None, option("--year", zh="有效年份（默认业务日期所在年）", en="the year in force", metavar="YEAR")
    ] = None,
    json: Json = False,
) -> None:  # fmt: skip
    from policies.new_policy import WrongName, code_of, write_policy

    when = business_day().year if year is None else year
    there, own = Path(folder or name).expanduser(), code or code_of(name, when)
    try:
        files = write_policy(there, name, code=own, year=when)
    except WrongName as wrong:
        raise wrong_use("name", wrong.zh, wrong.en, field=wrong.field) from wrong
    except OSError as no:
        zh, en = f"不能写入 {there}（{said_zh(no)}）", f"cannot write {there} ({no.strerror})"
        raise wrong_use("file", zh, en, field="--to") from no
    if json:
        output.print_json({"code": own, "folder": str(there), "files": [str(written) for written in files]})
        return
    for file in files:
        output.line(t(f"已写出 {file}", f"written: {file}"))
    output.line(
        t(
            f"{own} 是虚构示例，任何政府均未发布：据所发文件改写以前，不得用于正式办理",
            f"{own} is a fictional sample that no government issued: rewrite it after the document before real use",
        )
    )
    output.line(
        t(f"接下来（{there / 'README.md'}）：", f"next ({there / 'README.md'}):")
        + f"\n  duixian policy check {there}\n  pip install {there}"
    )


@dataclass(frozen=True, kw_only=True)
class PolicyReport:
    """A policy's faults and notes, each in both languages; a policy that cannot be loaded has no code."""

    code: str
    where: str
    faults: tuple[Any, ...]
    notes: tuple[Any, ...] = ()


@command(
    app,
    "check",
    "核对一个政策：缺什么、哪里矛盾（不写名称时核对全部外部政策）",
    "What is missing from a policy or contradicts (without a name: all that are from outside)",
)
def check(
    name: Annotated[
        str | None,
        argument("政策代码、入口点、模块名、文件或文件夹", "a code, an entry point, a module, a file or folder", metavar="NAME"),
    ] = None,
    json: Json = False,
) -> int:  # fmt: skip
    done = list(_checked(name))
    wrong = sum(len(checked.faults) for checked in done)
    english = language() == "en"
    if json:
        rows = [
            {
                "code": checked.code or None,
                "where": checked.where,
                "ok": not checked.faults,
                "faults": [each.en if english else each.zh for each in checked.faults],
                "notes": [each.en if english else each.zh for each in checked.notes],
            }
            for checked in done
        ]
        output.print_json({"ok": not wrong, "count": wrong, "policies": rows})
        return REFUSED if wrong else 0
    for checked in done:
        output.heading(f"{checked.code or t('不能使用', 'cannot be used')}  {checked.where}")
        for fault in checked.faults:
            output.line(f"✗ {t(fault.zh, fault.en)}")
        for note in checked.notes:
            output.line(f"· {t(note.zh, note.en)}")
        if not checked.faults:
            output.line(t("✓ 没有缺漏和矛盾", "✓ nothing is missing and nothing contradicts"))
    if not done:
        output.line(t("没有外部政策（DUIXIAN_POLICIES 未设置，也没有装有入口点的程序包）", "no policy from outside"))
    return REFUSED if wrong else 0


def _checked(name: str | None) -> Iterator[PolicyReport]:
    """What is checked: one by its code or entry point, or what lies at a place; or everything from outside."""
    import policies
    from policies.finding import WrongPolicies, named

    everything: list[Any] = [*policies.outside().values(), *policies.unusable()]
    if name is None:
        found = everything
    elif (code := name.strip().upper()) in {policy.code for policy in policies.all_policies()}:
        yield _of(code, _source(code))
        return
    else:
        found = [place for place in everything if place.place == name] or list(named(name))
    for fault in found:
        if isinstance(fault, WrongPolicies):
            yield PolicyReport(code="", where=fault.package or fault.place, faults=(fault.reason,))
        else:
            yield _of(fault.policy.code, {"module": fault.module, "page": fault.page, "file": str(fault.file)})


def _of(code: str, source: dict[str, str]) -> PolicyReport:
    import policies
    from flows.pages import faults_of, found
    from policies.built_in import BUILT_IN
    from policies.checking import faults, notes
    from policies.forms import Text

    page, file = source["page"], source["file"]
    elsewhere = {name for name, item in found().items() if item.fn.__module__ != page}
    wrong = [*faults(source["module"], elsewhere, page), *faults_of(page)]
    taken = policies.outside().get(code)
    if code in BUILT_IN and source["module"] != BUILT_IN[code]:
        wrong.append(Text(f"政策代码 {code} 已由 duixian 使用", f"the code {code} is taken by duixian"))
    elif taken and str(taken.file) != file:
        wrong.append(Text(f"政策代码 {code} 已由 {taken.file} 使用", f"the code {code} is taken by {taken.file}"))
    policy = policies.get(code) if taken is None and code in BUILT_IN else _policy(source["module"])
    return PolicyReport(code=code, where=file, faults=tuple(wrong), notes=tuple(notes(policy)))


def _policy(module: str) -> Any:
    import sys

    return sys.modules[module].POLICY
