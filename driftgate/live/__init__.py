"""Unit to what exists now."""
