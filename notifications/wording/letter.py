"""A message as its reader gets it: subject, plain text, HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from notifications.wording.frame import DEMO, FRAME, LAYOUT, layout
from notifications.wording.wording_parts import Said


@dataclass(frozen=True, kw_only=True)
class LetterLine:
    """A line below what happened: its name in the frame, its label, what it says, and where it leads."""

    name: str
    label: str
    words: str
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message, or several as a digest (`parts`). `version` names the wording, for the send log.

    `lines` stand below what happened: case number, what to do, by when, where to look. `cases`: of how many cases a group hears
    that is told of none by its number.
    """

    kind: str
    version: str
    language: str
    heading: str
    happened: str
    foot: str
    number: str = ""
    lines: tuple[LetterLine, ...] = ()
    link: str = ""
    opens: str = "open"  # the word of the frame for the link
    demo: bool = False
    parts: tuple["Letter", ...] = ()
    cases: int = 0

    @property
    def title(self) -> str:
        """What it is about, with the case number, or how many they are."""
        words = FRAME[self.language]
        about = self.number or words["cases"].format(n=Said(str(self.cases)))
        return f"{self.heading}{words['colon']}{about}" if self.number or self.cases else self.heading

    @property
    def subject(self) -> str:
        """One line; a demo store's says so."""
        return f"{DEMO}{self.title}" if self.demo else self.title

    @property
    def text(self) -> str:
        """The plain form, for mails without HTML and for chats."""
        lines = [line for part in self.parts for line in ("", part.title, *part.plain())]
        return "\n".join([*([DEMO] if self.demo else []), *self.plain(), *lines, "", self.foot])

    @property
    def html(self) -> str:
        """The form for mail clients: one file, styles in line, nothing loaded from anywhere."""
        return _template(LAYOUT[0]).render(letter=self, body=self.fragment)

    @property
    def fragment(self) -> Markup:
        """The HTML form without its page, to be shown inside another."""
        mark = DEMO if self.demo else ""
        return Markup(_template(LAYOUT[1]).render(letter=self, words=FRAME[self.language], mark=mark))

    def line(self, name: str) -> str:
        """What a line says; "" where there is none of this name."""
        return next((line.words for line in self.lines if line.name == name), "")

    def plain(self) -> Iterator[str]:
        """What happened and the lines below it."""
        colon = FRAME[self.language]["colon"]
        yield self.happened
        for line in self.lines:
            yield colon.join(words for words in (line.label, line.words) if words) + (
                f" {line.link}" if line.link else ""
            )
        if self.link:
            yield f"{FRAME[self.language][self.opens]}{colon}{self.link}"


@cache
def _template(name: str) -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(layout(name))
