"""The terraform or tofu binary as typed Python; all that can write is in `writes.py`."""
