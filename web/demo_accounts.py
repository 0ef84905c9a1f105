"""The accounts that a rehearsal left for visitors, as its home notes them; a production store has none."""

import json
from collections.abc import Mapping
from typing import Any

from casework.shared.home import Home

FILE = "demo-accounts.json"


def demo_accounts(home: Home) -> tuple[Mapping[str, Any], ...]:
    """Login, role, what to try and the password, each in two languages where it is a text."""
    try:
        return tuple(json.loads((home.directory / FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ()
