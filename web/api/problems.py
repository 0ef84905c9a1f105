"""Every refusal of the API as a problem document (RFC 9457): status, code for programs, and what to do in both languages."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from casework.forms.form_fields import Fault, WrongForm
from casework.lifecycle.eligible_officers import PERSONAL
from casework.shared.errors import Problem, Refused, Retryable
from casework.shared.tries_in_vain import Throttled

log = logging.getLogger("duixian.web")
MEDIA_TYPE = "application/problem+json"
# What the reader may not see is not there for them, as in the portal.
_NOT_THERE = frozenset({"not_yours", "unknown_case", "unknown_item", "unknown_report", "notice"})
_WRONG_INPUT = frozenset(
    {
        "act_id", "amount", "date", "decimal", "empty", "fields", "file", "form", "item", "json", "name", "party", "place", "query",
        "required", "result", "slot", "text", "truth", "version", "year",
    }
)  # fmt: skip
_BY_PERSON = PERSONAL | {"in_person", "no_party"}  # who asks is the reason, not what was sent
_OTHER: Mapping[str, int] = {"token": 401, "scope": 403, "second_factor": 403, "media_type": 415, "too_large": 413}


class StaleVersion(Refused):
    """The case is at another version than the one that was looked at; `changes`: what was done since."""

    def __init__(self, no: Refused, version: int, state: str, changes: Sequence[Any]) -> None:
        super().__init__("stale", no.zh, no.en, field="version")
        self.now = {"version": version, "state": state, "changes": changes}


def problem(
    status: int,
    code: str,
    zh: str,
    en: str,
    *,
    field: str = "",
    faults: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """A problem document."""
    content = {
        "type": f"urn:duixian:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": f"{zh} / {en}",
        "code": code,
        "zh": zh,
        "en": en,
        "field": field,
        "faults": list(faults),
        **more,
    }
    return JSONResponse(content, status_code=status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def status_of(no: Problem, *, reads: bool) -> int:
    """Which status a refusal has; `reads`: the request only looks."""
    if isinstance(no, Throttled):
        return 429
    if isinstance(no, Retryable):
        return 503
    if no.code in _OTHER:
        return _OTHER[no.code]
    if no.code in _NOT_THERE or (reads and no.code in _BY_PERSON):
        return 404
    if no.code in _BY_PERSON:
        return 403
    wrong = isinstance(no, WrongForm) or no.code in _WRONG_INPUT or no.field in ("file", "signature")
    return 422 if wrong else 409


def refused(request: Request, error: Exception) -> Response:
    """What casework refused."""
    assert isinstance(error, Problem)
    status = status_of(error, reads=request.method == "GET")
    _note(request, status, error.code)
    if status == 404:
        return _missing(error.code)
    faults = [shown_fault(fault) for fault in error.faults] if isinstance(error, WrongForm) else []
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    if error.code == "scope":
        headers["WWW-Authenticate"] = 'Bearer error="insufficient_scope"'
    if status in (429, 503):
        headers["Retry-After"] = str(error.seconds if isinstance(error, Throttled) else 1)
    more = error.now if isinstance(error, StaleVersion) else {}
    return problem(status, error.code, error.zh, error.en, field=error.field, faults=faults, headers=headers, **more)


def _note(request: Request, status: int, code: str) -> None:
    """One line in the log for who was kept out, and of what; nothing of what was sent."""
    route = request.scope.get("route")
    if status in (401, 403, 404, 429) and route is not None:
        who = getattr(request.state, "person", "nobody")
        log.info("the API refuses %s: %s %s (%s)", who, request.method, route.path, code)


def shown_fault(fault: Fault) -> dict[str, Any]:
    """What is wrong with one field."""
    return {"field": fault.field, "zh": fault.zh, "en": fault.en, "missing": fault.missing}


def _missing(code: str = "not_there") -> Response:
    shown = "not_there" if code in ("not_yours", "unknown_case", *_BY_PERSON) else code
    return problem(404, shown, "没有这一项，或您无权查看", "there is no such thing, or it is not yours to see")


def not_there(_request: Request, error: Exception) -> Response:
    """What the framework refuses: no such address, no such method."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        zh, en = "此地址不支持该方法", "this address does not take that method"
        return problem(405, "method", zh, en, headers=error.headers)
    if error.status_code == 404:
        return _missing()
    return problem(error.status_code, "request", "请求无法处理", "this request cannot be taken")


def not_understood(_request: Request, error: Exception) -> Response:
    """Parameters and headers that are missing or cannot be read."""
    assert isinstance(error, RequestValidationError)
    faults = [
        {
            "field": str(found["loc"][-1]),
            "zh": "必填，尚未填写" if found["type"] == "missing" else "格式或取值有误",
            "en": str(found["msg"]),
            "missing": found["type"] == "missing",
        }
        for found in error.errors()
    ]
    zh = "参数有误：" + "、".join(dict.fromkeys(str(fault["field"]) for fault in faults))
    en = "wrong parameters: " + ", ".join(dict.fromkeys(str(fault["field"]) for fault in faults))
    return problem(422, "parameters", zh, en, field=str(faults[0]["field"]), faults=faults)


def too_large(_request: Request, _error: Exception) -> Response:
    """A body that grew beyond what may be sent."""
    return problem(413, "too_large", "提交的内容过大", "too large")


def broken(request: Request, error: Exception) -> Response:
    """An error of ours."""
    log.error("the API failed: %s", request.url.path, exc_info=error)
    zh = "系统出错；用同一 Idempotency-Key 重发不会重复办理"
    return problem(
        500, "error", zh, "something failed: sending it again with the same Idempotency-Key does no thing twice"
    )
