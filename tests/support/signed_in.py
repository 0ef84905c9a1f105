"""A row in every table that signing in with a browser writes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from models import (
    ChatAccount,
    Enrolment,
    FormDraft,
    Passkey,
    PasskeyChallenge,
    Password,
    Registration,
    SecondFactor,
    SignInThrottle,
    WebSession,
)


def signed_in_rows(person: UUID, now: datetime) -> list[tuple[type[SQLModel], dict[str, Any]]]:
    """For one person, made at one instant."""
    theirs = {"person_id": person}
    firm = {"kind": "enterprise", "code": "c", "name": "算例企业", "person_name": "算例人员", "login": "l"}
    return [
        (Password, {**theirs, "hash": "h", "changed_at": now}),
        (SecondFactor, {**theirs, "key_id": UUID(int=1), "wrapped": "w", "made_at": now}),
        (WebSession, {**theirs, "hash": "s", "made_at": now, "seen_at": now, "ends_at": now}),
        (ChatAccount, {**theirs, "app": "dingtalk", "hash": "h", "bound_at": now}),
        (
            Passkey,
            {
                **theirs,
                "id": UUID(int=2),
                "credential": "c",
                "public_key": "p",
                "sign_count": 0,
                "name": "n",
                "made_at": now,
            },
        ),
        (PasskeyChallenge, {"hash": "h", "owner": "o", "purpose": "p", "ends_at": now}),
        (Enrolment, {**theirs, "hash": "e", "made_at": now, "ends_at": now}),
        (SignInThrottle, {"key": "k", "first_at": now}),
        (FormDraft, {**theirs, "form": "f", "saved_at": now}),
        (Registration, {**firm, "receipt": "r", "made_at": now}),
    ]
