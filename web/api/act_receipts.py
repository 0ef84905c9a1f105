"""What an act answers: its receipt, the same each time; and what was done since, where the version that was seen is stale."""

from dataclasses import dataclass
from uuid import UUID

from starlette.responses import JSONResponse, Response

from casework import views
from casework.lifecycle.commands import Act
from casework.lifecycle.receipts import Receipt, of_act
from casework.shared.errors import Refused
from web.api.bearer import ApiVisit
from web.api.json_shapes import shown
from web.api.problems import StaleVersion

HEADERS = {"Idempotency-Replayed": "true where the act had been done before, and nothing was done now"}


EXAMPLE = {
    "act_id": "018a5e58-0000-7000-8000-000000000002",
    "number": "XZ2023-M16-000001",
    "state": "accepted",
    "version": 4,
}


@dataclass(frozen=True, kw_only=True)
class ActDone:
    """What an act did: state and version of the case after it."""

    act_id: UUID
    number: str
    state: str
    version: int


def answered(receipt: Receipt) -> Response:
    """The receipt as JSON."""
    done = ActDone(act_id=receipt.act_id, number=receipt.number, state=receipt.state, version=receipt.version)
    return JSONResponse(shown(done), headers={"Idempotency-Replayed": str(receipt.repeated).lower()})


def ask_for_code(visit: ApiVisit, command: Act) -> None:
    """Before an act that asks for it, unless it was done before: an authenticator's code is good once, an answer may be lost."""
    if command.second_factor:
        with visit.store.read() as work:
            done = isinstance(of_act(work, command), Receipt)
        if not done:
            visit.refuse_without_code()


def stale(visit: ApiVisit, number: str, seen: int, no: Refused) -> Refused:
    """The refusal with what was done since; any other as it is."""
    if no.code != "stale":
        return no
    file = views.dossier(visit.store, number, reader=visit.person)
    since = [
        {name: value for name, value in shown(step).items() if name in _TOLD}
        for step in file.history
        if step.version > seen
    ]
    return StaleVersion(no, file.case.version, file.case.state, since)


_TOLD = ("version", "at", "action", "action_zh", "duty", "who", "unit", "from_state", "to_state", "outcome", "reason")
