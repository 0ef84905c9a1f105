"""Units, items and measures: what a measure file is written with, and how an item answers for one case."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, TypeAlias

from policies.awards import Award, Prior
from policies.benefits import KeyKind
from policies.conditions import Condition, conditions, papers_setting
from policies.digest import rule_digest
from policies.forms import Choice, Text, WrongFacts, document_key, labels
from policies.identifiers import Identifier
from policies.kinds import ChoiceKind
from policies.known import NOTHING, Known
from policies.money import Money
from policies.parameters import Parameter, Setting, Values, hypothetical
from policies.shapes import Shape
from policies.sheet import Sheet
from policies.worksheet import Worksheet

FIRST = "1"  # the version that the measure's file itself is


class Chain(Choice):
    """The way a case goes."""

    CASH_GRANT = "cash_grant", "资金兑付", "cash grant"
    IN_KIND = "in_kind", "要素与名单支持", "support in kind"
    PROGRAMME = "programme", "工作推进", "work programme"


class ApplicantKind(Choice):
    """Who may apply."""

    ENTERPRISE = "enterprise", "企业", "enterprise"
    ASSOCIATION = "association", "行业协会", "industry association"
    INSTITUTION = "institution", "机构", "institution"
    PERSON = "person", "自然人", "natural person"
    UNIT = "unit", "责任单位", "unit reporting its own programme"


class Access(Choice):
    """How a benefit is reached (第 19 条)."""

    WITHOUT_APPLICATION = "without_application", "免申即享", "without application"
    ON_APPLICATION = "on_application", "即申即享", "on application"
    WITHIN_TIME_LIMIT = "within_time_limit", "限时即享", "within a time limit"


@dataclass(frozen=True)
class Unit:
    """A bureau or town; the Chinese name is the fact."""

    zh: str
    en: str
    collective: bool = False  # a class of units ("every town"), which acts through its members only

    def __str__(self) -> str:
        return self.zh


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A place for evidence."""

    id: str
    title: Text
    required: bool = True
    upload: bool = True  # False: papers are checked off line and only the check is recorded
    hint: str = ""
    off_line_where: tuple[str, str] | None = None  # a field of the claim and the value under which it is never uploaded


@dataclass(frozen=True, kw_only=True)
class Term:
    """A policy's time, both days included, and the clause that sets it."""

    opens: date
    closes: date
    clause: str


@dataclass(frozen=True, kw_only=True)
class Example:
    """A worked example (算例): officers read it, tests run it. Exactly one of amount, refused, missing, gives."""

    title: str
    facts: Any
    parameters: Mapping[str, Any] = field(default_factory=dict)  # hypothetical values
    prior: tuple[Prior, ...] = ()
    known: Known = NOTHING
    amount: str | None = None  # yuan
    refused: str | None = None
    missing: tuple[str, ...] = ()
    gives: str | None = None  # the note of something other than money

    def difference(self, award: Award) -> str:
        """ "" where the award is as stated, else what it is instead."""
        if self.refused is not None:
            agrees = award.refused is not None and award.refused.text == self.refused
        elif self.missing:
            agrees = award.missing == self.missing
        elif self.gives is not None:
            agrees = award.amount == 0 and award.note == self.gives
        else:
            agrees = award.payable and str(award.amount) == self.amount
        return "" if agrees else f"{self.title}: {award.text}"


