"""The rule under which a case was filed computes it, or nothing does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

import policies
from casework.applications import automatic_checks
from casework.awards import computation
from casework.calendar_jobs.restored_rules import go_on, rules_back
from casework.lifecycle import commands as r
from casework.shared.errors import Problem, Refused
from models import Duty, RuleVersion, State, SubjectKey, triggers
from models.store import Store
from models.verify import verify
from policies.kit import ByLevel, Money, Policy, Version
from policies.xiuzhou_2023.m04_new_products import AMOUNTS, DesignFacts, Level
from support.stage import Stage, officer
from support.walk import Walk, on

S, D = State, Duty
XZ2023 = policies.get("XZ2023")
MORE = ByLevel(levels={**AMOUNTS.levels, Level.MUNICIPAL: Money.wan(30)})  # 20 by the measure's file
FIRST = XZ2023.item("M4a")
SECOND = Version(item="M4a", id="2", since=date(2023, 9, 18), source="测试文件", changes={"shape": MORE})
Install = Callable[[Policy], None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a policy in the place of the built-in one of its code."""
    return lambda policy: monkeypatch.setitem(policies._registered, policy.code, policy)


def edited() -> Policy:
    """The plan with a constant of M4a changed in its file, as nobody should."""
    measure = XZ2023.measure(4)
    items = tuple(replace(item, shape=MORE) if item.id == "M4a" else item for item in measure)
    return replace(
        XZ2023,
        measures=tuple(
            replace(each_measure, items=items) if each_measure is measure else each_measure
            for each_measure in XZ2023.measures
        ),
    )


def walked(store: Store) -> Walk:
    return Walk(Stage(store).furnish(firms=3))


def test_filing_binds_the_version_and_notes_it_as_used(store: Store) -> None:
    walk = walked(store)
    draft = walk.open("M4a", 1)
    assert walk.stage.case(draft).rule_version == ""
    case = walk.to(draft, S.FILED)
    assert (case.rule_version, case.rule_digest) == ("1", FIRST.digest)
    walk.to(walk.open("M4a", 2, 1), S.FILED)
    with store.read() as work:
        rows = work.execute(select(RuleVersion.item, RuleVersion.version, RuleVersion.digest)).all()  # type: ignore[call-overload]
    assert [tuple(row) for row in rows] == [("M4a", "1", FIRST.digest)], "noted once"


def test_a_version_added_later_is_for_later_filings_only(install: Install, store: Store) -> None:
    walk = walked(store)
    before = walk.to(walk.open("M4a", 1), S.FILED).id
    install(replace(XZ2023, versions=(SECOND,)))
    same_day = walk.to(walk.open("M4a", 2, 1), S.FILED).id
    store.set_clock(on("2023-09-18"), frozen=True)
    after = walk.to(walk.open("M4a", 3, 2), S.FILED)
    assert after.rule_version == "2"
    amounts = [walk.to(case, S.COMPUTED).amount_fen for case in (before, same_day, after.id)]
    assert amounts == [200_000_00, 200_000_00, 300_000_00]
    assert verify(store).ok


