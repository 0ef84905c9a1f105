"""Other systems act through the API: from the draft to the decision, each act once, on the version that was seen, by who may."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import func, select, update
from sqlmodel import col

from casework.act_forms import CASE_FORMS
from casework.applications import automatic_checks
from casework.awards import computation
from casework.shared.reference import touch
from casework.staff.tokens import TokenScope
from models import AuditEntry, Case, Decision, Duty, SecondFactor, State
from models.clock import real_now
from support.api_client import ApiClient, problem
from support.portal import Portal, stale
from support.sample_paid import PDF
from support.stage import Stage, applicant, claim, facts, named, officer
from support.walk import Walk, export_batch, order_of, with_one_case

CASE = "XZ2023-M16-000001"


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """One case that waits for its acceptance."""
    return with_one_case(stage, State.FILED, Duty.ACCEPTOR)


def decided(portal: Portal) -> list[str]:
    """What people decided, in order."""
    with portal.store.read() as work:
        query = select(col(Decision.action)).where(col(Decision.person_id).is_not(None), col(Decision.action) != "open")
        return list(work.execute(query.order_by(col(Decision.decided_at), col(Decision.version))).scalars())


def done(answer: Any) -> dict[str, Any]:
    """The answer of an act that went through."""
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def act(client: ApiClient, action: str, version: int, fields: dict[str, Any] | None = None, **more: Any) -> Any:
    """Sends an act on the case."""
    key = more.pop("key", None) or uuid4()
    return client.post(f"/cases/{CASE}/acts/{action}", {"version": version, "fields": fields or {}}, key=key, **more)


@pytest.mark.slow
def test_from_the_draft_to_the_decision(portal: Portal, stage: Stage) -> None:
    firm = ApiClient(portal, applicant(1), "file", "read:cases")
    key = uuid4()
    opened = [firm.post("/applications", {"policy": "XZ2023", "item": "M16"}, key=key) for _ in range(2)]
    assert [answer.status_code for answer in opened] == [201, 201] and opened[0].json() == opened[1].json()
    number = opened[0].json()["number"]
    assert number == CASE and opened[0].headers["location"] == f"/api/v1/applications/{number}"
    kept = firm.put(f"/applications/{number}/claim", {"brand": "算例品牌1"})
    assert {fault["field"] for fault in kept.json()["faults"]} >= {"opened_on", "cost_lines"}
    whole = firm.put(f"/applications/{number}/claim", claim("M16", 1), headers={"If-Match": kept.headers["etag"]})
    assert whole.json()["faults"] == []
    late = firm.put(f"/applications/{number}/claim", {}, headers={"If-Match": kept.headers["etag"]})
    assert problem(late) == (409, "newer")
    stands = firm.get(f"/applications/{number}").json()
    for slot in stands["papers"]:
        for _ in range(2):
            sent = firm.client.post(
                f"/api/v1/applications/{number}/papers?slot={slot['id']}&name={slot['id']}.pdf",
                content=PDF, headers={"Content-Type": "application/pdf"},
            )  # fmt: skip
            assert sent.status_code == 201, sent.text
    body = {"version": stands["version"], "claim": claim("M16", 1), "truth": True}
    filed = [firm.post(f"/applications/{number}/file", body, key=UUID(int=7)) for _ in range(2)]
    assert done(filed[0]) == done(filed[1]) and done(filed[0])["state"] == "filed"
    assert [answer.headers["idempotency-replayed"] for answer in filed] == ["false", "true"]
    case = UUID(opened[0].json()["case"])
    automatic_checks.submit(portal.store, cases=[case])
    version = firm.get(f"/cases/{number}").json()["version"]
    for duty, action, fields in (
        (Duty.ACCEPTOR, "accept", {}),
        (Duty.SCREENER, "screen", {"visited": True}),
        (Duty.CERTIFIER, "certify", {"facts": facts("M16", 1)}),
    ):
        version = done(act(ApiClient(portal, officer(duty)), action, version, fields))["version"]
    computation.compute(portal.store, cases=[case])
    version = firm.get(f"/cases/{number}").json()["version"]
    version = done(act(ApiClient(portal, officer(Duty.AMOUNT_CHECKER)), "confirm_amount", version))["version"]
    decider = ApiClient(portal, officer(Duty.DECIDER))
    lowered = {"amount": "25000.50", "reason": "算例核减"}
    assert done(act(decider, "decide", version, lowered))["state"] == "decided"
    found = firm.get(f"/cases/{number}").json()
    assert found["file"]["case"]["amount_yuan"] == "25000.50"
    assert decided(portal) == ["file", "accept", "screen", "certify", "confirm_amount", "decide"]


def test_the_same_key_is_one_act_with_one_answer_and_another_body_is_refused(portal: Portal, walk: Walk) -> None:
    acceptor, key = ApiClient(portal, officer(Duty.ACCEPTOR)), uuid4()
    answers = [act(acceptor, "accept", 3, key=key) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {200} and len({answer.text for answer in answers}) == 1
    assert decided(portal) == ["file", "accept"]
    assert problem(act(acceptor, "accept", 3, {"reason": "另有理由"}, key=key)) == (422, "act_id")
    assert problem(act(acceptor, "refuse", 4, {"reason": "算例"}, key=key)) == (422, "act_id")
    other = ApiClient(portal, officer(Duty.ACCEPTOR, 1))
    assert problem(act(other, "accept", 4, key=key)) == (422, "act_id")
    assert decided(portal) == ["file", "accept"]


def test_the_same_act_sent_several_times_at_once_is_done_once(portal: Portal, walk: Walk) -> None:
    clients, key = [ApiClient(portal, officer(Duty.ACCEPTOR)) for _ in range(4)], uuid4()
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(lambda client: act(client, "accept", 3, key=key), clients))
    assert [answer.status_code for answer in answers] == [200] * 4 and len({answer.text for answer in answers}) == 1
    assert sorted(answer.headers["idempotency-replayed"] for answer in answers) == ["false", "true", "true", "true"]
    assert decided(portal) == ["file", "accept"]


def test_the_audit_chain_names_the_channel_once(portal: Portal, walk: Walk) -> None:
    acceptor, key = ApiClient(portal, officer(Duty.ACCEPTOR)), uuid4()
    for _ in range(2):
        assert act(acceptor, "accept", 3, key=key).status_code == 200
    assert problem(act(acceptor, "screen", 4, {"visited": True})) == (403, "no_duty")
    with portal.store.read() as work:
        rows = work.execute(
            select(col(AuditEntry.actor), col(AuditEntry.content)).where(col(AuditEntry.action) == "api")
        )
        assert [(row.actor, str(key) in row.content) for row in rows] == [(str(officer(Duty.ACCEPTOR)), True)]


def test_a_stale_version_is_refused_with_what_changed(portal: Portal, walk: Walk) -> None:
    acceptor, head = (ApiClient(portal, officer(duty)) for duty in (Duty.ACCEPTOR, Duty.HEAD))
    assert act(head, "hold", 3, {"reason": "核查", "review_on": "2023-10-10"}).status_code == 200
    late = act(acceptor, "accept", 3)
    assert problem(late) == (409, "stale") and late.json()["version"] == 4
    assert [(step["action"], step["reason"]) for step in late.json()["changes"]] == [("hold", "核查")]
    unsaid = acceptor.post(f"/cases/{CASE}/acts/accept", {"fields": {}}, key=uuid4())
    assert problem(unsaid) == (422, "version")
    by_header = acceptor.post(f"/cases/{CASE}/acts/accept", {"fields": {}}, key=uuid4(), headers={"If-Match": '"3"'})
    assert problem(by_header) == (409, "stale")


def test_what_an_act_would_do_is_told_and_nothing_is_written(portal: Portal, walk: Walk) -> None:
    acceptor = ApiClient(portal, officer(Duty.ACCEPTOR))
    seen = acceptor.post(f"/cases/{CASE}/acts/accept/preview", {"version": 3, "fields": {}}).json()
    assert (seen["case"]["from_state"], seen["case"]["to_state"]) == ("filed", "accepted") and seen["messages"]
    assert decided(portal) == ["file"]


def test_wrong_fields_are_told_all_at_once(portal: Portal, walk: Walk) -> None:
    acceptor = ApiClient(portal, officer(Duty.ACCEPTOR))
    wrong = act(acceptor, "return", 3, {"reason": 5, "nothing": "x", "act_id": str(uuid4())})
    assert problem(wrong) == (422, "wrong-form")
    assert {fault["field"] for fault in wrong.json()["faults"]} == {"reason", "nothing", "act_id", "missing"}
    flag = act(ApiClient(portal, officer(Duty.SCREENER)), "screen", 3)
    assert [fault["field"] for fault in flag.json()["faults"]] == ["visited"]
    assert problem(act(acceptor, "decide", 3, {"amount": 5})) == (422, "wrong-form")
    assert problem(acceptor.post(f"/cases/{CASE}/acts/nothing", {}, key=uuid4())) == (404, "not_there")
    assert problem(acceptor.post(f"/cases/{CASE}/acts/accept", {"version": 3, "fields": {}})) == (422, "parameters")


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b"{", "application/json", (422, "json")), (b"[]", "application/json", (422, "json")),
        (b'{"version": 3, "version": 4}', "application/json", (422, "json")),
        (b'{"version": 3.0}', "application/json", (422, "decimal")), (b'{"version": NaN}', "application/json", (422, "decimal")),
        (b'{"fields": {"reason": "\\u0000"}}', "application/json", (422, "json")),
        (b'{"fields": {"reason": "\\ud800"}}', "application/json", (422, "json")),
        (b"[" * 5000, "application/json", (422, "json")), (b"\xff\xfe", "application/json", (422, "json")),
        (b"version=3", "application/x-www-form-urlencoded", (415, "media_type")),
        (b'{"version": ' + b"9" * 5000 + b"}", "application/json", (422, "json")),
        (b'{"fields": "' + b"x" * 2_100_000 + b'"}', "application/json", (413, "too_large")),
    ],
    ids=lambda value: str(value)[:24],
)  # fmt: skip
def test_no_body_breaks_it(portal: Portal, walk: Walk, body: bytes, kind: str, expected: tuple[int, str]) -> None:
    acceptor = ApiClient(portal, officer(Duty.ACCEPTOR))
    headers = {"Content-Type": kind, "Idempotency-Key": str(uuid4())}
    answer = acceptor.client.post(f"/api/v1/cases/{CASE}/acts/accept", content=body, headers=headers)
    assert problem(answer) == expected and decided(portal) == ["file"]


def test_a_body_of_unknown_length_is_cut_off(portal: Portal, walk: Walk) -> None:
    acceptor = ApiClient(portal, officer(Duty.ACCEPTOR))
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    pieces = (b"x" * 100_000 for _ in range(30))
    assert problem(acceptor.client.post(f"/api/v1/cases/{CASE}/acts/accept", content=pieces, headers=headers)) == (
        413, "too_large",
    )  # fmt: skip


def test_the_portals_admission_holds_here_too(portal: Portal, walk: Walk) -> None:
    wrong_duty = act(ApiClient(portal, officer(Duty.SCREENER)), "accept", 3)
    assert problem(wrong_duty) == (403, "no_duty") and "算例acceptor-0" in wrong_duty.json()["zh"]
    assert problem(act(ApiClient(portal, applicant(2)), "withdraw", 3)) == (404, "not_there")
    assert problem(act(ApiClient(portal, officer(Duty.ACCEPTOR), "read:cases", "decide"), "accept", 3)) == (
        403,
        "scope",
    )
    assert problem(ApiClient(portal, officer(Duty.ACCEPTOR)).get(f"/applications/{CASE}")) == (404, "not_there")
    opens = ApiClient(portal, officer(Duty.ACCEPTOR)).post(
        "/applications", {"policy": "XZ2023", "item": "M16"}, key=uuid4()
    )
    assert problem(opens) == (403, "no_party")
    assert problem(ApiClient(portal, applicant(1)).get(f"/cases/{CASE}/acts/accept")) == (404, "not_there")
    walk.to(named("case-1"), State.ACCEPTED)
    second = ApiClient(portal, officer(Duty.ACCEPTOR))
    with portal.store.write() as work:
        walk.stage.person(work, "both", Duty.SCREENER, key="acceptor-0")
        touch(work)
    assert problem(act(ApiClient(portal, named("both")), "screen", 4, {"visited": True})) == (
        403,
        "separation_of_duties",
    )
    assert second.get(f"/cases/{CASE}/acts/screen").json()["mine"] is False
    assert decided(portal) == ["file", "accept"]


def test_deciding_asks_who_has_an_authenticator_for_its_code_each_once(portal: Portal, walk: Walk) -> None:
    walk.to(named("case-1"), State.COMPUTED, Duty.DECIDER)
    who = officer(Duty.DECIDER)
    _, clock = stale(portal, who)
    version = walk.stage.case(named("case-1")).version
    with portal.store.write() as work:
        work.execute(update(SecondFactor).where(col(SecondFactor.person_id) == who).values(last_step=0))
    client, key = ApiClient(portal, who), uuid4()
    assert problem(act(client, "decide", version)) == (403, "second_factor")
    assert problem(act(client, "decide", version, headers={"Authenticator-Code": "000000"})) == (403, "second_factor")
    code = {"Authenticator-Code": clock.at(real_now())}
    assert act(client, "decide", version, key=key, headers=code).status_code == 200
    assert act(client, "decide", version, key=key).headers["idempotency-replayed"] == "true"


def test_the_banks_results_are_read_in_as_rows_and_as_a_file(portal: Portal, walk: Walk) -> None:
    case = walk.to(named("case-1"), State.ORDERED)
    export_batch(portal.store, case, officer(Duty.RELEASER))
    order = order_of(portal.store, case.id)
    assert order is not None
    row = {"order_no": order.number, "outcome": "settled", "amount": "30000.00", "account": order.account}
    client, key = ApiClient(portal, officer(Duty.RECONCILER), "payments:results"), uuid4()
    refused = ApiClient(portal, officer(Duty.MAKER)).post("/payments/results", {"rows": [row]}, key=uuid4())
    assert problem(refused) == (403, "no_duty")
    wrong = client.post("/payments/results", {"rows": [{**row, "amount": 5}, {}]}, key=key)
    assert {fault["field"] for fault in wrong.json()["faults"]} >= {"rows[0].amount", "rows[1].order_no"}
    answers = [client.post("/payments/results", {"rows": [row]}, key=key) for _ in range(2)]
    assert [done(answer) for answer in answers] == [done(client.get(f"/payments/results/{key}"))] * 2
    assert done(answers[0])["report"]["settled"] == 1 and done(answers[0])["lines"][0]["amount_yuan"] == "30000.00"
    assert problem(client.post("/payments/results", {"rows": [{**row, "reason": "x"}]}, key=key)) == (422, "act_id")
    assert walk.stage.case(named("case-1")).state == State.PAID
    sent = {"Idempotency-Key": str(uuid4()), "Content-Type": "text/csv"}
    table = f"指令编号,结果,金额,收款账号\n{order.number},成功,30000.00,{order.account}\n".encode()
    again = client.client.post("/api/v1/payments/results", content=table, headers=sent)
    assert done(again)["report"]["without_effect"] + done(again)["report"]["already_known"] == 1
    broken = client.client.post(
        "/api/v1/payments/results", content=b"\x00", headers={**sent, "Idempotency-Key": str(uuid4())}
    )
    assert problem(broken) == (422, "kind")
    assert problem(client.get(f"/payments/results/{uuid4()}")) == (404, "unknown_report")


def test_every_act_has_its_address_and_its_fields_in_the_document(portal: Portal, walk: Walk) -> None:
    document = portal.visitor().client.get("/api/v1/openapi.json").json()
    for word, form in CASE_FORMS.items():
        operation = document["paths"][f"/cases/{{number}}/acts/{word}"]["post"]
        fields = operation["requestBody"]["content"]["application/json"]["schema"]["properties"]["fields"]["properties"]
        assert set(fields) == {field.name for field in form.fields if not field.hidden}
        head = ApiClient(portal, officer(Duty.HEAD)).get(f"/cases/{CASE}/acts/{word}")
        assert head.status_code == 200, head.text
        assert {field["name"] for field in head.json()["fields"]} <= set(fields)


def test_every_operation_is_described_whole_and_its_examples_are_right(portal: Portal) -> None:
    whole = portal.visitor().client.get("/api/v1/openapi.json").json()
    assert whole["openapi"] == "3.1.0" and whole["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    seen, scopes = 0, set(TokenScope)
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            asked = operation["security"][0]["bearer"]
            assert set(asked) <= scopes and operation["summary"], (path, method)
            assert {"401", "403", "404", "422", "429"} <= operation["responses"].keys(), (path, method)
            contents = [operation.get("requestBody", {}).get("content", {})]
            contents += [answer["content"] for answer in operation["responses"].values()]
            for content in contents:
                for kind, shape in content.items():
                    assert shape["schema"], (path, method, kind)
                    if "example" in shape:
                        seen += 1
                        Draft202012Validator({**shape["schema"], "components": whole["components"]}).validate(
                            shape["example"]
                        )
    assert seen > 500


def test_a_large_body_is_read_of_nobody_who_shows_no_token(portal: Portal, walk: Walk) -> None:
    client = portal.visitor().client
    answer = client.post("/api/v1/payments/results", content=b"x", headers={"Content-Type": "text/csv"})
    assert problem(answer) == (401, "token")
    with portal.store.read() as work:
        assert work.execute(select(func.count()).select_from(Case)).scalar_one() == 1


def test_what_the_api_refuses_is_logged_without_the_token(
    portal: Portal, walk: Walk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="duixian.web")
    stranger, guess = ApiClient(portal, applicant(2)), ApiClient(portal, applicant(2), secret="dx_guess")
    stranger.get(f"/cases/{CASE}")
    guess.get(f"/cases/{CASE}")
    assert f"the API refuses {applicant(2)}: GET /cases/{{number}} (not_yours)" in caplog.text
    assert "the API refuses nobody: GET /cases/{number} (token)" in caplog.text
    assert "dx_" not in caplog.text
