"""The API answers whoever has a token with the scope, and shows what its person may see and nothing else."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete
from sqlmodel import col

from casework.shared.reference import touch
from casework.shared.register_writes import SYSTEM
from casework.staff import person_accounts, tokens
from models import Duty, Grant, SignInThrottle, State
from support.api_client import LAST, ApiClient, login_of, problem
from support.portal import Portal
from support.stage import NOON, Stage, applicant, named, officer
from support.walk import Walk

CASE = "XZ2023-M16-000001"


@pytest.fixture
def walk(stage: Stage) -> Walk:
    """Two cases, of two firms, that wait for their acceptance."""
    walk = Walk(stage)
    for number in (1, 2):
        walk.open("M16", number, number)
        walk.to(named(f"case-{number}"), State.FILED, Duty.ACCEPTOR)
    return walk


def test_without_a_token_nothing_is_answered_and_a_cookie_is_none(portal: Portal, walk: Walk) -> None:
    browser = portal.as_(officer(Duty.ACCEPTOR))
    for path in ("/policies", "/cases", f"/cases/{CASE}", "/lists/inbox"):
        answer = browser.client.get(f"/api/v1{path}")
        assert problem(answer) == (401, "token") and answer.headers["www-authenticate"].startswith("Bearer")
    assert "set-cookie" not in browser.client.get("/api/v1/cases").headers
    assert browser.client.get("/api/v1/openapi.json").status_code == 200


def test_a_token_of_the_command_line_is_refused_and_one_of_the_api_is_no_use_there(portal: Portal, walk: Walk) -> None:
    store, who = portal.store, officer(Duty.ACCEPTOR)
    of_line = tokens.make(store, SYSTEM, person=login_of(store, who))
    assert problem(ApiClient(portal, who, secret=of_line).get("/cases")) == (401, "token")
    of_api = ApiClient(portal, who).secret
    with store.read() as work:
        assert tokens.person_of(work, of_line) == who
        with pytest.raises(Exception, match="令牌无效"):
            tokens.person_of(work, of_api)


def test_a_token_is_good_for_its_scopes_alone(portal: Portal, walk: Walk) -> None:
    reads = ApiClient(portal, officer(Duty.ACCEPTOR), "read:cases")
    assert reads.get(f"/cases/{CASE}").status_code == 200 and reads.get("/policies").status_code == 200
    refused = reads.get("/lists/inbox")
    assert problem(refused) == (403, "scope") and "insufficient_scope" in refused.headers["www-authenticate"]
    lists = ApiClient(portal, officer(Duty.ACCEPTOR), "lists")
    assert lists.get("/lists/inbox").status_code == 200 and problem(lists.get("/cases")) == (403, "scope")


def test_a_token_ends_by_its_day_when_it_is_revoked_and_with_the_account(portal: Portal, walk: Walk) -> None:
    store, who = portal.store, officer(Duty.ACCEPTOR)
    login = login_of(store, who)
    first_client, second_client = (ApiClient(portal, who) for _ in range(2))
    first = tokens.listed(store, person=who)[0]
    assert tokens.revoke(store, SYSTEM, person=login, token=first.id) == 1
    assert sorted(client.get("/cases").status_code for client in (first_client, second_client)) == [200, 401]
    store.set_clock(NOON + timedelta(days=400), frozen=True)
    assert {client.get("/cases").status_code for client in (first_client, second_client)} == {401}
    store.set_clock(NOON, frozen=True)
    third = ApiClient(portal, who)
    assert third.get("/cases").status_code == 200
    person_accounts.close(store, SYSTEM, login)
    assert problem(third.get("/cases")) == (401, "token")


def test_a_token_of_the_api_has_known_scopes_and_a_last_day(portal: Portal) -> None:
    login = login_of(portal.store, officer(Duty.ACCEPTOR))
    for scopes, last, field in (
        (["everything"], LAST, "scope"),
        (["lists"], None, "last"),
        (["lists"], date(2029, 1, 1), "last"),
    ):
        with pytest.raises(Exception) as no:
            tokens.make(portal.store, SYSTEM, person=login, last=last, scopes=scopes)
        assert no.value.field == field  # type: ignore[attr-defined]
    assert tokens.listed(portal.store) == []


def test_a_case_of_others_is_not_there(portal: Portal, walk: Walk) -> None:
    other = ApiClient(portal, applicant(2))
    assert [row["number"] for row in other.get("/cases").json()["cases"]] == ["XZ2023-M16-000002"]
    assert problem(other.get(f"/cases/{CASE}")) == (404, "not_there")
    assert other.get(f"/cases/{CASE}").json() == other.get("/cases/XZ2023-M16-999999").json()
    with portal.store.write() as work:
        work.execute(delete(Grant).where(col(Grant.person_id) == officer(Duty.SCREENER), col(Grant.unit) != "区金融办"))
        touch(work)
    elsewhere = ApiClient(portal, officer(Duty.SCREENER))
    assert problem(elsewhere.get(f"/cases/{CASE}")) == (404, "not_there")
    assert elsewhere.get("/cases").json()["cases"] == []


def test_a_case_shows_state_history_money_as_text_and_the_applicants_messages(portal: Portal, walk: Walk) -> None:
    walk.to(named("case-1"), State.DECIDED)
    officers, firm = ApiClient(portal, officer(Duty.HEAD)), ApiClient(portal, applicant(1))
    answer = officers.get(f"/cases/{CASE}")
    found = answer.json()
    assert answer.headers["etag"] == f'"{found["version"]}"' and found["file"]["case"]["state"] == "decided"
    assert found["file"]["case"]["amount_yuan"] == "30000.00" and "amount_fen" not in answer.text
    assert found["file"]["awards"][0]["amount_yuan"] == "30000.00" and found["file"]["awards"][0]["trace"]
    assert [line["action"] for line in found["file"]["history"]][:2] == ["file", "check"]
    assert found["messages"] == [] and {act["action"] for act in found["acts"]} >= {"undo", "hold"}
    own = firm.get(f"/cases/{CASE}?lang=en").json()
    assert own["messages"] and {act["action"] for act in own["acts"]} == {"withdraw"}


def test_lists_go_on_from_the_last_number(portal: Portal, walk: Walk) -> None:
    client = ApiClient(portal, officer(Duty.ACCEPTOR))
    first = client.get("/cases?limit=1&state=filed").json()
    assert (first["total"], first["next"]) == (2, CASE)
    second = client.get(f"/cases?limit=1&state=filed&after={first['next']}").json()
    assert [row["number"] for row in second["cases"]] == ["XZ2023-M16-000002"] and second["next"] is None
    whole = client.get("/lists/inbox").json()
    assert len(whole["tasks"]) == 2 and whole["next"] is None
    first = client.get("/lists/inbox?limit=1").json()
    second = client.get("/lists/inbox", params={"limit": 1, "after": first["next"]}).json()
    assert first["tasks"] + second["tasks"] == whole["tasks"] and second["next"] is None
    assert problem(client.get("/lists/inbox?after=nowhere")) == (422, "place")
    assert problem(client.get("/lists/payable")) == (404, "not_there")
    assert ApiClient(portal, officer(Duty.MAKER)).get("/lists/payable").json()["queues"] == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/cases?stat=filed", "stat"), ("/cases?state=galaxy", "state"), ("/cases?limit=0", "limit"),
        ("/cases?state=filed&state=paid", "state"), ("/lists/paid?year=x", "year"), ("/lists/payable?fund=x", "fund"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_by_its_name(portal: Portal, stage: Stage, path: str, field: str) -> None:
    answer = ApiClient(portal, officer(Duty.MAKER)).get(path)
    assert problem(answer)[0] == 422 and answer.json()["field"] == field


def test_what_may_be_applied_for_comes_with_its_form(portal: Portal, stage: Stage) -> None:
    client = ApiClient(portal, applicant(1))
    (policy,) = [policy for policy in client.get("/policies").json()["policies"] if policy["code"] == "XZ2023"]
    assert policy["open"] and {"M4a", "M16"} <= {item["id"] for item in policy["items"]}
    form = client.get("/items/XZ2023/M16").json()
    assert "brand" in form["claim"]["properties"] and "first_store" in form["facts"]["properties"]
    assert problem(client.get("/items/XZ2023/M99")) == (404, "unknown_item")


def test_who_guesses_tokens_waits(portal: Portal, stage: Stage) -> None:
    client = ApiClient(portal, applicant(1))
    guesses = ApiClient(portal, applicant(1), secret="dx_guess")
    assert [guesses.get("/policies").status_code for _ in range(31)] == [401] * 30 + [429]
    late = client.get("/policies")
    assert problem(late) == (429, "throttled") and 0 < int(late.headers["retry-after"]) <= 901
    with portal.store.write() as work:
        work.execute(delete(SignInThrottle))
    assert client.get("/policies").status_code == 200


def test_what_the_guard_refuses_is_a_problem_too(portal: Portal, stage: Stage) -> None:
    client = ApiClient(portal, applicant(1))
    assert problem(client.get("/cases", headers={"Host": "elsewhere"})) == (400, "request")
    assert problem(client.get("/cases?after=%00")) == (400, "request")
    for path in ("/nothing", "/cases/a%0Ab/acts/x", "x"):
        assert problem(client.get(path)) == (404, "not_there")
    assert problem(client.client.delete("/api/v1/cases")) == (405, "method")
    assert problem(client.post("/cases", {}, headers={"Origin": "http://elsewhere"})) == (403, "origin")
    preflight = client.client.options("/api/v1/cases", headers={"Origin": "http://elsewhere"})
    assert preflight.status_code == 405 and "access-control-allow-origin" not in preflight.headers
