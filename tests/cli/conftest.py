"""Fixtures that tests of commands share with the tests of what is behind them."""

from __future__ import annotations

from wrap.hooks.conftest import worktree

__all__ = ["worktree"]
