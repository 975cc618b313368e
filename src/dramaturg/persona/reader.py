"""What a YAML text says, and where; its one rule: a fault is kept with its place, and reading goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from dramaturg.findings.model import Finding, Severity, Span
from dramaturg.findings.source import Places, Source


@dataclass(slots=True)
class Reader:
    """Collects values, places and findings while the nodes are walked.

    Attributes:
        source: The whole file.
        opens: The offsets of the line that opens the frontmatter; of the file's first characters where there is none.
        start: The offset at which the YAML begins.
        values: What was read, by key.
        spans: The place of each value by its key, and of each nested entry, key included, by its dotted path.
        nodes: The key and the value of each key that is known.
        findings: Every fault so far.
        unreadable: There is frontmatter, but nothing could be read from it.
        subject: What the YAML is, for messages.
        rules: What the rules of this module are called for another subject than frontmatter.
    """

    source: Source
    opens: tuple[int, int] = (0, 0)
    start: int = 0
    values: dict[str, Any] = field(default_factory=dict)
    spans: Places = field(init=False)
    nodes: dict[str, tuple[yaml.ScalarNode, Any]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unreadable: bool = False
    subject: str = "the frontmatter"
    rules: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.spans = Places(self.source)

    @property
    def opening(self) -> Span:
        """The line that opens the frontmatter as a place."""
        return self.source.span(*self.opens)

    def put(self, name: str, first: yaml.Node, last: yaml.Node) -> None:
        """Keep the place from the beginning of a node to the end of another, or the same, under a name."""
        # libyaml's marks and PyYAML's own are unrelated types; both count characters in `index`
        self.spans.offsets[name] = (self.start + first.start_mark.index, self.start + last.end_mark.index)

    def at(self, mark: Any, end: Any = None) -> Span:
        """Return the place between two marks (one character without the second), less a line end it may close with."""
        start = self.start + mark.index
        return self.source.span(*self.source.trimmed(start, start + 1 if end is None else self.start + end.index))

    def of(self, node: yaml.Node) -> Span:
        """Return the place of a node."""
        return self.at(node.start_mark, node.end_mark)

    def fault(self, rule: str, message: str, span: Span, **extra: Any) -> None:
        """Keep a finding, an error unless `severity` says otherwise."""
        severity = extra.pop("severity", Severity.ERROR)
        rule = self.rules.get(rule, rule)
        self.findings.append(Finding(rule=rule, severity=severity, message=message, span=span, **extra))
