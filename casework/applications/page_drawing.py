"""Draws one page of a paper as a PNG, in a process of its own with little memory and time: the paper comes from outside.

Run as a program it reads a paper from standard input and answers on standard output: a line of JSON ({"pages": n}), then the PNG.
It imports nothing of ours. `draw` calls it.
"""

import io
import json
import resource
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import Any

MEMORY_BYTES = 1536 * 1024**2
CPU_SECONDS, WALL_SECONDS = 20, 40
LONGEST_SIDE = 4000  # pixels
MOST_PIXELS = 60_000_000  # of a picture that is opened
AT_ONCE, WAIT_SECONDS = 2, 3  # drawings of one process of the portal; how long a further one waits for its turn
MOST_COUNTED = 1024  # papers whose number of pages is remembered
_PDF_SCALE, _PICTURE_SIDE = 16, 1200  # at 100 %: tenths of a pixel a point; pixels of the longest side
PDF, PICTURES = "application/pdf", ("image/png", "image/jpeg")


@dataclass(frozen=True, kw_only=True)
class DrawnPage:
    """A page as a picture; `pages` is how many the paper has. `png` is empty where only that was asked."""

    png: bytes
    pages: int


class CannotDraw(Exception):
    """The paper cannot be drawn: broken, protected, or more than the limits allow."""


class DrawingBusy(Exception):
    """As many pages as may be are being drawn: the same again in a moment may succeed."""


_turns = threading.BoundedSemaphore(AT_ONCE)
_counted: dict[str, int] = {}


def drawable(media_type: str) -> bool:
    """Whether papers of this kind are shown as pictures; all others are only downloaded."""
    return media_type == PDF or media_type in PICTURES


def draw(data: bytes, media_type: str, *, page: int, rotate: int = 0, zoom: int = 100) -> DrawnPage:
    """Page `page` (from 1; 0 only counts them) turned clockwise by `rotate` degrees and enlarged to `zoom` per cent.

    CannotDraw where the paper is broken, protected, or more than the limits allow.

    DrawingBusy where `AT_ONCE` others are being drawn and none ends within `WAIT_SECONDS`.
    """
    asked = json.dumps({"kind": media_type, "page": page, "rotate": rotate % 360, "zoom": zoom})
    command = [sys.executable, "-I", __file__, asked]
    if not _turns.acquire(timeout=WAIT_SECONDS):
        raise DrawingBusy
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=WALL_SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        raise CannotDraw("time") from late
    finally:
        _turns.release()
    if done.returncode != 0:
        raise CannotDraw(done.stderr.decode(errors="replace")[-200:])
    head, _, png = done.stdout.partition(b"\n")
    return DrawnPage(png=png, pages=int(json.loads(head)["pages"]))


def page_count(sha256: str, data: bytes, media_type: str) -> int:
    """How many pages a paper has, counted once for its hash; as `draw`."""
    if sha256 not in _counted:
        pages = draw(data, media_type, page=0).pages
        while len(_counted) >= MOST_COUNTED:
            _counted.pop(next(iter(_counted)), None)
        _counted[sha256] = pages
    return _counted[sha256]


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _pdf_page(data: bytes, asked: dict[str, Any]) -> tuple[int, Any]:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    if not asked["page"]:
        return len(document), None
    page = document[asked["page"] - 1]
    scale = min(_PDF_SCALE * asked["zoom"] / 1000, LONGEST_SIDE / max(*page.get_size(), 1))
    return len(document), page.render(scale=scale, rotation=asked["rotate"]).to_pil()


def _picture(data: bytes, asked: dict[str, Any]) -> tuple[int, Any]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # Pillow refuses twice as many
    formats = [asked["kind"].removeprefix("image/").upper()]
    picture = Image.open(io.BytesIO(data), formats=formats)
    if not asked["page"]:
        return 1, None
    if asked["page"] > 1:
        raise IndexError("page")
    upright = ImageOps.exif_transpose(picture).convert("RGB")
    turned = upright.rotate(-asked["rotate"], expand=True)
    side = min(LONGEST_SIDE, _PICTURE_SIDE * asked["zoom"] // 100)
    turned.thumbnail((side, side))
    return 1, turned


def main() -> int:
    """For the process of its own."""
    _limited()
    asked = json.loads(sys.argv[1])
    pages, picture = (_pdf_page if asked["kind"] == PDF else _picture)(sys.stdin.buffer.read(), asked)
    found = io.BytesIO()
    if picture is not None:
        picture.save(found, "PNG", optimize=False, compress_level=3)
    sys.stdout.buffer.write(json.dumps({"pages": pages}).encode() + b"\n" + found.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
