"""The season as it stands: its store and clock, who is who, the plans by case, and the journal of what happened."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

from sqlmodel import col

from casework.applications.evidence_vault import Vault
from casework.lifecycle.case_changes import CaseView, view
from casework.shared.errors import Problem
from casework.shared.home import Home
from demo.fiction import Firm
from demo.plans import CasePlan
from demo.staff import Officer
from demo.twists import Twist
from models import Case, Duty
from models.store import Store


@dataclass(frozen=True, kw_only=True)
class JournalEntry:
    """Something worth telling: `kind` is a Twist's wording or a heading of its own, `answer` what the system said."""

    moment: datetime
    kind: str
    words: str
    case: str = ""
    answer: str = ""


@dataclass(frozen=True, kw_only=True)
class Folders:
    """Where the demo writes what people may look at."""

    out: Path

    @property
    def report(self) -> Path:
        """The season report."""
        return self.out / "season-report.html"

    def __getattr__(self, name: str) -> Path:
        """A folder beside it: input, payments, bank, audit, messages."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self.out / "season" / name


@dataclass
class Season:
    """One rehearsal."""

    home: Home
    store: Store
    folders: Folders
    plans: list[CasePlan]
    officers: list[Officer]
    firms: dict[str, Firm]
    seed: int = 1
    people: dict[str, UUID] = field(default_factory=dict)
    parties: dict[str, UUID] = field(default_factory=dict)
    by_case: dict[UUID, CasePlan] = field(default_factory=dict)
    by_number: dict[str, CasePlan] = field(default_factory=dict)
    cases: dict[str, UUID] = field(default_factory=dict)
    journal: list[JournalEntry] = field(default_factory=list)
    done: set[tuple[str, str]] = field(default_factory=set)
    exported: dict[str, Path] = field(default_factory=dict)
    absent: dict[str, tuple[date, date, str]] = field(default_factory=dict)
    acts: int = 0
    _next: int = 0

    @property
    def vault(self) -> Vault:
        """The papers of the store."""
        return Vault(self.home.evidence)

    @property
    def now(self) -> datetime:
        """The business clock."""
        with self.store.read() as work:
            return work.now

    @property
    def today(self) -> date:
        """The business date."""
        with self.store.read() as work:
            return work.today

    def act_id(self) -> UUID:
        """A fresh act id, the same again for the same seed."""
        self._next += 1
        return uuid5(NAMESPACE_OID, f"duixian-season:{self.seed}:{self._next}")

    def who(self, duty: Duty, unit: str | None = None, *, which: int = 0) -> UUID:
        """Who holds a duty (in a unit) today: the officer, or the delegate while they are away."""
        held = [official for official in self.officers if duty in official.duties and unit in (None, official.unit)]
        officer = held[which]
        first, last, delegate = self.absent.get(officer.login, (date.max, date.min, ""))
        return self.people[delegate if delegate and first <= self.today <= last else officer.login]

    def applicant(self, plan: CasePlan) -> UUID:
        """The account of whoever files for the plan's firm."""
        return self.people[f"firm:{plan.firm}"]

    def waiting(self, duty: Duty) -> list[tuple[CaseView, CasePlan]]:
        """The live cases whose next action is a duty's, by number."""
        query = view().where(col(Case.next_duty) == duty, col(Case.held).is_(False)).order_by(col(Case.number))
        return [(case, self.by_case[case.id]) for case in self._views(query)]

    def case(self, plan: CasePlan) -> CaseView:
        """The plan's case as stored."""
        return self._views(view().where(col(Case.id) == self.cases[plan.key]))[0]

    def twisted(self, *twists: Twist) -> list[tuple[CaseView, CasePlan]]:
        """The opened cases with one of the twists."""
        wanted = [self.cases[plan.key] for plan in self.plans if plan.twist in twists and plan.key in self.cases]
        query = view().where(col(Case.id).in_(wanted)).order_by(col(Case.number))
        return [(case, self.by_case[case.id]) for case in self._views(query)] if wanted else []

    def opened(self, plan: CasePlan, case: UUID, number: str) -> None:
        """Notes whose plan a case is."""
        self.by_case[case], self.cases[plan.key], self.by_number[number] = plan, case, plan

    def once(self, key: str, what: str) -> bool:
        """True the first time that this is asked."""
        fresh = (key, what) not in self.done
        self.done.add((key, what))
        return fresh

    def tell(self, kind: str, words: str, *, case: str = "", answer: str = "") -> None:
        """Adds to the journal."""
        self.journal.append(JournalEntry(moment=self.now, kind=kind, words=words, case=case, answer=answer))

    @contextmanager
    def refusal(self, kind: str, words: str, *, case: str = "") -> Iterator[None]:
        """What is tried inside must be refused; the refusal goes into the journal, its absence is a fault of ours."""
        try:
            yield
        except Problem as no:
            self.tell(kind, words, case=case, answer=no.zh)
            return
        raise AssertionError(f"nobody refused: {words} ({case})")

    def _views(self, query: object) -> list[CaseView]:
        with self.store.read() as work:
            return [CaseView._make(row) for row in work.execute(query)]