@pytest.mark.parametrize("why", ["edited", "taken away"])
def test_a_rule_that_is_not_the_one_of_the_filing_stops_the_case_until_it_is_back(
    install: Install, store: Store, why: str
) -> None:
    walk = walked(store)
    installed = replace(XZ2023, versions=(replace(SECOND, since=date(2023, 7, 2)),))
    install(installed)
    case = walk.to(walk.open("M4a", 1), S.CERTIFIED, D.SYSTEM)
    assert case.rule_version == "2"
    changed = replace(
        SECOND, since=date(2023, 7, 2), changes={"shape": replace(MORE, levels=AMOUNTS.levels | {"x": Money(1)})}
    )
    install(XZ2023 if why == "taken away" else replace(XZ2023, versions=(changed,)))
    outcome = computation.compute(store, cases=[case.id])
    stopped = walk.stage.case(case.id)
    assert (stopped.state, stopped.amount_fen, stopped.next_duty, stopped.next_unit) == (
        S.CERTIFIED,
        None,
        D.HEAD,
        "区经商局",
    )
    said = "M4a 规则版本 2 与申报时不同" if why == "edited" else f"M4a 规则版本 2（摘要 {case.rule_digest[:12]}）未安装"
    assert said in stopped.problem and outcome.waiting == [(case.number, stopped.problem)]
    assert not rules_back(store, date(2023, 1, 1)) and not go_on(store, date(2023, 1, 1)).moved
    install(installed)
    assert rules_back(store, date(2023, 1, 1))
    assert go_on(store, date(2023, 1, 1)).moved == [(case.number, S.CERTIFIED)]
    assert not rules_back(store, date(2023, 1, 1))
    assert walk.to(case.id, S.COMPUTED).amount_fen == 300_000_00
    assert verify(store).ok


def test_a_filed_case_whose_rule_was_edited_is_stopped_before_it_is_accepted(install: Install, store: Store) -> None:
    walk = walked(store)
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    install(edited())
    with pytest.raises(Refused, match="M4a 规则版本 1 与申报时不同") as no:
        walk.do(r.Accept, case)
    assert no.value.code == "rule_version" and "is not what it was at filing" in no.value.en
    assert walk.do(r.Withdraw, case, duty=D.APPLICANT).state == S.WITHDRAWN, "what needs no rule goes on"


def test_an_amount_that_cannot_be_computed_again_is_not_decided_and_verify_is_red(
    install: Install, store: Store
) -> None:
    walk = walked(store)
    case = walk.to(walk.open("M4a", 1), S.COMPUTED, D.DECIDER)
    install(edited())
    with pytest.raises(Refused, match="规则版本 1 与申报时不同"):
        walk.do(r.Decide, case)
    (bad,) = verify(store).bad
    assert bad.id == "I15-recompute" and bad.bad and case.number in bad.bad and "规则版本 1 与申报时不同" in bad.bad
    install(XZ2023)
    assert verify(store).ok and walk.do(r.Decide, case).state == S.DECIDED


def test_a_corrected_and_a_reopened_case_keep_their_version(install: Install, store: Store) -> None:
    walk = walked(store)
    case = walk.to(walk.open("M4a", 1), S.FILED, D.ACCEPTOR)
    walk.do(r.ReturnForCorrection, case, missing=("证书",))
    store.set_clock(on("2023-09-06"), frozen=True)
    install(replace(XZ2023, versions=(replace(SECOND, since=date(2023, 9, 5)),)))
    case = walk.to(case.id, S.FILED, D.ACCEPTOR)
    assert case.rule_version == "1"
    walk.do(r.Refuse, case, reason="算例理由")
    for which in (0, 1):
        walk.do(r.Reopen, walk.stage.case(case.id), duty=D.HEAD, by=officer(D.HEAD, which), reason="算例理由")
    done = walk.to(case.id, S.COMPUTED)
    assert (done.rule_version, done.amount_fen) == ("1", 200_000_00)


@pytest.mark.tampers
def test_verify_finds_a_case_without_its_rule_and_a_version_with_two_contents(store: Store) -> None:
    walk = walked(store)
    case = walk.to(walk.open("M4a", 1), S.COMPUTED)
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        triggers.uninstall(connection)
        connection.exec_driver_sql("UPDATE case_file SET rule_digest = 'x'")
        connection.exec_driver_sql(
            "INSERT INTO rule_version (id, policy, item, version, digest, first_used)"
            " SELECT party_id, policy, item, '1', 'y', opened_at FROM case_file"
        )
        triggers.install(connection)
    found = {invariant.id: invariant.bad for invariant in verify(store).bad}
    assert case.number in str(found["I31-bound"]) and case.number in str(found["I31-award"])
    assert found["I31-unchanged"] == "XZ2023: item=M4a, version=1, contents=2"


