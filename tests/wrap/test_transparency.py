"""The matrix: what a user types behind dg does, says and leaves what it does, says and leaves without dg.

Real terraform, real terminals; compared byte by byte but for ids, times and folders.
"""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest
from state_server import serve_states
from terraform_cli import apply, needs_terraform, terraform
from wrap.both import DG, Line, outcome
from wrap.terminal import CTRL_C, Act, When, after, press_ctrl_c

pytestmark = [pytest.mark.acceptance, pytest.mark.every_time, needs_terraform]

UNIT = Path(__file__).parent / "unit" / "main.tf"
PROMPT = b"Enter a value:"
NEW = "-var=word=two"
YES, QUIET = "-auto-approve", "-no-color"


def types(keys: bytes) -> Act:
    return lambda session: session.type(keys)


def kills(number: int) -> Act:
    return lambda session: session.kill(number)


def kills_all(number: int) -> Act:
    return lambda session: session.kill_group(number)


def unformatted(folder: Path) -> None:
    (folder / "ugly.tf").write_text('locals{\na="b"\n   }\n')


def saved_plan(folder: Path) -> None:
    terraform(folder, "plan", "-out=saved", "-no-color", NEW)


def stale_plan(folder: Path) -> None:
    saved_plan(folder)
    terraform(folder, "apply", "-auto-approve", "-var=word=three")


def moved_into_a_folder(folder: Path) -> None:
    (folder / "sub").mkdir()
    for name in ("main.tf", ".terraform.lock.hcl", "terraform.tfstate"):
        if (folder / name).exists():
            shutil.move(folder / name, folder / "sub" / name)


def another_workspace(folder: Path) -> None:
    terraform(folder, "workspace", "new", "other")
    terraform(folder, "workspace", "select", "default")


def other_data_folder(folder: Path) -> None:
    terraform(folder, "init", env={"TF_DATA_DIR": ".elsewhere"})


def pulled(folder: Path) -> None:
    text = (folder / "terraform.tfstate").read_text()
    (folder / "pushed.json").write_text(text.replace('"serial": ', '"serial": 1'))


def one_resource(folder: Path) -> None:
    terraform(folder, "state", "rm", "terraform_data.y")  # terraform tells several in any order


def slow(folder: Path) -> None:
    with (folder / "main.tf").open("a") as file:
        file.write(
            'resource "terraform_data" "slow" {\n  depends_on = [terraform_data.y]\n'
            '  provisioner "local-exec" {\n    command = "echo begun; exec sleep 2"\n  }\n}\n'
        )


def asks(folder: Path) -> None:
    with (folder / "main.tf").open("a") as file:
        file.write('variable "asked" {}\n')


