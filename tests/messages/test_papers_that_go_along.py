"""The documents of a message: the written answer and the payment sheet, for applicants only, the same bytes every time."""

from dataclasses import dataclass
from json import loads
from pathlib import Path
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from casework.applications.automatic_checks import lapse
from casework.awards.mail_attachments import LETTERS, MEMOS, SHEETS, papers_of
from casework.lifecycle.commands import Decide, Refuse, ReturnForCorrection
from casework.payments.bank_status import BankStatus
from models import Duty, Message, State
from models.store import Store
from notifications.channels.parcel import Attachment
from notifications.wording import WORDINGS, Audience, Reading, compose
from notifications.wording.samples import TODAY
from policies.money import Money
from support.every_measure import ITEMS, District, EveryWalk
from support.paying import Paying
from support.stage import Stage, named
from support.walk import Walk


@dataclass(frozen=True)
class Sent:
    """What delivery has in hand."""

    message: UUID
    audience: str = Audience.APPLICANT


def papers(store: Store, kind: str, audience: Audience = Audience.APPLICANT) -> tuple[Attachment, ...]:
    """The documents of the newest message of a kind."""
    with store.read() as work:
        query = "SELECT id FROM message WHERE kind = '%s' ORDER BY due_at DESC, id DESC" % kind  # noqa: UP031
        found = work.connection.exec_driver_sql(query).scalars().first()
    assert found is not None
    return papers_of(store)(Sent(UUID(str(found)), audience))


def page(store: Store, kind: str) -> str:
    """The only document of the newest message of a kind."""
    (paper,) = papers(store, kind)
    return paper.content.decode()


def test_every_kind_with_a_paper_is_a_message_to_applicants() -> None:
    assert all(Audience.APPLICANT in WORDINGS[kind].audiences for kind in LETTERS | SHEETS | MEMOS)


def test_a_refusal_and_a_return_bring_their_letters(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    filed = walk.to(walk.open("M4a", 1), State.FILED, Duty.ACCEPTOR)
    walk.do(ReturnForCorrection, filed, missing=("认定<证书>",))
    returned = page(store, "returned")
    assert "一次性补正告知书" in returned and filed.number in returned and "认定&lt;证书&gt;" in returned
    second = walk.to(walk.open("M4a", 2), State.FILED, Duty.ACCEPTOR)
    walk.do(Refuse, second, reason="算例：主体不符，账号 6222021234567890123", reason_code="subject", clause="第 4 条")
    refused = page(store, "refused")
    assert "不予支持告知书" in refused and "算例：主体不符，账号 ****0123" in refused
    assert "六十日内申请行政复议" in refused and "第 4 条" in refused and "演示 DEMO" in refused


def test_a_decision_and_a_payment_bring_letter_and_sheet(store: Store, tmp_path: Path) -> None:
    paying = Paying(store, tmp_path).furnish(1)
    paying.sent()
    paying.read(paying.say((0, BankStatus.SETTLED)))
    paying.walk.to(paying.cases[0], State.CLOSED)
    assert "200,000.00 元（贰拾万元整）" in page(store, "decided")
    (sheet,) = papers(store, "paid")
    said = sheet.content.decode()
    order = paying.orders()[0]
    assert sheet.name.endswith(".html") and sheet.name.startswith("演示DEMO-资金拨付通知单")
    assert order.number in said and "200,000.00 元（贰拾万元整）" in said
    assert order.payee_account not in said and f"****{order.payee_account[-4:]}" in said
    assert papers(store, "paid") == (sheet,), "the same bytes again"


def test_officers_groups_and_other_kinds_get_no_paper(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    walk.to(walk.open("M4a", 1), State.ACCEPTED)
    assert papers(store, "filed") == ()
    decided = walk.to(walk.open("M4a", 2), State.DECIDED)
    assert decided.number in page(store, "decided")
    assert papers(store, "decided", Audience.OFFICER) == papers(store, "decided", Audience.GROUP) == ()


def test_a_starting_price_is_delivered_with_its_memo_and_other_deliveries_without(store: Store) -> None:
    walk = EveryWalk(District(store).furnish_all(len(ITEMS)))
    for item, memo in (("M9", False), ("M22", True)):
        case = walk.stage.case(named(f"case-{ITEMS.index(item)}"))
        while case.state != State.DELIVERED:
            walk.move(case)
            case = walk.stage.case(case.id)
        found = papers(store, "delivered")
        assert bool(found) is memo
    said = found[0].content.decode()
    assert "出让起始价备忘录" in found[0].name and "元/平方米" in said and "P22-benchmarks" in said
    assert "行政复议" not in said


def test_a_units_plan_that_lapses_is_sent_to_no_court(store: Store) -> None:
    walk = Walk(Stage(store).furnish(firms=1))
    planned = walk.to(walk.open("M10", 1), State.PLANNED)
    walk.do(Refuse, planned, reason="算例：内容不符")
    assert "行政复议" not in page(store, "returned") and "算例：内容不符" in page(store, "returned")
    back = walk.stage.case(planned.id)
    assert back.next_due is not None
    store.set_clock(back.next_due, frozen=True)
    lapse(store)
    assert walk.stage.case(back.id).state == State.LAPSED
    assert "行政复议" not in page(store, "lapsed")


def test_a_sum_that_was_lowered_says_what_was_computed_by_how_much_it_is_less_and_why(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    case = walk.to(walk.open("M16", 1), State.COMPUTED, Duty.DECIDER)
    assert case.amount_fen is not None
    computed, granted = Money(case.amount_fen), Money(case.amount_fen - 5_000_00)
    walk.do(Decide, case, amount_fen=int(granted), reason="算例：预算控制，账号 6222021234567890123")
    letter = page(store, "decided_in_part")
    assert "予以部分支持" in letter and "六十日内申请行政复议" in letter
    for name, sum_ in (("核算金额", computed), ("核减金额", Money(5_000_00)), ("审定金额", granted)):
        assert f"<dt>{name}</dt><dd>{sum_.grouped} 元（{sum_.capitals()}）</dd>" in letter
    assert "<dt>理由</dt><dd>算例：预算控制，账号 ****0123</dd>" in letter
    with store.read() as work:
        told = work.execute(select(col(Message.content)).where(col(Message.kind) == "decided_in_part")).scalar_one()
    for audience in (Audience.APPLICANT, Audience.OFFICER):
        for language, words in (("zh", "核减 5,000.00 元"), ("en", "5,000.00 less than")):
            reading = Reading(audience=audience, today=TODAY, language=language)
            said = compose("decided_in_part", loads(told), reading).text
            assert words in said and computed.grouped in said and granted.grouped in said and "算例：预算控制" in said
            assert "6222021234567890123" not in said


def test_a_sum_that_was_not_lowered_says_nothing_of_a_reduction(store: Store) -> None:
    walk = Walk(Stage(store).furnish())
    walk.to(walk.open("M16", 1), State.DECIDED)
    assert "核减" not in page(store, "decided") and "核算金额" not in page(store, "decided")
