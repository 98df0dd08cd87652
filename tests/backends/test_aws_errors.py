from __future__ import annotations

import pytest
from backends.test_aws_settings import resolved
from botocore.exceptions import HTTPClientError

from driftgate.backends.aws_errors import explained
from driftgate.backends.base import BackendError


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(RecursionError("too deep"), id="in botocore"),
        pytest.param(HTTPClientError(error=RecursionError("too deep")), id="in its HTTP client"),
    ],
)
def test_a_circle_of_redirects_wherever_it_ended(error: Exception) -> None:
    with pytest.raises(BackendError, match="the server redirects in a circle"), explained("read", "x", resolved({})):
        raise error
