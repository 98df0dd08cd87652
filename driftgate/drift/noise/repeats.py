"""Attributes that repeat another of the same object: `tags_all` repeats `tags` and adds the provider's defaults."""

from __future__ import annotations

from collections.abc import Iterable

from driftgate.attribute_path import same
from driftgate.drift.paths import Difference
from driftgate.finding import Mark

REPEATS = {
    "tags_all": "tags",
    "effective_labels": "labels",
    "terraform_labels": "labels",
    "effective_annotations": "annotations",
}


def repeated_map(difference: Difference, others: Iterable[Difference]) -> Difference | None:
    """The difference in the original map that this one, in its repetition, only shows again."""
    original = REPEATS.get(str(difference.steps[0]))
    twin = (original, *difference.steps[1:])
    return next((other for other in others if other.steps == twin), None) if original else None


def twin(difference: Difference, others: Iterable[Difference]) -> Difference | None:
    """The other attribute whose text this one shows again, and will again after apply (aws_ssm_parameter `value`)."""
    if difference.planned is not Mark.UNKNOWN or not isinstance(difference.live, str):
        return None
    candidates = (other for other in others if other.steps != difference.steps)
    return next((other for other in candidates if _same_move(other, difference)), None)


def _same_move(left: Difference, right: Difference) -> bool:
    return same(left.state, right.state) and same(left.live, right.live)
