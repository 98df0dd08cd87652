"""moto's server with what every store that is sold has: one conditional write at a time, and each only once.

Its threads look and then store, so that now and then two writes of one lock both succeeded. And now and then an answer
is lost on the way to terraform, whose SDK then asks again and is told of its own lock: here a request that is repeated
gets its first answer. A table that goes on demand has no capacity any more, as on AWS. Run as
`python -m moto.server` is.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from moto import server
from moto.dynamodb.models import DynamoDBBackend, Table

App = Callable[[dict[str, Any], Any], Iterable[bytes]]
Answer = tuple[tuple[Any, ...], list[bytes]]
KEPT = 1_000
_serve, _turn = server.run_simple, threading.Lock()
_update_table = DynamoDBBackend.update_table
_answers: OrderedDict[str, Answer] = OrderedDict()
"""To the latest requests that changed something, by the SDK's name for the request and all its repetitions."""


def one_at_a_time(app: App) -> App:
    """`app`, which reads what a slow client sends before its turn comes."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if length := int(environ.get("CONTENT_LENGTH") or 0):
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        with _turn:
            started, body = _once(app, environ)
        start_response(*started)
        return body

    return answer


def _once(app: App, environ: dict[str, Any]) -> Answer:
    name = environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")
    if name in _answers:
        return _answers[name]
    started: list[tuple[Any, ...]] = []
    body = list(app(environ, lambda *arguments: started.append(arguments)))
    if name and environ["REQUEST_METHOD"] not in ("GET", "HEAD") and str(started[0][0]).startswith("2"):
        _answers[name] = started[0], body
        if len(_answers) > KEPT:
            _answers.popitem(last=False)
    return started[0], body


def update_table(backend: DynamoDBBackend, **said: Any) -> Table:
    """moto keeps the capacity, and the provider refuses to plan with it."""
    table = _update_table(backend, **said)
    if said["billing_mode"] == "PAY_PER_REQUEST":
        table.throughput = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0, "NumberOfDecreasesToday": 0}
    return table


if __name__ == "__main__":
    DynamoDBBackend.update_table = update_table  # type: ignore[method-assign]
    server.run_simple = lambda host, port, app, **options: _serve(host, port, one_at_a_time(app), **options)  # type: ignore[assignment]
    server.main()
