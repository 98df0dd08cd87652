"""Finds the settings: defaults < the user's file < the repo's file < `DG_<SECTION>_<KEY>`; strict, and says where from.

The repo's file is the nearest `.driftgate.toml`, or `pyproject.toml` with a `[tool.driftgate]` table, from the current
folder up to the git root; DG_CONFIG (or --config) names another in its place.
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from driftgate.errors import DriftgateError
from driftgate.settings.schema import Settings

FILE = ".driftgate.toml"
DEFAULT = "default"
OTHER_VARIABLES = frozenset(
    {
        "DG_APPROVAL_KEY",
        "DG_CONFIG",
        "DG_DEBUG",
        "DG_DEPTH",
        "DG_DISABLE",
        "DG_REAL_TERRAFORM",
        "DG_REAL_TERRAGRUNT",
        "DG_REAL_TOFU",
        "DG_REASON",
        "DG_RUN_FOLDER",
        "DG_RUN_FROM",
        "DG_RUN_ID",
        "DG_TEST_PROVIDER_MIRROR",
    }
)
"""`DG_` variables that are no setting."""


class SettingsError(DriftgateError):
    """A settings file or variable that cannot be used."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force. `origin` gives for each key that is set (`backup.keep_last`) the file or variable."""

    settings: Settings
    origin: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()


def load(cwd: Path, env: Mapping[str, str], config: Path | None = None) -> Loaded:
    """The settings for a command started in `cwd`; `config` (else DG_CONFIG) stands in for the repo's file.

    Paths in a file are relative to its folder and come out absolute. Raises SettingsError naming file, key and what
    would be right.
    """
    named = config or (Path(env["DG_CONFIG"]) if env.get("DG_CONFIG") else None)
    files = [file for file in (user_file(env), (cwd / named) if named else repo_file(cwd)) if file is not None]
    merged: dict[str, dict[str, Any]] = {}
    origin: dict[str, str] = {}
    layers = [(str(file), _read(file), file.parent) for file in files]
    for source, table, folder in [*layers, *_variables(env, cwd)]:
        for section, key, value in _entries(table, source):
            merged.setdefault(section, {})[key] = _absolute(section, key, value, folder)
            origin[f"{section}.{key}"] = source
    return Loaded(_settings(merged, origin), origin, tuple(files))


def repo_file(cwd: Path) -> Path | None:
    """The nearest settings file from `cwd` up to the git root (or the file system's), None when there is none."""
    for folder in (cwd, *cwd.parents):
        for candidate in (folder / FILE, folder / "pyproject.toml"):
            if candidate.is_file() and (candidate.name == FILE or "driftgate" in _parse(candidate).get("tool", {})):
                return candidate
        if (folder / ".git").exists():
            return None
    return None


def user_file(env: Mapping[str, str]) -> Path | None:
    """`$XDG_CONFIG_HOME/driftgate/config.toml` where it exists."""
    base = env.get("XDG_CONFIG_HOME") or (f"{env['HOME']}/.config" if env.get("HOME") else "")
    file = Path(base, "driftgate", "config.toml")
    return file if base and os.path.isfile(file) else None  # not in a home that is another user's, as sudo leaves it


def keys() -> Iterator[tuple[str, str, Any, Any]]:
    """Every setting: section, key, its type, its default."""
    for section in msgspec.structs.fields(Settings):
        for key in msgspec.structs.fields(section.type):
            yield section.name, key.name, key.type, key.default


def variable(section: str, key: str) -> str:
    """The environment variable of a setting."""
    return f"DG_{section}_{key}".upper()


def anchored(env: Mapping[str, str], cwd: Path) -> dict[str, str]:
    """`env` for children that run elsewhere: the files that its variables name, relative to `cwd`, made absolute."""
    found = dict(env)
    if env.get("DG_CONFIG"):
        found["DG_CONFIG"] = str(cwd / env["DG_CONFIG"])
    for section, key, kind, _ in keys():
        name = variable(section, key)
        if f"{section}.{key}" in PATHS and env.get(name):
            value = _absolute(section, key, _in_variable(name, env[name], kind), cwd)
            found[name] = ",".join(value) if isinstance(value, list) else value
    return found


PATHS = frozenset(
    {
        "drift.ledger",
        "report.template_dir",
        "backup.destination",
        "backup.key_file",
        "backup.identities",
        "audit.path",
        "audit.signing_key",
        "gate.approvers",
        "gate.requesters",
    }
)
"""Settings that may name files; `s3://…` and `ed25519:…` are no files."""


