"""Findings that a block in the code closes: `moved`, `removed`, `import`, `ignore_changes`."""
