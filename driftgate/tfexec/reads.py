"""terraform's read-only commands: argv, run, typed result. The dangerous half is `writes.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from driftgate.process import Result, Runner
from driftgate.tfexec.argv import FLAG, argv
from driftgate.tfexec.binary import Binary, ToolError
from driftgate.tfexec.events import Diagnostic, Event, parse_event


@dataclass(frozen=True, slots=True)
class Terraform:
    """A binary in a unit's directory under an environment; every call goes through `run`.

    With a `front` (`terragrunt run --`) that is started in the binary's place.
    """

    binary: Binary
    cwd: Path
    env: Mapping[str, str]
    run: Runner
    front: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Planned:
    """How a plan ended: `diagnostics` are its errors and warnings; the plan file may exist even when it failed."""

    ok: bool
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.diagnostics if d.severity == "error")


def init(tf: Terraform, *, backend_config: Sequence[str] = (), readonly_lock: bool = True) -> Planned:
    """`terraform init`, never upgrading; with `readonly_lock` the dependency lock file is not touched.

    A `-force-copy` in TF_CLI_ARGS_init would copy a state that lies beside the code into the backend: ours comes last.
    """
    options: dict[str, object] = {"input": False, "force_copy": False, "no_color": FLAG}
    options["backend_config"] = list(backend_config)
    if readonly_lock:
        options["lockfile"] = "readonly"
    result = call(tf, argv(tf.binary.path, "init", **options))
    return Planned(result.ok, () if result.ok else diagnostics_from_text(result.stderr or result.stdout))


def get(tf: Terraform) -> Planned:
    """`terraform get`: fetch the modules that the folder calls, nothing else."""
    result = call(tf, argv(tf.binary.path, "get", no_color=FLAG))
    return Planned(result.ok, () if result.ok else diagnostics_from_text(result.stderr or result.stdout))


def plan(
    tf: Terraform,
    *,
    out: Path,
    var_files: Sequence[str] = (),
    targets: Sequence[str] = (),
    refresh_only: bool = False,
    generated: Path | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> Planned:
    """`terraform plan` with refresh, without taking the lock, saved to `out`; events are seen as they come.

    `targets` are addresses: only those, and what they depend on, are planned. `generated` is a new file for the
    configuration of imported objects that the code has none for. The explicit flags come after whatever
    TF_CLI_ARGS_plan inserts, so they win over it.
    """
    diagnostics: list[Diagnostic] = []

    def on_line(line: bytes) -> None:
        event = parse_event(line)
        if isinstance(event, Diagnostic):
            diagnostics.append(event)
        if event is not None and on_event is not None:
            on_event(event)

    mode: dict[str, object] = {"refresh_only": FLAG} if refresh_only else {}
    # fmt: off
    command = argv(tf.binary.path, "plan", lock=False, input=False, refresh=True, destroy=False, **mode,
                   detailed_exitcode=False, json=FLAG, no_color=FLAG, var_file=list(var_files), target=list(targets),
                   out=str(out))
    # fmt: on
    if generated is not None:
        command = (*command, f"-generate-config-out={generated}")
    result = call(tf, command, on_line)
    if not result.ok and not any(d.severity == "error" for d in diagnostics):
        diagnostics.extend(diagnostics_from_text(result.stderr or result.stdout))
    return Planned(result.ok, tuple(diagnostics))


def show_plan(tf: Terraform, plan_file: Path) -> bytes:
    """The JSON of a saved plan. Raises ToolError when terraform cannot show it."""
    return _json(call(tf, argv(tf.binary.path, "show", str(plan_file), json=FLAG, no_color=FLAG)), "show")


def providers_schema(tf: Terraform) -> bytes:
    """The JSON schemas of the unit's providers. Raises ToolError when terraform cannot tell them."""
    return _json(call(tf, argv(tf.binary.path, "providers schema", json=FLAG, no_color=FLAG)), "providers schema")


def state_pull(tf: Terraform) -> bytes:
    """The state's bytes as terraform re-prints them, b"" when there is none. Raises ToolError when it cannot."""
    result = call(tf, argv(tf.binary.path, "state pull"))
    return result.stdout if result.ok and not result.stdout.strip() else _json(result, "state pull")


def workspaces(tf: Terraform) -> tuple[str, ...]:
    """The names of the workspaces that have a state, `default` always among them. Raises ToolError when it cannot."""
    result = call(tf, argv(tf.binary.path, "workspace list", no_color=FLAG))
    if not result.ok:
        raise failed(result.argv[0], "workspace list", result.stderr or result.stdout)
    # A sentence about TF_WORKSPACE may follow, after an empty line; the current workspace has a star.
    names, _, _ = result.stdout.decode("utf-8", "replace").strip("\n").partition("\n\n")
    return tuple(sorted(line.strip("* ") for line in names.splitlines()))


def diagnostics_from_text(text: bytes) -> tuple[Diagnostic, ...]:
    """Errors out of Terraform's boxed human text, for commands that have no `-json`."""
    found: list[Diagnostic] = []
    for line in text.decode("utf-8", "replace").splitlines():
        content = line.strip().lstrip("╷│╵|").strip()
        if content.startswith(("Error: ", "Warning: ")):
            severity, _, summary = content.partition(": ")
            found.append(Diagnostic(severity.lower(), summary))
        elif content and found:
            last = found[-1]
            found[-1] = Diagnostic(last.severity, last.summary, f"{last.detail} {content}".strip())
    if not any(d.severity == "error" for d in found):
        found.append(Diagnostic("error", " ".join(text.decode("utf-8", "replace").split())[:400] or "no output"))
    return tuple(found)


def call(tf: Terraform, command: tuple[str, ...], on_line: Callable[[bytes], None] | None = None) -> Result:
    """Run `command` as `tf` says. Raises ToolError when it cannot be started."""
    command = (*(tf.front or command[:1]), *command[1:])
    try:
        return tf.run(command, cwd=tf.cwd, env=tf.env, on_line=on_line)
    except OSError as error:
        if isinstance(error, InterruptedError):
            raise
        raise ToolError(
            f"cannot start {command[0]}: {error.strerror}", next_step="check PATH and permissions"
        ) from None


def failed(program: str, command: str, said: bytes) -> ToolError:
    """The error for `program command` that ended with what it `said`, told by the first error in it."""
    name = Path(program).name
    first = next(d for d in diagnostics_from_text(said) if d.severity == "error")
    return ToolError(
        f"`{name} {command}` failed: {first.summary} {first.detail}".strip(),
        next_step=f"run `{name} {command}` in the unit to see more",
    )


def _json(result: Result, command: str) -> bytes:
    """The JSON document on stdout: deprecation warnings may stand before it."""
    start = result.stdout.find(b"{")
    if not result.ok or start < 0:
        raise failed(result.argv[0], command, result.stderr or result.stdout)
    return result.stdout[start:]
