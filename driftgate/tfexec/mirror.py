"""Finds a local mirror of the AWS provider, and writes the Terraform CLI configuration that uses it.

Sources: https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation (`filesystem_mirror`,
`direct`, the implied local mirror folders); https://opentofu.org/docs/cli/config/config-file/.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

REGISTRIES = {"terraform": "registry.terraform.io", "tofu": "registry.opentofu.org"}
SEARCHED = (Path("/opt"), Path("/usr/local/share"), Path("/usr/share"))
DEPTH = 2
MOST_FOLDERS = 5_000


def find_provider_mirror(
    env: Mapping[str, str], *, tool: str = "terraform", searched: Sequence[Path] = SEARCHED
) -> Path | None:
    """The first folder that holds the AWS provider under the registry name that `tool` asks for, or None.

    Looked at in this order: DG_TEST_PROVIDER_MIRROR, TF_PLUGIN_CACHE_DIR, what an earlier run kept, Terraform's implied
    mirrors, then folders at most `DEPTH` levels under the FHS add-on and share folders.
    """
    provider = Path(REGISTRIES[tool], "hashicorp", "aws")
    for folder in _candidates(env, searched):
        if (folder / provider).is_dir():
            return folder.absolute()
    return None


def provider_cache(env: Mapping[str, str]) -> Path:
    """Where driftgate keeps a provider that it had to fetch, laid out as a mirror."""
    home = Path(env.get("HOME", "~")).expanduser()
    return Path(env.get("XDG_CACHE_HOME") or home / ".cache") / "driftgate" / "providers"


def cli_config(mirror: Path | None) -> str:
    """A CLI configuration: what `mirror` holds comes from there, never from the network; the rest from registries."""
    if mirror is None:
        return "provider_installation {\n  direct {}\n}\n"
    held = ", ".join(_quoted(name) for name in _providers(mirror))
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {_quoted(str(mirror))}\n"
        f"    include = [{held}]\n"
        "  }\n"
        "  direct {\n"
        f"    exclude = [{held}]\n"
        "  }\n"
        "}\n"
    )


def _candidates(env: Mapping[str, str], searched: Sequence[Path]) -> Iterator[Path]:
    named = (env.get(name) for name in ("DG_TEST_PROVIDER_MIRROR", "TF_PLUGIN_CACHE_DIR"))
    yield from (Path(value) for value in named if value)
    yield provider_cache(env)
    yield from _implied_mirrors(env)
    for root in searched:
        yield from _folders(root)


def _implied_mirrors(env: Mapping[str, str]) -> Iterator[Path]:
    """The folders that Terraform searches when it has no provider_installation block, on Linux and macOS."""
    yield Path("terraform.d/plugins")
    home = env.get("HOME")
    if home:
        yield Path(home, ".terraform.d/plugins")
        yield Path(home, "Library/Application Support/io.terraform/plugins")
    data_home = env.get("XDG_DATA_HOME") or (f"{home}/.local/share" if home else "")
    data_dirs = env.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    for folder in (data_home, *data_dirs.split(":")):
        if folder:
            yield Path(folder, "terraform/plugins")


def _folders(root: Path) -> Iterator[Path]:
    """`root` and the folders at most `DEPTH` below it, nearest first, links not followed, `MOST_FOLDERS` at most."""
    queue = deque([(root, 0)])
    for _ in range(MOST_FOLDERS):
        if not queue:
            return
        folder, depth = queue.popleft()
        yield folder
        if depth < DEPTH:
            queue.extend((child, depth + 1) for child in _children(folder))


def _children(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:  # not there, or not ours to read: no mirror for us either way
        return []


def _providers(mirror: Path) -> list[str]:
    """The source addresses `host/namespace/type` that a mirror holds, sorted."""
    found = mirror.glob("[!.]*.*/*/*")
    return sorted(path.relative_to(mirror).as_posix() for path in found if path.is_dir())


def _quoted(text: str) -> str:
    """An HCL string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    return f'"{escaped}"'
