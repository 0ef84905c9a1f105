"""What a backup says of itself: of which store, at which revision, with which audit head, and the hash of every part."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from casework.shared.errors import Refused

FORMAT = 1
NAME = "manifest.json"
BUSINESS, ENGINE, KEY, TABLES, EVIDENCE = "business.db", "engine.db", "identity.key", "tables/", "evidence/"


def damaged(zh: str, en: str) -> Refused:
    """A refusal of a backup that is not what it was."""
    return Refused(
        "damaged", f"备份已损坏：{zh}；请改用另一份备份", f"the backup is damaged: {en}; take another", field="file"
    )


@dataclass(frozen=True, kw_only=True)
class BackupPart:
    """One file of a backup."""

    sha256: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The last file of a backup: a backup without it was never finished."""

    made_at: str
    program: str
    database: str
    revision: str
    demo: bool
    audit_seq: int
    audit_hash: str
    verified: bool
    broken: list[str]
    rows: dict[str, int]
    parts: dict[str, BackupPart]
    faulty_papers: list[str] = field(default_factory=list)  # missing, or not what was filed, when it was made
    identity_key: str = ""
    policies: list[str] = field(default_factory=list)  # codes that its cases need; they are not in it, but installed
    format: int = FORMAT

    def json(self) -> str:
        """As it stands in the archive."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True)

    @classmethod
    def read(cls, text: bytes) -> "Manifest":
        """From the archive; one that is not whole is refused."""
        try:
            found: Mapping[str, Any] = json.loads(text)
            if found["format"] != FORMAT:
                zh, en = (
                    f"备份格式为 {found['format']}，程序只识别 {FORMAT}",
                    f"format {found['format']} is unknown here",
                )
                raise Refused("format", zh, en, field="file")
            return cls(**{**found, "parts": {name: BackupPart(**part) for name, part in found["parts"].items()}})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise damaged("清单无法读取", "its manifest cannot be read") from error
