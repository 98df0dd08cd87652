from __future__ import annotations

import base64
import json
import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.errors import MissingExtra
from driftgate.safety.backup import BackupError, Subject
from driftgate.safety.backups import seal as seal_module
from driftgate.safety.backups.aes import LARGEST, AesSealer, KeyFile, read_key_file
from driftgate.safety.backups.age import AgeOpener, AgeSealer, check_recipients, read_identities
from driftgate.safety.backups.label import Label, content_id
from driftgate.safety.backups.seal import InClear, SealedError, framed, header_of, pack, unseal

APP = Subject("s3://states/app.tfstate", "live/app", "default", "lin", 7)
STATE = b'{"version": 4, "secret": "hunter2-hunter2"}' * 100
KEY, OTHER = KeyFile(b"k" * 32), KeyFile(b"o" * 32)
IDENTITY, STRANGER = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
RECIPIENT = str(IDENTITY.to_public())
AES, AGE = AesSealer(KEY), AgeSealer((RECIPIENT,))
SEALERS = [pytest.param(InClear(), (), id="clear"), pytest.param(AES, (AES,), id="aes"), pytest.param(AGE, (AgeOpener((IDENTITY,)),), id="age")]  # fmt: skip


def sealed(sealer: Any, data: bytes = STATE) -> tuple[Label, bytes]:
    made = Label(content_id(data, APP, sealer.keys), APP, "2026-11-26T01:00:00.000Z", "test", len(data))
    found: tuple[Label, bytes] = sealer.seal(made, pack(data))
    return found


@pytest.mark.parametrize(("sealer", "openers"), SEALERS)
@pytest.mark.parametrize("data", [b"", STATE, bytes(range(256)) * 5000], ids=["empty", "state", "binary"])
def test_what_is_sealed_comes_back(sealer: Any, openers: Any, data: bytes) -> None:
    label, file = sealed(sealer, data)

    assert unseal(file, openers) == (label, data)


@settings(deadline=None, max_examples=30)
@given(st.binary(max_size=2000))
def test_any_bytes_come_back(data: bytes) -> None:
    assert unseal(sealed(AGE, data)[1], (AgeOpener((IDENTITY,)),))[1] == data


@pytest.mark.parametrize(("sealer", "openers"), SEALERS[1:])
def test_sealed_files_hold_nothing_of_the_state(sealer: Any, openers: Any) -> None:
    _, file = sealed(sealer, b"hunter2-hunter2")

    assert b"hunter2" not in file


@pytest.mark.parametrize(("sealer", "openers"), SEALERS[1:])
def test_each_time_another_data_key(sealer: Any, openers: Any) -> None:
    assert sealed(sealer)[1] != sealed(sealer)[1]


@pytest.mark.parametrize(("sealer", "openers"), SEALERS[1:])
@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param((), id="no key"),
        pytest.param((AesSealer(OTHER),), id="another key file"),
        pytest.param((AgeOpener((STRANGER,)),), id="another identity"),
    ],
)
def test_without_the_right_key_it_stays_closed(sealer: Any, openers: Any, wrong: Any) -> None:
    with pytest.raises(SealedError, match="sealed with"):
        unseal(sealed(sealer)[1], wrong)


def test_the_right_one_of_several_keys_is_found() -> None:
    keys = (AesSealer(OTHER), AgeOpener((STRANGER, IDENTITY)), AES)

    for sealer in (AES, AGE):
        assert unseal(sealed(sealer)[1], keys)[1] == STATE


@pytest.mark.parametrize(("sealer", "openers"), SEALERS)
def test_no_altered_byte_goes_unseen(sealer: Any, openers: Any) -> None:
    label, file = sealed(sealer, b"state")
    for place in range(len(file)):
        spoiled = bytearray(file)
        spoiled[place] ^= 1
        try:
            found, state = unseal(bytes(spoiled), openers)
        except BackupError:
            continue
        # In clear the words around the state are nobody's to guard; the state itself and whose it is are.
        assert sealer.keys == ()
        assert (state, found.id) == (b"state", label.id)
        assert replace(found.subject, unit="") == replace(APP, unit="")


@pytest.mark.parametrize(("sealer", "openers"), SEALERS)
@pytest.mark.parametrize("length", [0, 3, 8, 40, -1], ids=str)
def test_a_file_that_is_cut_off(sealer: Any, openers: Any, length: int) -> None:
    with pytest.raises(BackupError):
        unseal(sealed(sealer)[1][:length], openers)


def test_the_header_can_be_read_without_a_key() -> None:
    label, file = sealed(AES)

    assert header_of(file) == label
    assert header_of(sealed(AGE)[1]) is None


@pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not on PATH")
def test_a_backup_in_clear_opens_with_zstd() -> None:
    done = subprocess.run(("zstd", "-dc"), input=sealed(InClear())[1], capture_output=True, check=True)

    assert done.stdout == STATE


def test_an_age_backup_opens_with_plain_age_and_zstd() -> None:
    inner = pyrage.decrypt(sealed(AGE)[1], [IDENTITY])
    state = zstandard.ZstdDecompressor().stream_reader(inner, read_across_frames=True).read()

    assert state == STATE
    if shutil.which("zstd"):
        assert subprocess.run(("zstd", "-dc"), input=inner, capture_output=True, check=True).stdout == STATE


