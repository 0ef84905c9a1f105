"""Signing in by a chat app: for an account that its owner, an officer, bound to it while signed in, and for nobody by their e-mail.

Such a session reads. Before anything is sent with it the password is asked, and the authenticator where there is one
(`sign_in.step_up`). Off unless `channels.toml` has a table for the app. `now` is real time, in rehearsals too.
"""

import hashlib
import logging
import secrets
from collections.abc import Mapping
from datetime import datetime
from threading import BoundedSemaphore
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from casework.lifecycle.read_access import scope
from casework.shared.errors import Refused, Retryable
from casework.shared.home import Home
from casework.shared.reference import reference
from casework.shared.register_writes import writing
from casework.shared.tries_in_vain import TriesOfVisitor
from casework.staff.sign_in import STEPPED_UP, Session, begin_session, refuse_wrong_password
from models import ChatAccount, Person, WebSession
from models.store import Store
from notifications.channels import code_exchange
from notifications.channels.allow_list import NotAllowed
from notifications.channels.channel_settings import ChannelSettings, Settings, WrongSettings, read_settings
from notifications.channels.code_exchange import APPS, ChatApp
from notifications.outbox import Tell, queue_once

log = logging.getLogger("duixian.web")
VISITOR = "chat-visitor"  # whose codes in vain are counted
_AT_ONCE = BoundedSemaphore(
    4
)  # apps that are asked at one moment: whoever is not signed in takes no more of the portal


def apps(home: Home, *, demo: bool) -> dict[str, ChatApp]:
    """The apps that are set up, by name; one that is set up wrongly is logged and not offered. A demo asks this machine only."""
    found: dict[str, ChatApp] = {}
    try:
        settings = read_settings(home.directory)
    except WrongSettings as wrong:
        log.error("nobody can sign in by a chat app: %s", wrong)
        return found
    for fault in settings.app_faults:
        log.error("nobody can sign in by an app: %s", fault)
    for named in settings.chat_apps:
        try:
            app = _app(settings, named)
            local = app.allowed.place(app.api, *APPS[app.kind].hosts).local
            app.allowed.place(app.authorize, *APPS[app.kind].hosts)
        except (WrongSettings, NotAllowed) as wrong:
            log.error("nobody can sign in by %s: %s", named.name, wrong)
            continue
        if local or not demo:
            found[named.name] = app
    return found


def _app(settings: Settings, named: ChannelSettings) -> ChatApp:
    where, dialect = f"sign_in.{named.name}", APPS.get(named.kind)
    if dialect is None:
        raise WrongSettings(where, f"不认识，可用：{'、'.join(APPS)}", "it is unknown")
    said = {**named.options, **named.keys}
    for word in ("client", "secret", *(("agent",) if named.kind == "wecom" else ())):
        if not said.get(word):
            raise WrongSettings(f"{where}.{word}", "必填，尚未填写", "it is missing")
    return ChatApp(
        kind=named.kind,
        client=said["client"],
        secret=said["secret"],
        agent=said.get("agent", ""),
        authorize=said.get("authorize", dialect.authorize),
        api=said.get("api", dialect.api).rstrip("/"),
        allowed=settings.allowed,
    )


def sign_in(
    store: Store, app: ChatApp, code: str, back: str, *, now: datetime, agent: str = "", source: str = ""
) -> str:
    """The secret of a new session that reads, for whoever bound the account behind the code; Refused for all others alike.

    `source`: the address that the request came from, "" where it is not known: after too many codes in vain the app is not asked.
    """
    of_visitor = TriesOfVisitor(kind=VISITOR, source=source)
    with store.read() as work:
        of_visitor.refuse(work, now, field="login")
    try:
        hashed = _subject(app, code, back)
    except (Refused, Retryable):
        of_visitor.failed(store, now)
        raise
    with writing(store) as work:
        bound = select(col(ChatAccount.person_id)).join(Person, col(Person.id) == col(ChatAccount.person_id))
        person = work.execute(bound.where(col(ChatAccount.hash) == hashed, col(Person.active))).scalar()
        if person is None:
            zh = f"这个{APPS[app.kind].zh}账号没有绑定：请先用密码登录，在“我的账号”中绑定"
            en = f"this {APPS[app.kind].en} account is bound to nobody: sign in with your password and bind it under My account"
            raise Refused("not_bound", zh, en, field="login")
        secret = begin_session(work, person, now=now, agent=agent, reads_only=True)
        work.audit(actor=str(person), action="sign_in", subject=str(person), content={"chat": app.kind})
    return secret


