"""Benchmarks: every budget as a ratio against a named rival, measured in one run (`make bench`)."""
