"""Each money item by its public identifiers: a benefit from elsewhere on the same subject is settled, on another it is not."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from casework.awards import computation, external_benefits
from casework.awards.external_benefits import NewBenefit
from casework.lifecycle.case_changes import CaseView
from casework.parties import party_corrections
from casework.privacy import identity_numbers
from demo.facts import certified
from models import AwardRecord, BenefitRecord, Comparison, Duty, Likeness, Party, State, SubjectKey
from models.store import Store
from policies.benefits import KeyKind, Level
from policies.money import Money
from support.every_measure import ITEMS, District, EveryWalk, seed
from support.office import code, identity_number
from support.stage import named, officer

K, L = KeyKind, Likeness
LOWER, HIGHER = 100_00, 900_000_000_00  # fen


@dataclass(frozen=True)
class Known:
    """How another register writes the subject of an item, and another subject that looks much like it."""

    kind: KeyKind
    same: str
    other: str
    first: str = ""
    last: str = ""


KNOWN = {
    "M1": Known(K.PROJECT, "{entity}（{city}）", "演示另一设计中心（{city}）"),
    "M1 by its entity": Known(K.PROJECT, " {entity} ", "演示另一设计中心"),
    "M4a": Known(K.DEVICE, "{product} / {model}", "{product} / {model}9"),
    "M4a by its certificate": Known(K.DEVICE, "{model}；{certificate_no}", "{model}8；{certificate_no}"),
    "M4b": Known(K.AWARD, "{award.en} | {product} | {year}年度", "{award.zh} | 另一展品 | {year}"),
    "M4b in Chinese": Known(K.AWARD, "{award.zh}·{product}·{year}", "{award.zh}·另一展品·{year}"),
    "M5c": Known(K.EVENT, "{event.zh} | {season} | {brand}", "{event.zh} | {season} | 旁人牌子"),
    "M7": Known(K.STANDARD, "{number_wide}", "{number}9"),
    "M7 as a project": Known(K.PROJECT, "{number_wide}", "{number}9"),
    "M14b": Known(K.EVENT, "{fair.zh}，{opened_zh}", "{fair.zh}，2019-04-15"),
    "M15a": Known(K.PROJECT, "“{name}”", "旁人的华东仓储中心"),
    "M15b": Known(K.PROJECT, "{supervision_mode}", "{supervision_mode}", "2023-08-01", "2023-09-30"),
    "M16": Known(K.STORE, "{brand}（{venue_name}）", "{brand}（别处商城 77 号）"),
    "M16 as a project": Known(K.PROJECT, "{brand}{venue_name}", "{brand}（别处商城 77 号）"),
}
EARLIER = ("2022-01-01", "2022-12-31")  # of a subject that may be supported again: another time is another subject


def words(item: str, number: int) -> dict[str, Any]:
    """The certified facts, with choices as such, and with a number and a day in another spelling."""
    form = certified(item, seed(number), {})
    kinds = {"award": "DesignAward", "event": "Event", "fair": "Fair"}
    modules = {"M4b": "m04_new_products", "M5c": "m05_own_brands", "M14b": "m14_trade_fairs"}
    if item in modules:
        module = __import__(f"policies.xiuzhou_2023.{modules[item]}", fromlist=["x"])
        form |= {name: getattr(module, kind)(form[name]) for name, kind in kinds.items() if name in form}
    wide = {sign: chr(ord(sign) + 0xFEE0) for sign in "0123456789"}
    form["number_wide"] = "".join(wide.get(sign, sign) for sign in form.get("number", "")).replace("-", "—")
    day = date.fromisoformat(form.get("opened_on", "2023-08-15"))
    return {**form, "opened_zh": f"{day.year}年{day.month}月{day.day}日"}


def elsewhere(number: int, known: Known, basis: str, fen: int, days: tuple[str, str] | None = None) -> NewBenefit:
    """A sum that the case's own applicant had from the province."""
    first, last = days or (known.first, known.last)
    return NewBenefit(
        party=named(f"firm-{number}"), kind=known.kind, basis=basis, source="算例省级政策", level=Level.PROVINCE,
        reference=f"算例省级文号 {number}", amount=Money(fen),
        first=date.fromisoformat(first) if first else None, last=date.fromisoformat(last) if last else None,
    )  # fmt: skip


