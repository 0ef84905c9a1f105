"""`retention`: natural persons whose cases are over, and their anonymisation by two people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from cli import home, output
from cli.common import done, party_named, uuid_of
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.terms import say

if TYPE_CHECKING:
    from models.store import Store

app = group("个人信息保存期限和匿名化", "Retention of personal data, and anonymisation", "retention")
Proposal = Annotated[str, argument("提议编号（list 可见）", "the proposal's id", metavar="PROPOSAL")]


@command(
    app,
    "list",
    "自然人的保存期限，和已提议、已完成的匿名化",
    "Natural persons, when their retention ends, and what was anonymised",
)
def list_(
    due: Annotated[bool, option("--due", zh="只看已到期的", en="only those that are due")] = False,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework import retention
    from casework.queries import masked_name, plain

    store = home.opened()
    reader = home.reader(store, as_, token)
    with store.read() as work:
        retention.refuse_reader(store, work, reader)
        today = work.today
        people = [one for one in retention.subjects(store, work) if not due or (one.due_on and one.due_on <= today)]
        settled = retention.listed(work)
    if json:
        rows = [{**plain(one), "name": masked_name(one.name)} for one in people]
        body = {
            "demo": store.demo,
            "count": len(rows),
            "persons": rows,
            "anonymisations": [plain(one) for one in settled],
        }
        output.print_json(body)
        return
    output.demo_mark(store.demo)
    columns = (t("自然人", "person"), t("案件", "cases"), t("到期", "due"), t("说明", "basis"), t("提议", "proposal"))
    output.table(
        columns,
        [
            (
                f"{masked_name(one.name)} {str(one.party)[-8:]}",
                one.cases,
                one.due_on or "–",
                one.basis,
                one.anonymisation or "",
            )
            for one in people
        ],
    )
    if settled:
        names = (
            ("编号", "id"),
            ("状态", "status"),
            ("提议", "proposed by"),
            ("确认", "confirmed by"),
            ("清除", "cleared"),
        )
        ended = [
            (
                one["id"],
                say("erasure", one["status"]),
                one["proposed_by"],
                one["confirmed_by"],
                output.moment(one["cleared_at"]),
            )
            for one in settled
        ]
        output.table([t(*name) for name in names], ended)


@command(
    app,
    "propose",
    "提议匿名化：一名自然人，或 --due 全部到期的",
    "Propose one person, or with --due everybody whose retention is over",
)
def propose(
    party: Annotated[
        str | None, argument("主体编号、身份证号或姓名", "the party's id, number or name", metavar="PERSON")
    ] = None,
    due: Annotated[bool, option("--due", zh="全部到期的", en="everybody who is due")] = False,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework import retention
    from cli.errors import wrong_use

    if bool(party) == due:
        raise wrong_use("party", "写明一名自然人，或用 --due", "name one person, or say --due", field="PERSON")
    store = home.opened()
    who = home.person(store, as_, token)
    with store.read() as work:
        wanted = [one.party for one in retention.due(store, work, work.today)] if due else []
    parties = wanted or ([_party(store, party)] if party else [])
    home.note(store, who, "retention propose", parties)
    made = [str(retention.propose(store, who.person, one)) for one in parties]
    done(
        t(f"已提议 {len(made)} 人，待另一人确认：{'、'.join(made)}", f"{len(made)} proposed: {', '.join(made)}"),
        store,
        json,
        proposals=made,
    )


@command(
    app,
    "run",
    "确认提议并匿名化（提议人以外的另一人；不可恢复）",
    "Confirm and anonymise: a second person; it cannot be undone",
)
def run(
    proposal: Proposal,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework import retention
    from casework.evidence import Vault

    wanted, store = uuid_of(proposal, "PROPOSAL"), home.opened()
    who = home.person(store, as_, token)
    home.note(store, who, "retention run", [proposal])
    cleared = retention.confirm(store, Vault(home.home().evidence), who.person, wanted)
    zh = f"已匿名：案件 {cleared['cases']} 件，移除材料 {cleared['papers']} 份；账目、决定和审计记录保留"
    done(t(zh, f"anonymised: {cleared['cases']} cases, {cleared['papers']} papers removed"), store, json, **cleared)


@command(app, "reject", "驳回提议", "Reject a proposal")
def reject(
    proposal: Proposal,
    reason: Annotated[str, option("--reason", zh="理由", en="why")],
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework import retention

    wanted, store = uuid_of(proposal, "PROPOSAL"), home.opened()
    who = home.person(store, as_, token)
    home.note(store, who, "retention reject", [proposal])
    retention.reject(store, who.person, wanted, reason=reason)
    done(t("已驳回", "rejected"), store, json)


def _party(store: Store, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return party_named(store, text)
