"""What `file` answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cli import output
from cli.acts import same_subject, warn
from cli.language import t

if TYPE_CHECKING:
    from models.store import Store


def tell(store: Store, opened: Any, receipt: Any, person: UUID, lacks: Sequence[Any] = (), *, json: bool) -> None:
    """Its number, what is still missing, what else names the subject, and how a draft is filed."""

    state = receipt.state if receipt else "draft"
    if json:
        body = {"number": opened.number, "case": str(opened.case), "state": state, "act_id": str(opened.act_id)}
        known = [t(zh, en) for zh, en, _ in same_subject(store, opened.number, person)] if receipt else []
        warned = [t(zh, en) for zh, en in receipt.warnings] if receipt else []
        listed = [{"field": lack.field, "message": t(lack.zh, lack.en)} for lack in lacks]
        output.print_json(
            {
                "demo": store.demo, **body, "repeated": opened.repeated, "same_subject": known, "missing": listed,
                "warnings": warned,
            }
        )  # fmt: skip
        return
    done = t("已申报", "filed") if receipt else t("已建草稿", "drafted")
    again = t("（此前已办理，未重复）", " (done before)") if opened.repeated else ""
    output.line(f"{done} {opened.number}{again}")
    if receipt:
        for zh, en in receipt.warnings:
            output.line(t(f"注意：{zh}", f"mind: {en}"))
        warn(store, opened.number, person)
    if lacks:
        named = t("、", ", ").join(
            t(f"{lack.label.zh}（{lack.field}）", f"{lack.label.en} ({lack.field})") for lack in lacks
        )
        output.line(t(f"提交前须填写：{named}", f"to be filled in before filing: {named}"))
    if not receipt:
        how = f"duixian act {opened.number} file{' --claim FILE' if lacks else ''}"
        output.line(t(f"提交：{how}", f"to file it: {how}"))
    output.line(t(f"操作编号 {opened.act_id}", f"act id {opened.act_id}"))
    output.demo_mark(store.demo)
