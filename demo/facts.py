"""What fictional applicants state and officers certify: the item's own worked example with other names, days and sums."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from casework.forms import typed_forms
from demo.staff import POLICY
from policies.measures import Chain, Item
from policies.money import Money

Form = dict[str, Any]
CUT = "合同外支出，不予认定"


@dataclass(frozen=True, kw_only=True)
class Seed:
    """What a case is made from: its running number, the firm's short name, the day of the event, and chance."""

    number: int
    firm: str
    day: date
    rng: Random

    def invoice(self, line: int = 1) -> str:
        """A document number of its own."""
        return f"演示发票 3304{self.number:04d}{line:02d}"

    def costs(self, low: int, high: int, *, lines: int = 2) -> list[Form]:
        """Cost lines of `low` to `high` ten thousand yuan each; now and then one is cut with its reason."""
        made = []
        for line in range(1, lines + 1):
            fen = self.rng.randrange(low, high) * 1_000_000 + self.rng.randrange(1_000_000)
            kept = fen * 9 // 10 if self.rng.random() < 0.25 else fen
            made.append(
                {
                    "document": self.invoice(line),
                    "description": f"演示费用第 {line} 笔",
                    "claimed": Money(fen).yuan_text,
                    "recognised": Money(kept).yuan_text,
                    "reason": CUT if kept < fen else "",
                }
            )
        return made


def certified(item: str, seed: Seed, changes: Mapping[str, Any]) -> Form:
    """The facts of a case; `changes` are what its script wants otherwise."""
    example = typed_forms.content(POLICY.item(item).examples[0].facts)
    made: Form = {**example, **_FACTS.get(item, _plan)(seed), **changes}
    if "name" in made and POLICY.item(item).chain is Chain.PROGRAMME:
        made["name"] = f"{seed.firm}演示计划·{POLICY.item(item).title.zh[:8]}{seed.number % 10}"
    return made


def claimed(item: str, facts: Mapping[str, Any], seed: Seed) -> Form:
    """What the applicant states of the same: all of it before any cut, and what only a claim has."""
    wanted = typed_forms.names(POLICY.item(item).claim)
    plan = {
        "starts": POLICY.opens.isoformat(),
        "ends": POLICY.closes.isoformat(),
        "summary": "演示内容：按季度推进，责任到人，年末总结。",
    }
    stated = {**plan, **facts, **_CLAIMS.get(item, {})}
    if "host" in wanted:
        stated["host"] = "演示邀请单位"
    if "cost_lines" in wanted:
        stated["cost_lines"] = [
            {name: line[name] for name in ("document", "description", "claimed")} for line in facts["cost_lines"]
        ]
    return {name: stated[name] for name in wanted if stated.get(name) not in (None, "")}


def _plan(seed: Seed) -> Form:
    return {}


def _m1(seed: Seed) -> Form:
    country, city = seed.rng.choice((("意大利", "米兰"), ("法国", "巴黎"), ("日本", "东京"), ("德国", "科隆")))
    entity = f"演示{seed.firm}{city}设计中心"
    where = {"country": country, "city": city, "entity": entity, "opened_on": seed.day.isoformat()}
    return {**where, "staff": 5 + seed.number % 9, "area_m2": 120 + seed.number, "cost_lines": seed.costs(12, 70)}


def _m2a(seed: Seed) -> Form:
    return {"candidate": f"演示设计师{seed.number}", "employer": f"演示{seed.firm}"}


def _m2b(seed: Seed) -> Form:
    nights = 1 + seed.number % 4
    line = {"document": seed.invoice(), "description": "演示车票住宿", "claimed": "860.00", "recognised": "860.00"}
    return {
        "graduate": f"演示·{seed.firm}", "arrived_on": seed.day.isoformat(), "nights": nights,
        "distance_km": 300 + 40 * (seed.number % 20), "cost_lines": [{**line, "reason": ""}],
    }  # fmt: skip


def _m4a(seed: Seed) -> Form:
    level = ("provincial", "municipal", "national", "provincial", "municipal", "international")[seed.number % 6]
    return {
        "level": level, "product": f"演示{seed.firm}智能装备", "model": f"DEMO-{seed.number}",
        "certificate_no": f"演示认定 {seed.number} 号", "issuer": "演示认定单位", "certified_on": seed.day.isoformat(),
    }  # fmt: skip


def _m4b(seed: Seed) -> Form:
    award = ("if_gold", "red_dot_luminary", "red_dot_best_of_the_best")[seed.number % 3]
    made = {
        "award": award,
        "product": f"演示{seed.firm}座椅",
        "year": seed.day.year,
        "awarded_on": seed.day.isoformat(),
    }
    return {**made, "cost_lines": seed.costs(9, 32)}


def _m5c(seed: Seed) -> Form:
    event = ("paris", "milan", "china_fashion_week", "shanghai_fashion_week", "tokyo")[seed.number % 5]
    season = "2024 春夏" if seed.day.year == POLICY.opens.year else "2024 秋冬"
    return {
        "event": event, "season": season, "brand": f"演示{seed.firm}牌", "held_on": seed.day.isoformat(),
        "cost_lines": seed.costs(35, 110),
    }  # fmt: skip


