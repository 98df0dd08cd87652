from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from state.documents import document, instance, resource
from tofu_encryption import PASSPHRASE, derive, recipe, seal, sealed

from driftgate.state.encryption import Encryption, KeyProvider, Method, _derived, decrypt
from driftgate.state.file import EncryptedStateError, StateError

PLAIN = document(resource("a", instance(n=12345678901234567890123)))
MAIN = KeyProvider("pbkdf2", "main", {"passphrase": PASSPHRASE})
GCM = Method("aes_gcm", "main", "pbkdf2.main")


def no_kms(settings: object, sealed_key: bytes) -> bytes:
    raise AssertionError("no KMS here")


def config(*methods: Method, providers: tuple[KeyProvider, ...] = (MAIN,)) -> Encryption:
    return Encryption({f"{p.type}.{p.name}": p for p in providers}, methods or (GCM,))


def test_decrypt() -> None:
    assert decrypt(sealed(PLAIN), config(), open_key=no_kms) == PLAIN


def test_opentofus_own_example_of_a_key() -> None:
    """From opentofu/internal/encryption/keyprovider/pbkdf2/example_decrypt_test.go."""
    salt = bytes.fromhex("10ec3d3fe02ad2bee6f1f5540f8e6bbe3b8b29445cf502d27d47ad554aa8971f")
    meta = {"salt": base64.b64encode(salt).decode(), "iterations": 600000, "hash_function": "sha512", "key_length": 32}
    key = _derived(MAIN, json.dumps(meta).encode(), None)
    assert key.hex() == "225872367198760137e0a18580433447bbf578fbe2b87ff36aef3c175fe5709c"


@pytest.mark.parametrize(
    ("data", "encryption"),
    [
        pytest.param(seal(PLAIN, derive(PASSPHRASE.encode(), "sha256"), {"key_provider.pbkdf2.main": recipe("sha256")}), config(), id="sha256"),
        pytest.param(seal(PLAIN, derive(PASSPHRASE.encode()), {"alias": recipe()}),
                     config(providers=(KeyProvider("pbkdf2", "main", {"passphrase": PASSPHRASE, "encrypted_metadata_alias": "alias"}),)), id="metadata alias"),
        pytest.param(seal(PLAIN, derive(PASSPHRASE.encode()), {"key_provider.pbkdf2.main": recipe()}, b"\x01\x02"), config(Method("aes_gcm", "main", "pbkdf2.main", b"\x01\x02")), id="additional data"),
        pytest.param(sealed(PLAIN, serial=None, lineage=None), config(), id="nothing in clear, as OpenTofu 1.7 leaves it"),
        pytest.param(sealed(PLAIN), config(Method("aes_gcm", "new", "pbkdf2.new"), GCM), id="by a fallback"),
        pytest.param(
            seal(PLAIN, derive(derive(PASSPHRASE.encode()), salt=b"t" * 32), {"key_provider.pbkdf2.main": recipe(), "key_provider.pbkdf2.up": recipe(salt=b"t" * 32)}),
            config(Method("aes_gcm", "main", "pbkdf2.up"), providers=(MAIN, KeyProvider("pbkdf2", "up", {}, chain="pbkdf2.main"))), id="chained passphrase",
        ),
    ],
)  # fmt: skip
def test_ways_to_encrypt(data: bytes, encryption: Encryption) -> None:
    assert decrypt(data, encryption, open_key=no_kms) == PLAIN


def test_a_key_from_kms() -> None:
    provider = KeyProvider("aws_kms", "k", {"kms_key_id": "alias/x"})
    asked: list[Any] = []

    def open_key(settings: Any, sealed_key: bytes) -> bytes:
        asked.append((settings, sealed_key))
        return b"k" * 32

    data = seal(PLAIN, b"k" * 32, {"key_provider.aws_kms.k": {"ciphertext_blob": "c2VhbGVk"}})
    found = decrypt(data, config(Method("aes_gcm", "m", "aws_kms.k"), providers=(provider,)), open_key=open_key)
    assert found == PLAIN
    assert asked == [({"kms_key_id": "alias/x"}, b"sealed")]


