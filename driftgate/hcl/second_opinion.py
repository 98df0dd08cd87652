"""What python-hcl2, an independent parser, says about a source: every patch that is offered must please it too."""

from __future__ import annotations

from driftgate.hcl.error import HclError
from driftgate.hcl.parse import parse


def refused_by_python_hcl2(text: str) -> str:
    """Why python-hcl2 does not accept `text`, "" where it does."""
    from hcl2.api import parses_to_tree  # its parser alone: nobody needs the values

    try:
        parses_to_tree(text)
    except Exception as error:  # lark's and its own, no common base
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".strip()
    return ""


def refused_change(before: str, after: str) -> str:
    """Why python-hcl2 does not accept what `after` has and `before` has not, "" where it does, or accepts what was in
    its place no more than that.

    It is shown the file's own arguments and blocks one by one, and only those that changed: it is slow, and a file is
    nothing but a row of them.
    """
    old, new = _parts(before), _parts(after)
    reason = next(filter(None, (refused_by_python_hcl2(part) for part in new if part not in old)), "")
    if not reason or any(refused_by_python_hcl2(part) for part in old if part not in new):
        return ""
    return reason


def _parts(text: str) -> dict[str, None]:
    """The source of each argument and block of a file; of one that does not parse the whole."""
    try:
        body = parse(text)
    except HclError:
        return {text: None}
    spans = [*(part.span for part in body.attributes.values()), *(part.span for part in body.blocks)]
    return dict.fromkeys(text[start:end] for start, end in spans)
