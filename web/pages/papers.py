"""A paper of a case looked at: its pages as pictures, or the file to keep. Nothing that came from outside is shown as it came."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from casework.applications.evidence_vault import Vault
from casework.views.shown_paper import paper_file, paper_page, shown_paper
from web.downloads import attached
from web.visit import SignedIn, officer

router = APIRouter()
ZOOMS = (50, 75, 100, 150, 200, 300)  # per cent
SIDES = ("desk", "my")
Page = Annotated[int, Query(ge=1, le=5000)]
Rotate = Annotated[int, Query(ge=0, le=270)]
Zoom = Annotated[int, Query(ge=50, le=300)]
Listed = Annotated[str, Query(alias="list", max_length=500)]


@router.get("/{side}/cases/{number}/evidence/{sha256}")
def paper(
    visit: SignedIn,
    side: str,
    number: str,
    sha256: str,
    page: Page = 1,
    rotate: Rotate = 0,
    zoom: Zoom = 100,
    listed: Listed = "",
) -> Response:
    _known(visit, side)
    found = shown_paper(visit.store, _vault(visit), number, sha256, visit.reader)
    here, kept = f"/{side}/cases/{found.case}/evidence", {"list": listed} if listed else {}
    page = min(page, max(found.pages, 1))

    def seen(sha256: str = sha256, **changed: object) -> str:
        """The address of this view with something changed."""
        asked = {"page": page, "rotate": rotate, "zoom": zoom, **kept, **changed}
        return f"{here}/{sha256}?{urlencode(asked)}"

    steps = sorted({*ZOOMS, zoom})
    at, place = steps.index(zoom), [one.sha256 for one in found.papers].index(sha256)
    return visit.page(
        "desk/paper.html",
        found=found,
        page=page,
        zoom=zoom,
        back=f"/{side}/cases/{found.case}" + (f"?{urlencode(kept)}" if kept else ""),
        picture=f"{here}/{sha256}/page.png?{urlencode({'page': page, 'rotate': rotate, 'zoom': zoom})}",
        file=f"{here}/{sha256}/file",
        turns=(seen(rotate=(rotate + 270) % 360), seen(rotate=(rotate + 90) % 360)),
        zooms=(seen(zoom=steps[at - 1]) if at else "", seen(zoom=steps[at + 1]) if at + 1 < len(steps) else ""),
        pages=(seen(page=page - 1) if page > 1 else "", seen(page=page + 1) if page < found.pages else ""),
        beside=[(one, one.sha256 == sha256, seen(one.sha256, page=1, rotate=0)) for one in found.papers],
        following=seen(found.papers[place + 1].sha256, page=1, rotate=0) if place + 1 < len(found.papers) else "",
    )


@router.get("/{side}/cases/{number}/evidence/{sha256}/page.png")
def picture(
    visit: SignedIn, side: str, number: str, sha256: str, page: Page = 1, rotate: Rotate = 0, zoom: Zoom = 100
) -> Response:
    _known(visit, side)
    found = paper_page(
        visit.store, _vault(visit), number, sha256, visit.reader, page=page, rotate=rotate - rotate % 90, zoom=zoom
    )
    return Response(found, media_type="image/png", headers={"content-disposition": "inline"})


@router.get("/{side}/cases/{number}/evidence/{sha256}/file")
def file(visit: SignedIn, side: str, number: str, sha256: str) -> Response:
    """The paper as it was filed, to be kept: a browser never shows it on this site."""
    _known(visit, side)
    found, data = paper_file(visit.store, _vault(visit), number, sha256, visit.reader)
    headers = {**attached(found.name), "content-security-policy": "sandbox; default-src 'none'"}
    return Response(data, media_type="application/octet-stream", headers=headers)


def _known(visit: SignedIn, side: str) -> None:
    """The officers' side is the office's alone, as all its pages; everybody reads their own under /my."""
    if side not in SIDES:
        raise HTTPException(404)
    if side == "desk":
        officer(visit)


def _vault(visit: SignedIn) -> Vault:
    return Vault(visit.home.evidence)
