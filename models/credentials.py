"""How people prove who they are in a browser: passwords, second factors, sessions, codes that enrol, and what was typed meanwhile.

Instants here are real time, in rehearsals too: a session ends when it ends. Secrets are kept as hashes only, but for the
second factor's, which is wrapped by the installation's identity key.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.columns import instant, key, no, ref, text
from models.sealing import personal_text


class Password(SQLModel, table=True):
    """A person's password as an Argon2id hash."""

    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    hash: str
    changed_at: datetime = instant()


class SecondFactor(SQLModel, table=True):
    """A person's authenticator (TOTP); `last_step` is the last 30 seconds in which a code was taken, so that none counts twice."""

    __tablename__ = "second_factor"

    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    key_id: UUID
    wrapped: str = text()
    made_at: datetime = instant()
    confirmed_at: datetime | None = instant(optional=True)
    last_step: int = 0


class WebSession(SQLModel, table=True):
    """A sign-in: the hash of the cookie, whose it is, and until when. `reads_only`: by a chat app, until a password was given."""

    __tablename__ = "web_session"

    hash: str = Field(primary_key=True)
    person_id: UUID = ref("person.id", index=True)
    made_at: datetime = instant()
    seen_at: datetime = instant()
    ends_at: datetime = instant()
    stepped_up_at: datetime | None = instant(optional=True)
    agent: str = text()
    reads_only: bool = no()


class ChatAccount(SQLModel, table=True):
    """Somebody's account in a chat app, bound by themselves: a hash of the app's name and of its lasting id for them."""

    __table_args__ = (UniqueConstraint("hash", name="a_chat_account_is_one_persons"),)
    __tablename__ = "chat_account"

    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    app: str = Field(primary_key=True)
    hash: str
    bound_at: datetime = instant()


class Passkey(SQLModel, table=True):
    """Somebody's passkey (WebAuthn): its id and public key, the name its owner gave it, how often its device says it signed."""

    __table_args__ = (UniqueConstraint("credential", name="a_passkey_is_one_persons"),)

    id: UUID = key()
    person_id: UUID = ref("person.id", index=True)
    credential: str
    public_key: str = text()
    sign_count: int = Field(sa_type=BigInteger)
    name: str
    made_at: datetime = instant()
    used_at: datetime | None = instant(optional=True)


class PasskeyChallenge(SQLModel, table=True):
    """The hash of what a passkey is to sign: for one browser and one purpose, once, until it ends."""

    __tablename__ = "passkey_challenge"

    hash: str = Field(primary_key=True)
    owner: str
    purpose: str
    ends_at: datetime = instant()


class Enrolment(SQLModel, table=True):
    """A code, usable once, with which a person sets the first password of an account, or a new one."""

    hash: str = Field(primary_key=True)
    person_id: UUID = ref("person.id", index=True)
    made_at: datetime = instant()
    ends_at: datetime = instant()
    used_at: datetime | None = instant(optional=True)


class SignInThrottle(SQLModel, table=True):
    """How often a name was tried in vain of late, and until when it is not tried again. The key is a hash of what was typed."""

    __tablename__ = "sign_in_throttle"

    key: str = Field(primary_key=True)
    failures: int = 0
    first_at: datetime = instant()
    blocked_until: datetime | None = instant(optional=True)


class FormDraft(SQLModel, table=True):
    """What a person has typed into a form and not sent yet.

    It goes when the form is sent, or once it is older than `casework.forms.form_drafts` keeps it.
    """

    __tablename__ = "form_draft"

    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    form: str = Field(primary_key=True)
    content: str = personal_text()
    saved_at: datetime = instant()
    version: int = 1
