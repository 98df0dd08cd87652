"""The environment that the demo's children run in: nothing of the user's own accounts, tools or settings."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

# Whatever would send terraform or boto3 to a real account, another endpoint or another configuration.
_FOREIGN = ("AWS_", "TF_", "DG_", "MOTO_", "GIT_")


def own_environment(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The user's `env` without its foreign parts; every file that would be read instead is in `folder` or nowhere."""
    kept = {name: value for name, value in env.items() if not name.startswith(_FOREIGN)}
    no_proxy = ",".join(filter(None, (env.get("NO_PROXY") or env.get("no_proxy"), "127.0.0.1,localhost")))
    nowhere = str(folder / "no-such-file")
    return kept | {
        "AWS_CONFIG_FILE": nowhere,
        "AWS_SHARED_CREDENTIALS_FILE": nowhere,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
        "TF_CLI_CONFIG_FILE": str(folder / "terraform.tfrc"),
        "TF_IN_AUTOMATION": "1",
    }


def shell_script(env: Mapping[str, str], *, user: Mapping[str, str]) -> str:
    """What a shell in the environment `user` has to source to be in `env`."""
    unset = [f"unset {name}" for name in sorted(user) if name not in env]
    export = [f"export {name}={shlex.quote(value)}" for name, value in sorted(env.items()) if user.get(name) != value]
    return "\n".join([*unset, *export, ""])
