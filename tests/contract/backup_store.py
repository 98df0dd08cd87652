"""What every place for backups must do; each one's tests inherit it and give a `store`."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from driftgate.safety.backups.store import Store

NAME = "v1/place-1234/lin/000000000007-ab.tfstate.zst"


class StoreContract:
    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError

    def test_an_empty_place_has_nothing(self, store: Store) -> None:
        assert list(store.names()) == []
        assert store.get(NAME) is None
        store.delete(NAME)

    def test_what_is_put_can_be_had(self, store: Store) -> None:
        assert store.put_new(NAME, b"one")
        assert store.put_new("other", b"")

        assert (store.get(NAME), store.get("other")) == (b"one", b"")
        assert sorted(store.names()) == ["other", NAME]

    def test_a_name_is_taken_once(self, store: Store) -> None:
        store.put_new(NAME, b"one")

        assert not store.put_new(NAME, b"two")
        assert store.get(NAME) == b"one"

    def test_of_many_at_once_one_wins(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as pool:
            won = list(pool.map(lambda n: store.put_new(NAME, b"%d" % n), range(8)))

        assert won.count(True) == 1
        assert store.get(NAME) == b"%d" % won.index(True)

    def test_what_is_deleted_is_gone_and_its_name_free(self, store: Store) -> None:
        store.put_new(NAME, b"one")
        store.delete(NAME)

        assert list(store.names()) == []
        assert store.put_new(NAME, b"two")

    def test_it_says_where_it_is(self, store: Store) -> None:
        assert store.address
