"""`init`, `db`, `demo`, `serve`, `advance`, `doctor`, `verify`, `audit`: the installation and what it can prove."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from casework.shared.os_errors import said_zh
from cli import home, output
from cli.errors import BROKEN, wrong_use
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import language, t
from cli.terms import sign
from cli.which import PolicyCode, policy_named

app = group("运行", "Operations")
db = group("数据库", "The database", "db")
audit = group("审计链", "The audit chain", "audit")


@command(
    app,
    "init",
    "建立数据库并登记政策所列单位（可重复运行）",
    "Make the store and enter the policy's units (may be repeated)",
)
def init(
    demo: Annotated[bool, option("--demo", zh="演示库：永久标记，业务时间可调", en="a demo store, for ever")] = False,
    json: Json = False,
    policy: PolicyCode = None,
) -> None:  # fmt: skip
    from casework.staff import unit_register
    from models.store import Store

    known = policy_named(policy)
    here = home.home()
    store = Store.create(here.database_url, demo=demo)
    if demo and not store.demo:
        raise wrong_use(
            "mark",
            "这里已有正式库，不能改为演示库；请换一个 DUIXIAN_HOME",
            "this is a production store",
            field="--demo",
        )
    added = unit_register.sync(store, policy=known)
    marked = store.demo
    store.close()
    if json:
        body = {"database": here.shown_url, "home": str(here.directory), "units_added": added, "policy": known.code}
        output.print_json({"demo": marked, **body})
        return
    output.line(t(f"数据库已就绪：{here.shown_url}", f"the store is ready: {here.shown_url}"))
    output.line(t(f"登记单位 {len(added)} 个（{known.code}）", f"{len(added)} units entered ({known.code})"))
    output.line(
        t(
            "接下来：duixian people add、roles add、budgets add，然后 duixian serve",
            "next: people add, roles add, budgets add, serve",
        )
    )
    output.demo_mark(marked)


@command(db, "upgrade", "把数据库结构升级到当前程序的版本", "Bring the schema up to date")
def db_upgrade(json: Json = False) -> None:
    from models import migrate

    here = home.home()
    before = migrate.current(here.database_url)
    if before is None:
        raise wrong_use(
            "no-store", "这里还没有数据库，请先运行 duixian init", "no database yet: run duixian init first"
        )
    after = migrate.upgrade(here.database_url)
    if json:
        output.print_json({"before": before, "after": after})
        return
    output.line(t(f"数据库结构：{before} → {after}", f"schema: {before} → {after}"))


@command(db, "roles", "列出（或执行）数据库角色的权限语句", "Show, or carry out, who may do what in the database")
def db_roles(
    apply: Annotated[bool, option("--apply", zh="以当前账号执行", en="carry it out as this account")] = False,
    json: Json = False,
) -> None:
    from cli.deploy import roles

    roles(apply, json)


@command(
    app, "demo", "预演完整一季：从申报开始到最后一笔拨付，生成报告", "Rehearse a whole season, with a report at its end"
)
def demo(
    out: Annotated[str, option("--out", zh="输出文件夹", en="folder", metavar="FOLDER")] = "out",
    seed: Annotated[
        int, option("--seed", zh="随机种子；相同种子得相同结果", en="the same seed gives the same season")
    ] = 1,
    small: Annotated[bool, option("--small", zh="少演一些案件，较快", en="fewer cases, sooner")] = False,
) -> None:
    from demo.run import demo_home, run

    if run(demo_home(home.home()), seed=seed, out=Path(out), small=small):
        raise SystemExit(BROKEN)


@command(app, "serve", "运行系统：流程引擎、触发与巡检，直到 Ctrl-C", "Run the system until Ctrl-C")
def serve() -> None:
    home.opened()
    from deployments.local import Service

    Service(home.home()).run_forever()


@command(
    app,
    "web",
    "只运行门户（网页），直到 Ctrl-C；serve 已包含它",
    "Run the portal alone until Ctrl-C; serve brings it up as well",
)
def web(
    bind: Annotated[
        str | None,
        option(
            "--bind", zh="监听地址，如 127.0.0.1:8023", en="where to listen, like 127.0.0.1:8023", metavar="HOST:PORT"
        ),
    ] = None,
) -> None:
    import os

    from web.portal_server import run
    from web.portal_settings import WebSettings

    home.opened()
    if bind is not None:
        os.environ["DUIXIAN_WEB_BIND"] = bind
    run(WebSettings.from_environment())


@command(app, "advance", "推进一切到期事项（不需要 serve 在运行）", "Move on everything that is due (no serve needed)")
def advance(
    measure: Annotated[
        str | None, argument("只推进这一条，如 M4", "only this measure, like M4", metavar="MEASURE")
    ] = None,
    json: Json = False,
) -> None:
    store = home.opened()
    from deployments.local import advance as carry_out

    with output.progress(t("推进", "moving on")):
        outcome = carry_out(home.home(), measure)
    show_outcome(outcome, store.demo, json)
    if outcome.failed:
        raise SystemExit(BROKEN)


def show_outcome(outcome: Any, demo_: bool, json: bool) -> None:
    """What moved, what waits for whom, what was refused, what failed."""
    parts = (
        ("moved", t("已推进", "moved"), outcome.moved),
        ("waiting", t("等待", "waiting"), outcome.waiting),
        ("refused", t("不予支持", "refused"), outcome.refused),
        ("failed", t("失败", "failed"), outcome.failed),
    )
    if json:
        listed = {name: [{"case": case, "to": words} for case, words in rows] for name, _, rows in parts}
        output.print_json({"demo": demo_, **listed})
        return
    from cli.casefile import state_words
    from models import State

    for _, title, rows in parts:
        output.line(f"{title} {len(rows)}")
        for case, words in rows[:20]:
            output.line(f"  {case}  {state_words(words) if words in set(State) else words}")
        if len(rows) > 20:
            output.line(t(f"  …… 共 {len(rows)} 件（--json 看全部）", f"  … {len(rows)} in all (--json)"))
    output.demo_mark(demo_)


@command(
    app,
    "doctor",
    "检查安装：设置、数据库、引擎、时钟、日历、密钥；说明怎么办",
    "Check the installation and say what to do",
)
def doctor(json: Json = False) -> None:
    from deployments.doctor import doctor as examine

    found = examine(home.home())
    bad = [finding for finding in found if finding.level == "fail"]
    if json:
        output.print_json({"ok": not bad, "findings": [vars(finding) for finding in found]})
    else:
        marks = {"ok": "✓", "warn": "!", "fail": "✗"}
        output.table(
            ("", t("检查", "check"), t("结果", "finding")), [(marks[f.level], sign(f.id), t(f.zh, f.en)) for f in found]
        )
        words = t(f"{len(bad)} 项须处理", f"{len(bad)} need attention")
        output.line(words if bad else t("可以运行", "ready to run"))
    if bad:
        raise SystemExit(BROKEN)


@command(app, "verify", "核验全部不变量；指出第一条有问题的记录", "Prove every invariant; name the first bad row")
def verify(
    anchor: Annotated[
        str | None,
        option("--anchor", zh="另存的审计链头（audit head 的输出）", en="what audit head printed earlier", metavar="FILE"),
    ] = None,
    json: Json = False,
) -> None:  # fmt: skip
    from models import verify as proof

    store = home.opened()
    with output.progress(t("核验", "verifying")):
        report = proof.verify(store, anchor=_anchor(anchor) if anchor else None)
    if json:
        output.print_json({"demo": store.demo, **report.json()})
    else:
        output.demo_mark(store.demo)
        shown = [
            (check.id, check.en if language() == "en" else check.zh, "✓" if check.ok else f"✗ {check.bad}")
            for check in report.checks
        ]
        output.table((t("编号", "id"), t("不变量", "invariant"), t("结果", "result")), shown)
        for note in report.notes:
            output.line(t("注意：", "note: ") + note)
        bad = len(report.bad)
        output.line(t("全部成立", "all hold") if report.ok else t(f"{bad} 项不成立", f"{bad} do not hold"))
    if not report.ok:
        raise SystemExit(BROKEN)


def _anchor(path: str) -> Any:
    """A head as `audit head` prints it: its line, or with --json its object."""
    import json
    import re

    from cli.files import text
    from models.verify import Head

    given = text(path, field="--anchor")
    line = re.match(r"\s*(\d{1,18})\s+([0-9a-f]{64})\s*$", given, re.MULTILINE | re.ASCII)
    try:
        found = {"seq": int(line[1]), "hash": line[2]} if line else json.loads(given)
        if type(found["seq"]) is int and isinstance(found["hash"], str):
            return Head(found["seq"], found["hash"])
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    zh = f"{path} 应为 duixian audit head（或加 --json）的输出"
    en = f"{path} must hold what duixian audit head (or audit head --json) prints"
    raise wrong_use("anchor", zh, en, field="--anchor")


@command(
    audit,
    "export",
    "导出审计链（JSON 行），可用 scripts/verify_audit.py 独立核验",
    "Write the audit chain as JSON lines",
)
def audit_export(
    file: Annotated[str, argument("输出文件", "the file to write", metavar="FILE")] = "out/audit.jsonl",
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.lifecycle import read_access
    from models.verify import export_audit

    store = home.opened()
    reader = home.reader(store, as_, token)
    with store.read() as work:
        read_access.refuse_all_but_onlookers(store, work, reader, ("审计链", "the audit chain"))
    path = Path(file)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        end = export_audit(store, path)
    except OSError as error:
        zh, en = f"不能写入 {file}（{said_zh(error)}）", f"cannot write {file} ({error.strerror})"
        raise wrong_use("file", zh, en, field="FILE") from error
    if json:
        output.print_json({"demo": store.demo, "file": str(path), "seq": end.seq, "hash": end.hash})
        return
    output.line(t(f"已写出 {end.seq} 条：{path}", f"{end.seq} entries written: {path}"))
    output.line(t(f"链头 {end.hash}", f"head {end.hash}"))
    output.demo_mark(store.demo)


@command(audit, "head", "审计链当前的链头：请交他人另存，作为锚点", "The chain's present head, to be kept elsewhere")
def audit_head(json: Json = False) -> None:
    from models.verify import head

    store = home.opened()
    end = head(store)
    if json:
        output.print_json({"seq": end.seq, "hash": end.hash})
        return
    output.line(f"{end.seq}  {end.hash}")
    output.demo_mark(store.demo)
