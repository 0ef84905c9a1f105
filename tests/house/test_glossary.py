"""Every name that people meet has one entry in docs/glossary.md, with its Chinese term."""

import importlib
import inspect
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

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
