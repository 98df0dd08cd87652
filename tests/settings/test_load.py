from __future__ import annotations

from pathlib import Path

import pytest

from driftgate.settings.load import SettingsError, anchored, keys, load, variable
from driftgate.settings.schema import Settings


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder deep in a git work tree, in a file system whose upper folders have settings of their own."""
    (tmp_path / ".driftgate.toml").write_text("[drift]\nparallelism = 99\n")
    folder = tmp_path / "repo/live/app"
    folder.mkdir(parents=True)
    (tmp_path / "repo/.git").mkdir()
    return folder


def repo_toml(work: Path, text: str, name: str = ".driftgate.toml") -> Path:
    file = work.parents[1] / name
    file.write_text(text)
    return file


def test_without_any_the_defaults_are_in_force(work: Path) -> None:
    loaded = load(work, {})

    assert loaded.settings == Settings()
    assert (loaded.origin, loaded.files) == ({}, ())


def test_the_repos_file_is_found_from_below_and_never_outside(work: Path) -> None:
    file = repo_toml(work, '[drift]\nfail_on = "high"\n')
    loaded = load(work, {})

    assert loaded.settings.drift.fail_on == "high"
    assert loaded.settings.drift.parallelism == 4
    assert loaded.origin == {"drift.fail_on": str(file)}
    assert loaded.files == (file,)


def test_pyproject_counts_where_it_speaks_of_driftgate(work: Path) -> None:
    (work / "pyproject.toml").write_text("[tool.black]\n")
    repo_toml(work, "[tool.driftgate.drift]\nstrict = true\n", "pyproject.toml")

    assert load(work, {}).settings.drift.strict is True


def test_the_stronger_source_wins_key_by_key(work: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".config/driftgate").mkdir(parents=True)
    (home / ".config/driftgate/config.toml").write_text(
        "[backup]\nkeep_last = 1\nkeep_days = 1\n[drift]\nstrict = true\n"
    )
    repo_toml(work, "[backup]\nkeep_last = 2\nkeep_days = 2\n")
    loaded = load(work, {"HOME": str(home), "DG_BACKUP_KEEP_LAST": "3"})

    assert (loaded.settings.backup.keep_last, loaded.settings.backup.keep_days) == (3, 2)
    assert loaded.settings.drift.strict is True
    assert loaded.origin["backup.keep_last"] == "DG_BACKUP_KEEP_LAST"
    assert [file.name for file in loaded.files] == ["config.toml", ".driftgate.toml"]


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_a_named_file_stands_in_for_the_repos(work: Path, tmp_path: Path, how: str) -> None:
    repo_toml(work, "[drift]\nparallelism = 2\nstrict = true\n")
    other = tmp_path / "other.toml"
    other.write_text("[drift]\nparallelism = 3\n")
    loaded = load(work, {} if how == "flag" else {"DG_CONFIG": str(other)}, other if how == "flag" else None)

    assert (loaded.settings.drift.parallelism, loaded.settings.drift.strict) == (3, False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("tags.*,instance_type", ("tags.*", "instance_type"), id="several"),
        pytest.param(" a , ", ("a",), id="spaces and empties"),
    ],
)
def test_lists_in_variables_are_split_at_commas(work: Path, text: str, value: tuple[str, ...]) -> None:
    assert load(work, {"DG_REPORT_SHOW_VALUES": text}).settings.report.show_values == value


def test_every_setting_has_a_variable(work: Path) -> None:
    samples = {"bool": "true", "int": "7", "float": "7", "tuple": "x", "Literal": "off"}
    for section, key, kind, default in keys():
        name = next((n for n in ("tuple", "bool", "float", "int", "Literal") if n in str(kind)), "")
        known = {"fail_on": "medium", "approvals": "git-notes", "terragrunt": "native"}
        known["rules"] = '[{"strategy": "ignore"}]'
        text = known.get(key, samples.get(name, "x:y"))
        loaded = load(work, {variable(section, key): text})
        assert getattr(getattr(loaded.settings, section), key) != default or text == "true", key
        assert loaded.origin == {f"{section}.{key}": variable(section, key)}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        pytest.param("backup.destination", "backups", "{root}/backups", id="a folder"),
        pytest.param("backup.destination", "/srv/backups", "/srv/backups", id="absolute"),
        pytest.param("backup.destination", "s3://bucket/prefix", "s3://bucket/prefix", id="a bucket is no path"),
        pytest.param("audit.path", "audit.jsonl", "{root}/audit.jsonl", id="a file"),
        pytest.param("gate.approvers", ["ann.pub", "ed25519:AAAA"], ("{root}/ann.pub", "ed25519:AAAA"), id="in a list"),
        pytest.param("backup.recipients", ["age1xyz"], ("age1xyz",), id="not a path setting"),
    ],
)
def test_paths_are_relative_to_the_file(work: Path, key: str, value: object, expected: object) -> None:
    root = str(work.parents[1])
    section, name = key.split(".")
    repo_toml(
        work,
        f"[{section}]\n{name} = {str(value).replace(chr(39), chr(34)) if isinstance(value, list) else repr(value)}\n",
    )
    wanted = (
        tuple(e.format(root=root) for e in expected) if isinstance(expected, tuple) else str(expected).format(root=root)
    )

    assert getattr(getattr(load(work, {}).settings, section), name) == wanted


@pytest.mark.parametrize(
    ("text", "message", "next_step"),
    [
        pytest.param("[drfit]\n", "there is no setting drfit", "did you mean drift?", id="section"),
        pytest.param("[drift]\nfail_onn = 1\n", "there is no setting drift.fail_onn", "did you mean fail_on?", id="key"),
        pytest.param("[drift]\nxyz = 1\n", "there is no setting drift.xyz", "known here: fail_on, ledger, parallelism, strict", id="nothing near"),
        pytest.param("drift = 3\n", "drift is not a table", "write [drift] above its keys", id="not a table"),
        pytest.param('[drift]\nparallelism = "4"\n', "drift.parallelism: expected `int`, got `str`", "docs/configuration.md", id="type"),
        pytest.param("[drift]\nparallelism = 0\n", "drift.parallelism: expected `int` >= 1", "docs/configuration.md", id="range"),
        pytest.param('[drift]\nfail_on = "hihg"\n', "drift.fail_on: invalid enum value 'hihg'", "one of critical, high,", id="choice"),
        pytest.param("[drift\n", "is not TOML", "correct that line", id="syntax"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_what_would_be_right(work: Path, text: str, message: str, next_step: str) -> None:
    file = repo_toml(work, text)

    with pytest.raises(SettingsError) as caught:
        load(work, {})
    assert str(file) in caught.value.message
    assert message in caught.value.message
    assert next_step in caught.value.next_step


def test_a_wrong_variable_is_named(work: Path) -> None:
    with pytest.raises(SettingsError, match=r"^DG_DRIFT_PARALLELISM: drift.parallelism: expected `int`"):
        load(work, {"DG_DRIFT_PARALLELISM": "many"})


def test_a_named_file_that_is_missing(work: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read .*nowhere.toml: No such file"):
        load(work, {"DG_CONFIG": "nowhere.toml"})


def test_a_tool_table_that_is_no_table(work: Path) -> None:
    repo_toml(work, "[tool]\ndriftgate = 3\n", "pyproject.toml")

    with pytest.raises(SettingsError, match="is not a table"):
        load(work, {})


RULES = """
[[remediate.rules]]
unit = "live/prod"
class = ["missing", "reverted-by-apply"]
strategy = "revert"