def test_the_database_lets_nobody_change_the_rule_of_a_filed_case(store: Store) -> None:
    walk = walked(store)
    walk.to(walk.open("M4a", 1), S.FILED)
    for change in ("rule_version = '2'", "rule_digest = 'x'"):
        with pytest.raises(Exception, match="frozen-rule"), store.write() as work:
            work.connection.exec_driver_sql(f"UPDATE case_file SET {change}")


@pytest.mark.parametrize("way_out", ["installed again", "another version"])
def test_a_case_that_was_stopped_and_then_on_hold_goes_on(install: Install, store: Store, way_out: str) -> None:
    walk = walked(store)
    both = replace(XZ2023, versions=(replace(SECOND, since=date(2023, 7, 2)),))
    install(both)
    cases = [walk.to(walk.open("M4a", 1), S.CERTIFIED, D.SYSTEM), walk.to(walk.open("M4a", 2, 1), S.FILED, D.SYSTEM)]
    install(XZ2023)
    computation.compute(store)
    automatic_checks.submit(store)
    for case in cases:
        stopped = walk.stage.case(case.id)
        assert stopped.next_duty == D.HEAD
        walk.do(r.Hold, stopped, reason="算例理由", review_on="2023-09-20")
        assert walk.stage.case(case.id).problem == stopped.problem
        walk.do(r.Unhold, walk.stage.case(case.id), duty=D.HEAD)
    computation.compute(store)
    automatic_checks.submit(store)
    if way_out == "installed again":
        install(both)
        assert rules_back(store, date(2023, 9, 4)) and len(go_on(store, date(2023, 9, 4)).moved) == 2
    for case in cases:
        for which in (0, 1) if way_out == "another version" else ():
            by = {"duty": D.HEAD, "by": officer(D.HEAD, which), "reason": "算例理由"}
            walk.do(r.Rebind, walk.stage.case(case.id), rule_version="1", **by)
        assert walk.to(case.id, S.COMPUTED).amount_fen


def test_two_heads_decide_on_another_version_and_it_stays_on_record(install: Install, store: Store) -> None:
    walk = walked(store)
    install(replace(XZ2023, versions=(replace(SECOND, since=date(2023, 7, 2)),)))
    case = walk.to(walk.open("M4a", 1), S.CERTIFIED, D.SYSTEM)
    install(XZ2023)
    computation.compute(store, cases=[case.id])
    head = {"duty": D.HEAD, "reason": "版本已撤销"}
    for wrong in ("", "2", "x"):
        with pytest.raises(Refused, match="没有规则版本"):
            walk.do(r.Rebind, walk.stage.case(case.id), rule_version=wrong, **head)
    walk.do(r.Rebind, walk.stage.case(case.id), rule_version="1", **head)
    asked = walk.stage.case(case.id)
    assert (asked.rule_version, asked.next_duty, asked.amount_fen) == ("2", D.HEAD, None) and asked.problem
    with pytest.raises(Refused) as same:
        walk.do(r.Rebind, asked, rule_version="1", **head)
    assert same.value.code == "second_person"
    walk.do(r.Rebind, asked, rule_version="1", by=officer(D.HEAD, 1), **head)
    rebound = walk.stage.case(case.id)
    assert (rebound.rule_version, rebound.rule_digest, rebound.next_duty) == ("1", FIRST.digest, D.SYSTEM)
    assert walk.to(case.id, S.COMPUTED).amount_fen == 200_000_00
    assert verify(store).ok


