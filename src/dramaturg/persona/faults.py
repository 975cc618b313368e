"""What can be wrong with a body's structure, as findings; its one rule: one fault is told once, where it began."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from dramaturg.findings.model import Finding, Label, Severity, Span
from dramaturg.findings.source import Source
from dramaturg.persona.tags import Tag

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(slots=True, kw_only=True)
class Faults:
    """Collects the findings of one file.

    Attributes:
        source: The whole file.
        findings: Every finding so far.
        loose: Names of openers that are known to be text, so that their closers are no news.
        broken: Names of closers that are known to be malformed, so that their openers are no news.
        told: Places of tags that are reported, so that they are not stray text besides.
    """

    source: Source
    findings: list[Finding]
    loose: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    told: list[tuple[int, int]] = field(default_factory=list)

    def malformed(self, tags: Iterable[Tag]) -> None:
        """Report what begins like a structural tag and never becomes one: lost structure must not be silent."""
        for tag in tags:
            (self.broken if tag.closes else self.loose).add(tag.name)
            self.told.append((tag.start, tag.end))
            beginning = self.source.text[tag.start : tag.end]
            message = f"`{beginning}` begins a tag that is not well-formed, so it was read as text"
            self._fault("P208", message, tag, help="close every quote on its own line and end the tag with `>`")

    def closes_nothing(self, tag: Tag) -> None:
        """Report a closer without an opener."""
        if tag.name not in self.loose:
            self.told.append((tag.start, tag.end))
            self._fault("P205", f"`</{tag.written}>` closes nothing", tag, help="remove it, or add the tag it closes")

    def unclosed(self, tag: Tag, following: Tag | None = None, misspelt: Tag | None = None) -> None:
        """Report an opener without a closer, and what stands where its closer should."""
        if tag.name in self.broken:
            return
        labels: tuple[Label, ...] = ()
        wanted = "</Step>" if tag.is_step else f"</{tag.written}>"
        if following:
            labels = (Label(span=self._span(following), text="this begins before it is closed"),)
        remedy = f"add `{wanted}`"
        if misspelt:
            remedy = f"replace `</{misspelt.written}>` by `{wanted}`"
            text = f"this closes nothing; did you mean `{wanted}`?"
            labels = (Label(span=self._span(misspelt), text=text),)
        rule, what = ("P204", "step") if tag.is_step else ("P203", f"`<{tag.written}>`")
        self._fault(rule, f"{what} is never closed", tag, note="opened here", labels=labels, help=remedy)

    def given_twice(self, tag: Tag, name: str, first: Span) -> None:
        """Report a second piece of one name."""
        label = Label(span=first, text="first given here")
        self._fault("P206", f"`{name}` is given twice", tag, labels=(label,), help="keep one of them")

    def stray_text(self, start: int, end: int) -> None:
        """Warn of text that belongs to no block; comments and tags that are reported already are no text."""
        text = _COMMENT.sub(lambda comment: " " * len(comment[0]), self.source.text[start:end])
        for begin, stop in self.told:
            if start <= begin < end:
                text = text[: begin - start] + " " * (stop - begin) + text[stop - start :]
        if not text.strip():
            return
        at = len(text) - len(text.lstrip())
        first = text[at:].split("\n", 1)[0].rstrip()
        self.findings.append(
            Finding(
                rule="P207",
                severity=Severity.WARNING,
                message="this text stands outside every block and is not sent to the model",
                span=self.source.span(start + at, start + at + len(first)),
                help="move it into a block, or into a comment `<!-- … -->` if it is a remark",
            )
        )

    def _fault(self, rule: str, message: str, tag: Tag, **extra: object) -> None:
        self.findings.append(
            Finding(rule=rule, severity=Severity.ERROR, message=message, span=self._span(tag), **extra)  # type: ignore[arg-type]
        )

    def _span(self, tag: Tag) -> Span:
        return self.source.span(tag.start, tag.end)
