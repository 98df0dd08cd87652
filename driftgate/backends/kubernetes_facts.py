"""How a cluster keeps states, and what we may do in the namespace, as the API server itself says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from driftgate.backends.base import Fact
from driftgate.backends.kube_api import KubeApi
from driftgate.backends.rest_facts import NO_HISTORY, asked, rights, transport

_NEEDED = {
    ("", "secrets"): ("get", "list", "create", "update", "delete"),
    ("coordination.k8s.io", "leases"): ("get", "create", "update", "delete"),
}


def facts(api: KubeApi) -> Iterator[Fact]:
    """What can be found out, one request for each."""
    yield transport(api.url, api.rest.tls)
    yield asked("identity", lambda: _identity(api))
    yield asked("rights", lambda: _rights(api))
    yield Fact("encrypted", None, "whether the cluster encrypts secrets at rest, its API does not say")
    yield NO_HISTORY


def _identity(api: KubeApi) -> Fact:
    user = api.review("authentication.k8s.io", "SelfSubjectReview", {}).get("userInfo") or {}
    return Fact("identity", True, str(user.get("username") or "nobody"))


def _rights(api: KubeApi) -> Fact:
    found = api.review("authorization.k8s.io", "SelfSubjectRulesReview", {"namespace": api.namespace})
    rules = found.get("resourceRules") or []
    missing = [
        f"{verb} {resource}"
        for (group, resource), verbs in _NEEDED.items()
        for verb in verbs
        if not any(_grants(rule, group, resource, verb) for rule in rules)
    ]
    return rights(missing, api.rest.login)


def _grants(rule: dict[str, Any], group: str, resource: str, verb: str) -> bool:
    """Whether a rule allows it for every name; what it allows for single names only may do, and is not counted."""
    wanted = (("apiGroups", group), ("resources", resource), ("verbs", verb))
    return not rule.get("resourceNames") and all({value, "*"} & set(rule.get(key) or ()) for key, value in wanted)
