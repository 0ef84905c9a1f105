"""Every message that is queued has its sentences: in two languages, for each reader, filled without a gap, as in its golden."""

import ast
import os
from pathlib import Path

import pytest

from notifications.wording import DEMO, GROUP_FIELDS, LANGUAGES, WORDINGS, Audience, Letter, Text, Wording
from notifications.wording.kit import fields, merged
from notifications.wording.samples import letter, sample

GOLDEN = Path(__file__).parent / "golden"
READERS = [(kind, audience, language) for kind in sorted(WORDINGS) for audience in WORDINGS[kind].audiences
           for language in LANGUAGES]  # fmt: skip


def kinds_used() -> set[str]:
    """The kind of every message built anywhere below the engine: the constant beside a call that tells somebody."""
    found = set()
    for path in (one for folder in ("casework", "notifications") for one in Path(folder).rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            position = {"tell_applicant": 0, "applicant": 1, "unit": 2}.get(name)
            given = [] if position is None else call.args[position : position + 1]
            given += [one.value for one in call.keywords if name == "Tell" and one.arg == "kind"]
            found |= {str(one.value) for one in given if isinstance(one, ast.Constant)}
    return found


def golden(kind: str) -> str:
    """What all readers of a kind get, as one readable file."""
    readers = [(audience, language) for audience in WORDINGS[kind].audiences for language in LANGUAGES]
    letters = [(reader, letter(kind, *reader)) for reader in readers]
    parts = [f"== {' '.join(reader)}\n# {one.subject}\n{one.text}\n" for reader, one in letters]
    return "\n".join(parts)


def test_every_kind_that_is_queued_has_its_wording() -> None:
    used = kinds_used()
    assert len(used) > 15
    assert used <= WORDINGS.keys()


@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_a_message_says_what_its_golden_says(kind: str) -> None:
    path = GOLDEN / f"{kind}.txt"
    if os.environ.get("DUIXIAN_WRITE_GOLDEN"):
        path.write_text(golden(kind), encoding="utf-8")
    assert path.exists(), f"no golden for “{kind}”: run with DUIXIAN_WRITE_GOLDEN=1, then read {path.name}"
    assert golden(kind) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_a_kind_is_meant_for_somebody(kind: str) -> None:
    assert WORDINGS[kind].audiences


def test_no_golden_is_left_of_a_kind_that_is_gone() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == WORDINGS.keys()


@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_a_kind_has_a_sample_for_every_field(kind: str) -> None:
    given_by_the_reader = {"unit", "duty"}
    missing = WORDINGS[kind].fields - sample(kind).keys() - given_by_the_reader
    assert not missing, f"add to SAMPLES in the theme of “{kind}”: {sorted(missing)}"


@pytest.mark.parametrize(("kind", "audience", "language"), READERS)
def test_a_message_is_filled_and_names_its_case(kind: str, audience: Audience, language: str) -> None:
    one = letter(kind, audience, language, demo=True)
    for said in (one.subject, one.text, one.html):
        assert "{" not in said and "—" not in said and DEMO in said
        if "case" in WORDINGS[kind].fields:
            assert "XZ2023-M04-000001" in said


@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_both_languages_of_a_kind_say_the_same_things_to_the_same_readers(kind: str) -> None:
    zh, en = WORDINGS[kind].zh, WORDINGS[kind].en
    for name in Text.__dataclass_fields__:
        ours, theirs = getattr(zh, name), getattr(en, name)
        assert bool(ours) == bool(theirs), f"{kind}.{name}"
    assert fields(*zh.every()) == {name.removesuffix("_en") for name in fields(*en.every())}


@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_what_a_group_reads_holds_no_free_text(kind: str) -> None:
    for text in (WORDINGS[kind].zh, WORDINGS[kind].en):
        assert fields(text.title, text.group, text.officer_do) <= GROUP_FIELDS


def test_a_kind_that_two_themes_word_is_refused() -> None:
    text = Text(title="算例")
    with pytest.raises(ValueError, match="another theme"):
        merged([("one", {"paid": Wording(text, text)}), ("two", {"paid": Wording(text, text)})])


def test_a_refusal_tells_of_review_and_court() -> None:
    said = refused().text
    assert "60 日" in said and "6 个月" in said and "与申报产品不符" in said


def refused() -> Letter:
    """The refusal as an applicant gets it."""
    return letter("refused", Audience.APPLICANT, "zh")
