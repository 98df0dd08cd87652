"""A plan to findings: pure, no I/O."""
