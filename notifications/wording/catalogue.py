"""All kinds of messages, collected from the themes, and the version of each."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

from models.columns import canonical_json
from notifications.wording import themes
from notifications.wording.frame import FRAME, LAYOUT, layout
from notifications.wording.wording_parts import Wording, merged

_DIGITS = 12


def _themes() -> Iterator[ModuleType]:
    for name in sorted(found.name for found in iter_modules(themes.__path__)):
        yield import_module(f"{themes.__name__}.{name}")


WORDINGS: dict[str, Wording] = merged((theme.__name__, theme.WORDINGS) for theme in _themes())
"""Kind -> its wording."""


def own_samples(kind: str) -> Mapping[str, Any]:
    """What the theme of a kind gives as `SAMPLES`: field -> a plainly fictional value."""
    theme = next(theme for theme in _themes() if kind in theme.WORDINGS)
    found: Mapping[str, Any] = getattr(theme, "SAMPLES", {})
    return found


@cache
def version_of(kind: str) -> str:
    """Which wording this is: changes with its sentences or with what stands around them. For the send log."""
    said = canonical_json(
        {"wording": asdict(WORDINGS[kind]), "frame": FRAME, "layout": [layout(part) for part in LAYOUT]}
    )
    return hashlib.sha256(said.encode()).hexdigest()[:_DIGITS]
