"""What the document says of each operation: its answer's schema, its example, its body and its refusals."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from casework.staff.tokens import TokenScope
from web.api.json_shapes import Schemas
from web.api.problems import MEDIA_TYPE

SCHEMAS = Schemas()
_WHY: Mapping[int, str] = {
    400: "the request cannot be read",
    401: "no token, or none that is in force",
    403: "the token lacks the scope, or the person may not: says who may",
    404: "not there, or not the reader's to see",
    409: "the procedure says no, or the version is stale: says what changed",
    413: "the body is too large",
    415: "the body is of another kind",
    422: "what was sent is wrong: every field at once",
    429: "too many tries: wait",
    503: "busy: send it again in a moment",
}
_CODES: Mapping[int, str] = {
    400: "request",
    401: "token",
    403: "no_duty",
    404: "not_there",
    409: "stale",
    413: "too_large",
    415: "media_type",
    422: "wrong-form",
    429: "throttled",
    503: "busy",
}
_FAULT = {"field": "reason", "zh": "必填，尚未填写", "en": "required: fill it in", "missing": True}
_CHANGED = {"version": 4, "state": "accepted", "changes": [{"version": 4, "action": "accept", "to_state": "accepted"}]}
_EVERY = (400, 401, 403, 404, 422, 429, 503)
_WRITES = (409, 413, 415)


def described(
    summary: str,
    answer: Any,
    *,
    scope: TokenScope | None,
    status: int = 200,
    body: Mapping[str, Any] | None = None,
    raw: Sequence[str] = (),
    example: Any = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The keywords of a route. `answer`: the type of its answer; `raw`: the media types of a file that it takes."""
    shape: dict[str, Any] = {"schema": SCHEMAS.of(answer)}
    if example is not None:
        shape["example"] = example
    ok: dict[str, Any] = {"description": "done" if body or raw else "found", "content": {"application/json": shape}}
    if headers:
        ok["headers"] = {name: {"description": why, "schema": {"type": "string"}} for name, why in headers.items()}
    wrong = sorted({*_EVERY, *(_WRITES if body or raw else ())})
    refusal = {"$ref": "#/components/schemas/Problem"}
    extra: dict[str, Any] = {"security": [{"bearer": [scope.value] if scope else []}]}
    if body is not None:
        extra["requestBody"] = {"required": True, "content": {"application/json": dict(body)}}
    if raw:
        binary = {"schema": {"type": "string", "format": "binary", "minLength": 1}}
        extra["requestBody"] = {"required": True, "content": dict.fromkeys(raw, binary)}
    return {
        "summary": summary,
        "status_code": status,
        "response_class": Response,
        "responses": {
            status: ok,
            **{
                code: {
                    "description": _WHY[code],
                    "content": {MEDIA_TYPE: {"schema": refusal, "example": _refusal(code)}},
                }
                for code in wrong
            },
        },
        "openapi_extra": extra,
    }


def _refusal(status: int) -> dict[str, Any]:
    """A problem document as it comes with a status."""
    return {
        "type": f"urn:duixian:problem:{_CODES[status]}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": f"… / {_WHY[status]}",
        "code": _CODES[status],
        "zh": "…",
        "en": _WHY[status],
        "field": "reason" if status == 422 else "",
        "faults": [_FAULT] if status == 422 else [],
        **(_CHANGED if status == 409 else {}),
    }


def taking(properties: Mapping[str, Any], required: Sequence[str] = (), example: Any = None) -> dict[str, Any]:
    """The body of an operation: its fields."""
    schema = {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }
    return {"schema": schema, **({"example": example} if example is not None else {})}


PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "RFC 9457; `code` is for programs, `zh` and `en` are for people",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "zh": {"type": "string"},
        "en": {"type": "string"},
        "field": {"type": "string"},
        "faults": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "zh": {"type": "string"},
                    "en": {"type": "string"},
                    "missing": {"type": "boolean"},
                },
                "required": ["field", "zh", "en", "missing"],
                "additionalProperties": False,
            },
        },
        "version": {"type": "integer", "description": "of a stale version: the one that is stored"},
        "state": {"type": "string"},
        "changes": {"type": "array", "items": {"type": "object"}, "description": "what was done since"},
    },
    "required": ["type", "title", "status", "detail", "code", "zh", "en", "field", "faults"],
    "additionalProperties": False,
}
