"""Accounts, duties and units, as `duixian people`, `roles` and `units` keep them: administrators change, auditors look on."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.parties import party_register
from casework.shared.errors import Refused
from casework.staff import duty_grants, person_accounts, sign_in, unit_register
from casework.staff.person_accounts import NewPerson
from casework.views.staff_sheet import KINDS, account, accounts
from casework.views.value_wordings import FAMILIES
from models.people import Duty
from web.desk_words import DeskWords
from web.pages.audit import onlooker
from web.paying import duties, faults
from web.visit import Form, Posted, SignedIn, Visit

router = APIRouter(dependencies=[Depends(onlooker)])
PAGE = 50
Text = Annotated[str, Query(max_length=80)]
Done = Annotated[str, Query(max_length=20)]
NEW = ("login", "name", "identity", "same_as", "party", "contact", "language")
_GRANTABLE = tuple(duty for duty in Duty if duty not in (Duty.SYSTEM, Duty.APPLICANT))


@router.get("/ops/people")
def people(visit: SignedIn, find: Text = "", kind: Text = "staff", after: Text = "", done: Done = "") -> Response:
    if kind not in KINDS:
        raise HTTPException(404)
    return _people(visit, {}, find=find.strip(), kind=kind, after=after, done=done)


@router.post("/ops/people")
def enter(visit: SignedIn, form: Form) -> Response:
    """A new account; its holder sets the password with a code that is made on the account's page."""
    visit.refuse_unless_stepped_up(form)
    typed = {name: form.get(name) for name in NEW}
    try:
        party = _party(visit, typed["party"]) if typed["party"] else None
        new = NewPerson(
            login=typed["login"],
            name=typed["name"],
            identity=typed["identity"],
            same_as=typed["same_as"],
            party=party,
            contact=typed["contact"],
            language=typed["language"] or "zh",
        )
        person_accounts.add(visit.store, visit.person, new)
    except Refused as no:
        return _people(visit, typed, no=no)
    return visit.go(f"/ops/people/{typed['login']}?done=entered")


def _party(visit: Visit, text: str) -> UUID:
    try:
        with visit.store.read() as work:
            return party_register.named(visit.store, work, text)
    except Refused as no:
        raise Refused("party", no.zh, no.en, field="party") from no


def _people(
    visit: Visit,
    typed: dict[str, str],
    *,
    find: str = "",
    kind: str = "staff",
    after: str = "",
    done: str = "",
    no: Refused | None = None,
) -> Response:
    found = accounts(visit.store, find=find, kind=kind, after=after, limit=PAGE, reader=visit.reader)
    query = urlencode({"find": find, "kind": kind})
    return visit.page(
        "ops/people.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        found=found,
        find=find,
        kind=kind,
        further=f"/ops/people?{query}&{urlencode({'after': found.after})}" if found.after else "",
        may=Duty.ADMINISTRATOR in duties(visit),
        typed={name: typed.get(name, "") for name in NEW},
        wrong=no,
        faults=faults(no, {**{name: f"f-{name}" for name in NEW}, "person": "f-same_as"}),
        done=done,
    )


@router.get("/ops/people/{login}")
def person(visit: SignedIn, login: str, done: Done = "") -> Response:
    return _person(visit, login, {}, done=done)


@router.post("/ops/people/{login}")
def change(visit: SignedIn, login: str, form: Form) -> Response:
    """One change of an account; the code of an enrolment is shown on this answer and never again."""
    visit.refuse_unless_stepped_up(form)
    typed = {name: form.get(name) for name in ("act", "duty", "unit", "first", "last", "reason", "sure")}
    try:
        if typed["act"] == "enrol":
            code = sign_in.enrol(visit.store, visit.person, login, now=visit.real)
            return _person(visit, login, {}, code=code)
        _ACTS.get(typed["act"], _unknown)(visit, login, form)
    except Refused as no:
        return _person(visit, login, typed, no=no)
    return visit.go(f"/ops/people/{login}?done={typed['act']}")


