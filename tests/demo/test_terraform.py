from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from driftgate.demo import terraform as demo_terraform
from driftgate.demo.layout import SOURCE
from driftgate.demo.terraform import NoTerraformError, find_terraform, init, install_provider, terraform
from driftgate.process import Result
from driftgate.tfexec.binary import Binary, ToolError
from driftgate.tfexec.mirror import cli_config
from driftgate.tfexec.reads import Terraform

WANTED = SOURCE / "live/network/terraform.tf"
BOXED = "╷\n│ Error: {}\n│ \n│ the detail\n╵\n"


class FakeTerraform:
    """Remembers its calls; `init` installs a provider as the real one does, or fails saying `error`."""

    def __init__(self, error: str = "", registry: str = "registry.terraform.io") -> None:
        self.error, self.registry = error, registry
        self.calls: list[tuple[tuple[str, ...], list[str], str]] = []

    def __call__(self, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], on_line: object = None) -> Result:
        config = Path(env["TF_CLI_CONFIG_FILE"])
        self.calls.append(
            (tuple(argv[1:]), sorted(p.name for p in cwd.iterdir()), config.read_text() if config.exists() else "")
        )
        if self.error:
            return Result(tuple(argv), 1, b"", BOXED.format(self.error).encode())
        provider = cwd / ".terraform/providers" / self.registry / "hashicorp/aws/5.100.0/linux_amd64"
        provider.mkdir(parents=True)
        (provider / "terraform-provider-aws").write_text("#!")
        return Result(tuple(argv), 0, b"", b"")


def terraform_with(run: FakeTerraform, folder: Path, name: str = "terraform") -> Terraform:
    env = {"TF_CLI_CONFIG_FILE": str(folder / "terraform.tfrc")}
    return Terraform(Binary(f"/bin/{name}", name, (1, 11, 0)), folder, env, run)


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any mirror."""
    monkeypatch.setattr(demo_terraform, "find_provider_mirror", lambda env, tool: None)


def test_a_mirror_is_used_without_running_anything(tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    (mirror / "registry.terraform.io/hashicorp/aws").mkdir(parents=True)
    run = FakeTerraform()

    install_provider(terraform_with(run, tmp_path), WANTED, env={"DG_TEST_PROVIDER_MIRROR": str(mirror)})

    assert (tmp_path / "terraform.tfrc").read_text() == cli_config(mirror)
    assert run.calls == []


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("tool", ["terraform", "tofu"])
def test_without_a_mirror_the_provider_is_fetched_and_kept(tmp_path: Path, tool: str) -> None:
    registry = {"terraform": "registry.terraform.io", "tofu": "registry.opentofu.org"}[tool]
    run = FakeTerraform(registry=registry)
    cache = tmp_path / "xdg/driftgate/providers"

    install_provider(
        terraform_with(run, tmp_path, tool), WANTED, env={"HOME": "/h", "XDG_CACHE_HOME": str(tmp_path / "xdg")}
    )

    argv, files, config = run.calls[0]
    assert argv == ("init", "-input=false", "-no-color", "-backend=false")
    assert (files, config) == (["terraform.tf"], cli_config(None))
    assert (cache / registry / "hashicorp/aws/5.100.0/linux_amd64/terraform-provider-aws").is_file()
    assert (tmp_path / "terraform.tfrc").read_text() == cli_config(cache)
    assert [path.name for path in cache.parent.iterdir()] == ["providers"], "no scratch folder is left"


@pytest.mark.usefixtures("nowhere")
def test_a_provider_that_cannot_be_fetched_leaves_nothing_behind(tmp_path: Path) -> None:
    run = FakeTerraform(error="Failed to query available provider packages")

    with pytest.raises(
        NoTerraformError, match=r"terraform cannot get the AWS provider \(Failed to query available provider packages\)"
    ):
        install_provider(terraform_with(run, tmp_path), WANTED, env={"XDG_CACHE_HOME": str(tmp_path / "xdg")})

    assert [path.name for path in (tmp_path / "xdg").rglob("*")] == ["driftgate", "providers"]


@pytest.mark.usefixtures("nowhere")
def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(
        NoTerraformError, match=r"cannot keep the AWS provider in .*file/driftgate/providers: Not a dir"
    ):
        install_provider(
            terraform_with(FakeTerraform(), tmp_path), WANTED, env={"XDG_CACHE_HOME": str(tmp_path / "file")}
        )


def test_no_terraform_on_path(tmp_path: Path) -> None:
    with pytest.raises(NoTerraformError, match="neither terraform nor tofu is on PATH"):
        find_terraform({"PATH": str(tmp_path)}, FakeTerraform())


def test_a_failing_command_is_quoted(tmp_path: Path) -> None:
    run = FakeTerraform(error="Error acquiring the state lock")

    with pytest.raises(ToolError, match=r"`terraform apply` failed in .*: Error acquiring the state lock the detail"):
        terraform(terraform_with(run, tmp_path), "apply", "-auto-approve")
    with pytest.raises(NoTerraformError, match="cannot get the AWS provider"):
        init(terraform_with(run, tmp_path))
