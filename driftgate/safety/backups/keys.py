"""The keys that settings and options name: one way to seal, any number of keys to open with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from driftgate.safety.backup import BackupError
from driftgate.safety.backups.seal import InClear, Opener, Sealer
from driftgate.settings.schema import BackupSettings


def sealer_of(settings: BackupSettings, env: Mapping[str, str]) -> Sealer:
    """The one way in which backups are sealed. Raises BackupError when two are set or a key is none, MissingExtra."""
    ways = {name: getattr(settings, name) for name in ("recipients", "key_file", "kms_key_id")}
    chosen = [name for name, value in ways.items() if value]
    if len(chosen) > 1:
        raise BackupError(f"[backup] sets {' and '.join(chosen)}", next_step="set one: a backup is sealed in one way")
    if settings.recipients:
        from driftgate.safety.backups.age import check_recipients

        return check_recipients(settings.recipients)
    if settings.key_file:
        from driftgate.safety.backups.aes import AesSealer, KeyElsewhere, read_key_file

        key = Path(settings.key_file)
        return AesSealer(read_key_file(key)) if _is_here(key) else KeyElsewhere(key)
    if settings.kms_key_id:
        from driftgate.safety.backups.aes import AesSealer
        from driftgate.safety.backups.kms import KmsKeeper

        return AesSealer(KmsKeeper(settings.kms_key_id, env))
    return InClear()


def openers_of(
    settings: BackupSettings,
    env: Mapping[str, str],
    *,
    key_files: Sequence[Path] = (),
    identities: Sequence[Path] = (),
) -> tuple[Opener, ...]:
    """What backups can be opened with: AES keys in `key_files`, age `identities`, those set that are here, and KMS.

    KMS is not asked before a backup needs it. Raises BackupError for a file that is no key, MissingExtra.
    """
    from driftgate.safety.backups.aes import AesSealer, read_key_file
    from driftgate.safety.backups.kms import KmsKeeper

    own = Path(settings.key_file)
    files = [*key_files, *([own] if settings.key_file and _is_here(own) else [])]
    openers: list[Opener] = [AesSealer(read_key_file(file)) for file in files]
    private = [*identities, *(path for path in map(Path, settings.identities) if _is_here(path))]
    if private:
        from driftgate.safety.backups.age import read_identities

        openers.append(read_identities(private))
    return (*openers, AesSealer(KmsKeeper("", env)))


def _is_here(path: Path) -> bool:
    """Whether there is such a file; one that may not be looked at is for its reader to tell of."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True
