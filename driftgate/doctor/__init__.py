"""Looks at the machine, the repo and the backends for what would go wrong later."""
