from __future__ import annotations

import base64
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from driftgate.safety import signing
from driftgate.safety.signing import (
    SigningError,
    VerifyKey,
    generate_key,
    parse_verify_key,
    read_signing_key,
    read_verify_key,
    write_key,
)

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not on PATH")


def test_a_signature_holds() -> None:
    key = generate_key()

    assert key.public.verify(b"plan", key.sign(b"plan", purpose="approval"), purpose="approval")


@pytest.mark.parametrize(
    ("message", "purpose", "spoil"),
    [
        pytest.param(b"other", "approval", lambda s: s, id="another message"),
        pytest.param(b"plan", "audit checkpoint", lambda s: s, id="another purpose"),
        pytest.param(b"plan", "approval", lambda s: s[:-8], id="cut off"),
        pytest.param(b"plan", "approval", lambda s: "no base64!", id="no base64"),
        pytest.param(b"plan", "approval", lambda s: base64.b64encode(b"\0" * 64).decode(), id="zeros"),
    ],
)
def test_what_does_not_hold(message: bytes, purpose: str, spoil: object) -> None:
    key = generate_key()
    signature = spoil(key.sign(b"plan", purpose="approval"))  # type: ignore[operator]

    assert not key.public.verify(message, signature, purpose=purpose)


def test_another_key_does_not_hold() -> None:
    assert not generate_key().public.verify(b"m", generate_key().sign(b"m", purpose="p"), purpose="p")


def test_a_private_key_is_shown_nowhere() -> None:
    key = generate_key()

    assert key.raw.hex() not in repr(key)
    assert repr(key.raw) not in repr(key)


def test_keys_come_back_from_their_files(tmp_path: Path) -> None:
    key = generate_key()
    public = write_key(key, tmp_path / "keys/audit.key")

    assert stat.S_IMODE((tmp_path / "keys/audit.key").stat().st_mode) == 0o600
    assert read_signing_key(tmp_path / "keys/audit.key").raw == key.raw
    assert read_verify_key(public) == read_verify_key(tmp_path / "keys/audit.key") == key.public
    assert parse_verify_key(str(key.public)) == parse_verify_key(str(public)) == key.public
    assert len(key.public.id) == 16


def test_a_line_in_a_file_is_a_public_key_too(tmp_path: Path) -> None:
    key = generate_key().public
    (tmp_path / "key").write_text(f"{key}\n")

    assert read_verify_key(tmp_path / "key") == key


@pytest.mark.parametrize("name", ["key", "key.pub"])
def test_a_key_is_never_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("old")

    with pytest.raises(SigningError, match="exists already"):
        write_key(generate_key(), tmp_path / "key")

    assert (tmp_path / name).read_text() == "old"


@needs_openssl
def test_openssl_reads_our_keys_and_checks_our_signatures(tmp_path: Path) -> None:
    key = generate_key()
    public = write_key(key, tmp_path / "key")
    (tmp_path / "message").write_bytes(b"driftgate audit checkpoint\n{}")
    (tmp_path / "signature").write_bytes(base64.b64decode(key.sign(b"{}", purpose="audit checkpoint")))

    argv = (
        "openssl",
        "pkeyutl",
        "-verify",
        "-rawin",
        "-pubin",
        "-inkey",
        public,
        "-in",
        "message",
        "-sigfile",
        "signature",
    )
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


@needs_openssl
@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(("-algorithm", "ed25519"), None, id="Ed25519"),
        pytest.param(("-algorithm", "x25519"), "another kind", id="X25519"),
        pytest.param(("-algorithm", "ed25519", "-aes256", "-pass", "pass:x"), "without a password", id="with password"),
    ],
)
def test_keys_that_openssl_made(tmp_path: Path, options: tuple[str, ...], said: str | None) -> None:
    subprocess.run(("openssl", "genpkey", *options, "-out", "key"), cwd=tmp_path, check=True, capture_output=True)

    if said is None:
        key = read_signing_key(tmp_path / "key")
        subprocess.run(("openssl", "pkey", "-in", "key", "-pubout", "-out", "pub"), cwd=tmp_path, check=True)
        assert read_verify_key(tmp_path / "pub") == key.public
        return
    with pytest.raises(SigningError, match=said):
        read_signing_key(tmp_path / "key")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "cannot read the key", id="no file"),
        pytest.param("", "no public key in PEM", id="empty"),
        pytest.param("ed25519:AAAA", "no public key", id="too short"),
        pytest.param("ed25519:!", "no public key", id="no base64"),
    ],
)
def test_public_keys_that_are_none(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)

    with pytest.raises(SigningError, match=said):
        read_verify_key(tmp_path / "key")


@needs_openssl
def test_a_public_key_of_another_kind(tmp_path: Path) -> None:
    subprocess.run(("openssl", "genpkey", "-algorithm", "x25519", "-out", "key"), cwd=tmp_path, check=True)
    subprocess.run(("openssl", "pkey", "-in", "key", "-pubout", "-out", "pub"), cwd=tmp_path, check=True)

    with pytest.raises(SigningError, match="another kind"):
        read_verify_key(tmp_path / "pub")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SigningError, match="cannot write"):
        write_key(generate_key(), tmp_path / "file/key")


def test_the_signed_text_is_documented_by_its_form() -> None:
    key = VerifyKey(generate_key().public.raw)

    assert signing._bound(b"x", "approval") == b"driftgate approval\nx"
    assert key == VerifyKey(key.raw)
