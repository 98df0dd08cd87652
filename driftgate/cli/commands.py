"""The commands of `dg`, loaded when they are run."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

Table = Mapping[str, tuple[str, str]]
"""name: (module:attribute, short help). Short help stands here so that `--help` imports no command."""

COMMANDS: Table = {
    "approve": ("driftgate.cli.approve:group", "Ask for and give approval of a saved plan."),
    "action": ("driftgate.cli.action:command", "Do what the GitHub Action was asked to do."),
    "audit": ("driftgate.cli.audit:group", "Read, check and sign the log of who changed what."),
    "backend": ("driftgate.cli.backend:group", "Look after the backends that keep the states."),
    "backup": ("driftgate.cli.backup:group", "Keep copies of states that can be trusted, and bring them back."),
    "comment": ("driftgate.cli.comment:group", "Put a saved scan where people review it: GitHub, GitLab."),
    "completion": ("driftgate.cli.completion:command", "Print completion code for bash, zsh or fish."),
    "config": ("driftgate.cli.config:group", "Show, check and explain the settings in force."),
    "demo": ("driftgate.cli.demo:command", "Run the whole main job on an embedded AWS, no account needed."),
    "discover": ("driftgate.cli.discover:command", "List the units of a repo and where each keeps its state."),
    "doctor": ("driftgate.cli.doctor:command", "Look for what would go wrong later, and say what mends it."),
    "drift": ("driftgate.cli.drift:group", "Tell what changed in the cloud from code that was not applied."),
    "exec": ("driftgate.cli.exec_:command", "Run a command with terraform, tofu and terragrunt behind dg."),
    "graph": ("driftgate.cli.graph:group", "Show which unit waits for which."),
    "hook": ("driftgate.cli.hook:command", "Check what is about to be committed or pushed."),
    "remediate": ("driftgate.cli.remediate:group", "Close what a scan found: proven patches of the code."),
    "render": ("driftgate.cli.render:command", "Print a Terragrunt unit's configuration, merged and evaluated."),
    "init": ("driftgate.cli.init:command", "Lay out settings, hooks and CI in a repo."),
    "notify": ("driftgate.cli.notify:group", "Tell a webhook or a chat about a saved scan."),
    "report": ("driftgate.cli.report:group", "Show a saved scan in another format, or join several."),
    "shim": ("driftgate.cli.shim:group", "Put dg in front of terraform for whatever calls it."),
    "state": ("driftgate.cli.state:group", "Look into states and change them safely, whatever backend they live in."),
    "terraform": ("driftgate.cli.passthrough:terraform", "Run Terraform behind dg."),
    "terragrunt": ("driftgate.cli.passthrough:terragrunt", "Run Terragrunt, and every unit's terraform, behind dg."),
    "tofu": ("driftgate.cli.passthrough:tofu", "Run OpenTofu behind dg."),
}

DRIFT: Table = {
    "ack": ("driftgate.cli.drift_ack:command", "Say that somebody looks after a drift."),
    "ignore": ("driftgate.cli.drift_ignore:command", "Accept a drift for a while, with a reason."),
    "scan": ("driftgate.cli.drift_scan:command", "Compare every unit's state with the live cloud."),
    "show": ("driftgate.cli.drift_show:command", "Show remembered drift: since when, how often, who is on it."),
}
"""The commands of `dg drift`."""
REMEDIATE: Table = {
    "adopt": ("driftgate.cli.remediate_adopt:command", "Print import blocks and code for objects that exist already."),
    "plan": ("driftgate.cli.remediate_plan:command", "Say for every finding what closes it, its risk and its undo."),
    "apply": ("driftgate.cli.remediate_apply:command", "Take the steps of a plan, or go on with a run."),
    "rollback": ("driftgate.cli.remediate_rollback:rollback", "Undo what a run did."),
    "runs": ("driftgate.cli.remediate_rollback:runs", "List the runs, and how they ended."),
    "patch": ("driftgate.cli.remediate_patch:command", "Print the patch that makes the code say what is live."),
    "pr": ("driftgate.cli.remediate_pr:command", "Propose the proven patches as a pull or merge request."),
}
"""The commands of `dg remediate`."""

STATE: Table = {
    "diff": ("driftgate.cli.state_diff:diff", "Compare two states, or two versions of one."),
    "history": ("driftgate.cli.state_history:history", "List the versions of a state that are kept."),
    "list": ("driftgate.cli.state_read:list_", "List the addresses of every resource instance in a state."),
    "lock": ("driftgate.cli.state_lock:lock", "Take the lock of a state and leave it taken."),
    "locks": ("driftgate.cli.state_lock:locks", "List every lock held in a repo, and whether its holder has ended."),
    "mv": ("driftgate.cli.state_edit:mv", "Move resources to other addresses."),
    "pull": ("driftgate.cli.state_read:pull", "Print a state as JSON: masked, or with --reveal exactly as stored."),
    "push": ("driftgate.cli.state_push:push", "Store a state file in the place of a unit's state."),
    "replace-provider": ("driftgate.cli.state_edit:replace_provider", "Give resources to another provider."),
    "rm": ("driftgate.cli.state_edit:rm", "Forget resources, without touching the objects."),
    "rollback": ("driftgate.cli.state_rollback:rollback", "Store an older version of a state again."),
    "show": ("driftgate.cli.state_read:show", "Show the attributes of a resource."),
    "unlock": ("driftgate.cli.state_lock:unlock", "Break a lock whose holder is gone."),
    "verify": ("driftgate.cli.state_verify:verify", "Look whether a stored state is whole."),
}
"""The commands of `dg state`, one file each or a few that belong together."""

AUDIT: Table = {
    "checkpoint": ("driftgate.cli.audit_sign:checkpoint", "Sign the log as it is now."),
    "export": ("driftgate.cli.audit_read:export", "Write records as JSON lines, JSON or CSV."),
    "keygen": ("driftgate.cli.audit_sign:keygen", "Make a key that signs checkpoints and approvals."),
    "list": ("driftgate.cli.audit_read:list_", "List what was done, by whom and to what."),
    "verify": ("driftgate.cli.audit_sign:verify", "Find the first record that was altered, dropped or reordered."),
}
"""The commands of `dg audit`."""

BACKUP: Table = {
    "create": ("driftgate.cli.backup_create:create", "Back up the states of units as they are now."),
    "decrypt": ("driftgate.cli.backup_open:decrypt", "Print the state in a backup, secrets included."),
    "diff": ("driftgate.cli.backup_open:diff", "Compare a backup with the present state, or with another."),
    "list": ("driftgate.cli.backup_read:list_", "List backups."),
    "prune": ("driftgate.cli.backup_prune:prune", "Remove old backups that nothing needs any more."),
    "restore": ("driftgate.cli.backup_restore:restore", "Bring the state in a backup back to where it belongs."),
    "show": ("driftgate.cli.backup_read:show", "Show what a backup is, and count what it holds."),
    "verify": ("driftgate.cli.backup_read:verify", "Hash backups again, and open those whose key is at hand."),
}
"""The commands of `dg backup`."""

APPROVE: Table = {
    "deny": ("driftgate.cli.approve_answer:deny", "Say no to a request, for good."),
    "grant": ("driftgate.cli.approve_answer:grant", "Approve the plan of a request, once."),
    "list": ("driftgate.cli.approve_ask:list_", "List what was asked for and how it stands."),
    "request": ("driftgate.cli.approve_ask:request", "Ask for approval of a saved plan."),
    "verify": ("driftgate.cli.approve_ask:verify", "Say whether a saved plan may be applied."),
}
"""The commands of `dg approve`."""


BACKEND: Table = {
    "check": ("driftgate.cli.backend_check:check", "Look how a backend keeps a state, and what we may do there."),
}
"""The commands of `dg backend`."""


def load(name: str, table: Table = COMMANDS) -> object:
    """The click command registered under `name` in `table`."""
    module, _, attribute = table[name][0].partition(":")
    return getattr(import_module(module), attribute)