BEGUN = b"(local-exec): begun"
LINES = {
    "version": Line(["version"]),
    "-version": Line(["-version"]),
    "nothing": Line([]),
    "-help": Line(["-help"]),
    "help of a mutating command": Line(["apply", "-help"]),
    "an unknown command": Line(["aply"]),
    "an unknown option": Line(["apply", "-nope"]),
    "fmt -check": Line(["fmt", "-check", "-diff"], before=unformatted),
    "fmt from stdin": Line(["fmt", "-"], stdin=b'a="b"\n'),
    "validate -json": Line(["validate", "-json"]),
    "output": Line(["output"]),
    "output -raw": Line(["output", "-raw", "secret"]),
    "output -json": Line(["output", "-json"]),
    "output of nothing": Line(["output", "-raw", "nope"]),
    "show -json": Line(["show", "-json"]),
    "state list": Line(["state", "list"]),
    "state show": Line(["state", "show", "terraform_data.x"]),
    "state pull": Line(["state", "pull"]),
    "graph": Line(["graph"]),
    "console, piped": Line(["console"], stdin=b'upper("a")\n1 + 1\n'),
    "console, piped, an error": Line(["console"], stdin=b"nope(\n"),
    "plan, no changes": Line(["plan", "-detailed-exitcode"]),
    "plan, changes": Line(["plan", "-detailed-exitcode", NEW]),
    "plan -json": Line(["plan", "-json", NEW]),
    "apply, yes by pipe": Line(["apply", NEW], stdin=b"yes\n"),
    "apply, no by pipe": Line(["apply", NEW], stdin=b"no\n"),
    "apply, nobody to ask": Line(["apply", NEW]),
    "apply -input=false": Line(["apply", "-input=false", NEW]),
    "apply -auto-approve": Line(["apply", YES, NEW]),
    "apply --auto-approve, two dashes": Line(["apply", "--auto-approve", "-var", "word=a=b"]),
    "apply, no changes": Line(["apply", YES, QUIET]),
    "apply -json": Line(["apply", "-json", YES, NEW]),
    "apply of a plan": Line(["apply", "saved"], before=saved_plan),
    "apply of a stale plan": Line(["apply", "saved"], before=stale_plan),
    "apply -replace": Line(["apply", YES, QUIET, "-replace=terraform_data.x"]),
    "apply -refresh-only": Line(["apply", YES, "-refresh-only"]),
    "apply -destroy": Line(["apply", "-destroy", YES]),
    "apply -state": Line(["apply", YES, "-state=other.tfstate"]),
    "destroy -target": Line(["destroy", YES, "-target", "terraform_data.y"]),
    "an argument that is not UTF-8": Line(["apply", YES, b"-var=word=\xff\xfe"]),
    "an unknown argument that is not UTF-8": Line([b"\xff\xfe"]),
    "an argument after --": Line(["apply", YES, "--", "nope"]),
    "an empty argument": Line(["apply", YES, ""]),
    "import": Line(["import", QUIET, "terraform_data.nope", "id"]),
    "taint": Line(["taint", "terraform_data.x"]),
    "untaint": Line(["untaint", "terraform_data.x"], before=lambda folder: void(terraform(folder, "taint", "terraform_data.x"))),
    "refresh": Line(["refresh"]),
    "state mv": Line(["state", "mv", "terraform_data.x", "terraform_data.z"]),
    "state mv -dry-run": Line(["state", "mv", "-dry-run", "terraform_data.x", "terraform_data.z"]),
    "state rm": Line(["state", "rm", "terraform_data.y"]),
    "state rm of nothing": Line(["state", "rm", "terraform_data.nope"]),
    "state push": Line(["state", "push", "pushed.json"], before=pulled),
    "state push from stdin": Line(["state", "push", "-"], stdin=b"{}"),
    "state replace-provider": Line(["state", "replace-provider", YES, "terraform.io/builtin/terraform", "example.com/a/b"], before=one_resource),
    "workspace list": Line(["workspace", "list"], before=another_workspace),
    "workspace delete": Line(["workspace", "delete", "other"], before=another_workspace),
    "workspace delete of nothing": Line(["workspace", "delete", "nope"]),
    "force-unlock": Line(["force-unlock", "-force", "0c0ffee0-0000-0000-0000-000000000000"]),
    "-chdir": Line(["-chdir=sub", "apply", YES, NEW], before=moved_into_a_folder),
    "-chdir to nowhere": Line(["-chdir=nope", "apply", YES]),
    "TF_CLI_ARGS": Line(["apply", YES], env={"TF_CLI_ARGS": "-no-color", "TF_CLI_ARGS_apply": NEW}),
    "TF_WORKSPACE": Line(["apply", YES], before=another_workspace, env={"TF_WORKSPACE": "other"}),
    "TF_DATA_DIR": Line(["apply", YES, NEW], before=other_data_folder, env={"TF_DATA_DIR": ".elsewhere"}),
    "NO_COLOR": Line(["apply", YES, NEW], env={"NO_COLOR": "1"}),
    "the C locale": Line(["apply", YES, "-var=word=é"], env={"LC_ALL": "", "LANG": "C"}),
    "stdin closed": Line(["apply", NEW], shell='exec "$@" <&-'),
    "stdout closed": Line(["apply", YES, NEW], shell='exec "$@" >&-'),
    "variables from a descriptor": Line(
        ["apply", YES], shell="""exec "$@" -var-file=<(echo 'extra = { a = "b" }') -var-file=<(echo 'word = "two"')"""
    ),
    "on a terminal: plan": Line(["plan", NEW], script=[]),
    "on a terminal: yes": Line(["apply", NEW], script=[When(PROMPT, types(b"yes\n"))]),
    "on a terminal: no": Line(["apply", NEW], script=[When(PROMPT, types(b"no\n"))]),
    "on a terminal: end of input": Line(["apply", NEW], script=[When(PROMPT, types(b"\x04"))]),
    "on a terminal: destroy": Line(["destroy"], script=[When(PROMPT, types(b"yes\n"))]),
    "on a terminal: two prompts": Line(
        ["apply", NEW],
        before=asks,
        script=[When(PROMPT, types(b"v\n")), When(b"Only 'yes' will be accepted", types(b"yes\n"))],
    ),
}  # fmt: skip
"""Compared in everything."""

