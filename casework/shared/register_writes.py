"""What every register shares: one guarded transaction, and who is writing."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from casework.shared.applicant_ties import tied, ties_of
from casework.shared.error_translation import translated
from casework.shared.errors import Refused
from casework.shared.reference import person, person_key, reference
from casework.shared.text_normalization import unseen
from models import Duty
from models.duty_names import duty_zh
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies import all_policies

_NAMED = 5  # units that a refusal names
SYSTEM = "system"
Actor = UUID | str  # a person's account, or SYSTEM: the operator at the machine


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Who writes into a register. `id` is None for the operator at the machine."""

    id: UUID | None
    name: str
    natural_key: str
    party_id: UUID | None = None

    @property
    def text(self) -> str:
        """How audit rows name them."""
        return str(self.id) if self.id else SYSTEM


@contextmanager
def writing(store: Store) -> Iterator[UnitOfWork]:
    """One write transaction; where two write the same at once, the later one is told to look again."""
    with translated(), store.write() as work:
        yield work


@contextmanager
def arriving(store: Store) -> Iterator[UnitOfWork]:
    """The same for what cases may wait for: no step makes a case wait meanwhile, so that whoever waits is woken."""
    with writing(store) as work:
        work.arrives()
        yield work


def writer(store: Store, work: UnitOfWork, actor: Actor, *duties: Duty, in_person: bool = False) -> Writer:
    """The account behind an actor, if it may write here: any of the duties, or the operator unless `in_person`."""
    if actor == SYSTEM:
        if in_person:
            raise Refused(
                "in_person",
                "须由本人以个人账号办理：请用 --as 登录名 和本人的令牌（--token，或 DUIXIAN_TOKEN），或以本人的系统用户登录",
                "a person must do this under their own account: --as with their token, or logged in as themselves",
                field="by",
            )
        return Writer(id=None, name="系统", natural_key="")
    if not isinstance(actor, UUID):
        raise Refused("person", "操作人应为个人账号或 system", "give a person's account, or system", field="by")
    facts = reference(store, work)
    found = person(work, facts, actor)
    if duties and not any(facts.holding(found.id, duty, None, work.now) for duty in duties):
        wanted = "、".join(duty_zh(duty) for duty in duties)
        raise Refused("no_duty", f"{found.name} 不是{wanted}，无权办理", f"{found.name} holds no such duty", field="by")
    return Writer(id=found.id, name=found.name, natural_key=found.natural_key, party_id=found.party_id)


def sides(store: Store, work: UnitOfWork, who: Writer, duties: Collection[str]) -> frozenset[str]:
    """The natural persons for whom somebody acts in one of these duties now: themselves, and whom they stand in for."""
    return (
        frozenset({who.natural_key, *reference(store, work).behind(who.id, duties, work.now)})
        if who.id
        else frozenset()
    )


def one_side(
    store: Store,
    work: UnitOfWork,
    who: Writer,
    wanted: Collection[str],
    author: Actor,
    at: datetime,
    held: Collection[str],
) -> bool:
    """Whether the author, who wrote at `at` in a duty of `held`, and who now confirms in one of `wanted` are one side.

    One side is one natural person, somebody who stands in for the other, or two who stand in for the same third.
    """
    if author == SYSTEM or who.id is None:
        return False
    facts, account = reference(store, work), UUID(str(author))
    theirs = {person_key(work, facts, account), *facts.behind(account, held, at)}
    return bool(theirs & sides(store, work, who, wanted))


def refuse_own(
    store: Store, work: UnitOfWork, who: Writer, parties: Collection[UUID], duties: Collection[Duty], zh: str, en: str
) -> None:
    """Refuses whoever belongs to one of the parties, or stands in for somebody who does; `zh` and `en` say what."""
    mine = sides(store, work, who, duties)
    if mine and tied(work, ties_of(work, mine), mine, parties):
        says = f"回避：{who.name}（或其所代理的人）是该主体的成员或其本人（名下其他账号一并计算），不能{zh}，请换人办理"
        raise Refused(
            "recused", says, f"{who.name} belongs to this party and may not {en}: somebody else may", field="by"
        )


def of_the_unit(
    store: Store, work: UnitOfWork, actor: Actor, duty: Duty, units: Iterable[str], zh: str, en: str
) -> Writer:
    """A person, in person, who holds the duty in one of the units; `zh` and `en` say what is theirs alone to do."""
    who = writer(store, work, actor, duty, in_person=True)
    facts, here = reference(store, work), sorted(set(units))
    if who.id is None or not any(facts.holding(who.id, duty, unit, work.now) for unit in here):
        may = "或".join(here[:_NAMED]) + (f"等 {len(here)} 个单位" if len(here) > _NAMED else "")
        raise Refused(
            "no_duty",
            f"{who.name} 不是{may}的{duty_zh(duty)}，不能{zh}；可由{may}的{duty_zh(duty)}办理",
            f"{who.name} holds no such duty there and may not {en}: {duty} of {', '.join(here[:_NAMED])} may",
            field="by",
        )
    return who


def treasuries() -> set[str]:
    """The units that funds come from, of every installed policy."""
    return {policy.treasury.zh for policy in all_policies() if policy.treasury}


def filled(value: str, field: str, zh: str, en: str, *, most: int = 200) -> str:
    """A text that must be there, without blanks around it and without control characters."""
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise Refused("required", f"{zh}必填", f"{en} is required", field=field)
    if len(text) > most:
        raise Refused(
            "text", f"{zh}最多 {most} 字，现有 {len(text)} 字", f"{en}: at most {most} plain characters", field=field
        )
    if char := unseen(text):
        says = f"{zh}含有看不见或无法辨认的字符（{char}，如制表符、零宽字符、不间断空格），请删去后重新录入"
        raise Refused("text", says, f"{en} holds {char}, which nobody can see: type it again", field=field)
    return text
