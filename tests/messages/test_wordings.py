"""Every message that is queued has its sentences, and each of them is checked: by rules that hold for all, and by samples in full.

To read them all: `duixian messages preview`.
"""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from notifications.wording import DEMO, GROUP_FIELDS, LANGUAGES, WORDINGS, Audience, Letter, MessageText, Wording
from notifications.wording.samples import letter, sample
from notifications.wording.wording_parts import fields, merged
from support import tree

GOLDEN = Path(__file__).parent / "golden"
# One of each shape, and those that tell a firm of its money and its rights.
SAMPLES = ("approved", "deadline_escalated", "outbox_late", "paid", "refused", "returned", "to_recover")
SENTENCES = [(kind, name) for kind in sorted(WORDINGS) for name in MessageText.__dataclass_fields__
             if getattr(WORDINGS[kind].zh, name)]  # fmt: skip
READERS = [(kind, audience, language) for kind in sorted(WORDINGS) for audience in WORDINGS[kind].audiences
           for language in LANGUAGES]  # fmt: skip


def kinds_used() -> set[str]:
    """The kind of every message built anywhere below the engine: the constant beside a call that tells somebody."""
    found = set()
    for path in (each_path for folder in ("casework", "notifications") for each_path in Path(folder).rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            position = {"tell_applicant": 0, "applicant": 1, "unit": 2}.get(name)
            given = [] if position is None else call.args[position : position + 1]
            given += [keyword.value for keyword in call.keywords if name == "Tell" and keyword.arg == "kind"]
            found |= {str(argument.value) for argument in given if isinstance(argument, ast.Constant)}
    return found


def golden(kind: str) -> str:
    """What all readers of a kind get, as one readable file."""
    readers = [(audience, language) for audience in WORDINGS[kind].audiences for language in LANGUAGES]
    letters = [(reader, letter(kind, *reader)) for reader in readers]
    parts = [f"== {' '.join(reader)}\n# {composed.subject}\n{composed.text}\n" for reader, composed in letters]
    return "\n".join(parts)


def test_every_kind_that_is_queued_has_its_wording() -> None:
    used = kinds_used()
    assert len(used) > 15
    assert used <= WORDINGS.keys()


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_sample_says_what_its_golden_says(kind: str) -> None:
    path = GOLDEN / f"{kind}.txt"
    if os.environ.get("DUIXIAN_WRITE_GOLDEN"):
        path.write_text(golden(kind), encoding="utf-8")
    assert golden(kind) == path.read_text(encoding="utf-8"), "DUIXIAN_WRITE_GOLDEN=1 writes it: read it then"
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(SAMPLES)


# What a Chinese term of the glossary is called in English, wherever a message says it.
TERMS = {
    "案件": "case", "公示": "notice", "拨付": "pa(y|id)", "审定": "decision|decide|grant|approve|award",
    "追回": "recover", "补正": "correct|missing|lacks", "撤回": "withdr", "草稿": "draft", "巡检": "sweep", "赛马": "ranking",
    "黄灯": "amber", "红灯": "red|escalation", "兑付率": "rate", "国库": "treasury", "自然人": "person", "执行器": "worker",
    "告警": "clear|alarm", "消息": "message", "受理": "accept|taken", "牵头单位": "lead unit", "支付指令": "order",
    "保存期限": "retention", "联系方式": "contact|address",
}  # fmt: skip
LONGEST = {"zh": 100, "en": 200}
LONGEST_TITLE = {"zh": 14, "en": 50}
CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!.()]|[,;:?!()][\u4e00-\u9fff]")


def faults(kind: str, name: str, wording: Wording) -> Iterator[str]:
    """What is wrong with one sentence of a kind, in either language, without knowing what it is about."""
    zh, en = getattr(wording.zh, name), getattr(wording.en, name)
    plain = {"zh": re.sub(r"{\w+}", "", zh), "en": re.sub(r"{\w+(:[^{}]*)?}", "", en)}
    if fields(zh) != {field.removesuffix("_en") for field in fields(en)}:
        yield "the languages fill in different fields"
    if unknown := fields(zh, en) - sample(kind).keys() - {"unit", "duty"}:
        yield f"a field without a sample: {sorted(unknown)}"
    if name in ("title", "group", "officer_do") and not fields(zh, en) <= GROUP_FIELDS:
        yield "a group would read free text"
    for found in (re.findall(r"\d+", plain[language]) for language in LANGUAGES):
        if found != re.findall(r"\d+", plain["zh"]):
            yield "the languages name different numbers"
    if commands(zh) != commands(en) or not commands(zh) <= known_commands():
        yield "the languages name different commands, or one that is none"
    if not CHINESE.search(plain["zh"]) or CHINESE.search(plain["en"]) or HALF_WIDTH.search(plain["zh"]):
        yield "it is not written in its language"
    stops = ("", "") if name == "title" else ("(。|{note})", r"(\.|{note})")
    if not re.search(f"{stops[0]}$", zh) or not re.match("[A-Z“{]", en) or not re.search(f"{stops[1]}$", en):
        yield "it begins or ends as no sentence does"
    if re.search(r"{(count|days)} (?!of )", en):
        yield "a count of one reads wrong: {count:case waits|cases wait}"
    if (name == "title" and (zh + en).endswith((".", "。"))) or re.search(r"\s\s|^\s|\s$|\.\.|。。", f"{zh}|{en}"):
        yield "a stop or a blank too many"
    for language in LANGUAGES:
        if len(plain[language]) > (LONGEST_TITLE if name == "title" else LONGEST)[language]:
            yield "it is too long"