SLOW = ["apply", YES, QUIET, NEW]
BY_THEIR_END = {
    "console": Line(["console"], script=[When(b"> ", types(b"1 + 1\n")), When(b"2\r\n", types(b"exit\n"))]),
    "^C at the prompt": Line(["apply", NEW], script=[When(PROMPT, types(CTRL_C))]),
    "^C once": Line(SLOW, before=slow, script=[When(BEGUN, types(CTRL_C))]),
    "SIGTERM to dg alone": Line(SLOW, before=slow, script=[When(BEGUN, kills(signal.SIGTERM))]),
    "SIGHUP to all": Line(SLOW, before=slow, script=[When(BEGUN, kills_all(signal.SIGHUP))]),
    "SIGQUIT by ^\\": Line(SLOW, before=slow, script=[When(BEGUN, types(b"\x1c"))]),
    "SIGUSR1 to dg alone": Line(SLOW, before=slow, script=[When(BEGUN, kills(signal.SIGUSR1))]),
}
"""What is on the screen by then depends on the moment: compared by how they end and what they leave."""


def void(_result: object) -> None:
    """Forget a result."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared") / "unit"
    apply(folder, UNIT.read_text())
    return folder


def test_the_matrix_is_large() -> None:
    assert len(LINES) + len(BY_THEIR_END) >= 40


@pytest.mark.parametrize("line", LINES.values(), ids=LINES.keys())
def test_dg_is_not_there(line: Line, prepared: Path, tmp_path: Path) -> None:
    bare = outcome((), line, prepared, tmp_path / "bare")

    wrapped = outcome(DG, line, prepared, tmp_path / "behind")

    assert wrapped == bare


@pytest.mark.parametrize("line", BY_THEIR_END.values(), ids=BY_THEIR_END.keys())
def test_it_ends_as_it_would_without_dg(line: Line, prepared: Path, tmp_path: Path) -> None:
    bare = outcome((), line, prepared, tmp_path / "bare")

    wrapped = outcome(DG, line, prepared, tmp_path / "behind")

    assert wrapped.code == bare.code
    assert wrapped.states == bare.states


def test_two_interrupts_force_it_as_they_would_without_dg(prepared: Path, tmp_path: Path) -> None:
    with serve_states(save_seconds=4) as states:

        def saves_slowly(folder: Path) -> None:
            (folder / "terraform.tfstate").unlink()
            (folder / "backend.tf").write_text(states.backend(folder.name))
            terraform(folder, "init", "-reconfigure")

        def saving(name: str) -> Line:
            begun = When(lambda: states.saving.get(f"/{name}", 0) > 0, press_ctrl_c)
            return Line(["apply", YES, QUIET], before=saves_slowly, script=[begun, When(after(1.5), press_ctrl_c)])

        bare = outcome((), saving("bare"), prepared, tmp_path / "bare")

        wrapped = outcome(DG, saving("behind"), prepared, tmp_path / "behind")

    assert wrapped.code == bare.code == 1
    assert b"Two interrupts received" in bare.stderr + bare.stdout
    assert b"Two interrupts received" in wrapped.stderr + wrapped.stdout


def test_a_reader_that_stops_ends_it_as_it_would_without_dg(prepared: Path, tmp_path: Path) -> None:
    line = Line(
        ["apply", YES, NEW], shell='"$@" | true; exit "${PIPESTATUS[0]}"'
    )  # how far it gets depends on the moment
    bare = outcome((), line, prepared, tmp_path / "bare")

    assert outcome(DG, line, prepared, tmp_path / "behind").code == bare.code
