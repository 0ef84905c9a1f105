"""What the doctor finds: one check, how bad it is, and what to do."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class DoctorFinding:
    """One check. A sentence says what was found, and, unless all is well, what to do."""

    id: str
    level: Level
    zh: str
    en: str
