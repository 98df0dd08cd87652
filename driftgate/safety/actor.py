"""Who acts, as far as the process and its environment tell: OS user, CI actor and run, cloud identity. No network.

What CI and cloud say of themselves are claims: whoever sets the environment sets them. The OS user is the kernel's.
"""

from __future__ import annotations

import os
import platform
import pwd
from collections.abc import Mapping

_CI = (
    # how it is recognised, its name, who started the run, the run's address; the first of several that is set counts
    ("GITHUB_ACTIONS", "github", ("GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"), ()),
    ("GITLAB_CI", "gitlab", ("GITLAB_USER_LOGIN",), ("CI_JOB_URL",)),
    ("ATLANTIS_TERRAFORM_VERSION", "atlantis", ("USER_NAME",), ("PULL_URL",)),
    ("TF_BUILD", "azure-pipelines", ("BUILD_REQUESTEDFOREMAIL", "BUILD_REQUESTEDFOR"), ()),
    ("BITBUCKET_BUILD_NUMBER", "bitbucket", ("BITBUCKET_STEP_TRIGGERER_UUID",), ()),
    ("BUILDKITE", "buildkite", ("BUILDKITE_BUILD_CREATOR",), ("BUILDKITE_BUILD_URL",)),
    ("CIRCLECI", "circleci", ("CIRCLE_USERNAME",), ("CIRCLE_BUILD_URL",)),
    ("JENKINS_URL", "jenkins", ("BUILD_USER_ID", "CHANGE_AUTHOR"), ("BUILD_URL",)),
    ("CI", "ci", (), ()),
)
# Variables that say as whom a cloud is asked; a key id or a profile's name is no secret.
_CLOUD = (
    ("aws", ("AWS_ROLE_ARN", "AWS_PROFILE")),
    ("azure", ("ARM_CLIENT_ID", "AZURE_CLIENT_ID")),
    ("google", ("GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "GOOGLE_BACKEND_IMPERSONATE_SERVICE_ACCOUNT")),
)


def actor(env: Mapping[str, str], cloud: str = "") -> dict[str, object]:
    """Who runs this process, a JSON tree: `user`, `host`, in CI `ci` (`system`, `actor`, `run`), and `cloud`.

    `cloud` is the identity that a provider confirmed (an ARN, …); without it the environment's claims stand there.
    """
    found: dict[str, object] = {"user": _user(), "host": platform.node()}
    ci = _ci(env)
    if ci:
        found["ci"] = ci
    claimed = {name: value for name, variables in _CLOUD if (value := _first(env, variables))}
    if cloud or claimed:
        found["cloud"] = cloud or claimed
    return found


def name_of(found: Mapping[str, object]) -> str:
    """Who that is in one word: who started the CI run, else the OS user."""
    ci = found.get("ci")
    return str((ci.get("actor") if isinstance(ci, dict) else "") or found["user"])


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # containers run under numbers that no name belongs to
        return f"uid {os.getuid()}"


def _ci(env: Mapping[str, str]) -> dict[str, str]:
    for marker, system, actors, runs in _CI:
        if env.get(marker, "").lower() not in ("", "false", "0"):
            run = _first(env, runs) or _run_url(env, system)
            return {k: v for k, v in (("system", system), ("actor", _first(env, actors)), ("run", run)) if v}
    return {}


def _run_url(env: Mapping[str, str], system: str) -> str:
    """The run's address where the CI gives its parts only."""
    if system == "github" and env.get("GITHUB_RUN_ID"):
        repo = f"{env.get('GITHUB_SERVER_URL', 'https://github.com')}/{env.get('GITHUB_REPOSITORY', '')}"
        return f"{repo}/actions/runs/{env['GITHUB_RUN_ID']}/attempts/{env.get('GITHUB_RUN_ATTEMPT', '1')}"
    if system == "azure-pipelines" and env.get("BUILD_BUILDID"):
        base = f"{env.get('SYSTEM_COLLECTIONURI', '')}{env.get('SYSTEM_TEAMPROJECT', '')}"
        return f"{base}/_build/results?buildId={env['BUILD_BUILDID']}"
    if system == "bitbucket":
        repo = f"https://bitbucket.org/{env.get('BITBUCKET_REPO_FULL_NAME', '')}"
        return f"{repo}/pipelines/results/{env['BITBUCKET_BUILD_NUMBER']}"
    return ""


def _first(env: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((env[name] for name in names if env.get(name)), "")
