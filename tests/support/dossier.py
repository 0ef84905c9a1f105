"""A cash case brought from draft to closed row by row, by the tables alone: what the tests of the records tamper with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import SQLModel, col

import policies
from models import (
    Account,
    Allocation,
    AllocationLine,
    AwardRecord,
    BankResult,
    BenefitRecord,
    Case,
    Comparison,
    Contact,
    CostLineRecord,
    Counter,
    Decision,
    Dispatch,
    Duty,
    Entitlement,
    Evidence,
    Fund,
    Heartbeat,
    HolidayOverride,
    IndicatorValue,
    JobClaim,
    JobProgress,
    JointOpinion,
    LedgerEntry,
    Message,
    MessageLink,
    MilestoneRecord,
    Notice,
    NoticeLine,
    Objection,
    OrderState,
    ParameterValue,
    Party,
    PartyAccount,
    PartyKind,
    PaymentBatch,
    PaymentOrder,
    Person,
    Preference,
    QuotaRecord,
    Reminder,
    RuleVersion,
    SendLog,
    Snapshot,
    State,
    SubjectKey,
    UnitRecord,
)
from models.cases import TERMINAL
from models.columns import canonical_json
from models.store import Store
from models.unit_of_work import UnitOfWork, content_hash
from policies.awards import plain
from support.condition_rows import ASKED, CONFIRMED, condition_rows, rights_rows
from support.watched import watched_rows

LEAD = "区经商局"
EXAMPLE = policies.get("XZ2023").item("M4a").examples[2]
GRANT = 50_000_000  # a first set recognised by the province
BUDGET = 100_000_000
START = datetime(2023, 9, 1, 1, tzinfo=UTC)
STAFF = (
    Duty.APPLICANT, Duty.ACCEPTOR, Duty.SCREENER, Duty.CERTIFIER, Duty.DECIDER, Duty.MAKER, Duty.CHECKER,
    Duty.RELEASER, Duty.RECONCILER, Duty.HEAD, Duty.AUDITOR,
)  # fmt: skip


@dataclass
class DossierCase:
    """One unit, its people and fund, and a case of a fictional firm."""

    store: Store
    number: str = "XZ2023-M04-000001"
    people: dict[Duty, UUID] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)
    day: int = 0

    def prepare(self) -> "DossierCase":
        """Units, people, a verified account, a fund with its budget."""
        with self._writing() as work:
            work.add(UnitRecord, name=LEAD)
            party = self._add(
                work, Party, "party", kind=PartyKind.ENTERPRISE, name="示例甲公司", code="X1", created_at=START
            )
            for duty in STAFF:
                own = {"party_id": party} if duty is Duty.APPLICANT else {}
                who = work.new_id()
                self.people[duty] = who
                work.add(Person, id=who, login=duty.value, name=f"示例{duty.value}", natural_key=duty.value, **own)
            self._add(
                work, PartyAccount, "account", party_id=party, version=1, holder="示例甲公司", bank="示例银行",
                number="00001", status="verified", entered_at=START, usable_from=START,
                entered_by=str(self.people[Duty.ACCEPTOR]), verified_by=str(self.people[Duty.CHECKER]),
            )  # fmt: skip
            fund = self._add(work, Fund, "fund", unit=LEAD, year=2023, budget_fen=BUDGET, available_fen=BUDGET)
            self._add(
                work, LedgerEntry, "budget", fund_id=fund, source=Account.TREASURY, target=Account.AVAILABLE,
                amount_fen=BUDGET, once=f"budget:{fund}", made_at=START,
            )  # fmt: skip
            self._add(
                work, ParameterValue, "value", policy="XZ2023", parameter="P1-shape", value='"assessed"',
                citation="示例文号", origin="demo", status="confirmed", valid_from="2023-07-01",
                set_by=self.people[Duty.MAKER], set_at=START, confirmed_by=self.people[Duty.CHECKER], confirmed_at=START,
            )  # fmt: skip
        return self

    def draft(self) -> "DossierCase":
        """The case as a draft."""
        with self._writing() as work:
            self._add(
                work, Case, "case", number=self.number, policy="XZ2023", measure="M4", item="M4a",
                party_id=self.ids["party"], state=State.DRAFT, next_duty=Duty.APPLICANT, next_due=work.now,
                opened_at=work.now, changed_at=work.now,
            )  # fmt: skip
        return self

    def file(self) -> "DossierCase":
        """Filed with its claim and one paper."""
        with self._writing() as work:
            self.move(work, State.FILED, Duty.APPLICANT, filed_at=work.now)
            claim = canonical_json({"product": "示例"})
            self._add(
                work, Snapshot, "claim", case_id=self.ids["case"], kind="claim", version=2, content=claim,
                hash=content_hash(claim), made_at=work.now,
            )  # fmt: skip
            self._add(
                work, Evidence, "paper", case_id=self.ids["case"], slot="invoice", name="发票.pdf",
                sha256="a" * 64, size=10, media_type="application/pdf", added_at=work.now,
            )  # fmt: skip
        return self

    def certify(self) -> "DossierCase":
        """Accepted, screened and certified by three people."""
        for state, duty, said in (
            (State.ACCEPTED, Duty.ACCEPTOR, ASKED), (State.SCREENED, Duty.SCREENER, CONFIRMED),
            (State.CERTIFIED, Duty.CERTIFIER, {}),
        ):  # fmt: skip
            with self._writing() as work:
                self.move(work, state, duty, said)
        with self._writing() as work:
            self._add(
                work, CostLineRecord, "cost", case_id=self.ids["case"], document="invoice:1", claimed_fen=GRANT,
                recognised_fen=GRANT, live=True,
            )  # fmt: skip
            facts = canonical_json(plain(EXAMPLE.facts))
            self._add(
                work, Snapshot, "facts", case_id=self.ids["case"], kind="facts", version=5, content=facts,
                hash=content_hash(facts), made_at=work.now,
            )  # fmt: skip
        return self

    def compute(self) -> "DossierCase":
        """An award, and its money reserved."""
        item = policies.get("XZ2023").item("M4a")
        facts = content_hash(canonical_json(plain(EXAMPLE.facts)))
        inputs = canonical_json({"facts": facts, "parameters": {}, "prior": []})
        trace = canonical_json({"lines": plain(item.award(EXAMPLE.facts, {}).lines)})
        with self._writing() as work:
            self._add(
                work, AwardRecord, "award", case_id=self.ids["case"], gross_fen=GRANT, ceiling_fen=GRANT, amount_fen=GRANT,
                fund_id=self.ids["fund"], rule_digest=item.digest, inputs=inputs, trace=trace,
                hash=content_hash(inputs + trace), computed_at=work.now,
            )  # fmt: skip
            self.transfer(work, Account.AVAILABLE, Account.RESERVED)
            self.move(work, State.COMPUTED, Duty.SYSTEM, amount_fen=GRANT)
        return self

    def decide(self) -> "DossierCase":
        """Decided, on notice, payable: the money is committed to an entitlement."""
        with self._writing() as work:
            self.transfer(work, Account.RESERVED, Account.COMMITTED)
            self._add(
                work, Entitlement, "entitlement", case_id=self.ids["case"], party_id=self.ids["party"],
                fund_id=self.ids["fund"], award_id=self.ids["award"], approved_fen=GRANT, made_at=work.now,
            )  # fmt: skip
            self.move(work, State.DECIDED, Duty.DECIDER)
        for state in (State.ON_NOTICE, State.PAYABLE):
            with self._writing() as work:
                self.move(work, state, Duty.SYSTEM)
        return self

    def order(self) -> "DossierCase":
        """Allocated, made, checked and released by three people."""
        with self._writing() as work:
            allocation = self._add(
                work, Allocation, "allocation", number="示例1号", fund_id=self.ids["fund"], total_fen=GRANT, lines=1,
                list_hash="", made_at=work.now,
            )  # fmt: skip
            self._add(
                work, AllocationLine, "line", allocation_id=allocation, entitlement_id=self.ids["entitlement"],
                amount_fen=GRANT,
            )  # fmt: skip
            maker, checker, releaser = (self.people[d] for d in (Duty.MAKER, Duty.CHECKER, Duty.RELEASER))
            batch = self._add(
                work, PaymentBatch, "batch", number="B1", fund_id=self.ids["fund"], state=OrderState.RELEASED, orders=1,
                total_fen=GRANT, list_hash="", maker_id=maker, checker_id=checker, releaser_id=releaser, made_at=work.now,
            )  # fmt: skip
            self._add(
                work, PaymentOrder, "order", number="O1", entitlement_id=self.ids["entitlement"],
                case_id=self.ids["case"], batch_id=batch, attempt=1, state=OrderState.RELEASED, amount_fen=GRANT,
                account_id=self.ids["account"], payee_name="示例甲公司", payee_bank="示例银行", payee_account="00001",
                made_at=work.now,
            )  # fmt: skip
            self.move(work, State.ORDERED, Duty.RELEASER)
        return self

    def settle(self) -> "DossierCase":
        """The bank paid; the case closes."""
        with self._writing() as work:
            work.execute(update(PaymentOrder).values(state=OrderState.SETTLED, ended_at=work.now))
            work.execute(update(Entitlement).values(paid_fen=GRANT))
            self._add(
                work, BankResult, "result", fingerprint="f1", file_hash="h", line=1, reference="O1", outcome="settled",
                amount_fen=GRANT, match="matched", order_id=self.ids["order"], read_at=work.now,
            )  # fmt: skip
            self.transfer(work, Account.COMMITTED, Account.PAID)
            self.move(work, State.PAID, Duty.RECONCILER)
        with self._writing() as work:
            version = self.move(work, State.CLOSED, Duty.SYSTEM)
            self._add(
                work, Message, "answer", once=f"{self.number}/{version}/paid/party", kind="paid", content="{}",
                case_id=self.ids["case"], recipient=f"party:{self.ids['party']}", due_at=work.now,
            )  # fmt: skip
        return self

    def whole(self) -> "DossierCase":
        """All of it."""
        return self.prepare().draft().file().certify().compute().decide().order().settle()

    def _sending(self, work: UnitOfWork, now: datetime) -> None:
        """The case's answer on its way: an address, a preference, a dispatch that is sent, and its one attempt."""
        who = {"holder": f"person:{self.people[Duty.APPLICANT]}"}
        contact = self._add(
            work, Contact, "contact", channel="email", address="a@example.com", status="verified", entered_by="system",
            entered_at=now, verified_by="system", verified_at=now, changed_at=now, **who,
        )  # fmt: skip
        work.add(Preference, changed_by="system", changed_at=now, **who)
        dispatch = self._add(
            work, Dispatch, "dispatch", once=f"{self.ids['answer']}/person/email", message_id=self.ids["answer"],
            recipient=f"person:{self.people[Duty.APPLICANT]}", audience="applicant", language="zh", channel="email",
            contact_id=contact, status="sent", attempts=1, gives_up_at=20, due_at=now, ended_at=now,
        )  # fmt: skip
        log = {"parcel": "p", "recipient": "r", "channel": "email", "kind": "paid", "outcome": "sent"}
        work.add(SendLog, dispatch_id=dispatch, attempt=1, at=now, **log)
        work.add(MessageLink, hash="l", message_id=self.ids["answer"], reader=f"person:{self.people[Duty.APPLICANT]}")
        work.execute(update(Message).where(col(Message.id) == self.ids["answer"]).values(status="sent"))

    def beside(self) -> "DossierCase":
        """One row of every kind that a paid case does not need."""
        case, party, now = self.ids["case"], self.ids["party"], START
        maker, checker = self.people[Duty.MAKER], self.people[Duty.CHECKER]
        with self._writing() as work:
            notice = self._add(
                work, Notice, "notice", number="N1", policy="XZ2023", measure="M4", opens_on="2023-09-01",
                closes_on="2023-09-07", lines=1, list_hash="", made_at=now,
            )  # fmt: skip
            self._sending(work, now)
            told = self._add(
                work, Message, "told", once="m2", kind="turn", recipient="r", content="{}", due_at=now
            )  # fmt: skip
            said = {"outcome": "dismissed", "answer": "示例", "answered_by": checker, "answered_at": now}
            benefit = self._add(
                work, BenefitRecord, "benefit", party_id=party, subject="s", source="市级", level="city", reference="r",
                amount_fen=1, entered_at=now,
            )  # fmt: skip
            decided = {"verdict": "different", "reason": "示例", "decided_by": maker, "decided_at": now}
            compared = {
                "case_id": case, "policy": "XZ2023", "other": "示例", "own_key": "device:示例", "other_key": "k", "found_at": now,
            }  # fmt: skip
            rows: list[tuple[type[SQLModel], dict[str, Any]]] = [
                *watched_rows(LEAD, maker, checker, now),
                (NoticeLine, {"notice_id": notice, "case_id": case}),
                (
                    Objection,
                    {"case_id": case, "position": 1, "by": "示例", "raised_at": now, "answer_due": now, **said},
                ),
                (JointOpinion, {"case_id": case, "unit": LEAD, "opinion": "positive"}),
                *condition_rows(case, self.people[Duty.ACCEPTOR], self.people[Duty.SCREENER], now),
                (SubjectKey, {"case_id": case, "key": "device:示例"}),
                (Message, {"once": "m1", "kind": "turn", "recipient": "r", "content": "{}", "due_at": now}),
                (
                    MilestoneRecord,
                    {"case_id": case, "position": 1, "title": "示例", "due_on": "2023-12-31", "changed_at": now},
                ),
                (
                    IndicatorValue,
                    {
                        "policy": "XZ2023",
                        "indicator": "i",
                        "unit": LEAD,
                        "period": "2023",
                        "value": "1",
                        "entered_at": now,
                    },
                ),
                (
                    QuotaRecord,
                    {
                        "case_id": case,
                        "kind": "land",
                        "unit_of_measure": "mu",
                        "granted_milli": 2,
                        "used_milli": 1,
                        "valid_to": "2024-06-30",
                        "made_at": now,
                    },
                ),
                (
                    Comparison,
                    {**compared, **decided, "sequence": 1, "benefit_id": benefit, "against": benefit, "why": "alike"},
                ),
                (
                    Comparison,
                    {
                        **compared,
                        **decided,
                        "sequence": 2,
                        "other_case_id": case,
                        "against": case,
                        "why": "part_of_name",
                    },
                ),
                *rights_rows(maker, checker, now),
                (JobClaim, {"kind": "sweep", "business_date": "2023-09-01", "claimed_at": now}),
                (JobProgress, {"kind": "sweep", "since": "2023-06-30", "settled": "2023-08-31"}),
                (Heartbeat, {"kind": "sweep", "at": now}),
                (
                    Reminder,
                    {
                        "kind": "turn",
                        "subject": self.number,
                        "due": "2023-09-08",
                        "stage": "amber",
                        "recipient": "r",
                        "case_id": case,
                        "message_id": told,
                        "made_at": now,
                    },
                ),
                (RuleVersion, {"policy": "XZ2023", "item": "M4a", "digest": "d", "first_used": now}),
                (HolidayOverride, {"day": "2023-10-07", "works": True, "citation": "示例", "entered_at": now}),
                (Counter, {"series": "s", "last": 1}),
            ]
            for record, values in rows:
                work.add(record, **values)
        return self

    def move(
        self, work: UnitOfWork, state: State, duty: Duty, said: Mapping[str, Any] = MappingProxyType({}), /, **sets: Any
    ) -> int:
        """One change of state with its decision and audit row; returns the new version."""
        row = work.execute(select(col(Case.version), col(Case.state)).where(col(Case.id) == self.ids["case"])).one()
        ended = state in TERMINAL
        turn = {
            "next_duty": None if ended else Duty.ACCEPTOR,
            "next_unit": None if ended else LEAD,
            "next_due": None if ended else work.now + timedelta(days=7),
            "due_from": "" if ended else work.today.isoformat(),
        }
        values = {"state": state, "version": row.version + 1, "changed_at": work.now, **turn, **sets}
        work.execute(update(Case).where(col(Case.id) == self.ids["case"]).values(**values))
        self.decide_on(work, duty, source=row.state, target=state, version=row.version + 1, **said)
        return int(row.version) + 1

    def decide_on(self, work: UnitOfWork, duty: Duty, *, source: str, target: str, version: int, **other: Any) -> UUID:
        """A decision row and its audit row."""
        made = work.new_id()
        person = self.people.get(duty)
        values = {
            "person_id": person,
            "natural_key": duty.value if person else "",
            "action": f"to_{target}",
            "content": "{}",
            **other,
        }
        work.add(
            Decision, id=made, act_id=made, case_id=self.ids["case"], version=version, duty=duty, from_state=source,
            to_state=target, decided_at=work.now, **values,
        )  # fmt: skip
        words = {"decision": str(made), "duty": duty, "from": source, "to": target}
        hashed = content_hash(
            "\n".join((values.get("outcome", ""), "", values.get("reason", ""), "", values["content"]))
        )
        work.audit(
            actor=str(person or duty), action=values["action"], subject=self.number, version=version,
            content={**words, "hash": hashed},
        )  # fmt: skip
        return made

    def transfer(self, work: UnitOfWork, source: Account, target: Account, fen: int = GRANT) -> None:
        """The fund's balances and the ledger row."""
        give, take = getattr(Fund, f"{source}_fen"), getattr(Fund, f"{target}_fen")
        work.execute(update(Fund).values({give: give - fen, take: take + fen}))
        self._add(
            work, LedgerEntry, f"to_{target}", fund_id=self.ids["fund"], case_id=self.ids["case"], source=source,
            target=target, amount_fen=fen, once=f"{target}:{self.number}", made_at=work.now,
        )  # fmt: skip

    def _writing(self) -> Any:
        self.day += 1
        self.store.set_clock(START + timedelta(days=self.day), frozen=True)
        return self.store.write()

    def _add(self, work: UnitOfWork, record: type[SQLModel], called: str, /, **values: Any) -> UUID:
        made = work.new_id()
        self.ids[called] = made
        work.add(record, id=made, **values)
        work.flush()
        return made
