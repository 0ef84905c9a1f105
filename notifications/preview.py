"""Every message for every reader on one page, with plainly fictional content: to be looked at before people get it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from jinja2 import Environment, StrictUndefined

from notifications.wording import LANGUAGES, WORDINGS, Audience, Deadline, Letter, Reading, bundle, compose, version_of
from notifications.wording.frame import layout
from notifications.wording.samples import TODAY, TOKEN, letter, sample

WEB = "https://duixian.example"
AUDIENCES = {Audience.APPLICANT: "申报主体", Audience.OFFICER: "工作人员", Audience.GROUP: "群聊"}
_HOSTILE = "演示</p><script>alert(1)</script>\n密送：某某 6222021234567890123"


@dataclass(frozen=True, kw_only=True)
class Card:
    """One message as one reader gets it."""

    audience: str
    language: str
    letter: Letter


@dataclass(frozen=True, kw_only=True)
class Section:
    """One kind with all its cards."""

    kind: str
    title: str
    version: str
    cards: tuple[Card, ...]

    @property
    def audiences(self) -> int:
        """How many readers it has: the columns of its cards."""
        return len(self.cards) // len(LANGUAGES)


def page() -> str:
    """The page, self-contained."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(layout("preview.html"))
    return template.render(kinds=[_section(kind) for kind in WORDINGS], special=list(_special()), today=TODAY)


def _section(kind: str) -> Section:
    cards = tuple(
        Card(
            audience=AUDIENCES[audience], language=language, letter=letter(kind, audience, language, demo=True, web=WEB)
        )
        for language in LANGUAGES
        for audience in WORDINGS[kind].audiences
    )
    return Section(kind=kind, title=WORDINGS[kind].zh.title, version=version_of(kind), cards=cards)


def _special() -> Iterator[tuple[str, Card]]:
    """What the samples do not show: other deadlines, no web address, a digest, text that somebody means ill with."""
    officer = Reading(
        audience=Audience.OFFICER, today=TODAY, demo=True, web=WEB, token=TOKEN, unit="演示单位", duty="certifier",
        deadline=Deadline(date(2023, 9, 8)),
    )  # fmt: skip
    yield "已逾期", _card(compose("turn", sample("turn"), officer))
    provisional = Deadline(date(2030, 1, 15), provisional=True)
    yield "期限为暂定", _card(compose("turn", sample("turn"), replace(officer, deadline=provisional)))
    yield "未设网址", _card(compose("turn", sample("turn"), replace(officer, web="")))
    numbers = [f"XZ2023-M04-{number:06d}" for number in range(1, 5)]
    digest = [compose("turn", {"case": number}, officer) for number in numbers]
    digest.append(compose("objection", sample("objection"), officer))
    yield "汇总发送", _card(bundle(digest, today=TODAY))
    hostile = sample("refused") | {"reason": _HOSTILE}
    yield "恶意文字", _card(compose("refused", hostile, replace(officer, deadline=None)))


def _card(letter: Letter) -> Card:
    return Card(audience=AUDIENCES[Audience.OFFICER], language=letter.language, letter=letter)