def refuse_unless_shown(store: Store, session: Session, app: ChatApp, password: str, *, now: datetime) -> None:
    """Before a binding begins: who has no authenticator shows the password again, as a session left open would do for good else."""
    if session.factor:  # its code: `bind` refuses where none was shown
        return
    refuse_wrong_password(store, session, password, now, field=f"chat-{app.kind}")
    with writing(store) as work:
        work.execute(update(WebSession).where(col(WebSession.hash) == session.hash).values(stepped_up_at=now))


def bind(store: Store, session: Session, app: ChatApp, code: str, back: str, *, now: datetime) -> None:
    """Binds the account behind the code to who is signed in with their password; one that is another's stays theirs, unless
    theirs is an account that was closed."""
    if session.reads_only or not session.shown_within(
        2 * STEPPED_UP, now
    ):  # shown before it began, and ten minutes to come back
        zh = "请先验证密码或动态验证码，再绑定"
        raise Refused("not_shown", zh, "show your password or your code first, then bind it", field="app")
    hashed = _subject(app, code, back)
    with writing(store) as work:
        if not scope(work, reference(store, work), session.person).office:
            raise Refused("no_duty", "只有工作人员可以绑定", "this is for officers", field="app")
        closed = select(col(Person.id)).where(col(Person.active).is_(False))
        this = col(ChatAccount.hash) == hashed
        work.execute(delete(ChatAccount).where(this, col(ChatAccount.person_id).in_(closed)))
        owner = work.execute(select(col(ChatAccount.person_id)).where(this)).scalar()
        if owner is not None and owner != session.person:
            zh = "这个账号已绑定给他人；须由其本人先解除"
            raise Refused("bound", zh, "this account is bound to somebody else: they have to undo it", field="app")
        mine = (col(ChatAccount.person_id) == session.person, col(ChatAccount.app) == app.kind)
        known = update(ChatAccount).where(*mine).values(hash=hashed, bound_at=now)
        if not work.execute(known).rowcount:
            work.add(ChatAccount, person_id=session.person, app=app.kind, hash=hashed, bound_at=now)
        who = str(session.person)
        work.audit(actor=who, action="chat_account.bound", subject=who, content={"app": app.kind})
        told = Tell(kind="chat_account_bound", to=f"person:{who}", content={"login": session.login})
        queue_once(work, told, once=f"bound/{who}/{now.isoformat()}")


def unbind(store: Store, session: Session, app: str) -> None:
    """Undoes a binding of one's own."""
    mine = (col(ChatAccount.person_id) == session.person, col(ChatAccount.app) == app)
    with writing(store) as work:
        if work.execute(delete(ChatAccount).where(*mine)).rowcount:
            who = str(session.person)
            work.audit(actor=who, action="chat_account.unbound", subject=who, content={"app": app})


def bound(store: Store, person: UUID) -> Mapping[str, datetime]:
    """The apps that somebody bound, and since when."""
    with store.read() as work:
        rows = work.execute(
            select(col(ChatAccount.app), col(ChatAccount.bound_at)).where(col(ChatAccount.person_id) == person)
        )
        return {row.app: row.bound_at for row in rows}


def new_state() -> str:
    """What binds an answer of the app to the browser that asked: letters and digits alone, as WeCom wants it."""
    return secrets.token_hex(16)


def _subject(app: ChatApp, code: str, back: str) -> str:
    """The hash of who is behind a code."""
    said = APPS[app.kind]
    if not _AT_ONCE.acquire(blocking=False):
        zh = "同时登录的人较多，请稍后再试，或用密码登录"
        raise Retryable("chat_busy", zh, "too many sign in just now: try again, or use your password")
    try:
        found = code_exchange.subject(app, code, back)
    except code_exchange.CodeRefused as no:
        zh = f"{said.zh}没有确认您的身份：授权已取消、已过期，或您不在该组织内；请重新登录"
        raise Refused("chat_code", zh, f"{said.en} did not say who you are: try again", field="login") from no
    except code_exchange.ExchangeFailed as away:
        log.warning("%s could not be asked: %s", app.kind, away)
        zh = f"暂时无法向{said.zh}核对身份，请稍后再试，或用密码登录"
        raise Retryable(
            "chat_away", zh, f"{said.en} cannot be asked just now: try again, or sign in with your password"
        ) from away
    finally:
        _AT_ONCE.release()
    return hashlib.sha256(f"{app.kind}:{found}".encode()).hexdigest()
