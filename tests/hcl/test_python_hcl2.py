"""python-hcl2 as a second opinion: it must agree on real files, and where it is known to be wrong it must still be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hcl2
import pytest
from hcl.cases import ACCEPTED, REJECTED
from lark.exceptions import LarkError

from driftgate.hcl.ast import Block, Body, Expr, Literal, Name, Object, Template, Tuple
from driftgate.hcl.parse import parse

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.tf"))
OPTIONS = hcl2.SerializationOptions(preserve_scientific_notation=False)
MARKS = ("__is_block__", "__comments__", "__inline_comments__")

# What python-hcl2 8.1.4 gets wrong by HashiCorp's parser. If an upgrade changes it, those who rely on it should know.
FALSE_REJECTS = {
    "block comment around a value",
    "byte order mark",
    "combining mark",
    "double not",
    "minus minus",
    "minus on a line in a call",
    "minus on a line in parentheses",
    "namespaced function",
    "newline in an interpolation",
    "spaces after the marker",
    "step on a new line",
    "trimmed interpolation",
    "underscore marker",
    "unicode identifiers",
}
FALSE_ACCEPTS = {
    "argument twice",
    "beyond unicode",
    "block in a one-line block",
    "brace on the next line",
    "closing brace after an argument",
    "comma on the next line",
    "else alone",
    "else twice",
    "endif alone",
    "for closed by endif",
    "half of a surrogate pair",
    "heredoc without its last newline",
    "if never closed",
    "lone carriage return",
    "newline in a string",
    "object key for",
    "object on a line without commas",
    "one-line block left open",
    "operator on the next line",
    "splat in a legacy splat",
    "template label",
    "two arguments in a one-line block",
    "two arguments on a line",
    "two legacy indexes",
    "unknown escape",
}


def accepts(text: str) -> bool:
    try:
        hcl2.parses_to_tree(text)
    except LarkError:
        return False
    return True


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_it_accepts_of_valid_texts(name: str) -> None:
    assert accepts(ACCEPTED[name]) == (name not in FALSE_REJECTS)


@pytest.mark.parametrize("name", REJECTED)
def test_what_it_rejects_of_invalid_texts(name: str) -> None:
    assert accepts(REJECTED[name][0]) == (name in FALSE_ACCEPTS)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_agrees_on_real_files(path: Path) -> None:
    text = path.read_text()

    differences = list(compare_bodies(text, parse(text), hcl2.loads(text, serialization_options=OPTIONS)))

    assert differences == []


def test_the_corpus_is_there() -> None:
    assert len(CORPUS) >= 15


def compare_bodies(text: str, body: Body, theirs: dict[str, object]) -> Iterator[str]:
    """What differs in argument names, block types, labels and plain values."""
    types = {block.type for block in body.blocks}
    if theirs.keys() - set(MARKS) != body.attributes.keys() | types:
        yield f"names: {sorted(theirs)}"
        return
    for name, attribute in body.attributes.items():
        yield from compare_values(text, attribute.value, theirs[name])
    for type_ in types:
        ours, blocks = list(body.blocks_of(type_)), theirs[type_]
        assert isinstance(blocks, list)
        for block, inner in zip(ours, blocks, strict=True):
            yield from compare_blocks(text, block, inner)


def compare_blocks(text: str, block: Block, theirs: dict[str, object]) -> Iterator[str]:
    for label in block.labels:
        ((name, inner),) = theirs.items()
        if name.strip('"') != label:
            yield f"label {label}: {name}"
        assert isinstance(inner, dict)
        theirs = inner
    yield from compare_bodies(text, block.body, theirs)


def compare_values(text: str, ours: Expr, theirs: object) -> Iterator[str]:
    source = text[slice(*ours.span)]
    if isinstance(ours, Literal):
        if (type(theirs), theirs) != (type(ours.value), ours.value):
            yield f"{source}: {theirs!r}"
    elif isinstance(ours, Template) and not ours.heredoc:
        if theirs != source:
            yield f"{source}: {theirs!r}"
    elif isinstance(ours, Tuple):
        assert isinstance(theirs, list)
        for item, their_item in zip(ours.items, theirs, strict=True):
            yield from compare_values(text, item, their_item)
    elif isinstance(ours, Object):
        assert isinstance(theirs, dict)
        plain = {name: value for name, value in theirs.items() if name not in MARKS}
        for (key, item), (name, their_item) in zip(ours.items, plain.items(), strict=True):
            if isinstance(key, (Name, Template)) and text[slice(*key.span)] != name:
                yield f"key {name}"
            yield from compare_values(text, item, their_item)
