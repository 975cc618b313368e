"""A result to JUnit XML; its one rule: a case is only called failed where the verdict is worse.

"Red if any passing case fails" is a false alarm in most runs of a persona that nobody edited. So there is a test for
each metric that gates, and one for each case, which fails if the verdict is worse and the case passed less often.
"""

import re
from collections import Counter
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.gate import stratum_name
from dramaturg.evals.report.table import headline, sentences
from dramaturg.evals.statistics.verdict import Comparison, Kind

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_report(result: Evaluated) -> str:
    """Return the XML."""
    suites = Element("testsuites")
    suite = SubElement(suites, "testsuite", name=_clean(result.suite.suite.name))
    if result.decision is not None:
        for comparison in result.decision.verdict.comparisons:
            if comparison.gates:
                _metric(suite, comparison, result)
    _cases(suite, result)
    for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len([*suite.iter(kind)])))
    suite.set("tests", str(len([*suite.iter("testcase")])))
    SubElement(suite, "system-out").text = _clean("\n".join((headline(result), *sentences(result))))
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _metric(suite: Element, comparison: Comparison, result: Evaluated) -> None:
    case = SubElement(suite, "testcase", classname="verdict", name=_clean(comparison.metric))
    kind = result.decision.kind if result.decision and result.decision.kind is Kind.NO_WORSE else comparison.kind
    told = _clean("\n".join(sentences(result)))
    if result.lost or kind is Kind.INFRASTRUCTURE:
        SubElement(case, "error", message=_clean(headline(result))).text = told
    elif kind is Kind.WORSE:
        SubElement(case, "failure", message="worse").text = told
    elif kind is Kind.INCONCLUSIVE:
        SubElement(case, "skipped", message="inconclusive")


def _cases(suite: Element, result: Evaluated) -> None:
    passed: Counter[tuple[str, str]] = Counter()
    asked: Counter[tuple[str, str]] = Counter()
    for record in result.records:
        name = stratum_name(*record.stratum)
        asked[record.arm, name] += record.outcome != "error"
        passed[record.arm, name] += record.outcome == "pass"
    worse = result.decision is not None and result.decision.kind is Kind.WORSE
    for name in dict.fromkeys(stratum_name(*record.stratum) for record in result.records):
        case = SubElement(suite, "testcase", classname="case", name=_clean(name))
        counts = {arm: f"{passed[arm, name]} of {asked[arm, name]}" for arm in result.arms}
        told = ", ".join(f"{result.arms[arm].name}: {count} passed" for arm, count in counts.items())
        if worse and passed["candidate", name] < passed["baseline", name]:
            SubElement(case, "failure", message=_clean(told))
        else:
            SubElement(case, "system-out").text = _clean(told)


def _clean(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NO_XML.sub("�", text)
