"""The body of a request: one JSON object, read strictly, and no other text than a database can hold."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, NoReturn
from uuid import UUID

from fastapi import Depends, Header, Request

from casework.forms.form_fields import Fault, WrongForm
from casework.shared.errors import Refused
from policies.forms import Text

DEPTH = 20
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_DIGITS = 18


async def object_of(request: Request) -> Mapping[str, Any]:
    """The JSON object of a body; Refused where it is anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        zh, en = "请求体应为 JSON（Content-Type: application/json）", "send JSON (Content-Type: application/json)"
        raise Refused("media_type", zh, en, field="Content-Type")
    return parsed(await request.body())


def parsed(data: bytes) -> Mapping[str, Any]:
    """The JSON object of some bytes; Refused where they are anything else."""
    try:
        found = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_once,
            parse_float=_no_decimal,
            parse_constant=_no_decimal,
            parse_int=_whole,
        )
    except (ValueError, RecursionError) as error:
        zh, en = "请求体不是有效的 JSON", "the body is no valid JSON"
        raise Refused("json", zh, en, field="body") from error
    if not isinstance(found, dict):
        raise Refused("json", "请求体应为 JSON 对象", "the body is a JSON object", field="body")
    _refuse_unstorable(found, 0)
    return found


Body = Annotated[Mapping[str, Any], Depends(object_of)]
# The act's id, made by the client: the same key with the same body is the same act and has the same answer.
Key = Annotated[UUID, Header(alias="Idempotency-Key", description="UUID of the act; a repeat is harmless")]
IfMatch = Annotated[str | None, Header(alias="If-Match", description="the version (ETag) that was looked at")]

Code = Annotated[
    str | None,
    Header(alias="Authenticator-Code", description="the authenticator's code, for acts that ask for it", max_length=20),
]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which a name stands twice says two things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("json", "JSON 对象中有重复的字段", "a name stands twice in a JSON object", field="body")
    return found


def _no_decimal(text: str) -> NoReturn:
    zh = f'小数请写成文本，如 "150000.50"；现为 {text[:40]}'
    raise Refused("decimal", zh, f'write decimals as text, like "150000.50", not {text[:40]}', field="body")


def _whole(text: str) -> int:
    if len(text) > _DIGITS:
        raise Refused("json", "整数过大", "a whole number is too large", field="body")
    return int(text)


def _refuse_unstorable(value: Any, depth: int) -> None:
    if depth > DEPTH:
        raise Refused("json", f"JSON 嵌套超过 {DEPTH} 层", f"JSON nested beyond {DEPTH} levels", field="body")
    if isinstance(value, str) and _UNSTORABLE.search(value):
        raise Refused("json", "文字中有无法保存的字符", "a text holds a character that cannot be kept", field="body")
    if isinstance(value, dict):
        for name, inner in value.items():
            _refuse_unstorable(name, depth)
            _refuse_unstorable(inner, depth + 1)
    if isinstance(value, list):
        for inner in value:
            _refuse_unstorable(inner, depth + 1)


def only(body: Mapping[str, Any], **kinds: type) -> None:
    """Refuses names that a body does not take, and values of another kind than theirs; every fault at once."""
    faults = [_fault(name, "没有这个字段", "there is no such field") for name in body if name not in kinds]
    for name, kind in kinds.items():
        value = body.get(name)
        if name in body and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            zh, en = _EXPECTED[kind]
            faults.append(_fault(name, f"应为{zh}", f"give {en}"))
    if faults:
        raise WrongForm(faults)


_EXPECTED: Mapping[type, tuple[str, str]] = {
    str: ("文本", "text"),
    int: ("整数", "a whole number"),
    bool: ("true 或 false", "true or false"),
    dict: ("JSON 对象", "a JSON object"),
    list: ("列表", "a list"),
}


def _fault(name: str, zh: str, en: str) -> Fault:
    return Fault(name[:80], Text(name[:80], name[:80]), zh, en)


def needed(body: Mapping[str, Any], *names: str) -> None:
    """Refuses a body that lacks one of these."""
    lacking = [Fault(name, Text(name, name), "必填，尚未填写", "required: fill it in", missing=True)
               for name in names if body.get(name) in (None, "")]  # fmt: skip
    if lacking:
        raise WrongForm(lacking)


def version_seen(body: Mapping[str, Any], if_match: str | None) -> int:
    """The version that the client looked at, from the body or from `If-Match`; Refused where neither says it, or they differ."""
    said = body.get("version")
    tag = (if_match or "").strip().strip('"')
    header = int(tag) if tag.isascii() and tag.isdigit() and len(tag) < 10 else None
    if if_match is not None and header is None:
        raise Refused("version", 'If-Match 应为案件版本，如 "7"', 'If-Match is the version, like "7"', field="If-Match")
    if said is None and header is None:
        zh = "请写明您看到的版本：version 字段或 If-Match 头"
        raise Refused("version", zh, "say which version you looked at: version, or If-Match", field="version")
    if said is not None and header is not None and said != header:
        raise Refused("version", "version 与 If-Match 不一致", "version and If-Match differ", field="version")
    return int(said if said is not None else header)  # type: ignore[arg-type]
