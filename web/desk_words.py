"""What officers' pages say of stored values: titles of items, values of typed forms, words of families, in two languages."""

from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from decimal import Decimal
from typing import Any, get_args, get_origin

from lxml import html

from casework.forms.form_fields import plan
from casework.lifecycle.wordings import step_words
from casework.shared.errors import Refused
from casework.shared.reference import policy_of
from casework.views.act_words import said_with
from casework.views.value_wordings import term
from models.clock import business_date
from policies.forms import Choice
from policies.lights import Light
from policies.measures import Item
from policies.money import Money
from web.visit import Visit
from web.wordings import yuan

STEPS = {
    "cost": ("费用", "cost"),
    "price": ("计价", "price"),
    "cap": ("封顶", "cap"),
    "share": ("分摊", "share"),
    "note": ("说明", "note"),
    "upgrade": ("补差", "upgrade"),
    "round": ("取整", "round"),
    "rounding": ("取整", "rounding"),
}
ACCOUNTS = {
    "treasury": ("国库", "treasury"),
    "available": ("可用", "available"),
    "reserved": ("预留", "reserved"),
    "committed": ("已承诺", "committed"),
    "paid": ("已拨付", "paid"),
}
FURTHER = {
    "policy": ("政策", "policy"),
    "lead": ("牵头单位", "unit in charge"),
    "town": ("镇（街道）", "town"),
    "stage": ("阶段", "stage"),
    "money": ("资金", "money"),
    "fund": ("已审定，资金为", "granted from"),
    "payer": ("已审定，资金单位为", "granted by"),
    "passed": ("经过环节", "passed"),
}
STAGES = {
    "filed": ("已提交", "filed"),
    "open": ("在办", "open"),
    "undecided": ("在办未决定", "open, undecided"),
    "granted": ("已审定", "granted"),
    "paid": ("已付清", "paid in full"),
    "unpaid": ("已审定未付清", "granted, not paid in full"),
}
ORIGINS = {"demo": ("演示值", "demo value"), "hypothetical": ("假设值", "hypothetical value")}


