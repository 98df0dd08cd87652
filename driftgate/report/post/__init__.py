"""Brings reports to where people review: comments, issues, messages. The only part that writes to other services."""