def test_an_aes_backup_opens_by_what_the_docs_say() -> None:
    """No code of driftgate's: only the description of the format."""
    _, file = sealed(AES)
    magic, length = struct.unpack("<II", file[:8])
    header = file[8 : 8 + length]
    wrapped = base64.b64decode(json.loads(header)["sealing"]["wrapped"])
    nonce, ciphertext = file[8 + length : 20 + length], file[20 + length :]
    packed = AESGCM(aes_key_unwrap(b"k" * 32, wrapped)).decrypt(nonce, ciphertext, header)

    assert magic == 0x184D2A5D
    assert zstandard.ZstdDecompressor().decompress(packed) == STATE


def test_the_bytes_of_the_format_do_not_change() -> None:
    sealer = AesSealer(KeyFile(b"k" * 32, random=lambda n: b"d" * n), random=lambda n: b"n" * n)
    _, file = sealed(sealer, b"state")

    header, rest = file[8 : file.index(b"nnnn")], file[file.index(b"nnnn") :]
    assert file[:8] == b"\x5d\x2a\x4d\x18" + struct.pack("<I", len(header))
    assert header == (
        b'{"created":"2026-11-26T01:00:00.000Z","format":"driftgate-backup","id":"b6ca653ce9c14d3312038b150e9f4688","identity":'
        b'"s3://states/app.tfstate","lineage":"lin","reason":"test","sealing":{"keys":["file:189d9eb6a5dd7e8e"],"kind":"aes-256-gcm",'
        b'"wrapped":"xlwL/8iOZqaFgwOglTkErVUcL0ddL0NXAO0CBd3xgmuhoLhOoHjyHQ=="},"serial":7,"size":5,"unit":"live/app","v":1,"workspace":"default"}'
    )
    assert (rest[:12], len(rest)) == (b"n" * 12, 12 + len(pack(b"state")) + 16)


def test_a_header_of_another_state_does_not_fit_the_content() -> None:
    label, file = sealed(InClear())
    forged = framed(replace(label, subject=replace(APP, serial=8))) + file[len(framed(label)) :]

    with pytest.raises(BackupError, match="not the one that its header names"):
        unseal(forged)


def test_a_frame_that_claims_to_be_endless_is_not_unpacked() -> None:
    label, _ = sealed(InClear())
    frame = pack(b"x" * 3000)
    endless = frame[:4] + b"\xe0" + (2**40).to_bytes(8, "little") + frame[7:]

    with pytest.raises(BackupError, match="not the size that its header gives"):
        unseal(framed(replace(label, sealing={"kind": "none"})) + endless)


def test_an_endless_header_is_not_read() -> None:
    with pytest.raises(BackupError, match="no backup of driftgate"):
        unseal(struct.pack("<II", seal_module.MAGIC, 2**31) + b"x" * 100)


def test_more_than_aes_gcm_can_seal_is_refused() -> None:
    class Endless(bytes):
        def __len__(self) -> int:
            return LARGEST + 1

    with pytest.raises(BackupError, match="more than AES-GCM seals at once"):
        AES.seal(sealed(InClear())[0], Endless())


def test_an_aes_header_that_does_not_say_how() -> None:
    label, _ = sealed(AES)
    with pytest.raises(BackupError, match="does not say how it is sealed"):
        unseal(framed(replace(label, sealing={"kind": "aes-256-gcm", "keys": [KEY.name]})) + b"x" * 40, (AES,))


def test_key_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(base64.b64encode(b"k" * 32).decode() + "\n")

    found = read_key_file(tmp_path / "key")

    assert (found.key, found.name) == (KEY.key, KEY.name)
    assert "kkkk" not in repr(found)
    assert found.name != OTHER.name


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "cannot read the key file", id="no file"),
        pytest.param("", "does not hold", id="empty"),
        pytest.param("c2hvcnQ=", "does not hold", id="short"),
        pytest.param("not base64!", "does not hold", id="no base64"),
    ],
)
def test_key_files_that_are_none(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)

    with pytest.raises(BackupError, match=said):
        read_key_file(tmp_path / "key")


def test_several_recipients_can_each_open_it() -> None:
    sealer = check_recipients([RECIPIENT, str(STRANGER.to_public())])
    _, file = sealed(sealer)

    for identity in (IDENTITY, STRANGER):
        assert unseal(file, (AgeOpener((identity,)),))[1] == STATE


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not on PATH")
def test_ssh_keys(tmp_path: Path) -> None:
    argv = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "key"))
    subprocess.run(argv, check=True)
    _, file = sealed(check_recipients([(tmp_path / "key.pub").read_text().strip()]))

    assert unseal(file, (read_identities([tmp_path / "key"]),))[1] == STATE


def test_identities_are_read_from_what_age_keygen_writes(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"# created: today\n# public key: {RECIPIENT}\n{IDENTITY}\n\n{STRANGER}\n")
    opener = read_identities([tmp_path / "keys"])

    assert len(opener.identities) == 2
    assert unseal(sealed(AGE)[1], (opener,))[1] == STATE


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "cannot read", id="no file"),
        pytest.param(b"# only words\n", "no private key", id="no key"),
        pytest.param(RECIPIENT.encode(), "no private key", id="a public key"),
        pytest.param(b"\xff\xfe", "no private key", id="no text"),
        pytest.param(b"-----BEGIN OPENSSH PRIVATE KEY-----\nx", "no private key", id="half an SSH key"),
    ],
)
def test_identities_that_are_none(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)

    with pytest.raises(BackupError, match=said):
        read_identities([tmp_path / "key"])


@pytest.mark.parametrize("text", ["age1nonsense", "", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1QQ"])
def test_recipients_that_are_none(text: str) -> None:
    with pytest.raises(BackupError, match="no age recipient"):
        check_recipients([text])


def test_age_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyrage", None)

    with pytest.raises(MissingExtra, match="pyrage"):
        check_recipients([RECIPIENT])
