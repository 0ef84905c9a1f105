"""Work without money: a unit's plan, its review by a second officer, milestones, and indicators with targets.

A `Work` is an item whose applicant is a unit: the claim is its plan, the facts are what the reviewer certifies, the
award is 0 yuan with the reason, and its last step is the report against milestones and indicators.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from policies.kit import (
    ApplicantKind,
    Chain,
    Choice,
    Item,
    Measure,
    Sheet,
    Slot,
    Text,
    WrongFacts,
    document_key,
    form,
    label,
)
from policies.money import plain_decimal

_MONTHS = 12


class Every(Choice):
    """How often a figure is reported."""

    ONCE = "once", "一次", "once"
    MONTH = "month", "每月", "each month"
    QUARTER = "quarter", "每季", "each quarter"
    YEAR = "year", "每年", "each year"


class Direction(Choice):
    """Which way a figure is better."""

    HIGHER = "higher", "越高越好", "higher is better"
    LOWER = "lower", "越低越好", "lower is better"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A figure to be reached, the figure itself included, by a day or by the end of the policy."""

    at_least: Fraction
    by: date | None = None

    def met(self, value: int | Fraction) -> bool:
        """Whether an exact figure reaches the target."""
        return value >= self.at_least

    def is_baseline(self, opens: date) -> bool:
        """Whether the day lies before the policy: a figure to look back on, never one to be reminded of."""
        return self.by is not None and self.by < opens


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """A figure that is reported, in which unit of measure, how often, for whom and from which source."""

    id: str
    title: Text
    measured_in: str
    source: Text
    every: Every = Every.QUARTER
    per: Text | None = None  # one figure for each of these; None: one for the unit
    direction: Direction = Direction.HIGHER
    targets: tuple[Target, ...] = ()
    among: str = ""  # the field of the certified facts that names those; "" where any name may be given
    adds: bool = True  # figures of several plans, periods and names make a sum; else the last one counts
    kept_elsewhere: bool = False  # comes from a register of its own, and is not reported by hand

    def names(self, facts: Any) -> tuple[str, ...]:
        """Those for whom figures are reported, as certified; () where the plan does not list them."""
        found = getattr(facts, self.among, ()) if self.among else ()
        listed = (found,) if isinstance(found, str) else found
        return tuple(one if isinstance(one, str) else _name_of(one) for one in listed)


def _name_of(entry: Any) -> str:
    """What an entry of a list is called: its title, or the firm that it is about."""
    return str(getattr(entry, "title", None) or entry.firm)


@dataclass(frozen=True, kw_only=True)
class Milestone:
    """A dated promise of a programme, at the end of a month of the policy (1 is the month in which it opens)."""

    title: Text
    month: int

    def due(self, opens: date, closes: date) -> date:
        """The last day of that month, and never after the policy's last day."""
        years, index = divmod(opens.month - 1 + self.month - 1, _MONTHS)
        year, month = opens.year + years, index + 1
        return min(date(year, month, monthrange(year, month)[1]), closes)


@dataclass(frozen=True, kw_only=True)
class Clause:
    """A sentence that is no measure of its own: what it says in our words, and what the system runs for it."""

    code: str
    title: Text
    says: Text
    runs: tuple[Text, ...]
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Closing(Measure):
    """The final clause of a policy, sentence by sentence."""

    clauses: tuple[Clause, ...] = ()


@form
class Plan:
    """What a unit files."""

    name: str = label("计划名称", "name of the plan")
    starts: date = label("起始日", "first day")
    ends: date = label("完成日", "last day")
    summary: str = label("工作内容", "what is to be done", maximum=2000)

    def check(self) -> None:
        refuse_backwards(self.starts, self.ends)


@form
class Reviewed:
    """What a second officer of the unit certifies about its plan."""

    name: str = label("计划名称", "name of the plan")
    on_task: bool = label("内容与本条任务一致", "the plan is about this clause's task")
    accountable: bool = label("责任人、完成时限和指标均已明确", "who, by when and which figures are named")


class Planner(Choice):
    """Who files a measure's plan."""

    LEAD = "lead", "牵头单位", "the unit in charge"
    TOWN = "town", "各镇、高新区（各报各的）", "each town for itself"
    LEAD_OR_TOWN = "lead_or_town", "牵头单位或各镇、高新区", "the unit in charge, or a town"
    EACH_UNIT = "each_unit", "各责任单位（各报各的）", "each unit for itself"


@dataclass(frozen=True, kw_only=True)
class Work(Item):
    """A work programme. `milestones` and `indicators` are what its report is checked against."""

    planned_by: Planner = Planner.LEAD
    self_check: tuple[Text, ...] = ()  # questions that go to those whom the programme reaches

    chain: Chain = Chain.PROGRAMME
    applicants: tuple[ApplicantKind, ...] = (ApplicantKind.UNIT,)
    subject: tuple[str, ...] = ("name",)
    evidence: tuple[Slot, ...] = (
        Slot(id="plan", title=Text("实施计划", "plan")),
        Slot(
            id="report",
            title=Text("完成情况报告", "report"),
            required=False,
            hint="完成后上传 / uploaded once the work is done",
        ),
    )
    screened: bool = False
    reviewed_jointly: bool = True
    whole: tuple[str, ...] | None = ()
    milestones: tuple[Milestone, ...] = ()
    indicators: tuple[Indicator, ...] = ()


