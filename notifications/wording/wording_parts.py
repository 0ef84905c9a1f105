"""What a wording is made of: for each language a title, and for each audience what happened and what to do."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from string import Formatter

GROUP_FIELDS = frozenset(
    "case unit duty measure day days due count hours minutes kind job rate notice closes_on".split()
)
"""What a group chat may be told: numbers, dates, units and duties. Never a reason, a document or a name: they hold people."""


class Said(str):
    """A value in words. In English a count says its noun in the right number: `{count:case waits|cases wait}`."""

    __slots__ = ()

    def __format__(self, forms: str) -> str:
        """The words alone, or followed by the first form where they are "1" and by the second where they are not."""
        if not forms:
            return str(self)
        singular, plural = forms.split("|")
        return f"{self} {singular if self == '1' else plural}"


class Audience(StrEnum):
    """Who reads: it decides the wording, and for a group what is left out."""

    APPLICANT = "applicant"
    OFFICER = "officer"
    GROUP = "group"


@dataclass(frozen=True, kw_only=True)
class MessageText:
    """One language of a message; `{…}` are filled from the message's content.

    `title` becomes the subject ("title：case number"). `applicant` and `officer` say what happened, `…_do` what the reader is to
    do ("" = nothing). A group chat reads the title, `group` (or a sentence of case number and duty) and `officer_do`, so that
    these may hold only `GROUP_FIELDS`; the deadline and the link are added for everybody.
    """

    title: str
    applicant: str = ""
    applicant_do: str = ""
    officer: str = ""
    officer_do: str = ""
    group: str = ""

    def body(self, audience: Audience) -> str:
        """What happened, for this audience; a kind that is not meant for it falls back on the other wording."""
        if audience is Audience.GROUP:
            return self.group
        mine, other = (
            (self.applicant, self.officer) if audience is Audience.APPLICANT else (self.officer, self.applicant)
        )
        return mine or other

    def to_do(self, audience: Audience) -> str:
        """What this audience is to do."""
        return self.applicant_do if audience is Audience.APPLICANT else self.officer_do

    def every(self) -> tuple[str, ...]:
        """All its sentences."""
        return (self.title, self.applicant, self.applicant_do, self.officer, self.officer_do, self.group)


@dataclass(frozen=True)
class Wording:
    """One kind of message in two languages."""

    zh: MessageText
    en: MessageText

    @property
    def fields(self) -> frozenset[str]:
        """The names that the content may hold."""
        return fields(*self.zh.every(), *self.en.every())

    @property
    def audiences(self) -> tuple[Audience, ...]:
        """Whom it is meant for; a group reads of whatever officers hear of."""
        applicant = (Audience.APPLICANT,) if self.zh.applicant else ()
        return (*applicant, *((Audience.OFFICER, Audience.GROUP) if self.zh.officer else ()))

    def text(self, language: str) -> MessageText:
        """Chinese unless English is asked for."""
        return self.en if language == "en" else self.zh


def fields(*texts: str) -> frozenset[str]:
    """The names between braces."""
    return frozenset(name for text in texts for _, name, _, _ in Formatter().parse(text) if name)


def merged(themes: Iterable[tuple[str, Mapping[str, Wording]]]) -> dict[str, Wording]:
    """All kinds of all themes (name of the file, its wordings); a kind worded twice is refused."""
    found: dict[str, Wording] = {}
    for theme, wordings in themes:
        for kind, wording in wordings.items():
            if kind in found:
                raise ValueError(f"{theme}: the message “{kind}” is worded in another theme already")
            found[kind] = wording
    return found
