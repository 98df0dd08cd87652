"""Names and notes: tags, labels, descriptions. They run nothing and open nothing."""

from __future__ import annotations

from driftgate.drift.severity.rule import Rule, changed
from driftgate.finding import Severity

RULES: tuple[Rule, ...] = (
    changed("*", "tags tags.* tag tag.*", Severity.LOW, "tag"),
    changed(
        "google_*", "labels labels.* user_labels user_labels.* resource_labels resource_labels.*", Severity.LOW, "label"
    ),
    changed(
        "kubernetes_*",
        "metadata.labels metadata.labels.* metadata.annotations metadata.annotations.*",
        Severity.LOW,
        "label",
    ),
    changed("*", "description *.description comment display_name", Severity.LOW, "description"),
    changed(
        "*", "tags_all tags_all.* volume_tags volume_tags.* effective_labels.* terraform_labels.*", Severity.INFO, "tag"
    ),
)