def _absolute(section: str, key: str, value: Any, folder: Path) -> Any:
    if f"{section}.{key}" not in PATHS:
        return value
    if isinstance(value, list):
        return [_absolute(section, key, item, folder) for item in value]
    is_file = isinstance(value, str) and value and ":" not in value
    return str(folder / Path(value).expanduser()) if is_file else value


def _read(file: Path) -> dict[str, Any]:
    table = _parse(file)
    if file.name == "pyproject.toml":
        table = table.get("tool", {}).get("driftgate", {})
    if not isinstance(table, dict):
        raise SettingsError(f"{file}: [tool.driftgate] is not a table", next_step="see docs/configuration.md")
    return table


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not TOML: {error}", next_step="correct that line") from None
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror}", next_step="name a file that exists") from None


def _variables(env: Mapping[str, str], cwd: Path) -> Iterator[tuple[str, dict[str, Any], Path]]:
    for section, key, kind, _ in keys():
        name = variable(section, key)
        text = env.get(name)
        if text:
            yield name, {section: {key: _in_variable(name, text, kind)}}, cwd


def _in_variable(name: str, text: str, kind: Any) -> Any:
    if row_of(kind) is not None:
        try:
            return json.loads(text)
        except ValueError as error:
            raise SettingsError(f"{name} is not JSON: {error}", next_step="write a list of objects") from None
    return [t.strip() for t in text.split(",") if t.strip()] if "tuple" in str(kind) else text


def row_of(kind: Any) -> type[msgspec.Struct] | None:
    """The struct that a setting is a list of, None for any other setting."""
    inner = get_args(get_args(kind)[0])
    found = inner[0] if inner else None
    return found if isinstance(found, type) and issubclass(found, msgspec.Struct) else None


def _entries(table: Mapping[str, Any], source: str) -> Iterator[tuple[str, str, Any]]:
    """The file's values, after every name in it is known to be right."""
    known: dict[str, list[str]] = {}
    for section, key, _, _ in keys():
        known.setdefault(section, []).append(key)
    for section, values in table.items():
        if section not in known:
            raise _unknown(source, section, section, list(known))
        if not isinstance(values, dict):
            raise SettingsError(f"{source}: {section} is not a table", next_step=f"write [{section}] above its keys")
        for key, value in values.items():
            if key not in known[section]:
                raise _unknown(source, f"{section}.{key}", key, known[section])
            yield section, key, value


def _unknown(source: str, path: str, name: str, known: list[str]) -> SettingsError:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(known))}"
    return SettingsError(f"{source}: there is no setting {path}", next_step=hint)


def _settings(merged: Mapping[str, Mapping[str, Any]], origin: Mapping[str, str]) -> Settings:
    checked: dict[str, dict[str, Any]] = {}
    for section, key, kind, _ in keys():
        if key in merged.get(section, {}):
            path = f"{section}.{key}"
            checked.setdefault(section, {})[key] = _value(path, merged[section][key], kind, origin[path])
    return msgspec.convert(checked, Settings)


def _value(path: str, value: Any, kind: Any, source: str) -> Any:
    row = row_of(kind)
    if row is not None:
        return _rows(path, value, row, source)
    try:
        # Only a variable's text is read as a number or a truth value; in a file `"4"` is a mistake.
        return msgspec.convert(value, kind, strict=not source.startswith("DG_"))
    except msgspec.ValidationError as error:
        said = str(error).partition(" - at ")[0]
        choices = _choices(get_args(kind)[0])
        next_step = f"one of {', '.join(map(str, choices))}" if choices else "see docs/configuration.md"
        raise SettingsError(f"{source}: {path}: {said[:1].lower()}{said[1:]}", next_step=next_step) from None


def _rows(path: str, value: Any, row: type[msgspec.Struct], source: str) -> list[dict[str, Any]]:
    """The tables of a list, each checked as a section is."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise SettingsError(
            f"{source}: {path} is no list of tables", next_step=f"write [[{path}]] above each one's keys"
        )
    fields = {key.encode_name: key for key in msgspec.structs.fields(row)}
    for number, item in enumerate(value, start=1):
        place = f"{path}[{number}]"
        for name in item:
            if name not in fields:
                raise _unknown(source, f"{place}.{name}", name, list(fields))
            _value(f"{place}.{name}", item[name], fields[name].type, source)
        for name, key in fields.items():
            if key.required and name not in item:
                raise SettingsError(f"{source}: {place} has no {name}", next_step=f"add one: {name} = …")
    return list(value)


def _choices(kind: Any) -> tuple[Any, ...]:
    """The words that a setting may be, also where it may be a list of them; none for any other."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return next((get_args(one) for one in get_args(kind) if get_origin(one) is Literal), ())
