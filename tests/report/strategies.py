"""Any report there can be, with hostile names: for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from driftgate.finding import (
    AttributeChange,
    DriftClass,
    Finding,
    Mark,
    Report,
    Severity,
    SourceRange,
    UnitResult,
    UnitStatus,
)

nasty = st.text(st.sampled_from("ab./\"'`|\\<>@#*_~[](){}!&-: \n\r\t\x00\x1b\x9b\u202e\u2028é日🙂%,1$"), max_size=20)
texts = (
    nasty
    | st.text(max_size=20)
    | st.sampled_from(["```", "</details>", "<!-- x -->", "::error::x", "\x1b]0;t\x07", "{{ 1 }}"])
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.sampled_from(list(Mark)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
severities = st.sampled_from(Severity)
classes = st.sampled_from(DriftClass)
paths = st.sampled_from(["tags.Name", "password", "ingress", "a[0].b", 'tags["x"]']) | texts
attributes = st.builds(AttributeChange, paths, classes, severities, values, values, values, st.booleans(), texts)
sources = st.none() | st.builds(SourceRange, texts, st.integers(0, 9999), st.integers(0, 9999))
actions = st.sampled_from([(), ("update",), ("delete", "create"), ("no-op",), ("forget",)])
addresses = st.sampled_from(["aws_x.y", 'module.m["k"].aws_x.y[0]', "aws_x.y (deposed 1234abcd)"]) | texts
findings = st.builds(
    Finding,
    texts,
    texts,
    addresses,
    texts,
    classes,
    severities,
    st.lists(attributes, max_size=5).map(tuple),
    actions,
    texts,
    sources,
)
units = st.builds(
    UnitResult,
    path=texts,
    workspace=st.just("default") | texts,
    status=st.sampled_from(UnitStatus),
    error=texts,
    next_step=texts,
    findings=st.lists(findings, max_size=4).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
    identity=texts,
    serial=st.none() | st.integers(0, 99),
    checked=st.integers(0, 10**6),
    seconds=st.floats(0, 1e6),
)
reports = st.builds(
    Report,
    st.lists(units, max_size=4).map(tuple),
    reader=texts,
    started=texts,
    seconds=st.floats(0, 1e6),
    recorded=st.booleans(),
)
