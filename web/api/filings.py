"""The applicant's way: a draft is opened, its claim typed, its papers handed in, and then it is filed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from casework.applications import claim_drafts
from casework.applications.case_opening import NewCase, open_case
from casework.applications.evidence_vault import NAME_LENGTH, Vault
from casework.applications.media_types import MediaType
from casework.command_handler import act
from casework.forms.form_fields import Fault
from casework.lifecycle.commands import File
from casework.shared.errors import Refused
from casework.staff.tokens import TokenScope
from casework.views.filing_preview import paper_slots
from casework.views.own_cases import OwnCaseFile, item_start, own_case, own_party
from models.clock import business_date
from policies.forms import Text
from web.api.act_receipts import EXAMPLE, HEADERS, ActDone, answered, stale
from web.api.bearer import ApiVisit, Files
from web.api.described import described, taking
from web.api.followed_cases import Number
from web.api.json_body import Body, IfMatch, Key, needed, only, version_seen
from web.api.json_shapes import shown
from web.api.sent_file import SentFile

router = APIRouter(prefix="/applications", tags=["applications"])
_CLAIM = {"type": "object", "description": "by the item's schema: GET /items/{policy}/{item}"}
_FILES = ("application/octet-stream", *MediaType)


@dataclass(frozen=True, kw_only=True)
class DraftOpened:
    """A draft that was opened."""

    act_id: UUID
    case: UUID
    number: str


@dataclass(frozen=True, kw_only=True)
class ClaimFault:
    """What is wrong with a field of the claim; `missing`: it is not filled in yet."""

    field: str
    zh: str
    en: str
    missing: bool


@dataclass(frozen=True, kw_only=True)
class ClaimKept:
    """A claim as it stands. `digest`: for If-Match, so that nobody's work is overwritten; `faults`: what filing would refuse."""

    number: str
    digest: str
    saved_at: datetime | None
    faults: tuple[ClaimFault, ...]


@dataclass(frozen=True, kw_only=True)
class PaperKept:
    """A paper as it was taken."""

    slot: str
    name: str
    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, kw_only=True)
class SlotFilled:
    """A place for papers with what lies there; `asked`: the list in force requires it."""

    id: str
    title: Text
    asked: bool
    papers: tuple[PaperKept, ...]


@dataclass(frozen=True, kw_only=True)
class ApplicationStands:
    """A case of the person's own party on its way to be filed; `asked`: what is to be corrected."""

    number: str
    policy: str
    item: str
    state: str
    version: int
    can_file: bool
    closes_on: date | None
    asked: tuple[str, ...]
    claim: Mapping[str, Any]
    kept: ClaimKept
    papers: tuple[SlotFilled, ...]


@router.post(
    "",
    **described(
        "Open a draft for the person's own party; the claim may be unfinished",
        DraftOpened,
        scope=TokenScope.FILE,
        status=201,
        body=taking(
            {"policy": {"type": "string"}, "item": {"type": "string"}, "claim": _CLAIM},
            ["policy", "item"],
            {"policy": "XZ2023", "item": "M16", "claim": {"brand": "算例品牌"}},
        ),
        example={
            "act_id": EXAMPLE["act_id"],
            "case": "018a5e58-0000-7000-8000-000000000009",
            "number": EXAMPLE["number"],
        },
        headers={"Location": "where the application stands"},
    ),
)
def begin(visit: Files, key: Key, body: Body) -> Response:
    only(body, policy=str, item=str, claim=dict)
    needed(body, "policy", "item")
    start = item_start(visit.store, visit.person, body["policy"], body["item"])
    new = NewCase(
        act_id=key,
        policy=start.policy.code,
        item=start.item.id,
        party=start.party.id,
        claim=body.get("claim") or {},
        unfinished=True,
    )
    opened = open_case(visit.noting(act="open", act_id=str(key)), visit.person, new)
    draft = DraftOpened(act_id=opened.act_id, case=opened.case, number=opened.number)
    return JSONResponse(shown(draft), status_code=201, headers={"Location": f"/api/v1/applications/{opened.number}"})


@router.get("/{number}", **described("Where an application stands", ApplicationStands, scope=TokenScope.FILE))
def stands(visit: Files, number: Number) -> Response:
    file, draft = _of(visit, number)
    case = file.case
    slots = paper_slots(visit.store, visit.person, case.number, draft.values)
    found = ApplicationStands(
        number=case.number,
        policy=case.policy,
        item=case.item.id,
        state=case.state,
        version=case.version,
        can_file=case.can_file,
        closes_on=case.closes_on,
        asked=file.asked,
        claim=draft.values,
        kept=_kept(visit, file, draft),
        papers=tuple(
            SlotFilled(
                id=place.slot.id,
                title=place.slot.title,
                asked=place.asked,
                papers=tuple(
                    PaperKept(
                        slot=paper.slot,
                        name=paper.name,
                        sha256=paper.sha256,
                        size=paper.size,
                        media_type=paper.media_type,
                    )
                    for paper in place.papers
                ),
            )
            for place in slots
        ),
    )
    return JSONResponse(shown(found), headers={"ETag": f'"{draft.digest}"'})


