"""What holds for every rule: classes first, total on any value, nothing for no change, widening over narrowing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driftgate.drift.severity import Facts, judge
from driftgate.drift.severity.catalogue import markdown
from driftgate.drift.severity.judge import FAMILIES
from driftgate.finding import DriftClass, Mark, Severity

QUIET = [DriftClass.COMPUTED, DriftClass.PENDING, DriftClass.UNREAD]
TYPES = sorted({glob.replace("*", "x") for _, rules in FAMILIES for rule in rules for glob in rule.types.split()})
PATHS = sorted({glob.replace("[!d]*", "x") for _, rules in FAMILIES for rule in rules for glob in rule.paths.split()})
KEYS = sorted({step for path in PATHS for step in path.replace("*", "x").split(".")} | {"source_ranges", "cidr_block"})
WORDS = [
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/8",
    "*",
    "true",
    "Enabled",
    "22-80",
    "-",
    "-1",
    "tcp",
    "{",
    '{"Statement":[]}',
    "9" * 5000,
]

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(WORDS)
    | st.sampled_from(Mark)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5)
PLACES = st.sampled_from(["", *PATHS]) | st.text(max_size=20)
FACTS = st.builds(
    Facts,
    type=st.sampled_from(TYPES) | st.text(max_size=20),
    path=PLACES,
    cls=st.sampled_from(DriftClass),
    state=VALUES,
    live=VALUES,
    planned=VALUES,
    before=OBJECTS,
    after=OBJECTS,
)


@pytest.mark.parametrize("cls", QUIET)
def test_classes_that_are_no_drift_are_none_whatever_changed(cls: DriftClass) -> None:
    facts = Facts("aws_db_instance", "publicly_accessible", cls, False, True, False, {}, {})

    assert judge(facts)[0] is Severity.NONE


@pytest.mark.parametrize(
    ("cls", "severity"),
    [
        pytest.param(DriftClass.REVERTED_BY_APPLY, Severity.MEDIUM, id="reverted by the next apply"),
        pytest.param(DriftClass.OUTSIDE_CODE, Severity.LOW, id="outside the code"),
        pytest.param(DriftClass.UNMANAGED, Severity.MEDIUM, id="unmanaged"),
        pytest.param(DriftClass.MISSING, Severity.HIGH, id="missing"),
    ],
)
def test_what_no_rule_knows_gets_the_default_of_its_class(cls: DriftClass, severity: Severity) -> None:
    assert judge(Facts("some_thing", "some_attribute", cls, "a", "b", "a", {}, {}))[0] is severity


def test_a_grave_change_stays_grave_where_the_code_does_not_set_it() -> None:
    facts = Facts("aws_db_instance", "storage_encrypted", DriftClass.OUTSIDE_CODE, True, False, False, {}, {})

    assert judge(facts)[0] is Severity.CRITICAL


@pytest.mark.parametrize("side", ["state", "live"])
def test_a_value_that_is_not_known_gets_the_default(side: str) -> None:
    values = {"state": True, "live": False, side: Mark.UNKNOWN}
    facts = Facts(
        "aws_db_instance",
        "storage_encrypted",
        DriftClass.REVERTED_BY_APPLY,
        **values,
        planned=None,
        before={},
        after={},
    )

    assert judge(facts) == (Severity.MEDIUM, "the next apply puts it back")


@settings(deadline=None)
@given(FACTS)
def test_every_value_gets_a_severity_and_a_reason(facts: Facts) -> None:
    severity, reason = judge(facts)

    assert isinstance(severity, Severity)
    assert 0 < len(reason) <= 80


@settings(deadline=None)
@given(FACTS, st.sampled_from([DriftClass.REVERTED_BY_APPLY, DriftClass.OUTSIDE_CODE]))
def test_no_change_is_at_most_info(facts: Facts, cls: DriftClass) -> None:
    value = None if facts.state is Mark.UNKNOWN else facts.state  # nobody can say that the unknown is the same
    same = Facts(facts.type, facts.path, cls, value, value, value, facts.before, facts.before)

    assert judge(same)[0] <= Severity.INFO


@settings(deadline=None)
@given(FACTS)
def test_the_verdict_is_the_same_every_time(facts: Facts) -> None:
    assert judge(facts) == judge(facts)


Row = tuple[str, tuple[int, int], str]
NETS = st.sampled_from(
    ["0.0.0.0/0", "128.0.0.0/1", "10.0.0.0/8", "10.1.0.0/16", "198.51.100.0/24", "::/0", "2001:db8::/32"]
)
PORTS = st.sampled_from([(22, 22), (443, 443), (80, 443), (0, 65535), (8443, 8443)])
RULES = st.lists(st.tuples(NETS, PORTS, st.sampled_from(["tcp", "udp", "-1", "icmp"])), max_size=5)
FIREWALLS = [("aws_security_group", "ingress"), ("aws_security_group", "egress"), ("aws_network_acl", "ingress")]


@pytest.mark.parametrize(("type_", "path"), FIREWALLS, ids=[" ".join(pair) for pair in FIREWALLS])
@settings(deadline=None)
@given(fewer=RULES, more=RULES)
def test_widening_is_never_less_grave_than_narrowing_back(
    type_: str, path: str, fewer: list[Row], more: list[Row]
) -> None:
    narrow, wide = blocks(fewer), blocks(fewer + more)

    widened, narrowed = change(type_, path, narrow, wide), change(type_, path, wide, narrow)

    assert widened >= narrowed
    assert narrowed <= Severity.LOW


def blocks(rules: list[Row]) -> list[dict[str, object]]:
    return [
        {"cidr_blocks": [net], "cidr_block": net, "action": "allow", "from_port": a, "to_port": b, "protocol": protocol}
        for net, (a, b), protocol in rules
    ]


def change(type_: str, path: str, state: object, live: object) -> Severity:
    return judge(Facts(type_, path, DriftClass.REVERTED_BY_APPLY, state, live, state, {path: state}, {path: live}))[0]


def test_the_page_of_severities_is_current(pytestconfig: pytest.Config) -> None:
    page = pytestconfig.rootpath / "docs/severity.md"

    assert page.read_text(encoding="utf-8") == markdown(), "write what catalogue.markdown() gives"
