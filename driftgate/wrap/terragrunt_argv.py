"""Reads Terragrunt's two generations of command lines, and translates `run-all` for those that no longer know it.

Source: Terragrunt's migration guide "CLI Redesign" (its table of flags), and its release notes: `*-all` went with 0.84,
`run-all` with 1.0.
"""

from __future__ import annotations

from driftgate.wrap.terraform_argv import HELP, MUTATING

PREFIX = "--terragrunt-"
LEGACY = ("run-all", "apply-all", "destroy-all", "plan-all", "output-all", "validate-all")
WITHOUT_RUN_ALL = (1, 0, 0)
RENAMED = {
    # flag of 0.x without its prefix: flag of 1.x; those that are not here only lost the prefix
    "debug": "inputs-debug",
    "exclude-dir": "queue-exclude-dir",
    "excludes-file": "queue-excludes-file",
    "fetch-dependency-output-from-state": "dependency-fetch-output-from-state",
    "forward-tf-stdout": "tf-forward-stdout",
    "iam-role": "iam-assume-role",
    "iam-web-identity-token": "iam-assume-role-web-identity-token",
    "ignore-dependency-errors": "queue-ignore-errors",
    "ignore-dependency-order": "queue-ignore-dag-order",
    "ignore-external-dependencies": "queue-exclude-external",
    "include-dir": "queue-include-dir",
    "include-external-dependencies": "queue-include-external",
    "modules-that-include": "units-that-include",
    "strict-include": "queue-strict-include",
    "tfpath": "tf-path",
}
REMOVED = ("fail-on-state-bucket-creation",)
SWITCHES = frozenset(
    {
        "dependency-fetch-output-from-state", "disable-bucket-update", "disable-command-validation", "inputs-debug",
        "log-disable", "log-show-abs-paths", "no-auto-approve", "no-auto-init", "no-auto-retry", "no-color",
        "no-destroy-dependencies-check", "non-interactive", "provider-cache", "queue-exclude-external",
        "queue-ignore-dag-order", "queue-ignore-errors", "queue-include-external", "queue-strict-include",
        "source-update", "tf-forward-stdout", "use-partial-parse-config-cache", "backend-bootstrap", "fail-fast",
    }
)  # fmt: skip
VALUED = frozenset(
    {
        "auth-provider-cmd", "config", "download-dir", "feature", "filter", "filters-file", "iam-assume-role",
        "iam-assume-role-duration", "iam-assume-role-web-identity-token", "json-out-dir", "log-custom-format",
        "log-format", "log-level", "out-dir", "parallelism", "provider-cache-dir", "provider-cache-hostname",
        "provider-cache-port", "provider-cache-registry-names", "provider-cache-token", "queue-exclude-dir",
        "queue-excludes-file", "queue-include-dir", "queue-include-units-reading", "report-file", "report-format",
        "source", "source-map", "tf-path", "units-that-include", "working-dir",
    }
)  # fmt: skip
"""Terragrunt's own flags in a run, in the spelling of 1.x: with two dashes they are never terraform's."""

_CHANGING = frozenset({name.partition(" ")[0] for name in MUTATING} | {"apply-all", "destroy-all"})


def may_change(arguments: list[str]) -> bool:
    """Whether a unit of this run may run a command that changes something: if in doubt, it may.

    Where the command stands among Terragrunt's flags is not looked at: a word that names such a command is enough.
    """
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return not any(word in HELP for word in own) and any(word in _CHANGING for word in arguments)


def legacy(arguments: list[str]) -> str:
    """The command in `arguments` that Terragrunt 1.x does not know, "" when there is none."""
    found = next((word for word in _without_values(arguments) if not word.startswith("-")), "")
    return found if found in LEGACY else ""


def translated(arguments: list[str]) -> list[str]:
    """`run-all apply -x` as `run --all -- apply -x`: Terragrunt's flags before the dashes, under their new names."""
    word = legacy(arguments)
    at = arguments.index(word)
    own, rest = _sorted_out(arguments[at + 1 :])
    before, strays = _sorted_out(arguments[:at])
    command = [] if word == "run-all" else [word.removesuffix("-all")]
    return [*before, *strays, "run", "--all", *own, "--", *command, *rest]


def _sorted_out(words: list[str]) -> tuple[list[str], list[str]]:
    """Terragrunt's flags with their values, renamed; and everything else in its order."""
    own: list[str] = []
    others: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--":
            return own, [*others, *rest]
        name, equals, value = word.removeprefix(PREFIX if word.startswith(PREFIX) else "--").partition("=")
        new = RENAMED.get(name, name) if word.startswith(PREFIX) else name
        if word.startswith(PREFIX) and name in REMOVED:
            continue
        if word.startswith(PREFIX) or (word.startswith("--") and new in SWITCHES | VALUED):
            own.append(f"--{new}{equals}{value}")
            if new in VALUED and not equals and rest:
                own.append(rest.pop(0))
        else:
            others.append(word)
    return own, others


def _without_values(arguments: list[str]) -> list[str]:
    """The words that are not the value of one of Terragrunt's flags."""
    found: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        found.append(word)
        name = word.removeprefix(PREFIX if word.startswith(PREFIX) else "--")
        if word.startswith("--") and RENAMED.get(name, name) in VALUED and rest:
            rest.pop(0)
    return found