def priced(walk: EveryWalk, number: int) -> CaseView:
    """The case after the system's answer."""
    identity = named(f"case-{number}")
    while walk.stage.case(identity).state != State.CERTIFIED:
        walk.move(before(walk, walk.stage.case(identity)))
    done = computation.compute(walk.stage.store, cases=[identity])
    assert not done.failed, done.failed
    return walk.stage.case(identity)


def before(_walk: EveryWalk, case: CaseView) -> CaseView:
    """The case, which must not have got past its pricing unseen."""
    assert case.state not in (State.COMPUTED, State.REFUSED), case
    return case


def gross(store: Store, case: UUID) -> int:
    """What the rule alone gives, fen."""
    with store.read() as work:
        return int(
            work.execute(select(col(AwardRecord.gross_fen)).where(col(AwardRecord.case_id) == case)).scalar_one()
        )


@pytest.fixture
def walk(store: Store) -> EveryWalk:
    """Two cases of every item, each of a firm of its own."""
    return EveryWalk(District(store).furnish_all(2 * len(ITEMS)))


@pytest.mark.parametrize("name", KNOWN)
def test_a_lower_benefit_on_the_same_subject_leaves_the_difference_and_on_another_all(
    walk: EveryWalk, name: str
) -> None:
    item, known, store = name.split()[0], KNOWN[name], walk.stage.store
    hit, missed = ITEMS.index(item), ITEMS.index(item) + len(ITEMS)
    times = EARLIER if known.same == known.other else None
    received = [
        elsewhere(hit, known, known.same.format(**words(item, hit)), LOWER),
        elsewhere(missed, known, known.other.format(**words(item, missed)), LOWER, times),
    ]
    external_benefits.add(store, officer(Duty.FUND_OFFICER), received)
    assert priced(walk, hit).amount_fen == gross(store, named(f"case-{hit}")) - LOWER
    assert priced(walk, missed).amount_fen == gross(store, named(f"case-{missed}"))


@pytest.mark.parametrize("name", KNOWN)
def test_a_higher_benefit_on_the_same_subject_leaves_nothing(walk: EveryWalk, name: str) -> None:
    item, known = name.split()[0], KNOWN[name]
    number = ITEMS.index(item)
    basis = known.same.format(**words(item, number))
    external_benefits.add(walk.stage.store, officer(Duty.FUND_OFFICER), [elsewhere(number, known, basis, HIGHER)])
    assert priced(walk, number).state == State.REFUSED


def test_every_money_item_says_how_it_is_known_outside() -> None:
    from demo.staff import POLICY

    paying = [item for item in POLICY if item.pays]
    assert len(paying) == 10
    for item in paying:
        assert item.known_by and any(identifier.certain for identifier in item.known_by), item.id
        for identifier in item.known_by:
            assert identifier.title.zh and identifier.title.en and identifier.example, (item.id, identifier)
            assert (
                identifier.of_applicant
                or list(identifier.values(item.examples[0].facts))
                or not identifier.certain
                or identifier.fields
            )


def test_no_case_key_holds_an_internal_id_or_a_persons_name(walk: EveryWalk) -> None:
    for item in ("M7", "M2b", "M16"):
        priced(walk, ITEMS.index(item))
    with walk.stage.store.read() as work:
        keys = list(work.execute(select(col(SubjectKey.key))).scalars())
    parties = [named(f"firm-{ITEMS.index(item)}").hex for item in ("M7", "M2b", "M16")]
    assert keys and not [key for key in keys if any(party in key.lower() for party in parties)]
    graduate = str(words("M2b", ITEMS.index("M2b"))["graduate"]).replace("·", "")
    assert not [key for key in keys if graduate in key]
    assert {key.partition(":")[0] for key in keys} >= {"standard", "person", "store", "invoice", "enterprise"}


