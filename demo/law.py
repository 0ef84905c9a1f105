"""What the text leaves open, filled in for the demo: values of ours, on the days on which two fictional officers set them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from demo.staff import LEADS, TREASURY

CITATION = "演示文号（虚构参数，不代表任何实际政策）"


@dataclass(frozen=True, kw_only=True)
class DemoValue:
    """A value as proposed on a day."""

    day: date
    name: str
    value: Any


_PAYER = {
    "name": f"演示·{TREASURY}",
    "bank": "演示银行国库支行",
    "account": "330400009999",
    "clearing_code": "102335000009",
}
_BY_DAY: dict[str, dict[str, Any]] = {
    "2023-07-03": {"P-lead": LEADS, "P-payer": _PAYER, "P-release-threshold": "800000"},
    "2023-07-20": {"P1-shape": "assessed"},
    "2023-08-30": {"P14-shape": {"shape": "ratio", "rate": "0.5"}, "P1-scope": "subject"},
    "2023-09-05": {
        "P5c-shape": {"shape": "ratio", "rate": "0.5"},
        "P22-coefficients": {"演示甲类": "0.9"},
        "P22-benchmarks": {"演示一等": "520"},
        "P2b-shape": {"shape": "per_unit", "unit": "night", "amount": "200", "at_most_units": 3},
    },
    "2023-10-20": {
        "P7-shape": {
            "shape": "by_level",
            "levels": {
                "international": "1000000", "national": "500000", "industry": "300000", "local": "100000",
                "zhejiang_made": "200000", "other": "80000",
            },
        },
        "P4b-shape": {"shape": "assessed"},
        "P4a-upgrade": "difference",
    },
    "2023-11-15": {
        "P15a-rate": "0.3",
        "P15b-shape": {
            "shape": "tiers",
            "tiers": [
                {"from": "5000000", "amount": "60000"}, {"from": "10000000", "amount": "150000"},
                {"from": "20000000", "amount": "400000"},
            ],
        },
    },
    "2023-12-20": {"P16-rate": "30%", "P16-scope": "subject", "P4b-joint": "equal"},
    "2024-01-16": {
        "P7-levels": ["演示团体标准"], "P5c-scope": "season", "P14-scope": "subject", "P7-scope": "subject",
        "P15a-scope": "subject", "P15b-scope": "subject", "P2b-times": 2,
    },
}  # fmt: skip


def values(day: date) -> Iterator[DemoValue]:
    """The values that are set on a day."""
    for name, value in _BY_DAY.get(day.isoformat(), {}).items():
        yield DemoValue(day=day, name=name, value=value)


def days() -> tuple[date, ...]:
    """The days on which values are set."""
    return tuple(map(date.fromisoformat, _BY_DAY))
