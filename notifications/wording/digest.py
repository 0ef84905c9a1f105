"""Several messages to one reader as one: what is said twice stands once, what is said of many cases is said of them together."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from notifications.wording.frame import FRAME
from notifications.wording.letter import Letter, LetterLine

_MANY = 3


def bundle(letters: Sequence[Letter], *, today: date) -> Letter:
    """A digest of all; a single message stays as it is."""
    first, count = letters[0], len(letters)
    if count == 1:
        return first
    words = FRAME[first.language]
    return Letter(
        kind="digest",
        version="+".join(dict.fromkeys(letter.version for letter in letters)),
        language=first.language,
        heading=words["digest"].format(n=count, day=today),
        happened=words["digest_body"].format(n=count),
        foot=first.foot,
        demo=first.demo,
        parts=tuple(_together(_distinct(letters))),
    )


def _distinct(letters: Sequence[Letter]) -> Iterable[Letter]:
    """What is said twice once, with the newest link; where a group is told of cases by their count, they are added up."""
    same: dict[Letter, list[Letter]] = {}
    for letter in letters:
        same.setdefault(replace(letter, link=""), []).append(letter)
    for found in same.values():
        yield replace(found[-1], cases=sum(letter.cases for letter in found))


def _together(letters: Iterable[Letter]) -> Iterable[Letter]:
    """The messages in their order; those that differ in the case only become one, where the first of them stood."""
    alike: dict[tuple[object, ...], list[Letter]] = {}
    for letter in letters:
        alike.setdefault(_sense(letter), []).append(letter)
    for some in alike.values():
        if len(some) < _MANY or not some[0].number:
            yield from some
        else:
            yield _one_of(some)


def _sense(letter: Letter) -> tuple[object, ...]:
    """What a message says, whichever case it is about."""
    return (
        letter.heading,
        letter.happened.replace(letter.number, "") if letter.number else letter.happened,
        letter.line("do"),
    )


def _one_of(some: Sequence[Letter]) -> Letter:
    """One message about several cases: each with its deadline, and what to do once."""
    first, words = some[0], FRAME[some[0].language]
    these = words["these"].format(n=len(some))
    happened = first.happened.replace(f" {first.number} ", these).replace(first.number, these.strip())
    cases = [
        LetterLine(name="case", label=letter.number, words=letter.line("by") or letter.line("look"), link=letter.link)
        for letter in some
    ]
    to_do = [line for line in first.lines if line.name == "do"]
    return replace(
        first,
        heading=words["many"].format(heading=first.heading, n=len(some)),
        number="",
        happened=happened,
        lines=(*to_do, *cases),
        link="",
    )
