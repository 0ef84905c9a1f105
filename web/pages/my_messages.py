"""The messages that were meant for whoever is signed in: an applicant's people, an officer by duty."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from casework.views.personal_messages import personal_messages
from web.visit import SignedIn

router = APIRouter()


@router.get("/my/messages")
def messages_page(visit: SignedIn, after: Annotated[UUID | None, Query()] = None) -> Response:
    found = personal_messages(visit.store, visit.reader, visit.language, after=after)
    return visit.page(
        "account/messages.html",
        found=found,
        first=after is None,
        next=f"/my/messages?after={found.after}" if found.after else "",
    )
