"""A repo opened for discovery: its folders, and its modules, each read once and only when asked for."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from driftgate.discover.module import Module, load, read_text
from driftgate.discover.walk import Folder, scan, walk
from driftgate.hcl.ast import Template

_TOOL_FILES = ((".terraform-version", "terraform"), (".opentofu-version", "tofu"))
_LOCK_FILE = ".terraform.lock.hcl"


@dataclass(slots=True)
class Repo:
    """The folders under `root` by path relative to it. `tool` forces terraform or tofu for every unit."""

    root: Path
    env: Mapping[str, str]
    tool: str | None = None
    folders: dict[str, Folder] = field(default_factory=dict)
    _modules: dict[tuple[str, str], Module] = field(default_factory=dict)
    _calls: dict[int, list[tuple[str, str]]] = field(default_factory=dict)

    @classmethod
    def open(cls, root: Path, env: Mapping[str, str], tool: str | None = None, under: Sequence[Path] = ()) -> Repo:
        """Walk the repo at `root`, and the folders `under` it even where they are hidden. All paths are resolved."""
        repo = cls(root, env, tool)
        repo.folders |= walk(root, repo.data_dir)
        for path in (folder.relative_to(root).as_posix() for folder in under):
            if path not in repo.folders:
                repo.folders |= walk(root, repo.data_dir, path)
        return repo

    @property
    def data_dir(self) -> str:
        """Where terraform keeps its own things, in each unit's folder (or, absolute, for all units)."""
        return self.env.get("TF_DATA_DIR") or ".terraform"

    def folder(self, path: str) -> Folder:
        """The folder at `path`; one outside the repo, or in a folder the walk skips, is read now."""
        known = self.folders.get(path)
        if known is None:
            known = self.folders[path] = scan(self.root, path, self.data_dir)
        return known

    def module(self, path: str, tool: str) -> Module:
        """The module in the folder at `path` as `tool` reads it."""
        key = (path, tool)
        if key not in self._modules:
            self._modules[key] = load(self.root, self.folder(path), tool)
        return self._modules[key]

    def tool_of(self, path: str) -> str:
        """Which tool runs the unit at `path`: as forced, else as its files, lock file or a version file above say."""
        if self.tool is not None:
            return self.tool
        folder = self.folder(path)
        if any(name.endswith((".tofu", ".tofu.json")) for name in folder.files):
            return "tofu"
        if _LOCK_FILE in folder.files and "registry.opentofu.org/" in self._text(folder.join(_LOCK_FILE)):
            return "tofu"
        return self._versioned_tool(path)

    def local_source(self, path: str, module_path: str) -> str:
        """The folder that a local `source` in the module at `module_path` names, links resolved."""
        joined = posixpath.normpath(posixpath.join(module_path, path))
        if joined in self.folders:
            return joined
        real = Path(os.path.realpath(self.root / joined))
        return posixpath.normpath(Path(os.path.relpath(real, self.root)).as_posix())

    def calls(self, module: Module) -> list[tuple[str, str]]:
        """Name and folder of each module that `module` calls by a local source. The last override decides."""
        known = self._calls.get(id(module))
        if known is None:
            known = self._calls[id(module)] = list(self._local_calls(module))
        return known

    def _local_calls(self, module: Module) -> Iterator[tuple[str, str]]:
        sources: dict[str, str] = {}
        for _, block in module.blocks("module"):
            source = block.body.attributes.get("source")
            if block.labels and source is not None and isinstance(source.value, Template):
                sources[block.labels[0]] = source.value.text or ""
        for name, source_text in sources.items():
            if is_local(source_text):
                yield name, self.local_source(source_text, module.path)

    def closure(self, path: str, tool: str) -> list[Module]:
        """The module at `path` and every local module it calls, directly or not, each once."""
        found: dict[str, Module] = {}
        waiting = [path]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found[current] = self.module(current, tool)
                waiting.extend(called for _, called in self.calls(found[current]))
        return list(found.values())

    def _versioned_tool(self, path: str) -> str:
        while True:
            files = self.folder(path).files
            for name, tool in _TOOL_FILES:
                if name in files:
                    return tool
            if path in (".", "") or path.startswith(".."):
                return "terraform"
            path = posixpath.dirname(path) or "."

    def _text(self, path: str) -> str:
        try:
            return read_text(f"{self.root}/{path}")
        except (OSError, UnicodeDecodeError):
            return ""  # only a hint at the tool; whoever needs the file says that it cannot be read


def is_local(source: str) -> bool:
    """Whether a module source is a path (developer.hashicorp.com/terraform/language/modules/sources#local-paths)."""
    return source.startswith(("./", "../")) or source in (".", "..")
