"""The bodies of the pre-commit hooks: offline checks of what is about to be committed."""
