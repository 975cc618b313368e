"""A result to JUnit XML; its one rule: a case is only called failed where the verdict is worse.

"Red if any passing case fails" is a false alarm in most runs of a persona that nobody edited. So there is a test for
each metric that gates, and one for each case, which fails if the verdict is worse and the case passed less often. Their
classes begin with the suite's name, so that suites whose reports CI merges stay apart. Times are those of the answers.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dramaturg.evals.evaluated import Evaluated
from dramaturg.evals.gate import stratum_name
from dramaturg.evals.records import Record
from dramaturg.evals.report.table import headline, sentences
from dramaturg.evals.statistics.verdict import Comparison, Kind

_COUNTED = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
_NONE: Mapping[str, str] = MappingProxyType({})
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_report(*results: Evaluated, missed: Mapping[str, str] = _NONE) -> str:
    """Return the XML of results, and of suites that came to none: by their files, what kept them from it."""
    suites = Element("testsuites")
    for result in results:
        suite = SubElement(suites, "testsuite", name=_clean(result.suite.suite.name))
        if result.decision is not None:
            for comparison in result.decision.verdict.comparisons:
                if comparison.gates:
                    _metric(suite, comparison, result)
        _cases(suite, result)
        _total(suite, result.records)
        SubElement(suite, "system-out").text = _clean("\n".join((headline(result), *sentences(result))))
    for name, why in missed.items():
        suite = SubElement(suites, "testsuite", name=_clean(name))
        case = SubElement(suite, "testcase", classname=_clean(name), name="verdict")
        SubElement(case, "error", message=_clean(why))
        _total(suite, ())
    _total(suites, [record for result in results for record in result.records])
    indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _total(element: Element, records: Iterable[Record]) -> None:
    for name, kind in _COUNTED.items():
        element.set(name, str(len([*element.iter(kind)])))
    element.set("time", _seconds(records))


def _metric(suite: Element, comparison: Comparison, result: Evaluated) -> None:
    name = f"{result.suite.suite.name}.verdict"
    case = SubElement(suite, "testcase", classname=_clean(name), name=_clean(comparison.metric))
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
    performed: dict[str, list[Record]] = defaultdict(list)
    for record in result.records:
        name = stratum_name(*record.stratum)
        asked[record.arm, name] += record.outcome != "error"
        passed[record.arm, name] += record.outcome == "pass"
        performed[name].append(record)
    worse = result.decision is not None and result.decision.kind is Kind.WORSE
    for name, records in performed.items():
        case = SubElement(
            suite, "testcase", classname=_clean(result.suite.suite.name), name=_clean(name), time=_seconds(records)
        )
        counts = {arm: f"{passed[arm, name]} of {asked[arm, name]}" for arm in result.arms}
        told = ", ".join(f"{result.arms[arm].name}: {count} passed" for arm, count in counts.items())
        if worse and passed["candidate", name] < passed["baseline", name]:
            SubElement(case, "failure", message=_clean(told))
        else:
            SubElement(case, "system-out").text = _clean(told)


def _seconds(records: Iterable[Record]) -> str:
    """Return how long the answers of performances took, recorded ones included."""
    return f"{sum(step.seconds for record in records for step in record.asked):.3f}"


def _clean(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NO_XML.sub("�", text)
