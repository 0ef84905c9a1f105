"""Ranking (赛马) by a catalogue of weighted indicators: exact points, equal ones share their place.

The text names neither weights nor a method. Weights come from the catalogue that the unit in charge certified; how a figure
becomes points is `P-ranking-points`, a setting of ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

PLACES, RANGE = "places", "range"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One indicator of the catalogue with the figure of every unit ranked."""

    title: str
    weight: int
    higher_is_better: bool
    figures: Mapping[str, Fraction]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A unit with its points out of the catalogue's weights, by indicator and in all."""

    unit: str
    place: int
    points: Fraction
    parts: Mapping[str, Fraction]


def ranked(measured: Sequence[Measured], method: str) -> tuple[Placed, ...]:
    """The units, best first; of equal points both have the better place and the next one is left out (1, 1, 3)."""
    units = sorted({unit for one in measured for unit in one.figures})
    parts = {unit: {one.title: one.weight * _share(one, unit, method) for one in measured} for unit in units}
    totals = {unit: sum(parts[unit].values(), Fraction(0)) for unit in units}
    found = [
        Placed(
            unit=unit,
            place=1 + sum(other > totals[unit] for other in totals.values()),
            points=totals[unit],
            parts=parts[unit],
        )
        for unit in units
    ]
    return tuple(sorted(found, key=lambda one: (one.place, one.unit)))


def _share(one: Measured, unit: str, method: str) -> Fraction:
    """What part of the weight the unit's figure earns, between 0 and 1."""
    sign = 1 if one.higher_is_better else -1
    values = [sign * value for value in one.figures.values()]
    mine, best, worst = sign * one.figures[unit], max(values), min(values)
    if method == RANGE:
        return Fraction(1) if best == worst else Fraction(mine - worst) / (best - worst)
    if method == PLACES:
        return Fraction(sum(value <= mine for value in values), len(values))
    raise ValueError(f"赛马计分方式不存在：{method}")
