"""Plain tables for terminals: a header, aligned columns, cut to the width there is."""

from __future__ import annotations

from collections.abc import Sequence

from driftgate.report.text import clean, clip, clip_middle, columns, pad

_GAP = "  "


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], *, width: int, flexible: int) -> str:
    """`rows` below `headers`; the column `flexible` gives way in its middle where a line would pass `width` columns.

    The last column is clipped if that was not enough. No rows, no table: "".
    """
    if not rows:
        return ""
    cells = [list(headers), *([clean(str(value)) for value in row] for row in rows)]
    widths = [max(columns(row[n]) for row in cells) for n in range(len(headers))]
    over = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    if over > 0:
        widths[flexible] = max(min(widths[flexible], 24), widths[flexible] - over)
    return "\n".join(clip(_line(row, widths, flexible).rstrip(), width) for row in cells)


def _line(row: Sequence[str], widths: Sequence[int], flexible: int) -> str:
    cut = [clip_middle(text, widths[n]) if n == flexible else text for n, text in enumerate(row)]
    return _GAP.join(pad(text, widths[n]) for n, text in enumerate(cut))
