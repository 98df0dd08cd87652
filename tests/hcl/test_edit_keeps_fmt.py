"""Thousands of edits, with `terraform fmt` as the judge: files that were clean stay clean."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from driftgate.attribute_path import same
from driftgate.hcl.ast import Body, Expr
from driftgate.hcl.constant import constant
from driftgate.hcl.edit import EditError, apply_edits, insert_attribute, remove_attribute
from driftgate.hcl.parse import parse
from driftgate.hcl.rewrite import rewrite
from driftgate.hcl.source import source_of
from driftgate.hcl.values import Unknown

CORPUS = Path(__file__).parent / "corpus"
EDITS = 3000
WORDS = ("a", "bb", "long-name", "with space", "", "${x}", 'q"', "t3.large", "10.0.0.0/16")

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH"),
]


def fmt(folder: Path, *options: str) -> list[str]:
    done = subprocess.run(("terraform", "fmt", *options, str(folder)), capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    return [line for line in done.stdout.splitlines() if line.endswith(".tf")]


def some_value(rng: random.Random, depth: int = 0) -> Any:
    kind = rng.randrange(7 if depth < 2 else 4)
    if kind < 4:
        return [None, True, rng.randrange(10**6), rng.choice(WORDS)][kind]
    items = range(rng.randrange(4))
    if kind == 4:
        return {rng.choice(WORDS) + str(i): some_value(rng, depth + 1) for i in items}
    return [some_value(rng, depth + 1) for _ in items]


def changed(rng: random.Random, value: Any) -> Any:
    """Another value, often a near one."""
    if isinstance(value, list) and value and rng.random() < 0.7:
        at = rng.randrange(len(value))
        return rng.choice([value[:at] + value[at + 1 :], [*value[:at], some_value(rng, 2), *value[at:]]])
    if isinstance(value, dict) and rng.random() < 0.7:
        kept = {k: v for k, v in value.items() if rng.random() < 0.7}
        return kept | {rng.choice(WORDS) + "_new": some_value(rng, 1)}
    return some_value(rng, 1)


def arguments(body: Body) -> list[tuple[Body, str, Expr]]:
    found = [(body, name, attribute.value) for name, attribute in body.attributes.items()]
    for block in body.blocks:
        found += arguments(block.body)
    return found


def outside(text: str, start: int, end: int) -> str:
    """What is not the target, white space apart (fmt aligns neighbours)."""
    return re.sub(r"\s+", " ", text[:start]) + "|" + re.sub(r"\s+", " ", text[end:])


def one_edit(rng: random.Random, text: str) -> str | None:
    body, name, expr = rng.choice(arguments(parse(text)))
    choice = rng.random()
    if choice < 0.1 and body.span[0] > 0:
        indent = re.search(r"([ \t]*)[^\n]*\Z", text[: body.span[0]])
        assert indent is not None
        return apply_edits(
            text,
            [
                insert_attribute(
                    text, body, f"new{rng.randrange(999)}", source_of(some_value(rng), indent[1] + "  "), indent[1]
                )
            ],
        )
    if choice < 0.2:
        return apply_edits(text, [remove_attribute(text, body, name)])
    old = constant(expr)
    if isinstance(old, Unknown) or "Unknown(" in repr(old):
        return None
    value = changed(rng, old)
    try:
        found = apply_edits(text, rewrite(text, expr, value, constant))
    except EditError:
        return None  # a known value, but no literal
    if same(old, value):
        assert found == text
        return None
    index = [e.span for _, _, e in arguments(parse(text))].index(expr.span)
    new = arguments(parse(found))[index][2]
    assert same(constant(new), value)
    assert outside(found, *new.span) == outside(text, *expr.span)
    return found


def test_files_that_were_clean_stay_clean(tmp_path: Path) -> None:
    """Every edit changes only its target; the count is printed with -s."""
    rng = random.Random(20)
    clean, edited = tmp_path / "clean", tmp_path / "edited"
    shutil.copytree(CORPUS, clean, ignore=lambda _, names: [n for n in names if not n.endswith(".tf")])
    for number in range(40):
        rows = "".join(
            f"  {rng.choice(('k', 'key', 'longer_key'))}{i} = {source_of(some_value(rng), '  ')}\n" for i in range(9)
        )
        (clean / f"made{number}.tf").write_text(f'resource "a" "b{number}" {{\n{rows}}}\n')
    fmt(clean)
    texts = [file.read_bytes().decode() for file in sorted(clean.glob("*.tf"))]
    edited.mkdir()
    count = 0
    while count < EDITS:
        found = one_edit(rng, rng.choice(texts))
        if found is not None:
            (edited / f"{count}.tf").write_bytes(found.encode())
            count += 1

    assert fmt(edited, "-check", "-list=true") == []
    print(f"{count} edits, all clean")
