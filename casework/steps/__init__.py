"""The system's own moves, each over a set of cases: check, compute, announce, close, lapse."""