def commands(text: str) -> set[str]:
    """The commands that a sentence names."""
    return set(re.findall(r"duixian [a-z]+", text))


def known_commands() -> set[str]:
    return commands(tree.text(Path("docs/commands.md")))


@pytest.mark.parametrize(("kind", "name"), SENTENCES)
def test_a_sentence_is_sound_in_both_languages(kind: str, name: str) -> None:
    assert list(faults(kind, name, WORDINGS[kind])) == []


def broken(kind: str, name: str) -> Iterator[tuple[str, Wording]]:
    """The kind with one of its sentences spoilt, in each way that a careless change might."""
    wording = WORDINGS[kind]
    zh, en = getattr(wording.zh, name), getattr(wording.en, name)

    def spoilt(new_zh: str, new_en: str) -> Wording:
        return Wording(replace(wording.zh, **{name: new_zh}), replace(wording.en, **{name: new_en}))

    yield "left in the other language", spoilt(zh, zh)
    yield "left untranslated", spoilt(en, en)
    yield "cut short", spoilt(zh, "")
    yield "a number in one language", spoilt(f"7 {zh}", en)
    yield "a field that nobody fills", spoilt(zh + "{nobody}", en + "{nobody}")
    yield "a command that is none", spoilt(f"{zh}duixian nothing。", f"{en} See duixian nothing.")
    yield "too long", spoilt(zh * 30, en)
    if zh.endswith("。"):
        yield "its end is lost", spoilt(zh[:-1] + "，", en)
        yield "its English end is lost", spoilt(zh, en[:-1] + ",")
    if counted := re.search(r"{(count|days):[^{}]*\|([^{}]*)}", en):
        yield "a count without its singular", spoilt(zh, en.replace(counted[0], f"{{{counted[1]}}} {counted[2]}"))
    for field in fields(zh):
        yield f"{field} is lost in one language", spoilt(zh.replace(f"{{{field}}}", ""), en)


@pytest.mark.parametrize(("kind", "name"), SENTENCES)
def test_a_sentence_that_is_spoilt_is_found(kind: str, name: str) -> None:
    assert [how for how, wording in broken(kind, name) if not list(faults(kind, name, wording))] == []


@pytest.mark.parametrize(("kind", "name"), SENTENCES)
def test_a_term_of_the_glossary_has_its_english(kind: str, name: str) -> None:
    zh, en = getattr(WORDINGS[kind].zh, name), getattr(WORDINGS[kind].en, name)
    said = {term for term in TERMS if term in zh}
    assert {term for term in said if not re.search(rf"\b({TERMS[term]})", en, re.IGNORECASE)} == set()


def test_each_of_these_terms_is_one_of_the_glossary_and_of_some_message() -> None:
    glossary, said = (
        tree.text(Path("docs/glossary.md")),
        "".join(text for w in WORDINGS.values() for text in w.zh.every()),
    )
    assert {term for term in TERMS if term not in glossary or term not in said} == set()


@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_a_kind_is_meant_for_somebody(kind: str) -> None:
    assert WORDINGS[kind].audiences


@pytest.mark.parametrize(("kind", "audience", "language"), READERS)
def test_a_message_is_filled_and_names_its_case(kind: str, audience: Audience, language: str) -> None:
    composed = letter(kind, audience, language, demo=True)
    for said in (composed.subject, composed.text, composed.html):
        assert "{" not in said and "—" not in said and DEMO in said
        if "case" in WORDINGS[kind].fields:
            assert "XZ2023-M04-000001" in said


@pytest.mark.parametrize("kind", sorted(WORDINGS))
def test_both_languages_of_a_kind_say_the_same_things_to_the_same_readers(kind: str) -> None:
    zh, en = WORDINGS[kind].zh, WORDINGS[kind].en
    for name in MessageText.__dataclass_fields__:
        ours, theirs = getattr(zh, name), getattr(en, name)
        assert bool(ours) == bool(theirs), f"{kind}.{name}"


def test_a_kind_that_two_themes_word_is_refused() -> None:
    text = MessageText(title="算例")
    with pytest.raises(ValueError, match="another theme"):
        merged([("one", {"paid": Wording(text, text)}), ("two", {"paid": Wording(text, text)})])


def test_a_refusal_tells_of_review_and_court() -> None:
    said = refused().text
    assert "60 日" in said and "6 个月" in said and "与申报产品不符" in said


def refused() -> Letter:
    """The refusal as an applicant gets it."""
    return letter("refused", Audience.APPLICANT, "zh")