def test_a_number_corrected_after_the_pricing_is_what_the_cases_are_known_by_from_then_on(store: Store) -> None:
    """What another register has under the right number comes to light, of a firm and of a natural person."""
    firm, graduate = ITEMS.index("M4a"), ITEMS.index("M2b")
    walk = EveryWalk(District(store).furnish_all(max(firm, graduate) + 1))
    with store.write() as work:
        wrong = identity_numbers.blind(store, work, identity_number(1))
        person = update(Party).where(col(Party.id) == named(f"firm-{graduate}"))
        work.execute(person.values(kind="person", code=wrong))
    right = {firm: code(700), graduate: identity_number(2)}
    kinds = {firm: (K.ENTERPRISE, L.ENTERPRISE_ALONE), graduate: (K.PERSON, L.SAME_KEY)}
    of_others = [
        replace(elsewhere(0, Known(kinds[n][0], "", ""), right[n], LOWER), reference=f"算例 {n}") for n in right
    ]
    external_benefits.add(store, officer(Duty.FUND_OFFICER), of_others)
    for number, corrected in right.items():
        case = priced(walk, number)
        assert (case.state, said(store, case)) == (State.COMPUTED, [])
        change = party_corrections.correct(store, officer(Duty.CLERK), case.party_id, code=corrected, proof="证件")
        party_corrections.confirm(store, officer(Duty.ACCEPTOR), change)
        assert said(store, case) == [kinds[number][1]]
        assert walk.stage.case(case.id).next_duty == Duty.CERTIFIER


def test_two_persons_named_in_one_document_are_two_benefits_and_each_case_is_set_against_its_own(store: Store) -> None:
    numbers = [ITEMS.index("M2b"), ITEMS.index("M2b") + len(ITEMS)]
    walk = EveryWalk(District(store).furnish_all(numbers[-1] + 1))
    with store.write() as work:
        for number in numbers:
            hidden = identity_numbers.blind(store, work, identity_number(number))
            work.execute(
                update(Party).where(col(Party.id) == named(f"firm-{number}")).values(kind="person", code=hidden)
            )
    known = Known(K.PERSON, "", "")
    granted = [replace(elsewhere(n, known, identity_number(n), LOWER + n), reference="算例一份文件") for n in numbers]
    external_benefits.add(store, officer(Duty.FUND_OFFICER), granted)
    for number in numbers:
        while walk.stage.case(named(f"case-{number}")).state != State.CERTIFIED:
            walk.move(before(walk, walk.stage.case(named(f"case-{number}"))))
    done = computation.compute(store, cases=[named(f"case-{number}") for number in numbers])
    assert not done.failed, done.failed
    columns = (col(Comparison.case_id), col(BenefitRecord.amount_fen), col(Comparison.other))
    with store.read() as work:
        query = select(*columns).join(BenefitRecord, col(BenefitRecord.id) == col(Comparison.benefit_id))
        found = {case: (fen, other) for case, fen, other in work.execute(query)}
    assert {case: fen for case, (fen, _) in found.items()} == {named(f"case-{n}"): LOWER + n for n in numbers}
    names = [other for _, other in found.values()]
    assert len(set(names)) == 2 and all("个人（已加密） 登记号 " in name for name in names), names
    for number in numbers:
        case = walk.stage.case(named(f"case-{number}"))
        assert case.amount_fen == gross(store, case.id) - LOWER - number


def said(store: Store, case: CaseView) -> list[str]:
    """Why something may be the same as what the case is for."""
    with store.read() as work:
        return list(work.execute(select(col(Comparison.why)).where(col(Comparison.case_id) == case.id)).scalars())
