"""Every name that people meet has one entry in docs/glossary.md, with its Chinese term."""

import importlib
import inspect
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from casework.terms import FAMILIES
from casework.words import STATES
from models import MessageStatus, PartyKind
from models.contacts import ContactStatus
from models.messages import DispatchState, SendOutcome
from models.payments import OrderState
from models.people import Duty
from models.retention import Erasure
from support import tree

GLOSSARY = Path("docs/glossary.md")
CHINESE = re.compile(r"[\u4e00-\u9fff]")

# The words that design, commands and documents are written in.
NAMES = """
submit Application Case accept return_for_correction screen certify joint_review compute Award decide announce Notice
Objection allocate pay disburse fulfil payout_rate stacking highest_only WITHOUT_APPLICATION ON_APPLICATION
WITHIN_TIME_LIMIT lead_unit joint_units Fund scoreboard ranking town_specialty flagship ceiling rate clawback
delegation quota
""".split()


def entries() -> dict[str, str]:
    """Each name of the glossary with the Chinese beside it."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]*) \|", tree.text(GLOSSARY), flags=re.MULTILINE)
    return {name: chinese.strip() for name, chinese in rows}


def enumerations() -> Iterator[type[StrEnum]]:
    """Every public StrEnum that the records and the cases define."""
    for path in tree.sources("models", "casework"):
        if "migrations" in path.parts or "StrEnum" not in tree.text(path):
            continue
        module = importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
        for name, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, StrEnum) and found.__module__ == module.__name__ and not name.startswith("_"):
                yield found


def test_every_value_of_every_public_enumeration_has_an_entry() -> None:
    known = entries()
    missing = [f"{found.__name__}.{value.name} = {value.value}" for found in enumerations() for value in found]
    missing = [
        line
        for line in missing
        if (word := line.split(" = ")[1]) not in known and not CHINESE.search(word) and "/" not in word
    ]
    # A value with a slash is a media type: a standard's word, not ours.
    assert not missing, f"add to {GLOSSARY}: {missing}"


def test_every_word_of_the_house_has_an_entry() -> None:
    assert not [name for name in NAMES if name not in entries()]


def test_every_entry_has_a_chinese_term() -> None:
    assert not [name for name, chinese in entries().items() if not CHINESE.search(chinese)]


def test_no_name_is_explained_twice() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", tree.text(GLOSSARY), flags=re.MULTILINE)
    assert sorted(set(rows)) == sorted(rows)


def test_the_walk_finds_the_states_of_a_case() -> None:
    assert "State" in {found.__name__ for found in enumerations()}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_program_says_what_the_glossary_says_term_by_term(family: str) -> None:
    known = entries()
    other = {
        value: (zh, known.get(value))
        for value, (zh, _) in FAMILIES[family].items()
        if zh not in known.get(value, "").split(" / ")
    }
    assert not other, f"value: (the program's word, the glossary's): {other}"


def test_what_an_applicant_sees_of_a_state_is_what_the_glossary_says() -> None:
    page = tree.text(GLOSSARY).partition("## States of a case")[2].partition("\n## ")[0]
    seen = dict(re.findall(r"^\| `([^`]+)` \| [^|]* \| ([^|]*) \|", page, flags=re.MULTILINE))
    assert {str(state): words[1] for state, words in STATES.items()}.items() <= seen.items()


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("duty", Duty), ("order", OrderState), ("message", MessageStatus), ("dispatch", DispatchState),
        ("attempt", SendOutcome), ("contact", ContactStatus), ("party", PartyKind), ("erasure", Erasure),
    ],
)  # fmt: skip
def test_every_value_that_is_shown_has_its_words(family: str, values: type[StrEnum]) -> None:
    assert {str(value) for value in values} == set(FAMILIES[family])
