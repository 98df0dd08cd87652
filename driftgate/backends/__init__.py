"""Where state bytes live: one file per backend type, bytes and locks only."""