def test_another_version_knows_the_subject_by_its_own_fields(install: Install, store: Store) -> None:
    """Keys of the version that no longer binds would set off what the other one does not, and the reverse."""
    walk = walked(store)
    install(replace(XZ2023, versions=(replace(SECOND, changes={"known_by": (), "days": ("certified_on",)}),)))
    keys = select(SubjectKey.key, SubjectKey.period).order_by(SubjectKey.key)  # type: ignore[call-overload]
    case = walk.to(walk.open("M4a", 1), S.CERTIFIED, D.SYSTEM)
    with store.read() as work:
        before = work.execute(keys).all()
    for which in (0, 1):
        by = {"duty": D.HEAD, "by": officer(D.HEAD, which), "reason": "算例理由"}
        walk.do(r.Rebind, walk.stage.case(case.id), rule_version="2", **by)
    with store.read() as work:
        after = work.execute(keys).all()
    assert len(after) < len(before) and {row.key for row in after} < {row.key for row in before}
    assert {row.period for row in before} == {"2023"} and all("/" in row.period for row in after)
    assert walk.to(case.id, S.COMPUTED).rule_version == "2" and verify(store).ok


def test_the_second_head_confirms_the_same_version_and_facts_must_fit_it(install: Install, store: Store) -> None:
    walk = walked(store)
    other = {"shape": AMOUNTS, "facts": DesignFacts}
    third = Version(item="M4a", id="3", since=date(2024, 1, 1), source="测试文件", changes=other)
    install(replace(XZ2023, versions=(SECOND, third)))
    case = walk.to(walk.open("M4a", 1), S.CERTIFIED, D.SYSTEM)
    head = {"duty": D.HEAD, "reason": "算例理由"}
    with pytest.raises(Problem):
        walk.do(r.Rebind, case, rule_version="3", **head)
    walk.do(r.Rebind, case, rule_version="2", **head)
    asked = walk.stage.case(case.id)
    with pytest.raises(Refused, match="提出的是规则版本 2"):
        walk.do(r.Rebind, asked, rule_version="1", by=officer(D.HEAD, 1), **head)
    walk.do(r.Rebind, asked, rule_version="2", by=officer(D.HEAD, 1), **head)
    assert walk.to(case.id, S.COMPUTED).amount_fen == 300_000_00


@pytest.mark.tampers
def test_a_version_bound_before_an_award_excuses_nothing_in_the_same_instant(install: Install, store: Store) -> None:
    """What came first is told by the case's versions."""
    walk = walked(store)
    install(replace(XZ2023, versions=(SECOND,)))
    case = walk.to(walk.open("M4a", 1), S.CERTIFIED, D.SYSTEM)
    for which in (0, 1):
        by = {"duty": D.HEAD, "by": officer(D.HEAD, which), "reason": "算例理由"}
        walk.do(r.Rebind, walk.stage.case(case.id), rule_version="2", **by)
    walk.to(case.id, S.COMPUTED)
    assert verify(store).ok
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        triggers.uninstall(connection)
        connection.exec_driver_sql("UPDATE award SET rule_version = '1'")
        triggers.install(connection)
    assert case.number in str({invariant.id: invariant.bad for invariant in verify(store).bad}["I31-award"])


@pytest.mark.tampers
def test_verify_finds_a_version_that_one_person_alone_decided_on(install: Install, store: Store) -> None:
    walk = walked(store)
    install(replace(XZ2023, versions=(SECOND,)))
    case = walk.to(walk.open("M4a", 1), S.CERTIFIED, D.SYSTEM)
    for which in (0, 1):
        by = {"duty": D.HEAD, "by": officer(D.HEAD, which), "reason": "算例"}
        walk.do(r.Rebind, walk.stage.case(case.id), rule_version="2", **by)
    assert verify(store).ok
    with store.engine.connect().execution_options(writes=True) as connection, connection.begin():
        triggers.uninstall(connection)
        connection.exec_driver_sql("UPDATE decision SET natural_key = 'head-0' WHERE action = 'rebind'")
        triggers.install(connection)
    assert case.number in str({invariant.id: invariant.bad for invariant in verify(store).bad}["I31-rebound"])
