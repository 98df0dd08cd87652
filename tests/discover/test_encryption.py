from __future__ import annotations

import json
from pathlib import Path

import pytest
from tofu_encryption import CODE, PASSPHRASE

from driftgate.discover.encryption import encryption_of
from driftgate.errors import DriftgateError
from driftgate.hcl.error import HclError
from driftgate.state.encryption import Encryption

MANY = """
variable "pw" {}
locals { old = "an-older-passphrase" }
terraform {
  encryption {
    key_provider "pbkdf2" "new" {
      passphrase               = var.pw
      encrypted_metadata_alias = "state"
    }
    key_provider "pbkdf2" "old" {
      passphrase = local.old
    }
    key_provider "pbkdf2" "up" {
      chain = key_provider.pbkdf2.old
    }
    method "aes_gcm" "new" {
      keys = key_provider.pbkdf2.new
      aad  = [1, 2]
    }
    method "aes_gcm" "old" {
      keys = key_provider.pbkdf2.up
    }
    method "unencrypted" "migrate" {}
    state {
      enforced = true
      method   = method.aes_gcm.new
      fallback {
        method = method.aes_gcm.old
        fallback {
          method = method.unencrypted.migrate
        }
      }
    }
    plan {
      method = method.aes_gcm.old
    }
  }
}
"""


def found(root: Path, env: dict[str, str] | None = None, **files: str) -> Encryption | None:
    (root / "u").mkdir(exist_ok=True)
    for name, text in files.items():
        (root / "u" / name.replace("_", ".")).write_text(text)
    return encryption_of(root, "u", env or {})


def methods(encryption: Encryption | None) -> list[tuple[str, str, bytes]]:
    assert encryption is not None
    return [(f"{method.type}.{method.name}", method.keys, method.aad) for method in encryption.methods]


def test_none(tmp_path: Path) -> None:
    assert found(tmp_path, main_tf='terraform {\n  backend "local" {}\n}\n') is None


def test_simple(tmp_path: Path) -> None:
    encryption = found(tmp_path, main_tf=CODE)
    assert methods(encryption) == [("aes_gcm.main", "pbkdf2.main", b"")]
    assert encryption is not None
    assert encryption.providers["pbkdf2.main"].settings == {"passphrase": PASSPHRASE}
    assert encryption.providers["pbkdf2.main"].key == "key_provider.pbkdf2.main"


def test_variables_chains_and_fallbacks(tmp_path: Path) -> None:
    encryption = found(tmp_path, {"TF_VAR_pw": PASSPHRASE}, main_tofu=MANY)
    assert methods(encryption) == [
        ("aes_gcm.new", "pbkdf2.new", b"\x01\x02"), ("aes_gcm.old", "pbkdf2.up", b""), ("unencrypted.migrate", "", b""),
    ]  # fmt: skip
    assert encryption is not None
    new, up = encryption.providers["pbkdf2.new"], encryption.providers["pbkdf2.up"]
    assert (new.settings["passphrase"], new.key, up.chain) == (PASSPHRASE, "state", "pbkdf2.old")
    assert encryption.providers["pbkdf2.old"].settings["passphrase"] == "an-older-passphrase"


def test_what_has_no_value_is_told(tmp_path: Path) -> None:
    encryption = found(tmp_path, main_tf=MANY)
    assert encryption is not None
    assert encryption.providers["pbkdf2.new"].unknown == "passphrase: var.pw has no value and no default"


@pytest.mark.parametrize("form", ["hcl", "json"])
def test_the_environment_goes_over_the_code(tmp_path: Path, form: str) -> None:
    text = 'key_provider "pbkdf2" "main" {\n  passphrase = "from-the-environment"\n}\nstate {\n  method = method.aes_gcm.other\n}\nmethod "aes_gcm" "other" {\n  keys = key_provider.pbkdf2.main\n}'
    if form == "json":
        text = json.dumps({"key_provider": {"pbkdf2": {"main": {"passphrase": "from-the-environment"}}}, "state": {"method": "method.aes_gcm.other"},
                           "method": {"aes_gcm": {"other": {"keys": "${key_provider.pbkdf2.main}"}}}})  # fmt: skip
    encryption = found(tmp_path, {"TF_ENCRYPTION": text}, main_tf=CODE)
    assert methods(encryption) == [("aes_gcm.other", "pbkdf2.main", b"")]
    assert encryption is not None
    assert encryption.providers["pbkdf2.main"].settings == {"passphrase": "from-the-environment"}


def test_the_environment_alone(tmp_path: Path) -> None:
    inner = CODE.partition("encryption {")[2].rpartition("}")[0].rpartition("}")[0]
    assert methods(found(tmp_path, {"TF_ENCRYPTION": inner})) == [("aes_gcm.main", "pbkdf2.main", b"")]


def test_the_environment_in_disorder(tmp_path: Path) -> None:
    with pytest.raises(HclError, match="TF_ENCRYPTION"):
        found(tmp_path, {"TF_ENCRYPTION": "key_provider {"})


@pytest.mark.parametrize("block", ['key_provider "pbkdf2" {}', "method {}"])
def test_a_block_without_its_labels(tmp_path: Path, block: str) -> None:
    with pytest.raises(DriftgateError, match="needs two labels"):
        found(tmp_path, main_tf=f"terraform {{\n  encryption {{\n    {block}\n  }}\n}}\n")


def test_code_in_json(tmp_path: Path) -> None:
    block = {"key_provider": {"pbkdf2": {"main": {"passphrase": PASSPHRASE}}}, "method": {"aes_gcm": {"main": {"keys": "${key_provider.pbkdf2.main}"}}},
             "state": {"method": "${method.aes_gcm.main}", "fallback": {"method": "${method.unencrypted.m}"}}}  # fmt: skip
    text = json.dumps({"terraform": {"encryption": {**block, "method": {**block["method"], "unencrypted": {"m": {}}}}}})
    (tmp_path / "u").mkdir()
    (tmp_path / "u/main.tf.json").write_text(text)
    assert methods(found(tmp_path)) == [("aes_gcm.main", "pbkdf2.main", b""), ("unencrypted.m", "", b"")]