[[remediate.rules]]
strategy = ["accept", "ignore"]
"""


def test_a_list_of_tables(work: Path) -> None:
    repo_toml(work, RULES)
    first, second = load(work, {}).settings.remediate.rules

    assert (first.unit, first.drift_class, first.strategy) == ("live/prod", ("missing", "reverted-by-apply"), "revert")
    assert (second.unit, second.severity, second.strategy) == ("", (), ("accept", "ignore"))


@pytest.mark.parametrize(("rule", "said", "next_step"), [
    ('unti = "a"\nstrategy = "revert"', "there is no setting remediate.rules[1].unti", "did you mean unit?"),
    ('unit = "a"', "remediate.rules[1] has no strategy", "add one"),
    ('strategy = "revret"', "remediate.rules[1].strategy: invalid enum value 'revret'", "one of revert, accept, "),
    ('strategy = ["revret"]', "remediate.rules[1].strategy: invalid enum value 'revret'", "one of revert, accept, "),
    ('strategy = "revert"\nclass = "gone"', "rules[1].class: invalid enum value", "one of missing, "),
    ('strategy = "revert"\nunit = 3', "remediate.rules[1].unit: expected `str`", "docs/configuration.md"),
], ids=["misspelt key", "no strategy", "misspelt strategy", "in a list", "class", "type"])  # fmt: skip
def test_what_is_wrong_in_a_table_of_a_list(work: Path, rule: str, said: str, next_step: str) -> None:
    repo_toml(work, f"[[remediate.rules]]\n{rule}\n")
    with pytest.raises(SettingsError) as failed:
        load(work, {})

    assert said in failed.value.message
    assert next_step in failed.value.next_step


@pytest.mark.parametrize(("file", "env", "said"), [
    ("[remediate]\nrules = 3\n", {}, "remediate.rules is no list of tables"),
    ("[remediate.rules]\nstrategy = 'revert'\n", {}, "remediate.rules is no list of tables"),
    ("", {"DG_REMEDIATE_RULES": "revert"}, "DG_REMEDIATE_RULES is not JSON"),
])  # fmt: skip
def test_what_is_no_list_of_tables(work: Path, file: str, env: dict[str, str], said: str) -> None:
    repo_toml(work, file)
    with pytest.raises(SettingsError, match=said):
        load(work, env)


def test_variables_mean_the_same_files_in_every_folder() -> None:
    env = {
        "DG_CONFIG": "a.toml", "DG_AUDIT_PATH": "x,y/audit.jsonl", "DG_BACKUP_DESTINATION": "s3://bucket/x",
        "DG_GATE_APPROVERS": "ed25519:Zm9v, keys/bob.pub", "DG_WRAP_BACKUP": "false", "PATH": "bin",
    }  # fmt: skip
    assert anchored(env, Path("/here")) == env | {
        "DG_CONFIG": "/here/a.toml", "DG_AUDIT_PATH": "/here/x,y/audit.jsonl",
        "DG_GATE_APPROVERS": "ed25519:Zm9v,/here/keys/bob.pub",
    }  # fmt: skip
    assert anchored({"DG_CONFIG": ""}, Path("/here")) == {"DG_CONFIG": ""}
