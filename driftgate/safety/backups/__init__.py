"""Backups of states: sealed files, written once, in a folder or a bucket, listed in an index that can be made again."""
