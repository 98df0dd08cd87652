"""Repo to units."""