def review(facts: Reviewed, sheet: Sheet) -> None:
    """What every plan must be before it is carried out."""
    sheet.require(facts.on_task, "计划内容与本条任务不一致")
    sheet.require(facts.accountable, "计划未明确责任人、完成时限或指标")


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A figure as reported: by which unit, about whom ("" where it is the unit's own), for which period."""

    indicator: str
    unit: str
    about: str
    period: str
    value: Fraction


def total(one: Indicator, figures: Iterable[Reported]) -> Fraction | None:
    """What the figures of an indicator come to; None where none was reported.

    Figures that add make a sum over units, names and periods. Of others (a share, a price) the last period's worst counts.
    """
    own = [figure for figure in figures if figure.indicator == one.id]
    if not own:
        return None
    if one.adds:
        return sum((figure.value for figure in own), Fraction(0))
    last = max(_last_month(figure.period) for figure in own)
    values = [figure.value for figure in own if _last_month(figure.period) == last]
    return min(values) if one.direction is Direction.HIGHER else max(values)


def period_on(every: Every, day: date) -> str:
    """The period of a day, in the one spelling that figures of this kind have: 2023-09, 2023-Q3 or 2023."""
    if every is Every.MONTH:
        return f"{day:%Y-%m}"
    return f"{day:%Y}-Q{(day.month + 2) // 3}" if every is Every.QUARTER else f"{day:%Y}"


def _last_month(period: str) -> tuple[str, int]:
    """The month with which a period ends: of a quarter its third, of a year December."""
    year, _, part = period.partition("-")
    return year, 3 * int(part[1:]) if part.startswith("Q") else int(part or _MONTHS)


def shortfalls(work: "Work", facts: Any, own: Iterable[Reported], whole: Iterable[Reported], opens: date) -> list[Text]:
    """What stands against closing a programme: figures never reported, and targets that its whole has not reached.

    `own`: the plan's figures in force; `whole`: those of all plans that it is judged with, its own among them.
    """
    mine, all_ = tuple(own), tuple(whole)
    found = []
    for one in work.indicators:
        if one.kept_elsewhere:
            continue
        told = {document_key(figure.about) for figure in mine if figure.indicator == one.id}
        silent = [name for name in one.names(facts) if document_key(name) not in told]
        if not told or silent:
            whose = f"（{'、'.join(silent)}）" if told else ""
            found.append(Text(f"指标“{one.title.zh}”{whose}没有数据", f"{one.id}: no figure was reported"))
        for target in one.targets:
            reached = total(one, all_)
            if reached is not None and not target.is_baseline(opens) and not target.met(reached):
                zh = f"指标“{one.title.zh}”全部计划合计 {_plain(reached)}，目标 ≥ {_plain(target.at_least)}"
                found.append(Text(zh, f"{one.id}: {_plain(reached)} of {_plain(target.at_least)} over all plans"))
    return found


def _plain(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else plain_decimal(value)


def refuse_backwards(first: date, last: date) -> None:
    """A period ends on its first day or later."""
    if last < first:
        raise WrongFacts("ends", f"完成日 {last} 早于起始日 {first}", f"it ends on {last}, before it begins on {first}")


def refuse_twins(field: str, names: tuple[str, ...]) -> None:
    """Each name counts once, whatever blanks surround it."""
    stripped = [name.strip() for name in names]
    if len(set(stripped)) < len(stripped):
        raise WrongFacts(field, "名称重复列示", "a name is listed twice")


def indicator(
    id: str,
    zh: str,
    en: str,
    measured_in: str,
    source: tuple[str, str] = ("责任单位台账", "the unit's register"),
    every: Every = Every.QUARTER,
    per: Text | None = None,
    direction: Direction = Direction.HIGHER,
    targets: tuple[Target, ...] = (),
    among: str = "",
    adds: bool = True,
    kept_elsewhere: bool = False,
) -> Indicator:
    """An indicator in one line."""
    return Indicator(
        id=id,
        title=Text(zh, en),
        measured_in=measured_in,
        source=Text(*source),
        every=every,
        per=per,
        direction=direction,
        targets=targets,
        among=among,
        adds=adds,
        kept_elsewhere=kept_elsewhere,
    )


def milestone(month: int, zh: str, en: str) -> Milestone:
    """A milestone in one line."""
    return Milestone(title=Text(zh, en), month=month)


def indicators(items: Iterable[Item]) -> dict[str, Indicator]:
    """Every indicator of these items by its id; two of one id are a mistake in the law and raise ValueError."""
    found: dict[str, Indicator] = {}
    for one in (figure for item in items if isinstance(item, Work) for figure in item.indicators):
        if found.setdefault(one.id, one) is not one:
            raise ValueError(f"指标编号重复：{one.id}")
    return found