def _person(
    visit: Visit, login: str, typed: dict[str, str], *, done: str = "", code: str = "", no: Refused | None = None
) -> Response:
    try:
        sheet = account(visit.store, login, visit.reader, now=visit.real)
    except Refused as refused:
        raise (HTTPException(404) if refused.code == "unknown_person" else refused) from refused
    fields = {"duty": "f-duty", "unit": "f-unit", "last": "f-last", "first": "f-first"}
    ends = {"revoke": f"{typed.get('duty')}-{typed.get('unit')}", "close": "close"}.get(typed.get("act", ""), "")
    fields |= {"reason": f"r-{ends}", "sure": f"s-{ends}"} if ends else {}
    return visit.page(
        "ops/person.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        sheet=sheet,
        row=sheet.row,
        code=code,
        days=sign_in.ENROLMENT_DAYS,
        may=Duty.ADMINISTRATOR in duties(visit),
        duties=[(duty.value, *FAMILIES["duty"][duty]) for duty in _GRANTABLE],
        units=[unit.name for unit in unit_register.listed(visit.store)],
        typed={name: "" if ends else typed.get(name, "") for name in ("duty", "unit", "first", "last")},
        ends=ends,
        reason=typed.get("reason", ""),
        sure=typed.get("sure", ""),
        wrong=no,
        faults=faults(no, fields),
        done=done,
    )


def _give(visit: Visit, login: str, form: Posted) -> None:
    duty_grants.add(
        visit.store,
        visit.person,
        person=login,
        duty=form.get("duty"),
        unit=form.get("unit"),
        first=form.day("first"),
        last=form.day("last"),
    )


def _revoke(visit: Visit, login: str, form: Posted) -> None:
    duty_grants.revoke(
        visit.store, visit.person, person=login, duty=form.get("duty"), unit=form.get("unit"), reason=_sure(form)
    )


def _close(visit: Visit, login: str, form: Posted) -> None:
    person_accounts.close(visit.store, visit.person, login, reason=_sure(form))


def _sure(form: Posted) -> str:
    """The reason for what cannot be undone, once it is confirmed that this is meant."""
    if form.get("reason").strip() and form.get("sure") != "yes":
        raise Refused("sure", "请勾选确认后再提交", "tick that you mean it", field="sure")
    return form.get("reason")


def _unfactor(visit: Visit, login: str, _form: Posted) -> None:
    sign_in.remove_factor(visit.store, visit.person, login)


def _unknown(_visit: Visit, _login: str, _form: Posted) -> None:
    raise HTTPException(404)


_ACTS: dict[str, Any] = {"give": _give, "revoke": _revoke, "close": _close, "unfactor": _unfactor}


@router.get("/ops/units")
def units(visit: SignedIn, done: Done = "") -> Response:
    return _units(visit, {}, done=done)


@router.post("/ops/units")
def add_unit(visit: SignedIn, form: Form) -> Response:
    visit.refuse_unless_stepped_up(form)
    typed = {name: form.get(name) for name in ("name", "name_en", "kind")}
    try:
        new = unit_register.add(
            visit.store, visit.person, name=typed["name"], kind=typed["kind"], name_en=typed["name_en"]
        )
    except Refused as no:
        return _units(visit, typed, no=no)
    return visit.go(f"/ops/units?done={'new' if new else 'known'}")


def _units(visit: Visit, typed: dict[str, str], *, done: str = "", no: Refused | None = None) -> Response:
    names = ("name", "name_en", "kind")
    return visit.page(
        "ops/units.html",
        status=422 if no else 200,
        w=DeskWords(visit),
        rows=unit_register.listed(visit.store),
        kinds=unit_register.KINDS,
        may=Duty.ADMINISTRATOR in duties(visit),
        typed={name: typed.get(name, "") for name in names},
        wrong=no,
        faults=faults(no, {name: f"f-{name}" for name in names}),
        done=done,
    )
