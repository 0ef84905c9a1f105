"""A message as its reader gets it: subject, plain text, HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from notifications.wording.frame import DEMO, FRAME, LAYOUT, layout


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line below what happened: its name in the frame, its label, what it says, and where it leads."""

    name: str
    label: str
    words: str
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message, or several as a digest (`parts`). `version` names the wording, for the send log.

    `lines` stand below what happened: case number, what to do, by when, where to look.
    """

    kind: str
    version: str
    language: str
    heading: str
    happened: str
    foot: str
    number: str = ""
    lines: tuple[Line, ...] = ()
    link: str = ""
    demo: bool = False
    parts: tuple["Letter", ...] = ()

    @property
    def title(self) -> str:
        """What it is about, with the case number."""
        return f"{self.heading}{FRAME[self.language]['colon']}{self.number}" if self.number else self.heading

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
        return next((one.words for one in self.lines if one.name == name), "")

    def plain(self) -> Iterator[str]:
        """What happened and the lines below it."""
        colon = FRAME[self.language]["colon"]
        yield self.happened
        for line in self.lines:
            yield colon.join(one for one in (line.label, line.words) if one) + (f" {line.link}" if line.link else "")
        if self.link:
            yield f"{FRAME[self.language]['open']}{colon}{self.link}"


@cache
def _template(name: str) -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(layout(name))
