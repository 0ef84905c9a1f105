"""`backup`, `restore`: keeping a copy that is proven, and bringing it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from casework.shared.os_errors import said_zh
from cli import home, output
from cli.errors import BROKEN, wrong_use
from cli.house import Json, argument, command, group, option
from cli.language import t

if TYPE_CHECKING:
    from deployments.backup.manifest import Manifest

app = group("备份与恢复", "Backup and restore")
backup = group("备份：数据库、材料和清单，一个文件", "Backups: database, papers and manifest in one file", "backup")
File = Annotated[str, argument("备份文件", "the backup", metavar="FILE")]


@command(backup, "create", "备份运行中的系统（不必停机），并读回核对", "Back the running system up, and read it back")
def create(
    to: Annotated[
        str | None, option("--to", zh="存放的文件夹（默认：家目录的 backup）", en="the folder", metavar="DIR")
    ] = None,
    keep: Annotated[int, option("--keep", zh="文件夹中只保留最新的几份（0 为全部）", en="how many stay (0: all)")] = 0,
    with_key: Annotated[
        bool, option("--with-key", zh="连同身份信息密钥（须与其他备份分开保管）", en="with the key of identity numbers")
    ] = False,
    json: Json = False,
) -> None:
    from deployments.backup.create import create as make

    if keep < 0:
        raise wrong_use("keep", "--keep 不能为负数", "--keep cannot be negative", field="--keep")
    home.opened()
    try:
        with output.progress(t("备份", "backing up")):
            made = make(home.home(), Path(to) if to else None, keep=keep, with_key=with_key)
    except OSError as error:
        zh, en = f"不能写入（{said_zh(error)}）：{error.filename}", f"cannot write ({error.strerror}): {error.filename}"
        raise wrong_use("to", zh, en, field="--to") from error
    if json:
        body = {"file": str(made.path), "sha256": made.sha256, "removed": [str(path) for path in made.removed]}
        output.print_json({**_facts(made.manifest), **body})
    else:
        output.line(str(made.path))
        output.pairs([("SHA-256", made.sha256), *_shown(made.manifest)])
        for path in made.removed:
            output.line(t(f"已删除旧备份 {path.name}", f"removed {path.name}"))
        if made.manifest.identity_key and not with_key:
            output.line(
                t("身份信息密钥不在备份中，请另行保管一份", "the key of identity numbers is not in it: keep it apart")
            )
        output.demo_mark(made.manifest.demo)
    if made.manifest.faulty_papers or not made.manifest.verified:
        raise SystemExit(BROKEN)


@command(backup, "verify", "核对备份文件是否完整（不恢复）", "Prove that a backup is whole (restores nothing)")
def verify(file: File, json: Json = False) -> None:
    from deployments.backup.archive import digest, read

    path = Path(file)
    with output.progress(t("核对", "proving")):
        manifest = read(path)
        sha256 = digest(path)
    if json:
        output.print_json({"ok": True, "file": str(path), "sha256": sha256, **_facts(manifest)})
        return
    output.line(t("备份完整", "the backup is whole"))
    output.pairs([("SHA-256", sha256), *_shown(manifest)])
    output.demo_mark(manifest.demo)


@command(app, "restore", "把备份恢复到空文件夹或空数据库，并核验", "Restore a backup into an empty place, and prove it")
def restore(
    file: File,
    into: Annotated[str, option("--into", zh="空文件夹，或 PostgreSQL 地址", en="a folder, or a URL", metavar="PLACE")],
    with_engine: Annotated[
        bool, option("--with-engine", zh="连同流程引擎的运行记录（可不要）", en="with the engine's history")
    ] = False,
    json: Json = False,
) -> None:
    from deployments.backup.restore import restore as bring_back

    with output.progress(t("恢复", "restoring")):
        done = bring_back(Path(file), into, home.home(), by=home.system_user(), with_engine=with_engine)
    bad = [f"{invariant.id}: {invariant.bad}" for invariant in done.report.bad]
    if json:
        output.print_json(
            {
                **_facts(done.manifest),
                "into": done.home.shown_url,
                "head": {"seq": done.head.seq, "hash": done.head.hash},
                "verify": done.report.json(),
                "papers_missing": done.papers.missing,
                "papers_altered": done.papers.altered,
                "identity_key": str(done.key) if done.key else None,
            }
        )
    else:
        output.line(t(f"已恢复到 {done.home.shown_url}", f"restored into {done.home.shown_url}"))
        output.pairs([*_shown(done.manifest), (t("恢复后链头", "head now"), f"{done.head.seq} {done.head.hash}")])
        output.line(t("核验全部成立", "every invariant holds") if not bad else t("核验不通过：", "verify failed:"))
        for fault in bad:
            output.line(f"  {fault}")
        if faulty := [*done.papers.missing, *done.papers.altered]:
            output.line(t(f"{len(faulty)} 份材料缺失或与登记不符", f"{len(faulty)} papers are missing or altered"))
        if done.key:
            output.line(t(f"身份信息密钥已放到 {done.key}", f"the key of identity numbers is at {done.key}"))
        output.demo_mark(done.manifest.demo)
    if bad or not done.papers.sound:
        raise SystemExit(BROKEN)


def _facts(manifest: Manifest) -> dict[str, object]:
    return {
        "demo": manifest.demo,
        "made_at": manifest.made_at,
        "database": manifest.database,
        "revision": manifest.revision,
        "audit": {"seq": manifest.audit_seq, "hash": manifest.audit_hash},
        "verified": manifest.verified,
        "broken": manifest.broken,
        "rows": sum(manifest.rows.values()),
        "parts": len(manifest.parts),
        "papers": _papers(manifest),
        "papers_faulty": manifest.faulty_papers,
        "has_key": "identity.key" in manifest.parts,
    }


def _shown(manifest: Manifest) -> list[tuple[str, object]]:
    broken = "、".join(manifest.broken)
    return [
        (t("备份时间", "made"), manifest.made_at),
        (t("数据库", "database"), f"{manifest.database} {manifest.revision}"),
        (t("记录", "rows"), f"{sum(manifest.rows.values()):,}"),
        (t("材料", "papers"), str(_papers(manifest))),
        (t("有问题的材料", "faulty papers"), str(len(manifest.faulty_papers) or "")),
        (t("审计链头", "audit head"), f"{manifest.audit_seq} {manifest.audit_hash}"),
        (t("备份时核验", "verify then"), t("全部成立", "all held") if manifest.verified else broken),
    ]


def _papers(manifest: Manifest) -> int:
    return sum(name.startswith("evidence/") for name in manifest.parts)
