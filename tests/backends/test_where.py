"""Where a state is: the object path for every backend type and workspace, and what identity means."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from driftgate.backends.where import TYPES, locate
from driftgate.backends.where_public import PUBLIC_SETTINGS, public_config
from driftgate.backends.where_settings import UnlocatedError
from driftgate.backends.where_url import connection, normal_url, without_secrets
from driftgate.unit import BackendConfig, StateLocation

UNIT = PurePosixPath("live/app")


def where(type: str, config: dict[str, object] | None = None, workspace: str = "default", **env: str) -> StateLocation:
    return locate(BackendConfig(type, config or {}, workspace), UNIT, env=env)


S3 = {"bucket": "b", "key": "a/x.tfstate", "region": "eu-west-1"}
AZURE = {"storage_account_name": "Acct", "container_name": "c", "key": "x.tfstate"}
HCP = {"organization": "org", "workspaces": {"name": "app"}}

OBJECTS = [
    # type, config, object in the default workspace, object in workspace `prod` (None: there is none)
    ("local", {}, "live/app/terraform.tfstate", "live/app/terraform.tfstate.d/prod/terraform.tfstate"),
    ("local", {"path": "../x.tfstate"}, "live/x.tfstate", "live/app/terraform.tfstate.d/prod/terraform.tfstate"),
    ("local", {"workspace_dir": "ws"}, "live/app/terraform.tfstate", "live/app/ws/prod/terraform.tfstate"),
    ("local", {"path": "/abs/x.tfstate"}, "/abs/x.tfstate", "live/app/terraform.tfstate.d/prod/terraform.tfstate"),
    ("s3", S3, "a/x.tfstate", "env:/prod/a/x.tfstate"),
    ("s3", {**S3, "workspace_key_prefix": "ws"}, "a/x.tfstate", "ws/prod/a/x.tfstate"),
    ("s3", {**S3, "workspace_key_prefix": ""}, "a/x.tfstate", "prod/a/x.tfstate"),
    ("azurerm", AZURE, "x.tfstate", "x.tfstateenv:prod"),
    ("gcs", {"bucket": "b"}, "default.tfstate", "prod.tfstate"),
    ("gcs", {"bucket": "b", "prefix": "/p/q"}, "p/q/default.tfstate", "p/q/prod.tfstate"),
    ("consul", {"path": "tf/app"}, "tf/app", "tf/app-env:prod"),
    ("oss", {"bucket": "b"}, "env:/terraform.tfstate", "env:/prod/terraform.tfstate"),
    ("oss", {"bucket": "b", "prefix": "p", "key": "k"}, "p/k", "p/prod/k"),
    ("cos", {"bucket": "b"}, "terraform.tfstate", "prod/terraform.tfstate"),
    ("cos", {"bucket": "b", "prefix": "p", "key": "k"}, "p/k", "p/prod/k"),
    ("oci", {"bucket": "b", "namespace": "n", "key": "k"}, "k", "tf-state-env/prod/k"),
    ("oci", {"bucket": "b", "namespace": "n", "key": "k", "workspace_key_prefix": "w"}, "k", "w/prod/k"),
    ("kubernetes", {"secret_suffix": "s"}, "default/tfstate-default-s", "default/tfstate-prod-s"),
    ("pg", {"conn_str": "postgres://h/db"}, "terraform_remote_state.states/default", "terraform_remote_state.states/prod"),
    ("http", {"address": "https://h/state/app"}, "https://h/state/app", None),
    ("inmem", {}, "memory of one terraform run", "memory of one terraform run"),
    ("remote", HCP, "org/app", None),
    ("remote", {"organization": "org", "workspaces": {"prefix": "app-"}}, None, "org/app-prod"),
    ("cloud", HCP, "org/app", "org/app"),
    ("cloud", {"organization": "org", "workspaces": {"tags": ["x"]}}, None, "org/prod"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("type", "config", "default", "prod"), OBJECTS, ids=[f"{i}-{row[0]}" for i, row in enumerate(OBJECTS)]
)
def test_the_object_for_each_workspace(
    type: str, config: dict[str, object], default: str | None, prod: str | None
) -> None:
    for workspace, expected in (("default", default), ("prod", prod)):
        if expected is None:
            with pytest.raises(UnlocatedError):
                where(type, config, workspace)
        else:
            assert where(type, config, workspace).object == expected


def test_every_type_of_the_table_is_tested_and_has_its_public_settings() -> None:
    assert {row[0] for row in OBJECTS} == TYPES == PUBLIC_SETTINGS.keys()


SAME = [
    ("reached by another profile", ("s3", S3, {}), ("s3", {**S3, "profile": "x", "role_arn": "r", "encrypt": True}, {})),
    ("another region's endpoint of AWS", ("s3", S3, {}), ("s3", {**S3, "endpoints": {"s3": "https://s3.eu-west-1.amazonaws.com"}}, {})),
    ("endpoint from the environment", ("s3", {**S3, "endpoint": "http://H:9000/"}, {}), ("s3", S3, {"AWS_ENDPOINT_URL_S3": "http://h:9000"})),
    ("nested endpoint as old one", ("s3", {**S3, "endpoint": "http://h:9000"}, {}), ("s3", {**S3, "endpoints": [{"s3": "http://h:9000"}]}, {})),
    ("account name's case", ("azurerm", AZURE, {}), ("azurerm", {**AZURE, "storage_account_name": "acct", "access_key": "k"}, {})),
    ("prefix with slashes", ("gcs", {"bucket": "b", "prefix": "/p/"}, {}), ("gcs", {"bucket": "b", "prefix": "p"}, {})),
    ("http default port and login", ("http", {"address": "https://u:p@H:443/s"}, {}), ("http", {}, {"TF_HTTP_ADDRESS": "https://h/s"})),
    ("cloud and remote", ("cloud", HCP, {}), ("remote", {**HCP, "hostname": "app.terraform.io"}, {})),
    ("default port of HCP Terraform", ("cloud", HCP, {}), ("cloud", {**HCP, "hostname": "App.terraform.io:443"}, {})),
    ("organization from the environment", ("cloud", HCP, {}), ("cloud", {"workspaces": {"name": "app"}}, {"TF_CLOUD_ORGANIZATION": "org"})),
    ("workspace from the environment", ("cloud", HCP, {}), ("cloud", {"organization": "org", "workspaces": {"tags": ["a"]}}, {"TF_WORKSPACE": "app"})),
    ("pg URL and key=value", ("pg", {"conn_str": "postgres://u:p@h:5432/db?sslmode=disable"}, {}), ("pg", {"conn_str": "host=h dbname=db user='u' password='a b'"}, {})),
    ("pg from the environment", ("pg", {"conn_str": "postgres://h/db"}, {}), ("pg", {}, {"PGHOST": "h", "PGDATABASE": "db"})),
    ("consul default address", ("consul", {"path": "p"}, {}), ("consul", {"path": "p", "access_token": "t"}, {"CONSUL_HTTP_ADDR": "http://127.0.0.1:8500"})),
    ("local spelled twice", ("local", {}, {}), ("local", {"path": "./x/../terraform.tfstate"}, {})),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_the_same_state_has_the_same_identity(one: tuple, other: tuple) -> None:
    identities = {where(type, config, **env).identity for type, config, env in (one, other)}

    assert len(identities) == 1


OTHER = [
    ("another bucket", ("s3", S3, {}), ("s3", {**S3, "bucket": "c"}, {})),
    ("another service", ("s3", S3, {}), ("s3", {**S3, "endpoint": "http://minio:9000"}, {})),
    ("another partition", ("s3", {**S3, "region": "us-gov-west-1"}, {}), ("s3", {**S3, "region": "cn-north-1"}, {})),
    ("another cloud", ("azurerm", AZURE, {}), ("azurerm", AZURE, {"ARM_ENVIRONMENT": "usgovernment"})),
    ("another http state", ("http", {"address": "https://h/s?state=a"}, {}), ("http", {"address": "https://h/s?state=b"}, {})),
    ("another cluster", ("kubernetes", {"secret_suffix": "s", "config_context": "a"}, {}), ("kubernetes", {"secret_suffix": "s", "config_context": "b"}, {})),
    ("another schema", ("pg", {"conn_str": "postgres://h/db"}, {}), ("pg", {"conn_str": "postgres://h/db", "schema_name": "s"}, {})),
    ("another database", ("pg", {"conn_str": "postgres://h/db"}, {}), ("pg", {"conn_str": "postgres://h:6000/db"}, {})),
    ("another gcs service", ("gcs", {"bucket": "b"}, {}), ("gcs", {"bucket": "b", "storage_custom_endpoint": "http://h/"}, {})),
    ("another host", ("cloud", HCP, {}), ("cloud", HCP, {"TF_CLOUD_HOSTNAME": "tfe.example.com"})),
    ("another datacenter", ("consul", {"path": "p"}, {}), ("consul", {"path": "p", "datacenter": "dc2"}, {})),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [row[1:] for row in OTHER], ids=[row[0] for row in OTHER])
def test_another_state_has_another_identity(one: tuple, other: tuple) -> None:
    identities = {where(type, config, **env).identity for type, config, env in (one, other)}

    assert len(identities) == 2


def test_a_local_path_in_the_repo_may_be_written_absolutely() -> None:
    absolute = BackendConfig("local", {"path": "/repo/live/app/terraform.tfstate"})

    found = locate(absolute, UNIT, root=PurePosixPath("/repo"))

    assert found.identity == where("local").identity


LOCKS = [
    ("s3 none", "s3", S3, None),
    ("s3 switched off", "s3", {**S3, "use_lockfile": "false"}, None),
    ("s3 lockfile", "s3", {**S3, "use_lockfile": True}, "lockfile"),
    ("s3 lockfile as text", "s3", {**S3, "use_lockfile": "true"}, "lockfile"),
    ("s3 dynamodb", "s3", {**S3, "dynamodb_table": "t"}, "dynamodb"),
    ("s3 both", "s3", {**S3, "use_lockfile": True, "dynamodb_table": "t"}, "lockfile+dynamodb"),
    ("azurerm", "azurerm", AZURE, "lease"),
    ("http none", "http", {"address": "http://h/"}, None),
    ("http", "http", {"address": "http://h/", "lock_address": "http://h/lock"}, "LOCK request"),
    ("consul", "consul", {"path": "p"}, "session"),
    ("consul switched off", "consul", {"path": "p", "lock": False}, None),
    ("oss none", "oss", {"bucket": "b"}, None),
    ("oss", "oss", {"bucket": "b", "tablestore_table": "t"}, "tablestore"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "config", "lock"), [row[1:] for row in LOCKS], ids=[row[0] for row in LOCKS])
def test_the_lock_as_configured(type: str, config: dict[str, object], lock: str | None) -> None:
    assert where(type, config).lock == lock


def test_what_the_configuration_tells_of_old_versions() -> None:
    gitlab = {"address": "https://gitlab.com/api/v4/projects/1/terraform/state/x"}

    assert where("s3", S3).versioned == "bucket setting, not in the configuration"
    assert where("azurerm", AZURE).versioned == "account setting, not in the configuration"
    assert where("azurerm", AZURE, ARM_SNAPSHOT="true").versioned == "a snapshot before each write"
    assert where("http", gitlab).versioned == "kept by GitLab"
    assert where("cloud", HCP).versioned == "yes, by the service"


MISSING = [
    ("s3", {}, ("bucket", "key")),
    ("s3", {"bucket": "b"}, ("key",)),
    ("s3", {"bucket": "b", "key": ""}, ("key",)),
    ("azurerm", {"key": "k"}, ("storage_account_name", "container_name")),
    ("gcs", {}, ("bucket",)),
    ("http", {}, ("address",)),
    ("pg", {}, ("conn_str",)),
    ("cloud", {"workspaces": {"name": "w"}}, ("organization",)),
    ("remote", {"organization": "o"}, ("workspaces",)),
]  # fmt: skip


@pytest.mark.parametrize(("type", "config", "settings"), MISSING)
def test_missing_settings_are_named(type: str, config: dict[str, object], settings: tuple[str, ...]) -> None:
    with pytest.raises(UnlocatedError) as caught:
        where(type, config)

    assert caught.value.settings == settings
    assert all(name in caught.value.message for name in settings)


@pytest.mark.parametrize(
    ("type", "why"), [("artifactory", "removed in Terraform 1.3"), ("aws_s3", "not one driftgate knows")]
)
def test_types_that_cannot_be_located(type: str, why: str) -> None:
    with pytest.raises(UnlocatedError, match=why):
        where(type)


def test_an_address_that_is_none_says_so() -> None:
    with pytest.raises(UnlocatedError, match="backend pg: an address in it is none") as caught:
        where("pg", {"conn_str": "postgres://[::1/db"})

    assert caught.value.next_step


SECRET = "s3cr3t"
WITH_SECRETS = [
    ("http", {"address": f"https://u:{SECRET}@h/s?private_token={SECRET}&x=1", "password": SECRET}),
    ("pg", {"conn_str": f"postgres://u:{SECRET}@h/db?sslpassword={SECRET}"}),
    ("pg", {"conn_str": f"host=h user=u password={SECRET}"}),
    ("consul", {"path": "p", "address": f"https://u:{SECRET}@h:8500", "access_token": SECRET}),
    ("s3", {**S3, "secret_key": SECRET, "endpoint": f"https://u:{SECRET}@minio/"}),
    ("gcs", {"bucket": "b", "credentials": SECRET, "storage_custom_endpoint": f"http://u:{SECRET}@h/"}),
    ("kubernetes", {"secret_suffix": "s", "host": f"https://u:{SECRET}@h", "token": SECRET}),
    ("azurerm", {**AZURE, "access_key": SECRET, "sas_token": SECRET}),
    ("cloud", {**HCP, "token": SECRET}),
]  # fmt: skip


@pytest.mark.parametrize(("type", "config"), WITH_SECRETS)
def test_no_secret_is_in_the_location_or_the_public_settings(type: str, config: dict[str, object]) -> None:
    shown = f"{where(type, config)} {public_config(BackendConfig(type, config))}"

    assert SECRET not in shown


def test_public_settings_are_shown_as_they_are() -> None:
    config = {**S3, "endpoints": {"s3": "http://u:p@h"}, "allowed_account_ids": ["1"], "token": "t", "unheard_of": 1}

    assert public_config(BackendConfig("s3", config)) == {
        "allowed_account_ids": ["1"], "bucket": "b", "endpoints": {"s3": "http://h"}, "key": "a/x.tfstate", "region": "eu-west-1",
    }  # fmt: skip


URLS = [
    ("https://h/p", "https://h/p"),
    ("https://H:443/P?b=1&a=2", "https://h/P?b=1&a=2"),
    ("http://h:80", "http://h"),
    ("http://h:8080/", "http://h:8080/"),
    ("h:9000", "https://h:9000"),
    ("https://u:p@h/#frag", "https://h/"),
    ("https://h/?sig=x&v=1", "https://h/?sig=&v=1"),
    ("", ""),
    ("https://[::1/x", "https://…"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "expected"), URLS)
def test_urls_are_made_equal(url: str, expected: str) -> None:
    assert normal_url(url) == expected


CONNECTIONS = [
    ("postgres://u:p@h:6000/db", {}, "h:6000/db"),
    ("postgresql:///db?host=/run/pg", {}, "/run/pg:5432/db"),
    ("postgres://u@[::1]/", {}, "[::1]:5432/u"),
    (r"host='h' dbname='a\'b' port=1", {}, "h:1/a'b"),
    ("", {"PGHOST": "h", "PGPORT": "7", "PGUSER": "u"}, "h:7/u"),
    ("dbname=d", {"PGHOST": "h"}, "h:5432/d"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "env", "expected"), CONNECTIONS)
def test_connection_strings(text: str, env: dict[str, str], expected: str) -> None:
    assert connection(text, env) == expected


@given(st.text(st.characters(exclude_characters="/?#")), st.text())
@example("u@corp", "a/b?c#d@e")
@example("", "[")
def test_no_url_keeps_its_login(user: str, password: str) -> None:
    assert without_secrets(f"https://{user}:{password}@host/path?x=1") == "https://host/path?x=1"
    assert connection(f"postgres://{user}:{password}@host/db", {}) == "host:5432/db"
