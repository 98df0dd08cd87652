"""What a planned update changes, and whether it is anything but settings that are in no cloud: an import cannot know
those, and the first apply records them.

Source: registry.terraform.io/providers/hashicorp/aws/5.100.0/docs, the arguments that no import sets.
"""

from __future__ import annotations

from driftgate.tfexec.plan import Change

_NAMES = (
    "allow_overwrite apply_immediately bypass_policy_lockout_safety_check delete_automated_backups "
    "deletion_window_in_days final_snapshot_identifier force_delete force_destroy force_detach_policies "
    "force_new_deployment force_overwrite_replica_secret get_password_data publish recovery_window_in_days "
    "retain_on_delete revoke_rules_on_delete skip_destroy skip_final_snapshot timeouts update "
    "user_data_replace_on_change wait_for_capacity_timeout wait_for_deployment wait_for_steady_state"
)
RECORDED_ONLY = frozenset(_NAMES.split())


def only_records(change: Change) -> bool:
    """Whether an update does nothing but write such settings into the state, which has none of them yet."""
    names = causes(change)
    return (
        change.actions == ("update",)
        and bool(names)
        and names <= RECORDED_ONLY
        and all((change.before or {}).get(name) is None for name in names)
    )


def causes(change: Change) -> set[str]:
    """The arguments that the change comes from: what else is unknown only follows."""
    replacing = {str(path[0]) for path in change.replace_paths if path}
    known = {name for name in differing(change) if not _is_unknown(change, name) and not _both_empty(change, name)}
    return replacing | known or differing(change)


def differing(change: Change) -> set[str]:
    """The arguments that the plan gives another value."""
    before, after = change.before or {}, change.after or {}
    unknown = change.after_unknown if isinstance(change.after_unknown, dict) else {}
    names = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return names | {name for name in unknown if _is_unknown(change, name)}


def _both_empty(change: Change, name: str) -> bool:
    """`""` that becomes null is how older providers write a change of something else."""
    return all((side or {}).get(name) in (None, "", [], {}) for side in (change.before, change.after))


def _is_unknown(change: Change, name: str) -> bool:
    marks = change.after_unknown
    return isinstance(marks, dict) and _holds_true(marks.get(name))


def _holds_true(mark: object) -> bool:
    if isinstance(mark, dict):
        return any(map(_holds_true, mark.values()))
    return any(map(_holds_true, mark)) if isinstance(mark, list) else mark is True
