"""The installation at hand, its store, and who acts: bound to a token or to the operating system's user, and audited so."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cli.errors import refused, wrong_use

if TYPE_CHECKING:
    from casework.shared.home import Home
    from models.store import Store

TOKEN, USER = "token", "system-user"


def home() -> Home:
    """The installation that the environment names."""
    from casework.shared.home import Home

    return Home.from_environment()


def opened() -> Store:
    """The store of the installation, checked; one that is not there says how to make it."""
    from pathlib import Path

    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    here = home()
    try:
        url = make_url(here.database_url)
    except ArgumentError as error:
        zh, en = "数据库地址写法有误，请检查 DUIXIAN_DATABASE_URL", "the database's address is malformed"
        raise wrong_use("database", zh, en, field="DUIXIAN_DATABASE_URL") from error
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        zh = f"这里还没有数据库（{url.database}），请先运行 duixian init"
        raise wrong_use("no-store", zh, f"no database yet ({url.database}): run duixian init first")
    return here.store()


def system_user(*, rehearsal: bool = False) -> str:
    """The operating system's user, by the process's own number; LOGNAME and its like are believed in a rehearsal only."""
    if not rehearsal and hasattr(os, "getuid"):
        import pwd

        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return f"uid-{os.getuid()}"
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}" if hasattr(os, "getuid") else "unknown"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts and how that is known. `id` is None for the operator at the machine."""

    id: UUID | None
    bound_by: str
    user: str

    @property
    def register(self) -> Any:
        """How the registers name the actor."""
        from casework.shared.register_writes import SYSTEM

        return self.id or SYSTEM

    @property
    def person(self) -> UUID:
        """The account; a person must act here."""
        if self.id is None:
            zh = "请用本人的令牌（--token 或 DUIXIAN_TOKEN）办理；演练中也可用 --as 登录名"
            en = "act with your own token (--token or DUIXIAN_TOKEN); in a rehearsal --as LOGIN will do"
            raise wrong_use("person", zh, en, field="--as")
        return self.id


def person(store: Store, login: str | None, token: str | None) -> Actor:
    """The person who acts. A token decides; without one the operating system's user must be that person.

    In a rehearsal the operator may act as anybody: it is noted in the audit as what it is.
    """
    user = system_user(rehearsal=store.demo)
    if token:
        owner = _owner(store, token)
        if login and _known(store, login) != owner:
            zh, en = f"令牌不属于 {login}，请用本人的令牌", f"this token does not belong to {login}"
            raise refused("token", zh, en, field="--token")
        return Actor(id=owner, bound_by=TOKEN, user=user)
    if login is not None and login != user and not store.demo:
        zh = f"不能以 {login} 的身份办理：当前系统用户是 {user}；请以本人登录，或用 --token（duixian tokens make {login}）"
        en = f"the system's user is {user}, not {login}: log in as them, or give their token (duixian tokens make {login})"
        raise refused("not_bound", zh, en, field="--as")
    return Actor(id=_known(store, login or user), bound_by=USER, user=user)


def operator(store: Store, login: str | None, token: str | None) -> Actor:
    """Who keeps a register: a person where one is named, else the operator at the machine."""
    if login or token:
        return person(store, login, token)
    return Actor(id=None, bound_by=USER, user=system_user(rehearsal=store.demo))


def reader(store: Store, login: str | None, token: str | None) -> UUID | str | None:
    """Who reads, found as for an act; in a rehearsal nobody need be named, and then all is open (None).

    In production a system's user without an account is the operator at the machine.
    """
    from casework.shared.errors import Refused
    from casework.shared.register_writes import SYSTEM
    from casework.staff import person_accounts

    if login or token:
        return person(store, login, token).person
    if store.demo:
        return None
    try:
        return person_accounts.id_of(store, system_user())
    except Refused:
        return SYSTEM


def note(store: Store, actor: Actor, command: str, subjects: Iterable[Any] = ()) -> None:
    """Writes into the audit chain who sat at the command line, and how they were bound, before what they do."""
    content = {
        "command": command,
        "bound_by": actor.bound_by,
        "user": actor.user,
        "subjects": [str(s) for s in subjects],
    }
    with store.write() as work:
        work.audit(actor=str(actor.id or "system"), action="command_line", subject=command, content=content)


def _owner(store: Store, token: str) -> UUID:
    from casework.staff import tokens

    with store.read() as work:
        return tokens.person_of(work, token)


def _known(store: Store, login: str) -> UUID:
    """The account behind a login."""
    from casework.shared.errors import Refused
    from casework.staff import person_accounts

    try:
        return person_accounts.id_of(store, login)
    except Refused as error:
        if store.demo:
            zh = f"没有人员“{login}”；用 duixian people list 查看，或用 --as 指明"
            en = f"there is nobody called {login}: see duixian people list, or say --as"
        else:  # --as alone would be refused there
            zh = f"没有人员“{login}”（当前系统用户）：请用本人的令牌办理（--token 或 DUIXIAN_TOKEN，由 duixian tokens make 生成），"
            zh += "或以本人的系统账号登录"
            en = f"there is nobody called {login} (the system's user): act with your own token (--token or DUIXIAN_TOKEN, "
            en += "made by duixian tokens make), or log in as yourself"
        raise wrong_use("person", zh, en, field="--as") from error
