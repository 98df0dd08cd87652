"""What boto3's errors mean to someone who wants to reach a state: one line, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from driftgate.backends.aws_session import caller
from driftgate.backends.aws_settings import AwsSettings
from driftgate.backends.base import NO_HEADER, BackendError, NoAnswerError

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"})
_REJECTED = frozenset(
    {
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidIdentityToken",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AllAccessDisabled", "Forbidden", "403"})
_ELSEWHERE = frozenset({"PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed", "301", "307"})
_SSO = (boto.SSOError, boto.TokenRetrievalError, boto.NoAuthTokenError)
_UNREACHABLE = (boto.ConnectionError, boto.HTTPClientError, boto.ConnectionClosedError)
_FAILURES = (boto.BotoCoreError, boto.ClientError, ResponseParserError, OSError, ValueError, RecursionError, KeyError)

GRANTS = {
    # what is done: the permissions it takes
    "read": "s3:GetObject and s3:ListBucket (without it a missing state reads as denied), and kms:Decrypt if it is "
    "encrypted with a key",
    "write": "s3:PutObject, and kms:GenerateDataKey and kms:Decrypt if it is encrypted with a key",
    "delete": "s3:DeleteObject",
    "list": "s3:ListBucket",
    "use": "kms:Decrypt",
    "list the versions of": "s3:ListBucketVersions and s3:GetObjectVersion",
    "lock": "s3:GetObject, s3:PutObject and s3:DeleteObject on the lock file (.tflock), or dynamodb:GetItem, "
    "dynamodb:PutItem and dynamodb:DeleteItem on the table",
}
"""What can be done to a state, to its lock, and to the key of an encrypted one."""
NEW_CREDENTIALS = "log in again (`aws sso login`) or renew the session credentials"


@contextmanager
def explained(act: str, where: str, settings: AwsSettings, *, bucket: str = "") -> Iterator[None]:
    """Whatever boto3 raises in the block comes out as a BackendError that says `cannot ACT WHERE`.

    `act` is one of GRANTS. A denial names the caller.
    """
    try:
        yield
    except _FAILURES as error:
        who = caller(settings) if isinstance(error, boto.ClientError) and code_of(error) in _DENIED else ""
        raise _explain(error, _Attempt(act, where, bucket, settings.region, who)) from None


def code_of(error: boto.ClientError) -> str:
    """AWS's own code of an error, "" when it has none."""
    return str(error.response.get("Error", {}).get("Code", ""))


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What was tried, one of GRANTS, on what; `who` is the caller's ARN, "" if unknown."""

    act: str
    where: str
    bucket: str
    region: str
    who: str

    def __str__(self) -> str:
        return f"cannot {self.act} {self.where}"


def _explain(error: Exception, attempt: _Attempt) -> BackendError:
    if isinstance(error, boto.ClientError):
        return _answered(error, attempt)
    if isinstance(error, _SSO):
        return BackendError(f"{attempt}: the SSO login has expired or is missing", next_step=NEW_CREDENTIALS)
    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError):
        return BackendError(
            f"{attempt}: no AWS credentials found",
            next_step="set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in with `aws sso login`",
        )
    if isinstance(error, boto.ProfileNotFound):
        return BackendError(
            f"{attempt}: {_line(error)}", next_step="`aws configure list-profiles` shows those there are"
        )
    if isinstance(error, boto.SSLError):
        return BackendError(
            f"{attempt}: the server's certificate is not trusted ({_line(error)})",
            next_step="name the CA with `custom_ca_bundle` or AWS_CA_BUNDLE",
        )
    if _is_too_deep(error):  # botocore asks for the bucket's region, is sent elsewhere, and asks again
        return BackendError(
            f"{attempt}: the server redirects in a circle", next_step="check the endpoint and the region"
        )
    if "Invalid header value" in str(error):
        return BackendError(f"{attempt}: {NO_HEADER}", next_step="check the session token and the access key")
    if isinstance(error, KeyError):
        return BackendError(
            f"{attempt}: the server's answer has no {error.args[0]}, as AWS's have",
            next_step="check the endpoint, and whether a proxy or a login page stands before it",
        )
    if isinstance(error, _UNREACHABLE):
        return NoAnswerError(
            f"{attempt}: {_line(error)}",
            next_step="check the endpoint, the region, the proxy settings and the network",
        )
    return BackendError(f"{attempt}: {_line(error)}", next_step="check the backend's settings")


def _is_too_deep(error: Exception) -> bool:
    """Also where it was the HTTP client that had no room any more: botocore then tells it as the client's failure."""
    cause = error.kwargs.get("error") if isinstance(error, boto.HTTPClientError) else error
    return isinstance(cause, RecursionError)


def _answered(error: boto.ClientError, attempt: _Attempt) -> BackendError:
    """AWS said no: which code, in which call."""
    code, message = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
    call = error.operation_name
    if code in _EXPIRED:
        return BackendError(f"{attempt}: the AWS credentials have expired", next_step=NEW_CREDENTIALS)
    if code in _REJECTED:
        return BackendError(
            f"{attempt}: the AWS credentials are not accepted ({code})",
            next_step="check the keys or the profile, and that they belong to this endpoint",
        )
    if call.startswith("AssumeRole"):
        return BackendError(
            f"{attempt}: the role cannot be assumed ({code}: {message})",
            next_step="check the role's trust policy, and that the caller may sts:AssumeRole it",
        )
    if code == "NoSuchBucket":
        return BackendError(
            f"{attempt}: bucket {attempt.bucket} does not exist",
            next_step="check the bucket's name, the account and the endpoint",
        )
    if code in _DENIED:
        return BackendError(
            f"{attempt}: access denied" + (f" to {attempt.who}" if attempt.who else ""),
            next_step=f"grant {GRANTS[attempt.act]}, or use other credentials",
        )
    if code in _ELSEWHERE:
        return _elsewhere(error, attempt)
    if "encrypt" in message.lower() and code in ("InvalidRequest", "InvalidArgument", "400"):
        return BackendError(
            f"{attempt}: it is encrypted with a customer key (SSE-C), and the one given does not fit",
            next_step="set sse_customer_key or AWS_SSE_CUSTOMER_KEY to the key it was written with",
        )
    if code == "ResourceNotFoundException":
        return BackendError(
            f"{attempt}: there is no such DynamoDB table",
            next_step="check dynamodb_table, the region and the account",
        )
    return BackendError(f"{attempt}: AWS answered {code}: {message}", next_step="check the backend's settings")


def _elsewhere(error: boto.ClientError, attempt: _Attempt) -> BackendError:
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    details: Mapping[str, object] = {**error.response.get("Error", {})}
    actual = headers.get("x-amz-bucket-region") or details.get("Region")
    return BackendError(
        f"{attempt}: bucket {attempt.bucket} is in {actual or 'another region'}, "
        f"not {attempt.region or 'the region asked'}",
        next_step=f'set region = "{actual}"' if actual else "set the bucket's own region",
    )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
