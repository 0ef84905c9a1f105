"""The office that benchmarks measure is one that the system itself could have made."""

from pathlib import Path

import policies
from benchmarks.benchmark_office import open_office
from models.verify import verify


def test_the_office_of_the_benchmarks_breaks_no_invariant(tmp_path: Path) -> None:
    office = open_office(f"sqlite:///{tmp_path}/bench.db", 3, policies.get("XZ2023"))
    try:
        assert verify(office.store).bad == ()
    finally:
        office.store.close()
