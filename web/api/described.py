"""What the document says of each operation: its answer's schema, its example, its body and its refusals."""

from collections.abc import Mapping, Sequence
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
    refusal = {"schema": {"$ref": "#/components/schemas/Problem"}}
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
            **{code: {"description": _WHY[code], "content": {MEDIA_TYPE: refusal}} for code in wrong},
        },
        "openapi_extra": extra,
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
