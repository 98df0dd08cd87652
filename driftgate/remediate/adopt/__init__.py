"""Objects that exist but are in no state: their import IDs, their configuration, and the proof that nothing changes."""
