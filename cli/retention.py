"""`retention`: natural persons whose cases are over, and their anonymisation by two people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from cli import home, output
from cli.common import done, party_named, uuid_of
from cli.house import Json, Person, Secret, argument, command, group, option
from cli.language import t
from cli.paging import Limit, Offset, cut, more
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
    limit: Limit = 200,
    offset: Offset = 0,
    as_: Person = None,
    token: Secret = None,
    json: Json = False,
) -> None:
    from casework.lifecycle import read_access
    from casework.privacy import retention
    from casework.views import masked_name, plain

    store = home.opened()
    reader = home.reader(store, as_, token)
    with store.read() as work:
        read_access.refuse_retention(store, work, reader)
        today = work.today
        people = [
            subject
            for subject in retention.subjects(store, work)
            if not due or (subject.due_on and subject.due_on <= today)
        ]
        settled = retention.listed(work)
    page = cut(people, limit, offset)
    people = list(page.rows)
    if json:
        rows = [{**plain(person), "name": masked_name(person.name)} for person in people]
        body = {
            "demo": store.demo,
            **page.counts,
            "persons": rows,
            "anonymisations": [plain(request) for request in settled],
        }
        output.print_json(body)
        return
    output.demo_mark(store.demo)
    columns = (t("自然人", "person"), t("案件", "cases"), t("到期", "due"), t("说明", "basis"), t("提议", "proposal"))
    output.table(
        columns,
        [
            (
                f"{masked_name(person.name)} {str(person.party)[-8:]}",
                person.cases,
                person.due_on or "–",
                t(person.basis, person.basis_en),
                person.anonymisation or "",
            )
            for person in people
        ],
    )
    more(page)
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
                request["id"],
                say("erasure", request["status"]),
                request["proposed_by"],
                request["confirmed_by"],
                output.moment(request["cleared_at"]),
            )
            for request in settled
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
    from casework.privacy import retention
    from cli.errors import wrong_use

    if bool(party) == due:
        raise wrong_use("party", "写明一名自然人，或用 --due", "name one person, or say --due", field="PERSON")
    store = home.opened()
    who = home.person(store, as_, token)
    with store.read() as work:
        wanted = [person.party for person in retention.due(store, work, work.today)] if due else []
    parties = wanted or ([_party(store, party)] if party else [])
    home.note(store, who, "retention propose", parties)
    made = [str(retention.propose(store, who.person, person)) for person in parties]
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
    from casework.applications.evidence_vault import Vault
    from casework.privacy import retention

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
    from casework.privacy import retention

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
