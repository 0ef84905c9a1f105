"""A check of `verify` that came later says from where on it judges, or a store that was upgraded could be red for ever."""

import ast

import pytest

from models.verify import CHECKS
from support import tree

VERSIONS = tree.ROOT / "models" / "migrations" / "versions"
# As strict in schema 0012, the oldest whose cases can be upgraded, as now. One that becomes stricter leaves this list and gets
# its mark in a migration (`effective_from_now`).
FROM_THE_START = """
    I1-award I1-party I2-once I2-paid I2-case I3-fund I4-cost I5-case I5-fund I6-payee I7-count I7-state I7-moves I8-duties
    I8-onlookers I8-named I8-made-checked I8-made-released I8-checked-released I11-next I13-window I15-recompute I15-hash
    I16-confirmed I18-chain I18-decisions I18-words I19-snapshots I19-evidence I23-money I31-bound I31-award I31-unchanged
    C1-opinions C2-objections C3-answers C4-refusals C5-granted C6-computed C7-deadlines J1-claims J2-alive J3-reminders J3-once
    N1-notice N2-answer N3-messages N4-dispatches N5-attempts N6-once N7-contacts N8-holders P1-batch P2-allocation P3-result
    R1-references R2-guards R3-mark W1-figures W2-rankings W2-hash W2-places W3-destroyed W3-keyless W3-sealed
""".split()
# Later ones that no row of an earlier program can breach, and why.
NOTHING_BEFORE = {
    "I5-policy": "no fund was a policy's own",
    "P4-fund": "no fund was a policy's own",
    "I16-verified": "whoever verified an account was always written beside it",
    "S3-said": "a verdict without a person was always given by a key alone",
}


def marked() -> set[str]:
    """The checks that some migration lets begin with the upgrade."""
    found: set[str] = set()
    for path in VERSIONS.glob("v*.py"):
        body = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.Name) and node.id == "effective_from_now" for node in ast.walk(body)):
            found |= {
                node.value for node in ast.walk(body) if isinstance(node, ast.Constant) and "-" in str(node.value)
            }
    return found


@pytest.mark.slow
def test_each_check_is_from_the_start_or_begins_with_an_upgrade() -> None:
    ids = [check.id for check in CHECKS]
    begins = [*FROM_THE_START, *NOTHING_BEFORE, *(check for check in ids if check in marked())]
    assert sorted(begins) == sorted(ids)
