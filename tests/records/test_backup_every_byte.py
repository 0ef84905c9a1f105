"""A small backup with a file of every kind: whichever of its bytes changes, it is noticed."""

from pathlib import Path

import pytest

from casework.shared.errors import Refused
from deployments.backup.archive import read, writing
from deployments.backup.manifest import BUSINESS, ENGINE, EVIDENCE, KEY, TABLES, Manifest

KINDS = (BUSINESS, ENGINE, KEY, f"{TABLES}case_file.copy", f"{EVIDENCE}{'a' * 64}")
ZEROS = bytes(70_000)  # where other packed bits unpack to the same


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """An archive of a few hundred bytes."""
    source, path = tmp_path / "source", tmp_path / "small.tar.gz"
    with writing(path) as writer:
        for number, name in enumerate(KINDS):
            source.write_bytes(ZEROS if name == BUSINESS else bytes([number]) * 40)
            writer.add(name, source)
        writer.close(
            Manifest(
                made_at="2023-09-04T02:00:00+00:00",
                program="0",
                database="sqlite",
                revision="0001",
                demo=True,
                audit_seq=0,
                audit_hash="0" * 64,
                verified=True,
                broken=[],
                rows={},
                parts=writer.parts,
            )
        )
    return path


@pytest.mark.parametrize(
    ("bit", "step"), [(0, 13), pytest.param(0, 1, marks=pytest.mark.prove), pytest.param(7, 1, marks=pytest.mark.prove)]
)
def test_no_byte_of_a_backup_can_change_unnoticed(small: Path, tmp_path: Path, bit: int, step: int) -> None:
    good, other = small.read_bytes(), tmp_path / "other.tar.gz"
    assert set(read(small).parts) == set(KINDS)
    unnoticed = []
    for place in range(0, len(good), step):
        changed = bytearray(good)
        changed[place] ^= 1 << bit
        other.write_bytes(changed)
        try:
            read(other)
        except Refused as no:
            assert no.code in ("damaged", "format")
        else:
            unnoticed.append(place)
    assert not unnoticed
