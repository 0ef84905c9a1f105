"""The API holds its document: whatever may be asked by it, and more, is answered as it says, and nothing breaks.

Schemathesis makes the requests of each operation, right and wrong ones; most of them speak of cases and versions that are there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from models import Case, Duty, State
from models.store import Store
from support.api_client import ApiClient
from support.portal import Portal
from support.stage import NOON, Stage, applicant, named, officer
from support.stores import Databases, broken
from support.walk import Walk
from web.api.api_application import document

ADDRESS = "http://localhost:8023"
EXAMPLES = 12  # of each operation, right ones and as many wrong ones
PEOPLE = (
    applicant(1), applicant(2), *(officer(duty) for duty in (
        Duty.ACCEPTOR, Duty.SCREENER, Duty.CERTIFIER, Duty.HEAD, Duty.DECIDER, Duty.MAKER, Duty.RECONCILER, Duty.AUDITOR,
    )),
)  # fmt: skip
REACHED = (
    State.FILED,
    State.ACCEPTED,
    State.SCREENED,
    State.COMPUTED,
    State.DECIDED,
    State.ON_NOTICE,
    State.PAYABLE,
    State.PAID,
)
DOCUMENTED = document(ADDRESS)["paths"]
OPERATIONS = sorted((path, method) for path, methods in DOCUMENTED.items() for method in methods)
WRONG = [
    (path, method, True)
    for path, method in OPERATIONS
    if DOCUMENTED[path][method].keys() & {"parameters", "requestBody"}  # else there is nothing to get wrong
]


class Seeded:
    """An office with a case in each of many states, a system for each of several people, and the document as it is served."""

    def __init__(self, url: str, folder: Path) -> None:
        import schemathesis  # takes seconds: not where other tests are collected

        self.store = Store.open(url, seed=1)
        self.store.set_clock(NOON, frozen=True)
        stage = Stage(self.store).furnish(firms=len(REACHED) + 2)
        walk = Walk(stage)
        for number, state in enumerate(REACHED, 1):
            walk.open("M16", number, number)
            walk.to(named(f"case-{number}"), state)
        walk.open("M16", 90, 1)
        self.numbers = [f"XZ2023-M16-{number:06d}" for number in (*range(1, len(REACHED) + 1), 90)]
        self.portal = Portal(self.store, folder)
        self.clients = [ApiClient(self.portal, person) for person in PEOPLE]
        served = self.clients[0].get("/openapi.json").json()
        for methods in served["paths"].values():
            for operation in methods.values():
                del operation["security"]  # each request carries a token of somebody
        self.schema = schemathesis.openapi.from_dict(served)
        self.checks = _checks()

    def faults(self) -> list[Any]:
        """What the invariants say afterwards."""
        return [*broken(self.store)]


def _checks() -> list[Any]:
    from schemathesis import checks
    from schemathesis.specs.openapi import checks as of_documents

    return [
        checks.not_a_server_error,
        of_documents.status_code_conformance,
        of_documents.content_type_conformance,
        of_documents.response_headers_conformance,
        of_documents.response_schema_conformance,
        of_documents.negative_data_rejection,
    ]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def seeded(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Seeded]:
    """One office for all operations, on each database: what an act did, the next one finds."""
    folder = tmp_path_factory.mktemp("seeded")
    made = Seeded(databases.fresh(request.param, folder, demo=True), folder)
    yield made
    assert made.faults() == []
    made.store.close()
    databases.drop(made.store.url)


@pytest.mark.prove
@pytest.mark.parametrize(
    ("path", "method", "wrong"), [*((*operation, False) for operation in OPERATIONS), *WRONG], ids=str
)
def test_each_operation_answers_as_its_document_says(seeded: Seeded, path: str, method: str, wrong: bool) -> None:
    from schemathesis import GenerationMode

    clients = seeded.clients[:2] if path.startswith("/applications") else seeded.clients
    mode = GenerationMode.NEGATIVE if wrong else GenerationMode.POSITIVE
    requests = seeded.schema[path][method].as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(
        case=requests,
        client=st.sampled_from(clients),
        number=st.sampled_from([*seeded.numbers, None]),
        now=st.booleans(),
    )
    def asked(case: Any, client: ApiClient, number: str | None, now: bool) -> None:
        if not wrong and number is not None and "number" in (case.path_parameters or {}):
            case.path_parameters["number"] = number
            if now and isinstance(case.body, dict) and "version" in case.body:
                case.body["version"] = _version(seeded, number)
        if now and not wrong and isinstance(case.body, dict) and "policy" in case.body:
            case.body |= {"policy": "XZ2023", "item": "M16", "claim": {}}
        sent = case.as_transport_kwargs(
            base_url=ADDRESS + "/api/v1", headers={"Authorization": f"Bearer {client.secret}"}
        )
        data, _ = sent.pop("data", None), sent.pop("cookies", None)
        answer = client.client.request(**sent, **({"content": data} if data is not None else {}))
        case.validate_response(answer, checks=seeded.checks)

    asked()


def _version(seeded: Seeded, number: str) -> int:
    with seeded.store.read() as work:
        return int(work.execute(select(col(Case.version)).where(col(Case.number) == number)).scalar() or 1)
