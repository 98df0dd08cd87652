"""The audit log as a file: a chain of records that nobody can change, drop or reorder unseen."""
