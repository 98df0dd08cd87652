"""One state file and its life."""
