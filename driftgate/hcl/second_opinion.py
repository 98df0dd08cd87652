"""What python-hcl2, an independent parser, says about a source: every patch that is offered must please it too."""

from __future__ import annotations


def refused_by_python_hcl2(text: str) -> str:
    """Why python-hcl2 does not accept `text`, "" where it does."""
    from hcl2.api import parses_to_tree  # its parser alone: nobody needs the values

    try:
        parses_to_tree(text)
    except Exception as error:  # lark's and its own, no common base
        return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}".strip()
    return ""
