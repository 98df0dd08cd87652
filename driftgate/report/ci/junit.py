"""JUnit XML as CI servers read it: a suite per unit, a case per finding.

Vocabulary: the Jenkins xunit plug-in's junit-10.xsd, which GitLab, Azure and CircleCI read too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from driftgate.finding import DriftClass
from driftgate.report.ci.wording import failure, label, sentence
from driftgate.report.view import Group, ReportView, Row, UnitView, plural

# What XML 1.0 cannot hold, not even as a reference (https://www.w3.org/TR/xml/#charsets).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(view: ReportView) -> str:
    """The JUnit text of `view`: drift fails, what could not be read is an error, code not applied yet is skipped."""
    return document([_suite(unit) for unit in view.units], view.seconds)


def document(suites: Sequence[Xml.Element], seconds: float = 0.0) -> str:
    """The JUnit text of finished suites."""
    totals = {
        count: str(sum(int(suite.attrib[count]) for suite in suites)) for count in ("tests", "failures", "errors")
    }
    root = Xml.Element("testsuites", {"name": "driftgate", "time": _seconds(seconds), **totals})
    root.extend(suites)
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _suite(unit: UnitView) -> Xml.Element:
    name = label(unit.path, unit.workspace)
    cases = [_case(name, row) for row in unit.rows]
    cases += [_pending(name, group) for group in unit.not_drift if group.cls is DriftClass.PENDING]
    if not unit.ok:
        cases.insert(0, told(name, "could not be read", "error", "unread", failure(unit)))
    elif not unit.rows:
        cases.insert(0, passed(name, f"no drift in {plural(unit.checked, 'resource')}"))
    return suite_of(name, cases, unit.seconds)


def suite_of(name: str, cases: Sequence[Xml.Element], seconds: float = 0.0) -> Xml.Element:
    """A suite of finished cases, which it counts."""
    counts = {
        attribute: str(sum(case.find(tag) is not None for case in cases))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    suite = _element("testsuite", name=name, tests=str(len(cases)), time=_seconds(seconds), **counts)
    suite.extend(cases)
    return suite


def _case(unit: str, row: Row) -> Xml.Element:
    if row.cls is DriftClass.UNREAD:
        return told(unit, row.address, "error", str(row.cls), sentence(row))
    text = f"{sentence(row)}\n{row.source}" if row.source else sentence(row)
    return told(unit, row.address, "failure", f"{row.cls}, {row.severity}", text)


def _pending(unit: str, group: Group) -> Xml.Element:
    title = f"{plural(group.count, 'pending change')}: {group.reason}"
    return told(unit, title, "skipped", str(group.cls), ", ".join(group.addresses[:20]))


def passed(suite: str, title: str) -> Xml.Element:
    """A test case that passed."""
    return _element("testcase", classname=suite, name=title)


def told(suite: str, title: str, tag: str, type: str, text: str) -> Xml.Element:
    """A test case that is a `failure`, an `error` or `skipped`, and why."""
    case = passed(suite, title)
    child = Xml.SubElement(case, tag, {"type": _xml(type), "message": _xml(text.partition("\n")[0])})
    child.text = _xml(text)
    return case


def _element(tag: str, **attributes: str) -> Xml.Element:
    return Xml.Element(tag, {key: _xml(value) for key, value in attributes.items()})


def _xml(text: str) -> str:
    return _FORBIDDEN.sub("", text)


def _seconds(value: float) -> str:
    return f"{max(0.0, value):.3f}" if value == value and abs(value) < 1e9 else "0.000"
