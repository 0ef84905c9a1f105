"""What comes back from the bank: a file as the import takes it, or its rows as JSON; and what came of it."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.responses import JSONResponse, Response

from casework.forms.form_fields import Fault, WrongForm
from casework.payments.bank_results import ImportReport
from casework.payments.import_reports import ResultRow, import_and_keep, kept_report
from casework.payments.reading import shared_key
from casework.shared.errors import Refused
from casework.staff.tokens import TokenScope
from policies.forms import Text
from web.api.bearer import ApiVisit, BringsResults
from web.api.described import described
from web.api.json_body import Key, needed, only, parsed
from web.api.json_shapes import shown
from web.api.sent_file import SentFile
from web.guard import FORM_BYTES

router = APIRouter(prefix="/payments/results", tags=["payments"])
_COLUMNS = ("order_no", "outcome", "amount", "account", "reason")
_FILES = (
    "text/csv", "application/xml", "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)  # fmt: skip
_ROW = {
    "type": "object",
    "properties": {
        "order_no": {"type": "string"},
        "outcome": {"type": "string", "enum": ["settled", "failed", "returned", "acknowledged", "pending"]},
        "amount": {"type": "string", "pattern": r"^\d+(\.\d{1,2})?$", "description": "yuan"},
        "account": {"type": "string"},
        "reason": {"type": "string"},
    },
    "required": ["order_no", "outcome", "amount", "account"],
    "additionalProperties": False,
}
_ROWS = {
    "schema": {
        "type": "object",
        "properties": {"rows": {"type": "array", "items": _ROW, "minItems": 1}},
        "required": ["rows"],
        "additionalProperties": False,
    },
    "example": {
        "rows": [
            {"order_no": "XZ2023-M16-000001-A1", "outcome": "settled", "amount": "30000.00", "account": "622200000001"}
        ]
    },
}


@dataclass(frozen=True, kw_only=True)
class ResultsBooked:
    """What came of a file: how many lines had which effect, its lines, and those that a person has to look at."""

    act_id: UUID
    at: datetime
    report: ImportReport
    lines: tuple[ResultRow, ...]


@router.post(
    "",
    **described(
        "Read in the bank's results: pain.002, CSV or XLSX as the whole body, or rows as JSON",
        ResultsBooked,
        scope=TokenScope.RESULTS,
        body=_ROWS,
        raw=_FILES,
    ),
)
def read_in(
    visit: BringsResults,
    key: Key,
    sent: SentFile,
    signature: Annotated[
        str, Header(alias="Bank-Signature", max_length=200, description="HMAC-SHA256 of the body")
    ] = "",
) -> Response:
    kind = visit.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        _as_table(sent)
    elif kind not in _FILES:
        zh, en = f"文件类型应为下列之一：{'、'.join(_FILES)}", f"send JSON or one of {', '.join(_FILES)}"
        raise Refused("media_type", zh, en, field="Content-Type")
    store = visit.noting(act="results", act_id=str(key))
    import_and_keep(store, sent, by=visit.person, act_id=key, signature=signature, key=shared_key())
    return _booked(visit, key)


def _as_table(sent: Path) -> None:
    """Rows of JSON as the list that the import reads."""
    if sent.stat().st_size > FORM_BYTES:
        raise Refused("too_large", "JSON 最多 2 MB，更多请发送文件", "JSON is 2 MB at most: send a file", field="body")
    body = parsed(sent.read_bytes())
    only(body, rows=list)
    needed(body, "rows")
    faults: list[Fault] = []
    for place, row in enumerate(body["rows"]):
        faults += _faults(f"rows[{place}]", row)
    if faults:
        raise WrongForm(faults[:100])
    with sent.open("w", encoding="utf-8", newline="") as target:
        lines = csv.writer(target)
        lines.writerow(_COLUMNS)
        lines.writerows([row.get(name, "") for name in _COLUMNS] for row in body["rows"])


def _faults(at: str, row: Any) -> list[Fault]:
    if not isinstance(row, Mapping):
        return [Fault(at, Text(at, at), "应为 JSON 对象", "give a JSON object")]
    try:
        only(row, **dict.fromkeys(_COLUMNS, str))
        needed(row, *_COLUMNS[:4])
    except WrongForm as wrong:
        return [Fault(f"{at}.{fault.field}", fault.label, fault.zh, fault.en, fault.missing) for fault in wrong.faults]
    return []


@router.get("/{act_id}", **described("What came of a file", ResultsBooked, scope=TokenScope.RESULTS))
def booked(visit: BringsResults, act_id: UUID) -> Response:
    return _booked(visit, act_id)


def _booked(visit: ApiVisit, act_id: UUID) -> Response:
    kept = kept_report(visit.store, act_id, reader=visit.person)
    return JSONResponse(shown(ResultsBooked(act_id=act_id, at=kept.at, report=kept.report, lines=kept.lines)))