def _of(visit: ApiVisit, number: str) -> tuple[OwnCaseFile, claim_drafts.ClaimDraft]:
    """The case of the person's own party, and its claim as it was typed last."""
    file, party = own_case(visit.store, visit.person, number), own_party(visit.store, visit.person)
    return file, claim_drafts.typed(visit.store, party.id, file.case, file.claim)


def _kept(visit: ApiVisit, file: OwnCaseFile, draft: claim_drafts.ClaimDraft) -> ClaimKept:
    with visit.store.read() as work:
        today = business_date(work.now)
    faults = claim_drafts.faults_of(file.case.item, draft.values, today=today)
    return ClaimKept(
        number=file.case.number,
        digest=draft.digest,
        saved_at=draft.saved_at,
        faults=tuple(_fault(fault) for fault in faults),
    )


def _fault(fault: Fault) -> ClaimFault:
    return ClaimFault(field=fault.field, zh=fault.zh, en=fault.en, missing=fault.missing)


@router.put(
    "/{number}/claim",
    **described(
        "Keep the claim as it is so far, right or wrong; says what filing would refuse",
        ClaimKept,
        scope=TokenScope.FILE,
        body={"schema": _CLAIM, "example": {"brand": "算例品牌"}},
        example={
            "number": EXAMPLE["number"],
            "digest": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "saved_at": "2023-09-04T12:00:00+08:00",
            "faults": [{"field": "cost_lines", "zh": "必填，尚未填写", "en": "required: fill it in", "missing": True}],
        },
        headers={"ETag": "the claim's digest, for If-Match"},
    ),
)
def keep(visit: Files, number: Number, body: Body, if_match: IfMatch = None) -> Response:
    file, newest = _of(visit, number)
    draft = claim_drafts.keep(
        visit.store,
        visit.person,
        own_party(visit.store, visit.person).id,
        file.case,
        body,
        now=visit.real,
        newest=newest,
        base=_base(newest, if_match),
    )
    return JSONResponse(shown(_kept(visit, file, draft)), headers={"ETag": f'"{draft.digest}"'})


def _base(newest: claim_drafts.ClaimDraft, if_match: str | None) -> str:
    """What the writer began with; Refused where it is not what is kept by now."""
    base = (if_match or "").strip().strip('"')
    if base and base != newest.digest:
        zh = "申报内容在您读取之后已有修改，未保存；请重新读取"
        raise Refused(
            "newer", zh, "the claim changed since you read it, nothing is kept: read it again", field="If-Match"
        )
    return base


@router.post(
    "/{number}/papers",
    **described(
        "Hand in a paper as the whole body; the same one in the same slot again changes nothing",
        PaperKept,
        scope=TokenScope.FILE,
        status=201,
        raw=_FILES,
    ),
)
def hand_in(
    visit: Files,
    number: Number,
    slot: Annotated[str, Query(min_length=1, max_length=60)],
    name: Annotated[str, Query(min_length=1, max_length=NAME_LENGTH, description="the file's name, like lease.pdf")],
    sent: SentFile,
) -> Response:
    file, draft = _of(visit, number)
    store = visit.noting(act="evidence", case=file.case.number)
    paper = Vault(visit.home.evidence).add(
        store, sent, case=file.case.id, slot=slot, by=visit.person, name=name, claim=draft.values
    )
    kept = PaperKept(slot=slot, name=paper.name, sha256=paper.sha256, size=paper.size, media_type=paper.media_type)
    return JSONResponse(shown(kept), status_code=201)


@router.post(
    "/{number}/file",
    **described(
        "File, or file again after a correction: the whole claim, and that it is true",
        ActDone,
        scope=TokenScope.FILE,
        example=EXAMPLE | {"state": "filed", "version": 2},
        body=taking(
            {
                "version": {"type": "integer", "minimum": 1},
                "claim": _CLAIM,
                "truth": {"type": "boolean", "const": True},
            },
            ["version", "claim", "truth"],
            {"version": 1, "claim": {"brand": "算例品牌"}, "truth": True},
        ),
        headers=HEADERS,
    ),
)
def file(visit: Files, number: Number, key: Key, body: Body, if_match: IfMatch = None) -> Response:
    only(body, version=int, claim=dict, truth=bool)
    needed(body, "claim", "truth")
    if body["truth"] is not True:
        raise Refused("truth", "请确认真实性声明（truth: true）", "state that it is true (truth: true)", field="truth")
    known, seen = own_case(visit.store, visit.person, number), version_seen(body, if_match)
    command = File(case=known.case.id, by=visit.person, act_id=key, seen=seen, claim=body["claim"])
    try:
        receipt = act(visit.noting(act="file", act_id=str(key)), command)
    except Refused as no:
        raise stale(visit, known.case.number, seen, no) from no
    claim_drafts.forget(visit.store, own_party(visit.store, visit.person).id, known.case)
    return answered(receipt)
