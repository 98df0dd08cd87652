"""moto's server, one request at a time: its threads look and then store, so that now and then two conditional writes
of one lock both succeed, which no store that is sold does. Run as `python -m moto.server` is."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

from moto import server

App = Callable[[dict[str, Any], Any], Iterable[bytes]]
_serve, _turn = server.run_simple, threading.Lock()


def one_at_a_time(app: App) -> App:
    """`app`, which reads what a slow client sends before its turn comes."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if length := int(environ.get("CONTENT_LENGTH") or 0):
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        with _turn:
            return list(app(environ, start_response))

    return answer


if __name__ == "__main__":
    server.run_simple = lambda host, port, app, **options: _serve(host, port, one_at_a_time(app), **options)  # type: ignore[assignment]
    server.main()
