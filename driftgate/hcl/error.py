"""The error for HCL source that cannot be read."""

from __future__ import annotations

from driftgate.errors import DriftgateError
from driftgate.hcl.ast import line_column


class HclError(DriftgateError):
    """Source that is not valid HCL: a problem at an offset into a text; `line` and `column` count characters from 1."""

    def __init__(self, problem: str, *, text: str, offset: int, filename: str = "", next_step: str = "") -> None:
        self.problem = problem
        self.offset = offset
        self.filename = filename
        self.line, self.column = line_column(text, offset)
        super().__init__(
            f"{filename or '<hcl>'}:{self.line}:{self.column}: {problem}",
            next_step=next_step or "correct the file there and run again",
        )
