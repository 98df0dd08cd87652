from __future__ import annotations

from pathlib import Path

import pytest

from driftgate.wrap.account import Account, Warned, render
from driftgate.wrap.run_folder import accounts, leave_account, moment

LONG = ("+ a.b", "… and 3 more")


@pytest.mark.parametrize(
    ("account", "text"),
    [
        pytest.param(Account("live", "terraform apply", 0), "", id="nothing is known"),
        pytest.param(
            Account("live", "terraform apply", 0, "1 added", ("+ a.b",)), "dg: terraform apply: 1 added\n  + a.b\n", id="a change"
        ),
        pytest.param(
            Account("live (dev)", "terraform apply", 0, "4 added", LONG, "b1"),
            "dg: terraform apply: 4 added, backup b1\n  + a.b\n  … and 3 more\n  → all of it: dg state diff b1 live\n", id="more than fits",
        ),
        pytest.param(
            Account("live", "terraform apply", 1, warnings=(Warned("odd"), Warned("bad", "mend it"))),
            "dg: warning: odd\ndg: warning: bad\n  → mend it\n", id="warnings",
        ),
    ],
)  # fmt: skip
def test_as_text(account: Account, text: str) -> None:
    assert render(account) == text


@pytest.mark.parametrize(
    ("code", "said"), [(0, "done"), (1, "exit 1"), (-9, "ended by signal 9")], ids=["done", "failed", "killed"]
)
def test_a_unit_of_many_always_says_how_it_ended(code: int, said: str) -> None:
    assert render(Account("live", "terraform apply", code), who="live") == f"dg: live: {said}\n"


def test_without_hints() -> None:
    assert "→" not in render(Account("live", "x", 0, "4 added", LONG, "b1"), hints=False)


def test_accounts_are_kept_in_the_order_of_their_beginnings(tmp_path: Path) -> None:
    first, second = moment(), moment()
    a, b = Account("a", "x", 0, "s", ("l",), "b", (Warned("w", "n"),)), Account("b", "x", 1)

    leave_account(tmp_path, second, b)
    leave_account(tmp_path, first, a)

    assert accounts(tmp_path) == [a, b]
    assert (tmp_path / first).stat().st_mode & 0o777 == 0o600
