"""`pytest tests/report --update-golden` rewrites the expected texts under tests/golden/."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from driftgate import __version__

GOLDEN = Path(__file__).parents[1] / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write what is made now as the expected text")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a whole text with the file of that name under tests/golden/."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        text = text.replace(f"driftgate {__version__}", "driftgate 0.0.0").replace(f'"{__version__}"', '"0.0.0"')
        text = re.sub(" sha=[0-9a-f]{16} ", " sha=0 ", text)  # of a text that holds the version
        text = text.replace(f"<span>{__version__}</span>", "<span>0.0.0</span>")
        if request.config.getoption("--update-golden", default=False):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"differs from {path.name}; --update-golden accepts it"

    return compare
