"""Work in several threads, under a main thread that hears ^C all the while."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from driftgate.process import HEARING_SECONDS

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
R = TypeVar("R")


def in_threads(work: Callable[[T], R], items: Iterable[T], *, parallelism: int) -> Iterator[R]:
    """What `work` makes of each of `items`, in their order, done in up to `parallelism` threads at once.

    Raises what `work` raises. Then, and when interrupted, no further item is begun, and nobody waits for those under
    way: the children that they wait for are stopped further up.
    """
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(max_workers=max(1, parallelism))
    try:
        for future in [pool.submit(work, item) for item in items]:
            yield awaited(future)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def awaited(future: Future[R]) -> R:
    """The result of `future`. Raises what its work raised, KeyboardInterrupt soon after an interrupt.

    The kernel may give a signal to any thread (signal(7)), Python handles it in the main one, and a wait without a
    timeout there is not woken by what another thread was given.
    """
    from concurrent.futures import wait

    while not wait((future,), HEARING_SECONDS).done:
        pass
    return future.result()
