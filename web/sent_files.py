"""A workbook to fill in, made for the answer and sent as a file."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from starlette.responses import Response

from web.downloads import attached

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def template_sent(name: str, write: Callable[[Path], None]) -> Response:
    """The workbook that `write` makes, under a plain name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        write(path)
        content = path.read_bytes()
    return Response(content, media_type=XLSX, headers=attached(name))
