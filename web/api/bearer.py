"""Who asks the API: the person of a bearer token, within its scopes. Cookies count for nothing here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from casework.lifecycle.read_access import scope
from casework.shared.errors import Refused
from casework.shared.home import Home
from casework.shared.reference import reference
from casework.staff.api_tokens import ApiToken, api_token, noting, refuse_beyond, refuse_without_code
from casework.staff.tokens import TokenScope
from casework.views.factor_duties import FACTOR_DUTIES
from models.clock import real_now
from models.store import Store
from web.portal_settings import WebSettings, requires_factor
from web.visit import source_of


@dataclass(frozen=True, kw_only=True)
class ApiVisit:
    """A request to the API: the store, and whose token it is. `real` is the machine's time (codes, limits)."""

    request: Request
    store: Store
    home: Home
    settings: WebSettings
    token: ApiToken
    real: datetime

    @property
    def person(self) -> UUID:
        """Who reads and acts."""
        return self.token.person

    def noting(self, **subject: Any) -> Store:
        """The store for an act: the audit chain names the channel beside it."""
        return noting(self.store, self.token, **subject)

    def refuse_without_code(self) -> None:
        """Before an act that asks for the second factor again: who needs one has it, who has one sends its code."""
        with self.store.read() as work:
            duties, demo = scope(work, reference(self.store, work), self.person).duties, work.demo
        required = requires_factor(self.settings.second_factor, demo=demo) and bool(duties & FACTOR_DUTIES)
        code = self.request.headers.get("authenticator-code", "")
        refuse_without_code(self.store, self.token, code, required=required, now=self.real)

    def refuse_all_but_office(self) -> None:
        """For whoever holds no duty and does not look on, the office's addresses do not exist."""
        with self.store.read() as work:
            if not scope(work, reference(self.store, work), self.person).office:
                raise Refused("not_yours", "没有这一项", "there is no such thing")


def visit_of(request: Request) -> ApiVisit:
    """The visit behind a request; Refused without a token that is in force, or where the query names what nobody asked for."""
    state, real = request.app.state, real_now()
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer" or not secret.strip():
        zh = "请在 Authorization 头中提供接口令牌：Bearer …"
        raise Refused("token", zh, "give a token of the API: Authorization: Bearer …", field="token")
    token = api_token(state.store, secret.strip(), source=source_of(request, state.settings), now=real)
    request.state.person = token.person
    _refuse_unknown_query(request)
    return ApiVisit(
        request=request, store=state.store, home=state.home, settings=state.settings, token=token, real=real
    )


def _refuse_unknown_query(request: Request) -> None:
    """A name that the address does not take, or one that comes twice, is refused: a filter left out would find too much."""
    known = [field.alias for field in request.scope["route"].dependant.query_params]
    asked = [name for name, _ in request.query_params.multi_items()]
    for name in asked:
        if name not in known:
            zh = f"没有查询参数“{name[:40]}”；可用：{'、'.join(known) or '无'}"
            en = f"no parameter {name[:40]!r}; there are: {', '.join(known) or 'none'}"
            raise Refused("query", zh, en, field=name[:40])
        if asked.count(name) > 1:
            raise Refused("query", f"查询参数“{name}”重复", f"{name} is given twice", field=name)


AnyToken = Annotated[ApiVisit, Depends(visit_of)]


def needs(wanted: TokenScope) -> Callable[..., ApiVisit]:
    """A visit with a token that has this scope."""

    def visit(found: AnyToken) -> ApiVisit:
        refuse_beyond(found.token, wanted)
        return found

    return visit


ReadsCases = Annotated[ApiVisit, Depends(needs(TokenScope.READ_CASES))]
Files = Annotated[ApiVisit, Depends(needs(TokenScope.FILE))]
ReadsLists = Annotated[ApiVisit, Depends(needs(TokenScope.LISTS))]
BringsResults = Annotated[ApiVisit, Depends(needs(TokenScope.RESULTS))]