Rule: TypeAlias = Callable[[Any, Sheet], None]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that can be applied for or reported. `clause`, `term`, `version` and what follows are filled in by the policy."""

    id: str
    title: Text
    chain: Chain
    applicants: tuple[ApplicantKind, ...]
    claim: type
    facts: type
    rule: Rule
    subject: tuple[str, ...]  # fields of the facts that say what it is for
    subject_kind: KeyKind = KeyKind.PROJECT  # what sort of thing that is, for 就高不重复
    known_by: tuple[Identifier, ...] = ()  # how it is known outside; where none is said, by its own fields
    days: tuple[str, ...] = ()  # fields with the first and last day it is for; where none are said, its year
    examples: tuple[Example, ...]
    access: Access = Access.WITHIN_TIME_LIMIT
    evidence: tuple[Slot, ...] = ()
    ceiling: Money | None = None
    shape: Shape | None = None  # the amount, where the text itself fixes it
    parameters: tuple[Parameter, ...] = ()
    event_dates: tuple[str, ...] = ()  # date fields; the first is the default of P-event-basis
    further_keys: Mapping[str, str] = field(default_factory=dict)  # scope -> field of the facts
    span: tuple[str, str] | None = None  # first and last day of a period of which only the part in the term counts
    ours: tuple[Setting, ...] = ()  # readings of this clause that the text does not state, with a default of ours
    whole: tuple[str, ...] | None = None  # fields that say which other plans it is judged with; () is all of them
    listed_by: str = ""  # the item whose delivered entries this one's list is made of
    benefits_of: str = ""  # the item whose applicants a rule of this one asks for
    reviewed_by_beneficiaries: bool = True  # False: whoever applies for it has no part in judging it
    results: type[Choice] | None = None  # what may have become of it, told with the delivery
    document: Text | None = None  # what identifies the paper of a cost line, where the item has cost lines
    screened: bool = True  # by the town of the registered address first
    reviewed_jointly: bool = True  # by the measure's joint units
    soft: tuple[str, ...] = ()  # checks that only warn in this item's cases; all others bind as the general list says
    note: Text | None = None  # what an officer should know beside the rule
    sheet: type[Worksheet] = Worksheet  # what answers the rule's verbs
    clause: str = ""
    term: Term | None = None
    version: str = FIRST
    since: date | None = None  # filings from this day on bind this version
    source: str = ""  # the document that a later version rests on

    @cached_property
    def digest(self) -> str:
        """What the rule is: all that decides an amount, in its file, in helpers and in the arithmetic under it. Read once."""
        return rule_digest(self)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The checks that bind or warn in this item's cases."""
        return conditions(self)

    @property
    def pays(self) -> bool:
        """One of the money items."""
        return self.chain is Chain.CASH_GRANT

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Settings whose choices depend on this item's facts or papers; the event's date, where there is one, first."""
        return (*self._basis_setting, *papers_setting(self))

    @property
    def _basis_setting(self) -> tuple[Setting, ...]:
        if not self.event_dates:
            return self.ours
        names = labels(self.facts)
        offered = "、".join(f"{name}：{names[name].zh}" for name in self.event_dates)
        basis = Setting(
            id="P-event-basis",
            title=Text("须在有效期内的日期", "date that must lie in the term"),
            decides=Text(f"{offered}、filing：只看申报日", "which date of the case must lie inside the term"),
            kind=ChoiceKind(among=(*self.event_dates, "filing")),
            default=self.event_dates[0],
        )
        return (basis, *self.ours)

    def parameter(self, name: str) -> Parameter:
        """The definition of a parameter that the rule names."""
        for one in self.parameters:
            if one.id == name:
                return one
        raise LookupError(f"{self.id} declares no parameter {name}")

    def basis(self, values: Values) -> str:
        """The date field that must lie in the term, or "filing"."""
        default = self.event_dates[0] if self.event_dates else "filing"
        value = values.get("P-event-basis")
        return self.settings[0].parse(value.value) if value and value.confirmed and self.event_dates else default

    def slots(self, claim: Mapping[str, Any]) -> tuple[Slot, ...]:
        """The places for papers under this claim: some are checked off line where it says so."""
        return tuple(_off_line(slot, claim) for slot in self.evidence)

    def same_whole(self, facts: Any) -> tuple[str, ...]:
        """What a plan's whole is called: plans with the same answer are judged together."""
        return tuple(document_key(str(getattr(facts, name))) for name in self.whole or ())

    def event_date(self, facts: Any, values: Values) -> date | None:
        """The date on which parameters bind; None where only the filing date counts or nothing has happened yet."""
        basis = self.basis(values)
        day: date | None = None if basis == "filing" else getattr(facts, basis)
        return self._within(facts, day)

    def _within(self, facts: Any, day: date | None) -> date | None:
        """Of a period that reaches into the term, the nearest day inside; any other date as it is."""
        if self.span is None or self.term is None or day is None:
            return day
        first, last = (getattr(facts, name) for name in self.span)
        meets = first <= self.term.closes and self.term.opens <= last
        return min(max(day, self.term.opens), self.term.closes) if meets else day

    @property
    def identifiers(self) -> tuple[Identifier, ...]:
        """How the subject is known outside, or by its own fields where the item says nothing more."""
        names = labels(self.facts)
        title = Text("、".join(names[one].zh for one in self.subject), ", ".join(names[one].en for one in self.subject))
        own = Identifier(kind=self.subject_kind, title=title, example="", fields=self.subject)
        return self.known_by or (own,)

    def keys(self, facts: Any, day: date | None) -> dict[str, str]:
        """What the case is for, its year, and the item's further keys: what ceilings and 就高不重复 compare."""
        own = "|".join(document_key(str(getattr(facts, name))) for name in self.subject)
        further = {scope: document_key(str(getattr(facts, name))) for scope, name in self.further_keys.items()}
        return {"subject": own, "year": str(day.year) if day else "", **further}

    def award(
        self,
        facts: Any,
        values: Values,
        prior: Sequence[Prior] = (),
        evidence: Mapping[str, Sequence[str]] | None = None,
        known: Known = NOTHING,
    ) -> Award:
        """Compute one case. Wrong facts raise WrongFacts, a malformed parameter WrongValue; a lawful no is data."""
        if not isinstance(facts, self.facts):
            wanted = self.facts.__qualname__
            raise WrongFacts("facts", f"{self.id} 的认定事实应为 {wanted}", f"the facts of {self.id} are {wanted}")
        sheet = self.sheet(self, facts, values, prior, evidence, known)
        self.rule(facts, sheet)
        sheet.within_term()
        return sheet.award()

    def run(self, example: Example) -> Award:
        """Compute a worked example."""
        return self.award(example.facts, hypothetical(example.parameters), example.prior, known=example.known)


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One article: title, units in the order named, and its items. `flow` is the name of its file and of its flow."""

    code: str  # M14, S2, F
    clause: str
    title: Text
    units: tuple[Unit, ...]
    items: tuple[Item, ...]
    flow: str = ""

    @property
    def number(self) -> int | None:
        """1 to 22 for measures, None for safeguards and the final clause."""
        return int(self.code[1:]) if self.code.startswith("M") else None

    @property
    def lead(self) -> Unit:
        """The first named, by default (`P-lead`)."""
        return self.units[0]

    @property
    def joint(self) -> tuple[Unit, ...]:
        return self.units[1:]

    @property
    def acting(self) -> tuple[Unit, ...]:
        """Those that act themselves; a class of units acts through its members."""
        return tuple(unit for unit in self.units if not unit.collective)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)


def _off_line(slot: Slot, claim: Mapping[str, Any]) -> Slot:
    """The slot under this claim: never uploaded where the claim says so, and then replaced by its recorded check."""
    if slot.off_line_where is None:
        return slot
    name, value = slot.off_line_where
    return replace(slot, upload=False) if str(claim.get(name, "")) == value else slot
