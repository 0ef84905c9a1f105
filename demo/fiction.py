"""Plainly fictional firms, associations, institutions and people: names that nobody bears, codes whose check digits are right."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from stdnum.cn import ric, uscc

from models import PartyKind

STEMS = "甲乙丙丁戊己庚辛壬癸"
TRADES = ("纺织", "服装", "毛衫", "家居", "面料", "印染", "装备", "新材料", "电商", "品牌")
TOWNS = ("演示东镇", "演示西镇", "演示南镇", "演示北街道", "演示中街道")
FIRMS_PER_TRADE = 5
_ASSOCIATIONS = ("毛衫", "家居", "面料", "服装", "印染")
_INSTITUTIONS = ("纺织研究院", "家居检测所", "装备设计院", "标准化中心")
_GRADUATES = 14
LISTED = "失信甲"  # the key of the firm that gets onto the exclusion list
_BANKS = ("演示银行东支行", "演示银行西支行", "演示农商行", "演示建设分行")
_CLEARING = ("102335000001", "103335000002", "402335000003", "105335000004")


@dataclass(frozen=True, kw_only=True)
class Firm:
    """Somebody who applies: `key` is how the script calls them (毛衫甲), `holder` a differing name on the account."""

    key: str
    kind: PartyKind
    name: str
    code: str
    town: str = ""
    sector: str = ""
    registered_on: str = ""
    account: str = ""
    bank: str = ""
    clearing_code: str = ""
    holder: str = ""

    def row(self) -> dict[str, str]:
        """The row of enterprises.xlsx."""
        names = ("name", "code", "town", "sector", "registered_on", "account", "bank", "clearing_code", "holder")
        proof = {"proof": "演示代收证明"} if self.holder else {}
        return {"kind": self.kind.value, **{name: getattr(self, name) for name in names}, **proof}


def credit_code(number: int) -> str:
    """A credit code of nobody: its body says DEM, its check digit is right."""
    body = f"91330411DEM{number:06d}"
    return body + str(uscc.calc_check_digit(body))


def identity_number(number: int) -> str:
    """An identity number of nobody: born on the first day of 1990, with a right check digit."""
    body = f"33041119900101{number:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


def applicants(units: tuple[str, ...] = ()) -> list[Firm]:
    """Everybody who applies in the season, bureaus and towns with programmes of their own included."""
    numbers = count(1)
    ordinary = [*_firms(numbers), *_bodies(numbers), *_graduates(numbers)]
    return [*ordinary, *_listed(numbers), *(_unit(name) for name in units)]


def _listed(numbers: Iterator[int]) -> Iterator[Firm]:
    """The firm that gets onto the exclusion list during the season."""
    number, town = next(numbers), TOWNS[0]
    name, code = "演示失信有限公司", credit_code(number)
    kind, sector = PartyKind.ENTERPRISE, TRADES[0]
    yield Firm(key=LISTED, kind=kind, name=name, code=code, town=town, sector=sector, **_account(number))


def _account(number: int) -> dict[str, str]:
    which = number % len(_BANKS)
    return {"account": f"6200{number:015d}", "bank": _BANKS[which], "clearing_code": _CLEARING[which]}


def _firms(numbers: Iterator[int]) -> Iterator[Firm]:
    for trade in TRADES:
        for stem, number in zip(STEMS[:FIRMS_PER_TRADE], numbers, strict=False):
            key = f"{trade}{stem}"
            holder = {"holder": f"演示{trade}集团结算中心·{stem}"} if key == "家居戊" else {}
            yield Firm(
                key=key,
                kind=PartyKind.ENTERPRISE,
                name=f"演示{trade}有限公司·{stem}",
                code=credit_code(number),
                town=TOWNS[number % len(TOWNS)],
                sector=trade,
                registered_on=f"20{10 + number % 12:02d}-0{1 + number % 9}-1{number % 9}",
                **_account(number),
                **holder,
            )


def _bodies(numbers: Iterator[int]) -> Iterator[Firm]:
    kinds = [(PartyKind.ASSOCIATION, f"{name}协会", f"演示{name}行业协会") for name in _ASSOCIATIONS]
    kinds += [(PartyKind.INSTITUTION, name, f"演示{name}") for name in _INSTITUTIONS]
    for (kind, key, name), number in zip(kinds, numbers, strict=False):
        town = TOWNS[number % len(TOWNS)]
        yield Firm(key=key, kind=kind, name=name, code=credit_code(number), town=town, **_account(number))


def _graduates(numbers: Iterator[int]) -> Iterator[Firm]:
    for which, number in zip(range(1, _GRADUATES + 1), numbers, strict=False):
        yield Firm(
            key=f"毕业生{which:02d}",
            kind=PartyKind.PERSON,
            name=f"演示·毕业生{which:02d}",
            code=identity_number(number),
            **_account(number),
        )


def _unit(name: str) -> Firm:
    return Firm(key=name, kind=PartyKind.UNIT, name=name, code=name)
