"""The season's digest: what two runs of one seed must agree on. Timings and random secrets are no part of it."""

import hashlib
from pathlib import Path

from casework.views import cases
from demo.correspondence import correspondence
from demo.stage import Season
from models.columns import canonical_json
from models.unit_of_work import content_hash

_ALL = 10_000


def digest(season: Season) -> str:
    """SHA-256 over case numbers, items, states and amounts, what was told how often, and the hashes of every payment file."""
    page = cases(season.store, limit=_ALL)
    listed = [[row.number, row.item, row.state, row.amount_fen, row.version] for row in page.rows]
    told = [
        [kind.kind, kind.messages, kind.mail, kind.room, kind.waiting, kind.lost]
        for kind in correspondence(season.store).kinds
    ]
    files = payment_files(season.folders.payments)
    return content_hash(canonical_json({"cases": listed, "told": told, "files": files}))


def payment_files(folder: Path) -> list[list[str]]:
    """Name and SHA-256 of every file for the bank and the treasury."""
    return [[path.name, hashlib.sha256(path.read_bytes()).hexdigest()] for path in sorted(folder.iterdir())]
