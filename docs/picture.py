"""Turns coloured terminal output into a picture: `FORCE_COLOR=1 dg drift scan | python docs/picture.py docs/img/scan.svg`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

THEME = TerminalTheme(
    (13, 17, 23),
    (201, 209, 217),
    [(72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34), (88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)],
    [(110, 118, 129), (255, 161, 152), (86, 211, 100), (227, 179, 65), (121, 192, 255), (210, 168, 255), (86, 212, 221), (240, 246, 252)],
)  # fmt: skip


def picture(ansi: str, title: str) -> str:
    """An SVG of the output, with no request to anywhere in it."""
    console = Console(record=True, width=104, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(Text.from_ansi(ansi.rstrip()))
    svg = console.export_svg(title=title, theme=THEME)
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(sys.stdin.read(), "dg drift scan"), encoding="utf-8")