def _m7(seed: Seed) -> Form:
    level = ("national", "industry", "zhejiang_made", "local", "international")[seed.number % 5]
    number, name = f"演示 {seed.number:04d}-{seed.day.year}", f"演示{seed.firm}产品通用要求"
    return {"level": level, "number": number, "name": name, "completed_on": seed.day.isoformat()}


def _m9(seed: Seed) -> Form:
    return {
        "project": f"演示{seed.firm}柔性生产线", "mode": ("customised", "flexible", "both")[seed.number % 3],
        "entry_no": f"演示库-{seed.number:03d}", "entered_on": seed.day.isoformat(),
        "review_on": (seed.day + timedelta(days=365)).isoformat(),
    }  # fmt: skip


def _m11(seed: Seed) -> Form:
    return {
        "project": f"演示{seed.firm}绿色化改造", "trade": ("dyeing", "plating", "casting")[seed.number % 3],
        "factor": ("energy", "land")[seed.number % 2], "quantity": f"{120 + seed.number}.5",
        "valid_from": seed.day.isoformat(), "valid_to": (seed.day + timedelta(days=365)).isoformat(),
    }  # fmt: skip


def _m14a(seed: Seed) -> Form:
    opens = (seed.day + timedelta(days=40)).isoformat()
    return {"fair_name": f"演示面料家居展·第{seed.number}届", "city": "演示市", "opened_on": opens}


def _m14b(seed: Seed) -> Form:
    fair = ("imm_cologne", "canton_fair", "east_china_fair", "aff_osaka", "las_vegas")[seed.number % 5]
    members = [f"演示{seed.firm}会员{which}" for which in "甲乙丙丁"]
    made = {"fair": fair, "opened_on": seed.day.isoformat(), "exhibitors": len(members), "members": members}
    return {**made, "cost_lines": seed.costs(14, 42)}


def _m15a(seed: Seed) -> Form:
    made = {"name": f"演示{seed.firm}区域总部", "region": "演示区域", "landed_on": seed.day.isoformat()}
    return {**made, "cost_lines": seed.costs(90, 420)}


def _m15b(seed: Seed) -> Form:
    value = Money(seed.rng.randrange(80, 2600) * 10_000_00).yuan_text
    last = seed.day + timedelta(days=14)
    mode = ("9710", "9810", "9610")[seed.number % 3]
    period = {"period_from": seed.day.isoformat(), "period_to": last.isoformat()}
    return {"supervision_mode": mode, "declared_value": value, **period, "cost_lines": []}


def _m16(seed: Seed) -> Form:
    venue = ("mall", "airport", "station")[seed.number % 3]
    where = f"演示{ {'mall': '商场', 'airport': '机场', 'station': '车站'}[venue] }{seed.number}号"
    made = {"brand": f"演示{seed.firm}牌", "venue": venue, "venue_name": where, "opened_on": seed.day.isoformat()}
    return {**made, "months_open": 6, "cost_lines": seed.costs(22, 75)}


def _m22(seed: Seed) -> Form:
    assessed = Money(seed.rng.randrange(520, 680) * 100).yuan_text
    return {
        "parcel": f"演示地块 {seed.number}", "project": f"演示{seed.firm}工业上楼项目",
        "announced_on": seed.day.isoformat(), "floor_area_ratio": "3.5", "land_grade": "演示一等",
        "coefficient_class": "演示甲类", "assessed": assessed,
    }  # fmt: skip


_FACTS: Mapping[str, Callable[[Seed], Form]] = {
    "M1": _m1, "M2a": _m2a, "M2b": _m2b, "M4a": _m4a, "M4b": _m4b, "M5c": _m5c, "M7": _m7, "M9": _m9, "M11": _m11,
    "M14a": _m14a, "M14b": _m14b, "M15a": _m15a, "M15b": _m15b, "M16": _m16, "M22": _m22,
}  # fmt: skip
_CLAIMS: Mapping[str, Form] = {
    "M3": {"firms": 120, "briefings": 6},
    "M5a": {"firms": ["演示龙头甲", "演示龙头乙"]},
    "M5b": {"institutions": ["演示银行", "演示担保"]},
    "M6": {"brand": "演示区域品牌", "industry": "textiles", "firms": 30},
    "M8": {"channels": ["演示日报", "演示视频号"], "launches": 2},
    "M9": {"description": "演示：数控改造和柔性排产"},
    "M10": {"trade": "演示毛衫", "candidates": ["演示毛衫一厂", "演示毛衫二厂", "演示毛衫三厂"]},
    "M13": {"site": "演示商圈", "operator": "演示运营公司", "refund_shops": 2},
    "M18": {"projects": [{"title": "演示重点项目", "level": "district", "firms": ["演示家居甲", "演示面料乙"]}]},
    "M19": {
        "items": [
            {"title": "演示免申事项", "access": "without_application"},
            {"title": "演示限时事项", "access": "within_time_limit", "promised_days": 30},
        ]
    },
    "M21": {"block": "演示区块", "participants": ["演示售电公司", "演示用户甲"]},
    "S1": {"evaluated": ["演示东镇", "演示西镇"]},
    "S3": {"nominees": [{"firm": "演示龙头甲", "technology": 90, "growth": 80, "reputation": 85}]},
}


def kinds(item: Item) -> frozenset[str]:
    """Who may apply for it."""
    return frozenset(kind.value for kind in item.applicants)
