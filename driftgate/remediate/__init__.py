"""Findings to what closes them: patches, commands, and the proof that they do."""
