"""Benchmarks that anyone can run: `make bench`; see README.md for what each figure means."""
