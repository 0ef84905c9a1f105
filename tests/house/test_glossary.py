"""Every name that people meet has one entry in docs/glossary.md, with its Chinese term."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path

import pytest

from casework.calendar_jobs.job_registry import JOBS, MOMENTS
from casework.lifecycle.wordings import STATES
from casework.payments.bank_status import CATEGORIES
from casework.views.comparison_list import LIKENESS, VERDICTS
from casework.views.value_wordings import FAMILIES
from cli.message_words import ANSWERS
from cli.rates import STANDING
from cli.terms import sign
from flows.schedule import schedules
from models import MessageStatus, PartyKind
from models.anonymisations import Erasure
from models.contacts import ContactStatus
from models.messages import DispatchState, SendOutcome
from models.payments import OrderState
from models.people import Duty
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

# Terms of code and documents that no screen, message or file says.
UNSAID = """
joint_units whole shortfall planned_by kept_elsewhere attempt adopted Shape acknowledge act claim spell heartbeat guard
race parcel verdict sandbox rehearsal letter Sheet
""".split()

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

# One Chinese term a thing: the word that was given up, and the glossary's.
GIVEN_UP = {
    "清扫": "sweep", "报警": "alarm", "申报件": "Case", "拨付单": "PaymentOrder", "牵头责任单位": "lead_unit",
    "计算过程": "trace", "大写金额": "capitals", "官方兑付率": "official rate",
}  # fmt: skip
LONGER = ("拨付单位",)  # where a word that was given up is the beginning of another

# Words that stand beside those of FAMILIES: value -> (Chinese, English).
TABLES: dict[str, Mapping[str, tuple[str, str]]] = {
    "what a channel answered": ANSWERS,
    "why a payment came to nothing": {str(kind): words for kind, words in CATEGORIES.items()},
    "how alike two benefits are": LIKENESS,
    "what was found of two benefits": VERDICTS,
    "how a unit stands to its target": STANDING,
}
SIGNS = {
    "sweep": "sweep", "outbox": "outbox", "dispatch": "dispatch", "workers": "worker", "deployments": "deployment",
    "alarms": "alarm", "channels": "channel", "verify": "verify",
}  # fmt: skip


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


@pytest.mark.parametrize("table", TABLES)
def test_words_beside_the_families_are_the_glossarys_too(table: str) -> None:
    known = entries()
    other = {value: zh for value, (zh, _) in TABLES[table].items() if zh not in known.get(value, "").split(" / ")}
    assert not other, f"value: the program's word: {other}"


def test_a_check_of_the_installation_is_called_like_the_thing_that_it_looks_at() -> None:
    known = entries()
    assert {name: sign(name) for name in SIGNS} == {name: known[of] for name, of in SIGNS.items()}


def test_a_flow_of_the_calendar_begins_with_the_name_of_its_job() -> None:
    jobs = {job.kind: job.zh for job in (*JOBS, *MOMENTS)}
    titles = {row.kind: row.title for row in schedules() if row.kind}
    assert titles.keys() == jobs.keys()
    assert {kind: title for kind, title in titles.items() if jobs[kind] not in title} == {}


@cache
def strings() -> str:
    """All that the program may say: its string constants but for docstrings, and its templates."""
    said = [tree.text(path) for path in tree.files() if path.suffix == ".html" and path.parts[0] in tree.PACKAGES]
    for path in tree.sources(*tree.PACKAGES):
        if "migrations" not in path.parts:
            bare = (
                ast.get_docstring(node, clean=False)
                for node in ast.walk(tree.tree(path))
                if isinstance(node, DOCUMENTED)
            )
            silent = {text for text in bare if text}
            said += [
                node.value
                for node in ast.walk(tree.tree(path))
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in silent
            ]
    return "\n".join(said)


def test_every_term_is_one_that_the_program_says() -> None:
    said = strings()
    unsaid = {
        name
        for name, chinese in entries().items()
        for word in chinese.split(" / ")
        if re.sub("（.*）", "", word) not in said
    }
    assert unsaid == set(UNSAID), "the glossary's word, or the program's, is to be changed"


@pytest.mark.parametrize("word", GIVEN_UP)
def test_a_word_that_was_given_up_is_said_nowhere(word: str) -> None:
    pages = [tree.text(path) for path in tree.files() if path.suffix == ".md" and path.parts[0] != "policies"]
    said = strings() + "\n".join(pages)
    for longer in LONGER:
        said = said.replace(longer, "")
    assert said.count(word) == 0, f"the glossary says {entries()[GIVEN_UP[word]]}"
