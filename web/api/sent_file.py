"""A file that a request carries as its whole body: kept under a name of our own while it is looked at, and gone afterwards."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request


async def file_of(request: Request) -> AsyncIterator[Path]:
    """Where the body lies. What the sender calls it counts for nothing."""
    with tempfile.TemporaryDirectory(prefix="duixian-sent-") as folder:
        path = Path(folder, "sent")
        with path.open("wb") as target:
            async for piece in request.stream():
                target.write(piece)
        yield path


SentFile = Annotated[Path, Depends(file_of)]
