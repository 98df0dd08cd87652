"""Tells root modules from modules that others call, and from folders that are neither."""

from __future__ import annotations

from driftgate.discover.backend_block import declared_backend
from driftgate.discover.module import Module
from driftgate.discover.repo import Repo
from driftgate.discover.walk import Folder

CONTENT = ("resource", "data", "module", "ephemeral", "import", "removed", "check", "action")


def root_modules(repo: Repo) -> list[str]:
    """The folders that are root modules, sorted.

    Evidence is a backend, `.terraform`, provider configuration or tfvars; without any, a module is one unless
    another module in the repo calls it. A folder without anything to manage or read is none.
    """
    modules = [
        (folder, repo.module(folder.path, repo.tool_of(folder.path)))
        for folder in list(repo.folders.values())
        if folder.is_module
    ]
    called = {path for _, module in modules for _, path in repo.calls(module) if path != module.path}
    unreadable = [folder.path for folder in repo.folders.values() if folder.error is not None]
    return sorted([f.path for f, m in modules if _is_root(f, m, f.path in called)] + unreadable)


def _is_root(folder: Folder, module: Module, called: bool) -> bool:
    if declared_backend(module).explicit:
        return True
    if module.errors:
        return not called
    return _has_content(module) and (has_evidence(folder, module) or not (called or _takes_providers(module)))


def _has_content(module: Module) -> bool:
    """Whether the module manages or reads anything."""
    return next(module.blocks(*CONTENT), None) is not None


def has_evidence(folder: Folder, module: Module) -> bool:
    """Whether it is configured as only a root module is; a provider block may merely pass a provider on."""
    tfvars = any(name.endswith((".tfvars", ".tfvars.json")) for name in folder.files)
    return (
        folder.initialised
        or tfvars
        or any(
            block.body.attributes.keys() - {"alias", "version"} or block.body.blocks
            for _, block in module.blocks("provider")
        )
    )


def _takes_providers(module: Module) -> bool:
    """Whether it declares `configuration_aliases`: then it needs a caller."""
    return any(
        "configuration_aliases" in file.text[block.span[0] : block.span[1]]
        for file, block in module.blocks("terraform")
    )
