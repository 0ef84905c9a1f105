"""One paper of a case as it is looked at: what it is, whether it is still what was filed, its pages as pictures, itself to keep.

Whom the case does not concern is answered as if there were none. A page and the file are audited as read; its description is not.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from casework.applications.evidence_vault import Listed, Vault, open_paper, papers_of, refuse_reader
from casework.applications.page_drawing import CannotDraw, DrawingBusy, draw, drawable, page_count
from casework.shared.errors import Refused, Retryable
from casework.views.case_lists import find_case
from models.store import Store

PaperState = Literal["sound", "changed", "gone"]  # whether its file is still what was filed


@dataclass(frozen=True, kw_only=True)
class ShownPaper:
    """A paper among those of its case; `pages` is 0 where it is not shown as pictures, but only kept as a file."""

    case: str
    item: str
    paper: Listed
    papers: tuple[Listed, ...]
    state: PaperState
    pages: int


def shown_paper(store: Store, vault: Vault, number: str, sha256: str, reader: UUID) -> ShownPaper:
    """What a paper is, its file compared with the hash under which it was filed."""
    case, item, papers, paper = _found(store, number, sha256, reader)
    state: PaperState = "sound"
    pages = 0
    if not vault.place(paper.sha256).exists():
        state = "gone"
    else:
        try:
            data = vault.read(paper.sha256)
            if drawable(paper.media_type):
                pages = page_count(paper.sha256, data, paper.media_type)
        except Refused:
            state = "changed"
        except CannotDraw:
            pages = 0
        except DrawingBusy as busy:
            raise _busy() from busy
    return ShownPaper(case=case[1], item=item, paper=paper, papers=papers, state=state, pages=pages)


def paper_page(
    store: Store, vault: Vault, number: str, sha256: str, reader: UUID, *, page: int, rotate: int, zoom: int
) -> bytes:
    """One page of a paper as a PNG of our own drawing; Refused where it cannot be drawn, Retryable while too many are."""
    paper, data = paper_file(store, vault, number, sha256, reader)
    try:
        if drawable(paper.media_type):
            return draw(data, paper.media_type, page=page, rotate=rotate, zoom=zoom).png
    except CannotDraw as no:
        zh = f"材料“{paper.name}”无法显示，请下载后查看"
        raise Refused("page", zh, f"{paper.name} cannot be shown: download it", field="page") from no
    except DrawingBusy as busy:
        raise _busy() from busy
    raise Refused("page", f"材料“{paper.name}”只能下载查看", f"{paper.name} can only be downloaded", field="page")


def _busy() -> Retryable:
    zh = "正在显示的材料较多，请稍后再试，或下载原文件查看"
    return Retryable("drawing_busy", zh, "many papers are being drawn: try again in a moment, or download the file")


def paper_file(store: Store, vault: Vault, number: str, sha256: str, reader: UUID) -> tuple[Listed, bytes]:
    """A paper's bytes, compared with their hash; the reading is audited."""
    case, _, _, paper = _found(store, number, sha256, reader)
    return open_paper(store, vault, case[0], str(paper.position), by=reader)


def _found(
    store: Store, number: str, sha256: str, reader: UUID
) -> tuple[tuple[UUID, str], str, tuple[Listed, ...], Listed]:
    with store.read() as work:
        case = find_case(work, number)
        refuse_reader(store, work, case.id, reader)
        papers = tuple(papers_of(work, case.id))
    paper = next((listed for listed in papers if listed.sha256 == sha256), None)
    if paper is None:
        raise Refused("unknown_case", "本案没有这份材料", "the case has no such paper", field="paper")
    return (case.id, case.number), case.item, papers, paper
