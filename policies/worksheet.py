"""The sheet of one case: it answers a rule's verbs, collects what is missing and keeps the trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from policies.awards import Award, AwardUnit, Input, Line, Prior, Refusal, Used, plain
from policies.forms import PossibleCosts, WrongFacts, labels
from policies.kinds import RateKind
from policies.known import NOTHING, Known
from policies.money import Money, Rounding, plain_decimal
from policies.parameters import Need, Repeat, Value, Values
from policies.shapes import Quantity, Ratio, Shape, at_most

_ROUNDING = "P-rounding"


class Worksheet:
    """Computes one case. After a refusal nothing more is computed; missing parameters are all collected."""

    def __init__(
        self,
        item: Any,  # policies.measures.Item, which names this class
        facts: Any,
        values: Values,
        prior: Sequence[Prior] = (),
        evidence: Mapping[str, Sequence[str]] | None = None,
        known: Known = NOTHING,
    ) -> None:
        self._item, self._facts, self._values = item, facts, values
        self._prior, self._evidence, self._known = tuple(prior), evidence or {}, known
        self._day: date | None = item.event_date(facts, values)
        self._keys = item.keys(facts, self._day)
        self._labels = labels(type(facts))  # type: ignore[arg-type]  # mypy takes a class of Any for unhashable
        self._required = 0  # requirements met so far, for reason codes
        self._refused: Refusal | None = None
        self._missing: list[str] = []
        self._partly = False  # only a part of the period lies in the term
        self._gap = ""  # what a parameter that is set leaves unsaid
        self._lines: list[Line] = []
        self._amount: Money | None = None
        self._other: tuple[AwardUnit, str, str] | None = None

    # Requirements

    def require(self, condition: Quantity, refusal: str, /) -> None:
        self._required += 1
        if not condition:
            self._refuse(f"{self._item.id}-R{self._required}", refusal, self._item.clause)

    def among(
        self, parameter: str, refusal: str, /, *, when: Quantity = True, listed: bool = False, **fact: Quantity
    ) -> None:
        if when and listed and self._known.lists(str(self._only(fact))):
            self.require(True, refusal)
            self._line("note", f"“{self._only(fact)}”已列入名单（{self._item.listed_by}）", facts=fact)
            return
        names = self._asked(parameter) if when else None
        self.require(names is None or self._only(fact) in names, refusal)

    def where_set(self, parameter: str, condition: Quantity, refusal: str, /) -> None:
        reading = self._asked(parameter)
        if reading not in (None, False):
            self._line("note", f"{self._title(parameter)}：{_shown(reading)}", parameters=(parameter,))
        self.require(reading in (None, False) or condition, refusal)

    def definition(self, parameter: str, /, **fact: Quantity) -> None:
        words = self._asked(parameter)
        if words is not None:
            self._line("note", f"按“{self._title(parameter)}”认定：{words}", parameters=(parameter,), facts=fact)

    def at_least(self, parameter: str, refusal: str, /, **fact: Quantity) -> None:
        figure = self._asked(parameter)
        if figure is not None and self._only(fact) is None:
            raise WrongFacts(next(iter(fact)), f"参数 {parameter} 已设定，此项必填")
        self.require(figure is None or self._only(fact) >= figure, refusal)

    def once(self, parameter: str, refusal: str, /) -> None:
        again = self._within("subject")
        reading = self._asked(parameter) if again else None
        this_year = [one for one in again if one.period == self._keys["year"]]
        self.require(reading is None or not (again if reading == Repeat.ONE_OFF else this_year), refusal)

    def times(self, parameter: str, refusal: str, /, *, per: str) -> None:
        earlier = self._within(per)
        most = self._asked(parameter) if earlier else None
        self.require(most is None or len(earlier) < most, refusal)

    # Amounts

    def price(self, parameter: str | None = None, /, **quantities: Quantity) -> None:
        shape = self._shape(parameter)
        if shape is None or self._refused:
            return
        if shape.needs and quantities.get(shape.needs) is None:
            part = "；期间不全在有效期内，须填写其中有效期内的部分" if self._partly else ""
            raise WrongFacts(shape.needs, f"计算方式 {shape.name} 需要此项{part}", f"{shape.name} needs it")
        self._list_costs(shape)
        if not shape.covers(**quantities):
            level = getattr(quantities["level"], "zh", quantities["level"])
            self._missing.append(str(parameter))
            self._gap = f"参数 {parameter} 未规定“{level}”的金额"
            return
        value = self._values.get(_ROUNDING)
        rounding = Rounding(value.value) if value and value.holds_on(self._day) else Rounding.DOWN
        self._amount = Money(shape.gross(rounding, **quantities))
        self._line(
            "price",
            f"{shape.formula(**quantities)}，计 {self._amount.grouped} 元",
            parameters=(parameter, _ROUNDING),
            facts={shape.needs: quantities[shape.needs]} if shape.needs else {},
            unrounded=plain_decimal(shape.exact(**quantities) / 100),
        )

    def upgrade(self, parameter: str, refusal: str, /) -> None:
        paid = self._paid("subject")
        if not paid or self._refused:
            return
        if self._amount is not None and self._amount <= paid:
            self._refuse(f"{self._item.id}-U0", "同一事项已按不低于本次的标准享受补助", self._item.clause)
            return
        reading = self._asked(parameter)
        if reading == "nothing":
            self._refuse(f"{self._item.id}-U1", refusal, self._item.clause)
        elif reading is not None and self._amount is not None:
            self._amount = self._amount - paid
            self._line("upgrade", f"减去同一事项已享受 {paid.grouped} 元", parameters=(parameter,))

    def cap(self, *, scope: str | None = None) -> None:
        ceiling = self._item.ceiling
        assert ceiling is not None, f"{self._item.id} has no ceiling"
        reading = "subject" if scope is None else self._asked(scope) if self._prior else None
        if self._amount is None or self._refused:
            return
        paid = self._paid(reading) if reading else Money(0)
        left = Money(max(ceiling - paid, 0))
        if paid and not left:
            self._refuse(f"{self._item.id}-C", f"已达到最高限额 {ceiling.grouped} 元", self._item.clause)
            return
        before, self._amount = self._amount, Money(at_most(self._amount, left))
        room = f"最高 {ceiling.grouped} 元" + (f"，已享受 {paid.grouped} 元，余 {left.grouped} 元" if paid else "")
        cut = f"，超出 {(before - left).grouped} 元不予计入" if before > left else "，未超过"
        capped = before > left
        self._line("cap", room + cut, parameters=(scope,) if reading and scope else (), ceiling=left, capped=capped)

    def share(self, parameter: str, /, **parties: Quantity) -> None:
        count = self._only(parties)
        reading = self._asked(parameter) if count > 1 else None
        if reading == "equal" and self._amount is not None:
            self._amount = Money(self._amount // count)
            self._line("share", f"由 {count} 家平均分享", parameters=(parameter,), facts=parties)

    # What counts

    def less(self, parameter: str, whole: Quantity, /, **part: Quantity) -> Quantity:
        if not self._only(part):
            return whole
        reading = self._asked(parameter)
        if reading is None:
            return whole
        counted = whole - self._only(part) if reading == "out" else whole
        words = f"{self._title(parameter)}：{reading}，计 {_yuan(counted)}"
        self._line("note", words, parameters=(parameter,), facts=part)
        return Money(counted)

    def at_most_months(
        self, parameter: str, whole: Quantity, part: Quantity | None, /, **months: Quantity | None
    ) -> Quantity:
        most, stands_for = self._asked(parameter), self._only(months)
        if most is None or not part:
            return whole
        if stands_for is None:
            name = next(iter(months))
            raise WrongFacts(name, f"参数 {parameter} 已设定，此项必填", f"{parameter} is set: required")
        if stands_for <= most:
            return whole
        kept = part * most // stands_for
        counted = Money(whole - part + kept)
        words = f"{self._title(parameter)} {most}：{_yuan(part)} 为 {stands_for} 个月，计 {_yuan(kept)}"
        self._line("note", words, parameters=(parameter,), facts=months)
        return counted

    def in_term(self, whole: Quantity, part: Quantity | None, /) -> Quantity | None:
        assert self._item.span is not None, f"{self._item.id} has no period"
        term, (first, last) = self._item.term, (getattr(self._facts, name) for name in self._item.span)
        if term is None or (self.covers(first) and self.covers(last)) or last < term.opens or first > term.closes:
            return whole
        self._partly = True
        if part is not None:
            self._line("note", f"期间 {first} 至 {last} 不全在有效期内，只计有效期内的 {_yuan(part)}")
        return part

    # Everything else

    def value(self, parameter: str, /) -> Any:
        return self._asked(parameter)

    def entry(self, parameter: str, name: str, /) -> Any:
        table = self._asked(parameter)
        found = None if table is None else table.get(name)
        if found is not None:
            self._line("note", f"{self._item.parameter(parameter).title.zh}：{name} {found}", parameters=(parameter,))
        elif table is not None:
            self._missing.append(f"{parameter}（未规定“{name}”）")
        return found

    def covers(self, day: date, /) -> bool:
        term = self._item.term
        return term is None or term.opens <= day <= term.closes

    def setting(self, name: str, /) -> Any:
        one = next(one for one in self._item.ours if one.id == name)
        value = self._set(name)
        return one.parse(value.value) if value else one.default

    def others(self) -> Sequence[Any]:
        return self._known.others

    def benefits(self, name: str, /) -> bool:
        return self._known.benefits(name)

    def note(self, formula: str, /, **facts: Quantity) -> None:
        self._line("note", formula, facts=facts)

    def give(self, unit: AwardUnit, quantity: str, note: str, /) -> None:
        self._other, self._amount = (unit, quantity, note), Money(0)

    def nothing_due(self, note: str, /) -> None:
        self.give(AwardUnit.NONE, "", note)

    def within_term(self) -> None:
        """The event must lie inside the policy's time; both days belong to it."""
        term, basis = self._item.term, self._item.basis(self._values)
        if basis != "filing" and self._day is None and not self._refused:
            name = self._labels[basis].zh
            raise WrongFacts(basis, f"以“{name}”判断是否在有效期内，此项必填", f"{basis} decides: required")
        if term and self._day and not term.opens <= self._day <= term.closes:
            name = self._labels[basis].zh
            words = f"{name} {self._day} 不在 {term.opens} 至 {term.closes} 之内"
            self._refuse(f"{self._item.id}-W", words, term.clause)

    def award(self) -> Award:
        """Close the sheet."""
        if self._amount == 0 and self._other is None:
            self._refuse(f"{self._item.id}-Z", "按规定核算的金额为零", self._item.clause)
        no, open_points = self._refused, () if self._refused else tuple(dict.fromkeys(self._missing))
        unit, quantity, note = self._other or (AwardUnit.MONEY, "", self._gap)
        return Award(
            item=self._item.id,
            clause=self._item.clause,
            subject=self._keys["subject"],
            period=self._keys["year"],
            event_date=self._day,
            keys=self._keys,
            unit=unit,
            amount=None if no or open_points else self._amount,
            quantity="" if no or open_points else quantity,
            note=note,
            refused=no,
            missing=open_points,
            cost_lines=getattr(self._facts, "cost_lines", ()),
            lines=tuple(self._lines),
        )

    # Inside

    def _refuse(self, code: str, text: str, clause: str) -> None:
        if self._refused is None:
            self._refused = Refusal(code=code, text=text, clause=clause)

    def _asked(self, parameter: str) -> Any:
        """The parsed value; None where it is unset, and noted as missing unless it is optional."""
        definition, value = self._item.parameter(parameter), self._set(parameter)
        if value is None:
            if definition.need is not Need.OPTIONAL and not self._refused:
                self._missing.append(parameter)
            return None
        return definition.parse(value.value)

    def _set(self, name: str) -> Value | None:
        value = self._values.get(name)
        return value if value is not None and value.holds_on(self._day) else None

    def _shape(self, parameter: str | None) -> Shape | None:
        if parameter is None:
            assert self._item.shape is not None, f"{self._item.id} has no amount of its own"
            return self._item.shape  # type: ignore[no-any-return]
        asked = self._asked(parameter)
        is_rate = isinstance(self._item.parameter(parameter).kind, RateKind)
        shape: Shape | None = Ratio(rate=asked) if is_rate and asked is not None else asked
        return shape

    def _list_costs(self, shape: Shape) -> None:
        if shape.needs != "cost" or not isinstance(self._facts, PossibleCosts):
            return
        if not self._facts.cost_lines:
            raise WrongFacts("cost_lines", f"计算方式 {shape.name} 按费用核算，须逐项列明")
        for line in self._facts.cost_lines:
            cut = f"，核减 {(line.claimed - line.recognised).grouped} 元：{line.reason}" if line.reason else ""
            words = f"{line.document} {line.description}：申报 {line.claimed.grouped} 元"
            self._line("cost", f"{words}，认定 {line.recognised.grouped} 元{cut}", evidence="cost_lines")

    def _title(self, parameter: str) -> str:
        return self._item.parameter(parameter).title.zh  # type: ignore[no-any-return]

    def _within(self, scope: str) -> list[Prior]:
        own = "" if scope == "applicant" else self._keys[scope]
        return [one for one in self._prior if one.key(scope) == own]

    def _paid(self, scope: str) -> Money:
        return Money(sum(one.amount for one in self._within(scope)))

    @staticmethod
    def _only(fact: Mapping[str, Quantity]) -> Quantity:
        (value,) = fact.values()
        return value

    def _line(
        self,
        step: str,
        formula: str,
        *,
        parameters: tuple[str | None, ...] = (),
        facts: Mapping[str, Quantity] | None = None,
        evidence: str = "",
        unrounded: str = "",
        ceiling: Money | None = None,
        capped: bool = False,
    ) -> None:
        if self._refused:
            return
        used = [(name, self._set(name)) for name in parameters if name]
        inputs = [self._input(name, value) for name, value in (facts or {}).items()]
        if evidence and evidence in self._evidence:
            inputs.append(self._input(evidence, ""))
        self._lines.append(
            Line(
                step=step,
                clause=self._item.clause,
                formula=formula,
                parameters=tuple(
                    Used(id=name, value=plain(value.value), citation=value.citation, origin=value.origin)
                    for name, value in used
                    if value
                ),
                inputs=tuple(inputs),
                unrounded=unrounded,
                amount=self._amount if step not in ("cost", "note") else None,
                ceiling=ceiling,
                capped=capped,
            )
        )

    def _input(self, name: str, value: Quantity) -> Input:
        field = next((one for one in (name, f"{name}s", f"{name}_lines") if one in self._labels), name)
        wording = self._labels[field].zh if field in self._labels else name
        shown = getattr(value, "zh", value)
        return Input(name=name, label=wording, value=str(shown), evidence=tuple(self._evidence.get(field, ())))


def _shown(reading: Any) -> str:
    return "是" if reading is True else str(reading)


def _yuan(fen: Quantity) -> str:
    return f"{Money(fen).grouped} 元"