@pytest.mark.parametrize(
    ("data", "encryption", "message"),
    [
        pytest.param(sealed(PLAIN), Encryption({}, ()), "the configuration has no method for states", id="no method"),
        pytest.param(sealed(PLAIN), config(Method("unencrypted", "m")), "unencrypted.m: only `tofu` knows this method", id="other method"),
        pytest.param(sealed(PLAIN), config(Method("aes_gcm", "m", "pbkdf2.gone")), "no key_provider pbkdf2.gone", id="no such provider"),
        pytest.param(sealed(PLAIN), config(Method("aes_gcm", "m", "", unknown="keys: local.x is not defined")), "local.x is not defined", id="method not known"),
        pytest.param(sealed(PLAIN), config(providers=(KeyProvider("pbkdf2", "main", {"passphrase": "another-passphrase"}),)), "the key does not fit", id="other passphrase"),
        pytest.param(sealed(PLAIN), config(providers=(KeyProvider("pbkdf2", "main", {}, unknown="passphrase: var.pw has no value and no default"),)), "var.pw has no value", id="variable not set"),
        pytest.param(sealed(PLAIN), config(providers=(KeyProvider("pbkdf2", "main", {}),)), "has no passphrase", id="no passphrase"),
        pytest.param(sealed(PLAIN), config(providers=(KeyProvider("pbkdf2", "main", {"encrypted_metadata_alias": "x"}),)), "no data of x; it has that of key_provider.pbkdf2.main", id="renamed provider"),
        pytest.param(seal(PLAIN, b"k" * 32, {"key_provider.gcp_kms.k": {}}), config(Method("aes_gcm", "m", "gcp_kms.k"), providers=(KeyProvider("gcp_kms", "k", {}),)), "only `tofu` knows key_provider gcp_kms", id="other KMS"),
        pytest.param(seal(PLAIN, b"k" * 32, {"key_provider.pbkdf2.main": {**recipe(), "hash_function": "md5"}}), config(), "unknown hash_function md5", id="hash"),
        pytest.param(seal(PLAIN, b"k" * 32, {"key_provider.pbkdf2.main": {**recipe(), "iterations": 10**12}}), config(), "make no sense", id="endless"),
        pytest.param(seal(PLAIN, b"k" * 32, {"key_provider.pbkdf2.main": {}}), config(), "is damaged", id="damaged data"),
        pytest.param(seal(PLAIN, b"k" * 32, {"key_provider.pbkdf2.main": {**recipe(), "key_length": 33}}), config(), "wrong length", id="key length"),
        pytest.param(seal(PLAIN, b"k" * 32, {"key_provider.pbkdf2.main": recipe()}), config(providers=(KeyProvider("pbkdf2", "main", {}, chain="pbkdf2.main"),)), "refers to itself", id="circle"),
        pytest.param(sealed(PLAIN, encryption_version="v1"), config(), "encrypted in version v1", id="newer version"),
        pytest.param(b'{"encryption_version": "v0", "meta": {}}', config(), "damaged encrypted state", id="no data"),
        pytest.param(sealed(PLAIN, serial=99), config(), "serial 99 outside and 7 inside", id="serial altered"),
        pytest.param(sealed(PLAIN, lineage="m"), config(), "it was altered", id="lineage altered"),
    ],
)  # fmt: skip
def test_what_cannot_be_decrypted(data: bytes, encryption: Encryption, message: str) -> None:
    with pytest.raises(EncryptedStateError, match=message) as refused:
        decrypt(data, encryption, open_key=no_kms, source="FILE")
    assert str(refused.value).startswith("FILE")
    assert PASSPHRASE not in str(refused.value)
    assert refused.value.next_step


def test_a_key_provider_does_not_show_its_settings() -> None:
    assert PASSPHRASE not in repr(config())


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_altered_bytes_are_refused(where: int, bits: int) -> None:
    data = bytearray(sealed(PLAIN))
    data[where % len(data)] ^= bits
    with suppress(StateError):  # or it was white space
        assert decrypt(bytes(data), config(), open_key=no_kms) == PLAIN
