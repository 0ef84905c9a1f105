"""Modules of a folder that one test wrote: the next may have another module of the same name elsewhere."""

import sys
import tempfile
from collections.abc import Collection
from pathlib import Path

DOCUMENTS = Path(__file__).resolve().parents[2] / "docs"  # whose examples are copied, and then stand elsewhere too


def forget_passing(before: Collection[str]) -> None:
    """Forgets what was imported since from a folder that passes; what is installed stays: some of it cannot be imported twice."""
    for name in set(sys.modules) - set(before):
        module = sys.modules[name]
        place = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), sys.prefix)
        if Path(place).is_relative_to(tempfile.gettempdir()) or Path(place).is_relative_to(DOCUMENTS):
            del sys.modules[name]