@dataclass(frozen=True)
class DeskWords:
    """The words of one request."""

    visit: Visit

    def term(self, family: str, value: Any) -> str:
        """A stored value of a family (state, duty, act, order …)."""
        return "" if value in (None, "") else self.visit.t(*term(family, str(value)))

    def item_of(self, row: Any) -> Item | None:
        """The item of a case in the version that binds it; None where its policy is not here."""
        try:
            return policy_of(row.policy).item_as(row.item, row.rule_version, business_date(self.visit.now))
        except (LookupError, Refused):
            return None

    def case_amount(self, row: Any) -> str:
        """The amount of a case, in yuan; a dash where its item pays none."""
        item = self.item_of(row)
        return "–" if item is not None and not item.pays else yuan(row.amount_fen)

    def item(self, row: Any) -> str:
        """The item's id and title."""
        found = self.item_of(row)
        return row.item if found is None else f"{row.item} {self.visit.t(found.title.zh, found.title.en)}"

    def turn(self, row: Any) -> str:
        """Whose turn a case is: unit and duty."""
        if row.next_duty is None:
            return self.visit.t("已办结", "closed")
        return " ".join(part for part in (row.next_unit or "", self.term("duty", row.next_duty)) if part)

    def light(self, light: str | None) -> tuple[str, str]:
        """A light's class and its words."""
        found = next((one for one in Light if one == light), None)
        return (found.value, self.visit.t(found.zh, found.en)) if found else ("", "")

    def slot(self, item: Item, slot: str) -> str:
        """What a paper is called in the item's list."""
        found = next((one.title for one in item.evidence if one.id == slot), None)
        return self.visit.t(found.zh, found.en) if found else slot

    def condition(self, item: Item, check: str) -> str:
        """What a condition is called."""
        found = next((one.title for one in item.conditions if one.id == check), None)
        return self.visit.t(found.zh, found.en) if found else check

    def step(self, one: Any) -> str:
        """An act of the history; a first signature asks, the second one does."""
        plain = self.term("act", one.action)
        return self.visit.t(*step_words(one.action, one.outcome, plain, plain))

    def said(self, one: Any, item: Item) -> list[tuple[str, str]]:
        """What was said with an act beside its reason."""
        found = said_with(one.action, one.content, item)
        return [(self.visit.t(label.zh, label.en), self.visit.t(words.zh, words.en)) for label, words in found]

    def trace_step(self, step: str) -> str:
        """A step of a computation."""
        return self.visit.t(*STEPS.get(step, (step, step)))

    def account(self, name: str) -> str:
        """An account of a fund."""
        return self.visit.t(*ACCOUNTS.get(name, (name, name)))

    def origin(self, origin: str) -> str:
        """Said of every value that is not the policy's own."""
        return self.visit.t(*ORIGINS[origin]) if origin in ORIGINS else ""

    def further(self, wanted: Any) -> list[tuple[str, str]]:
        """What else a list is narrowed by, each in words and with the list's address without it."""
        found = []
        for name, words in FURTHER.items():
            if value := getattr(wanted, name):
                said = (
                    self.term("state", value) if name == "passed" else self.visit.t(*STAGES.get(value, (value, value)))
                )
                found.append((f"{self.visit.t(*words)}{self.visit.t('：', ': ')}{said}", wanted.without(name)))
        return found

    def milli(self, value: int | None) -> str:
        """Thousandths as a quantity."""
        return "" if value is None else f"{(Decimal(value) / 1000).normalize():f}"

    def amount(self, text: str | None) -> str:
        """Yuan as the trace holds them, with separators."""
        return "" if text is None else yuan(int(Money.yuan(text)))

    def plain(self, value: Any) -> str:
        """A parameter's value."""
        if isinstance(value, Mapping):
            return "；".join(f"{name}：{self.plain(one)}" for name, one in value.items())
        return "、".join(map(self.plain, value)) if isinstance(value, (list, tuple)) else self.value(value)

    def value(self, value: Any, kind: Any = None) -> str:
        """A value of a typed form as it is read; a list has a line an entry."""
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return self.visit.t("是", "yes") if value else self.visit.t("否", "no")
        if isinstance(value, Mapping):
            kinds = _kinds(kind)
            return " · ".join(part for name, one in value.items() if (part := self.value(one, kinds.get(name))))
        if isinstance(value, (list, tuple)):
            return "\n".join(self.value(one, next(iter(get_args(kind)), None)) for one in value)
        if isinstance(kind, type) and issubclass(kind, Choice):
            return next((self.visit.t(one.zh, one.en) for one in kind if one.value == value), str(value))
        return yuan(int(Money.yuan(value))) if kind is Money else str(value)

    def beside(
        self, item: Item, claim: Mapping[str, Any] | None, facts: Mapping[str, Any] | None
    ) -> list["ComparedField"]:
        """Claim and certified facts, field by field; lists of cost lines are shown by their own table."""
        known = {one.name: one for form in (item.claim, item.facts) for one in plan(form)}
        rows = []
        for name, one in known.items():
            if name == "cost_lines" and get_origin(one.kind) is tuple:
                continue
            stated, found = self.value((claim or {}).get(name), one.kind), self.value((facts or {}).get(name), one.kind)
            if stated or found:
                asked = facts is not None and name in facts and name in (claim or {})
                rows.append(
                    ComparedField(self.visit.t(one.label.zh, one.label.en), stated, found, asked and stated != found)
                )
        return rows


@dataclass(frozen=True)
class ComparedField:
    """One field as it was claimed and as it was certified."""

    label: str
    claimed: str
    certified: str
    differs: bool


def letter_text(page: bytes) -> str:
    """What a letter's page says, line by line."""
    body = html.fromstring(page.decode()).find("body")
    lines = (
        (" ".join(line.split()) for line in "\n".join(map(str, body.itertext())).splitlines())
        if body is not None
        else ()
    )
    return "\n".join(line for line in lines if line)


def _kinds(kind: Any) -> dict[str, Any]:
    return {one.name: one.kind for one in plan(kind)} if isinstance(kind, type) and is_dataclass(kind) else {}
