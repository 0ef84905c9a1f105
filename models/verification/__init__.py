"""The invariants as read-only queries, grouped by what they are about; models/verify.py runs them all."""
