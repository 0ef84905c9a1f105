"""The filter of the list of cases as it stands in an address, so that it can be kept, sent on and gone back to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from casework.views.case_conditions import CaseConditions

INBOX = "inbox"
FURTHER = tuple(part.name for part in fields(CaseConditions))


@dataclass(frozen=True, kw_only=True)
class CaseFilter:
    """What is looked for; "" is anything. `item`: with its policy before it, `XZ2023:M4a`, as policies share ids."""

    state: str = ""
    unit: str = ""
    item: str = ""
    applicant: str = ""
    overdue: str = ""
    held: str = ""
    problem: str = ""
    policy: str = ""
    # What the board's figures lead to; the page shows these as words that can be taken off.
    lead: str = ""
    town: str = ""
    stage: str = ""
    money: str = ""
    fund: str = ""
    payer: str = ""
    passed: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """From an address's query; other names are left out, and so is a NUL, which a query within a query can carry."""
        known = {
            name: given[name].replace("\x00", "").strip()[:100] for name in cls.__dataclass_fields__ if name in given
        }
        flags = {name: "1" if known.get(name) else "" for name in ("overdue", "held", "problem")}
        return cls(**{**known, **flags})

    @classmethod
    def of_list(cls, text: str) -> Self:
        """From the value of `list` that a case's page carries."""
        return cls.of(dict(parse_qsl(text[:500])))

    @property
    def query(self) -> str:
        """As a query; "" where nothing is looked for."""
        return urlencode({name: value for name, value in asdict(self).items() if value})

    @property
    def asked(self) -> dict[str, Any]:
        """As `views.cases` takes it."""
        plain = {name: getattr(self, name) or None for name in ("state", "unit")}
        policy, _, item = self.item.rpartition(":")
        item = item[:1].upper() + item[1:]
        flags = {"overdue": bool(self.overdue), "problem": bool(self.problem), "held": True if self.held else None}
        return {
            **plain,
            "find": self.applicant or None,  # a name, a code, or a case's number
            "policy": policy or self.policy or None,
            "item": item or None,
            "further": CaseConditions(**self.further) if self.further else None,
            **flags,
        }

    @property
    def further(self) -> dict[str, str]:
        """What is asked of `CaseConditions`."""
        return {name: value for name in FURTHER if (value := getattr(self, name))}

    def without(self, name: str) -> str:
        """The list's address with one condition taken off."""
        query = replace(self, **{name: ""}).query
        return f"/desk/cases{'?' + query if query else ''}"


def back_to(listed: str) -> str:
    """The list from which a case was opened."""
    if listed == INBOX or not listed:
        return "/desk"
    query = CaseFilter.of_list(listed).query
    return f"/desk/cases{'?' + query if query else ''}"


def kept(listed: str) -> str:
    """What a case's links carry so that the list is not lost: `?list=…`."""
    value = INBOX if listed == INBOX or not listed else CaseFilter.of_list(listed).query or "all=1"
    return urlencode({"list": value})
